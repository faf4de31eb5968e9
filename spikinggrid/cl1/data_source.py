"""A dish behind Cortical Labs' own simulator, for programs that import `cl`.

Where cl-sdk is installed (Python 3.12 or later; its licence is CC BY-NC 4.0, and no part of it is
in SpikingGrid), its simulator takes spikes and samples from a dish and gives it the stimuli::

    import cl
    cl.sim.set_simulator_data_source("spikinggrid.cl1.data_source:dish", config={"seed": 3})
    with cl.open() as neurons:
        ...

Kernels are compiled when a dish is run on a machine for the first time, which can take longer than
that simulator waits; run any program on `spikinggrid.cl1` with the same Python before.
"""

from typing import Any

import numpy as np

from spikinggrid.cl1.clock import FRAMES_PER_SECOND, SimulatedClock
from spikinggrid.cl1.designs import N_CHANNELS, StimDesign
from spikinggrid.cl1.device import LAYOUT, Device
from spikinggrid.cl1.stimulator import FRAME
from spikinggrid.cl1.waveforms import BEFORE, FROM, UV_PER_SAMPLE
from spikinggrid.recordings import load_parameters
from spikinggrid.simulation.dish import Dish


def dish(parameters: str = "cl1", seed: int | None = None, plastic: bool = True) -> Any:
    """Return a dish as a source of data for cl-sdk.

    Parameters
    ----------
    parameters : str
        A preset or a file.
    seed : int, optional
        Of the dish; that of the parameters unless given.
    plastic : bool
        Whether synapses learn, where the parameters have them learn at all.

    Returns
    -------
    cl.sim.SimulatorDataSource
    """
    from cl import sim

    class DishSource(sim.SimulatorDataSource):
        """A dish that is computed as far as the simulator reads."""

        @property
        def metadata(self) -> Any:
            return sim.SimulatorDataSourceMetadata(
                channel_count=N_CHANNELS,
                frames_per_second=FRAMES_PER_SECOND,
                uV_per_sample_unit=UV_PER_SAMPLE,
                seekable=False,
            )

        def open(self) -> None:
            grown = Dish(load_parameters(parameters).replace({"mea.layout": LAYOUT}), seed)
            self._device = Device(grown, SimulatedClock(), plastic)

        def on_stim(self, stim: Any) -> None:
            pairs = zip(stim.phase_durations_us, stim.phase_currents_uA, strict=True)
            design = StimDesign(*[value for pair in pairs for value in pair])
            self._device.stimulator.give(stim.channel, design, stim.timestamp * FRAME)

        def read(self, from_timestamp: int, frame_count: int) -> Any:
            end = from_timestamp + frame_count
            self._device.wait_until(end)
            frames, channels = self._device.spikes.between(from_timestamp, end)
            spikes = [
                sim.DataSourceSpike(frame, channel, self._snippet(frame, channel), 0.0)
                for frame, channel in zip(frames.tolist(), channels.tolist(), strict=True)
            ]
            return sim.DataSourceBatch(self._device.samples(from_timestamp, end), spikes)

        def _snippet(self, frame: int, channel: int) -> np.ndarray:
            samples = self._device.samples(frame - BEFORE, frame + FROM)[:, channel]
            return samples.astype(np.float32) * np.float32(UV_PER_SAMPLE)

    return DishSource()
