"""A dish behind the calls of a Cortical Labs CL1: `import spikinggrid.cl1 as cl`.

    with cl.open() as neurons:
        for tick in neurons.loop(ticks_per_second=1000, stop_after_seconds=5):
            for spike in tick.analysis.spikes:
                neurons.stim(spike.channel, 1.0)

The names and what they do are those of the public interface of the CL1; not a line of its software
is used. What is stimulated is a simulated culture, which answers.

open                      a connection to a dish, by default one of the preset "cl1"
designs                   channels, phases, bursts, and the limits of the stimulator
recruitment               how strong a pulse of current is
neurons, loop, stim_plan  what a program calls
recording_file            recordings in the HDF5 layout of a CL1
data_stream               a program's own data in them
device, stimulator        the dish that runs with a clock, and what waits to be given
waveforms, clock          samples of the amplifiers; the clock of the wall, or one that waits
data_source               a dish behind Cortical Labs' own simulator
paddle                    a game for loops
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

from spikinggrid.cl1.clock import Clock, RealClock, SimulatedClock
from spikinggrid.cl1.designs import BurstDesign, ChannelSet, StimDesign
from spikinggrid.cl1.device import LAYOUT, Device
from spikinggrid.cl1.loop import DetectionResult, Loop, Spike, Stim, Tick
from spikinggrid.cl1.neurons import Neurons
from spikinggrid.cl1.recording_file import Recording, RecordingView
from spikinggrid.cl1.stim_plan import StimPlan
from spikinggrid.parameters.model import Parameters
from spikinggrid.recordings import load_parameters
from spikinggrid.simulation.dish import Dish
from spikinggrid.utils.errors import InputError, quoted

__all__ = [
    "BurstDesign",
    "ChannelSet",
    "DetectionResult",
    "Loop",
    "Neurons",
    "Recording",
    "RecordingView",
    "Spike",
    "Stim",
    "StimDesign",
    "StimPlan",
    "Tick",
    "get_system_attributes",
    "is_simulator",
    "open",
]

#: Environment variables that say which dish a program gets and by which clock it lives.
DISH, CLOCK = "SPIKINGGRID_CL1_DISH", "SPIKINGGRID_CL1_CLOCK"

PRESET = "cl1"

CLOCKS: dict[str, type[SimulatedClock] | type[RealClock]] = {
    "simulated": SimulatedClock,
    "real": RealClock,
}


@contextmanager
def open(
    take_control: bool = True,
    wait_until_recordable: bool = True,
    *,
    dish: Dish | Parameters | str | os.PathLike | None = None,
    clock: Literal["simulated", "real"] | None = None,
    plastic: bool = True,
) -> Iterator[Neurons]:
    """Connect to a dish.

    Parameters
    ----------
    take_control, wait_until_recordable : bool
        As on a CL1; a simulated dish is always ready and belongs to the program.
    dish : Dish, Parameters, str or path-like, optional
        A dish, which goes on from where it is; or parameters, a preset or a file, of which one is
        grown on the array of a CL1. Unless given, what the environment variable
        SPIKINGGRID_CL1_DISH names, or the preset "cl1".
    clock : {"simulated", "real"}, optional
        "simulated" goes on when the program waits for data and stands still in between, so that
        every run is the same and as fast as it can be computed; "real" is that of the wall, by
        which a loop body can be late. Unless given, what SPIKINGGRID_CL1_CLOCK says, or
        "simulated".
    plastic : bool
        Whether synapses learn, where the parameters have them learn at all.

    Yields
    ------
    Neurons

    Raises
    ------
    InputError
        If dish or clock cannot be.

    Examples
    --------
    >>> with open() as neurons:
    ...     for tick in neurons.loop(ticks_per_second=100, stop_after_seconds=1):
    ...         if len(tick.analysis.spikes) > 20:
    ...             neurons.stim(ChannelSet(27, 28), 1.5)
    ...     neurons.timestamp()
    25000
    """
    device = Device(_dish(dish or os.environ.get(DISH) or PRESET), _clock(clock), plastic)
    neurons = Neurons(device)
    try:
        yield neurons
    finally:
        neurons.close()


def is_simulator() -> bool:
    """Return True: this is no CL1."""
    return True


def get_system_attributes() -> dict[str, Any]:
    """Return what a recording says of the system it was made on."""
    return {
        "project_id": "",
        "chip_id": "",
        "cell_batch_id": "",
        "plugin": {},
        "system_id": "spikinggrid",
        "hostname": "",
    }


def _dish(dish: Dish | Parameters | str | os.PathLike) -> Dish:
    if isinstance(dish, Dish):
        return dish
    parameters = dish if isinstance(dish, Parameters) else load_parameters(dish)
    if parameters.mea is not None and parameters.mea.layout != LAYOUT:
        parameters = parameters.replace({"mea.layout": LAYOUT})
    return Dish(parameters)


def _clock(name: str | None) -> Clock:
    name = name or os.environ.get(CLOCK) or "simulated"
    if name not in CLOCKS:
        raise InputError(f"clock: found {quoted(name)}; right would be {' or '.join(CLOCKS)}")
    return CLOCKS[name]()
