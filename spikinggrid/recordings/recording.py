"""A recording, simulated or real: the spikes of one dish by electrode, and what one does with them.

`spikinggrid.recordings.read` reads one from a file.
"""

import html
import os
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from spikinggrid.mea.array import Mea
from spikinggrid.parameters.units import to_si
from spikinggrid.recordings import writing
from spikinggrid.recordings.formats import neo_blocks, sortings
from spikinggrid.recordings.formats.wells import names_on_array
from spikinggrid.recordings.plausibility import oddities
from spikinggrid.recordings.spike_data import SpikeData
from spikinggrid.statistics.features import features
from spikinggrid.statistics.spiking import network_spike_threshold
from spikinggrid.utils.errors import InputError, quoted

if TYPE_CHECKING:
    import neo
    import pandas as pd


class Recording(SpikeData):
    """Spike trains of one dish, its electrodes, its stimuli and its provenance.

    A recording has the attributes of `SpikeData`, holds SI units throughout and does not change.

    Examples
    --------
    >>> recording = Recording.from_spike_trains([[0.1, 0.25], [0.3]], duration=1.0)
    >>> recording
    <Recording: 2 electrodes, 3 spikes, 0 s to 1 s>
    >>> recording.features()["n_spikes"]
    3.0
    """

    @classmethod
    def from_spike_trains(
        cls,
        spike_trains: Sequence[Sequence[float] | np.ndarray],
        duration: object = None,
        *,
        t_start: object = 0.0,
        t_stop: object = None,
        positions: np.ndarray | None = None,
        names: Sequence[str] | None = None,
        source: str = "",
    ) -> Self:
        """Make a recording of spike trains.

        Parameters
        ----------
        spike_trains : sequence of (n_spikes,) array
            Spike times (s) of each electrode, in any order.
        duration, t_start, t_stop : float, str or brian2.Quantity, optional
            The span that was recorded: s, or text with a unit. Either `duration` or `t_stop`
            is needed, as spikes do not say for how long there were none.
        positions : (n_electrodes, 2) array, optional
            Where the electrodes lie (m), y downwards; unknown unless given.
        names : sequence of str, optional
            "0", "1", ... unless given.
        source : str, optional
            Where the spike trains come from.

        Raises
        ------
        InputError
            If the span is missing or said twice, or something does not add up.

        Examples
        --------
        >>> Recording.from_spike_trains([[0.2]], "500 ms", names=["A1"]).t_stop
        0.5
        """
        if (duration is None) == (t_stop is None):
            raise InputError("give either duration or t_stop, such as duration=300.0 (s)")
        start = to_si(t_start, "s", "t_start")
        if t_stop is None:
            stop = start + to_si(duration, "s", "duration")
        else:
            stop = to_si(t_stop, "s", "t_stop")
        n = len(spike_trains)
        places = np.full((n, 2), np.nan) if positions is None else np.asarray(positions, float)
        if places.shape != (n, 2):
            raise InputError(f"positions: found shape {places.shape}, right would be ({n}, 2)")
        recording = cls(
            spike_trains=[np.sort(np.asarray(train, float)) for train in spike_trains],
            electrode_names=[str(i) for i in range(n)] if names is None else names,
            x=places[:, 0],
            y=places[:, 1],
            t_start=start,
            t_stop=stop,
            source=source,
        )
        return replace(recording, notes=oddities(recording))

    def on_array(self, array: Mea) -> Self:
        """Return the recording with its electrodes where an array has them.

        Parameters
        ----------
        array : Mea
            Knows each electrode by its name. The name in the recording may be longer: that of the
            well before it, as in A1_23, that of a unit after it, as in CH12_1, or ch_12 for 12.

        Raises
        ------
        InputError
            If the array lacks an electrode.

        Examples
        --------
        >>> array = Mea(["left", "right"], x=[0.0, 0.2e-3], y=[0.0, 0.0])
        >>> recording = Recording.from_spike_trains([[0.1]], 1.0, names=["right"])
        >>> recording.on_array(array).positions.tolist()
        [[0.0002, 0.0]]
        """
        place = {name: number for number, name in enumerate(array.names)}
        numbers = []
        for name in self.electrode_names:
            known = [place[other] for other in names_on_array(name) if other in place]
            if not known:
                whose = f" of {self.source}" if self.source else ""
                raise InputError(
                    f"layout {array.layout}: lacks the electrode {quoted(name)}{whose}; it has"
                    f" names such as {quoted(array.names[0])}"
                )
            numbers.append(known[0])
        of_well = [name for name in array.names if name.startswith(f"{self.well}_")]
        n_sites = len(of_well) if self.well and of_well else array.n_electrodes
        return replace(
            self,
            x=array.x[numbers],
            y=array.y[numbers],
            n_sites=max(self.n_sites, n_sites),
        )

    @classmethod
    def from_sorting(cls, sorting: Any, duration: object = None, *, source: str = "") -> Self:
        """Make a recording of a SpikeInterface sorting, each unit an electrode.

        A folder to which SpikeInterface saved one is read by `spikinggrid.recordings.read`.

        Parameters
        ----------
        sorting : spikeinterface.BaseSorting
        duration : float, str or brian2.Quantity, optional
            How long was recorded; that of the recording registered to the sorting unless given,
            or else until the last spike.
        source : str, optional
            Where the sorting comes from.

        Raises
        ------
        InputError
            If there is neither a spike nor a duration, or spikes come later.
        """
        length = None if duration is None else to_si(duration, "s", "duration")
        data = sortings.of_sorting(sorting, length, source)
        return cls(**{field.name: getattr(data, field.name) for field in fields(SpikeData)})

    def features(
        self,
        t_start: float | None = None,
        t_stop: float | None = None,
        *,
        min_electrodes: int | None = None,
        burst_limits: Mapping[str, Any] | None = None,
    ) -> dict[str, float]:
        """Return the features of the recording, or of a part of it.

        Parameters
        ----------
        t_start, t_stop : float, optional
            The part (s); the whole recording unless given.
        min_electrodes : int, optional
            Fewest electrodes of a network spike; `network_spike_threshold` of `n_sites` unless
            given.
        burst_limits : mapping of str to float, optional
            Limits of bursts, as `spikinggrid.statistics.spiking.find_bursts` takes them.

        Returns
        -------
        dict of str to float
            By name, as `spikinggrid.statistics.feature_glossary.FEATURES` describes them; NaN
            where a value does not exist.

        Raises
        ------
        InputError
            If the part does not lie within the recording.
        """
        start = self.t_start if t_start is None else t_start
        stop = self.t_stop if t_stop is None else t_stop
        if not self.t_start <= start < stop <= self.t_stop:
            raise InputError(
                f"{self.source}: t_start, t_stop: found {start:g} s to {stop:g} s; right would be a"
                f" stretch within {self.t_start:g} s to {self.t_stop:g} s"
            )
        if min_electrodes is None:
            min_electrodes = network_spike_threshold(self.n_sites)
        return features(
            self.spike_trains,
            start,
            stop,
            self.positions,
            min_electrodes=min_electrodes,
            burst_limits=burst_limits,
        )

    def features_of_first(self, duration: float) -> dict[str, float]:
        """Return the features of the first `duration` (s), to compare with dishes of that length.

        Raises
        ------
        InputError
            If the recording is shorter, or has no spikes in that time.
        """
        if self.duration < duration:
            raise InputError(
                f"{self.source}: lasts {self.duration:g} s, the simulations {duration:g} s; give"
                " a longer recording, or shorter simulations by --duration"
            )
        t_stop = self.t_start + duration
        if not any(np.any(train < t_stop) for train in self.spike_trains):
            raise InputError(f"{self.source}: has no spikes in its first {duration:g} s")
        return self.features(t_stop=min(t_stop, self.t_stop))

    def to_dataframe(self) -> "pd.DataFrame":
        """Return the spikes as a table in order of time, with columns `time` (s) and `electrode`.

        Examples
        --------
        >>> Recording.from_spike_trains([[0.1, 0.3], [0.2]], 1.0).to_dataframe()
           time electrode
        0   0.1         0
        1   0.2         1
        2   0.3         0
        """
        import pandas as pd

        times, electrodes = self.events()
        order = np.argsort(times, kind="stable")
        names = np.array(self.electrode_names, dtype=object)[electrodes[order]]
        return pd.DataFrame({"time": times[order], "electrode": names})

    def to_neo(self) -> "neo.Block":
        """Return the recording as a block of Neo, such as Elephant analyses.

        Needs the extra `spikinggrid[formats]`. The block has a segment with a spike train for each
        electrode and an event for the pulses.

        Raises
        ------
        InputError
            If `neo` is not installed.
        """
        return neo_blocks.to_block(self)

    def save(self, path: str | os.PathLike) -> None:
        """Write the recording to a file, in the format that its name asks for.

        A name that ends in .csv gets a spike list in order of time, which keeps the span, but
        neither positions, silent electrodes and stimuli nor where the recording comes from; .nwb
        gets NWB (with the extra `spikinggrid[formats]`), and any other name HDF5, from both of
        which `read` gives back all of it.

        Raises
        ------
        InputError
            If the file cannot be written or the disk is full, `pynwb` is not installed, or two
            electrodes have the same name, which a spike list could not tell apart; an existing
            file is then left as it was.
        """
        writing.write(path, self)

    def __repr__(self) -> str:
        summary = ", ".join(f"{n} {name}" for name, n in self._counts().items())
        name = f" {self.source}" if self.source else ""
        return f"<Recording{name}: {summary}, {self._span()}>"

    def _repr_html_(self) -> str:
        active = [train.size for train in self.spike_trains if train.size]
        rate = f"{np.mean(active) / self.duration:.3g} Hz on each that fired" if active else "-"
        rows = {
            "source": self.source,
            "span": self._span(),
            **self._counts(),
            "mean rate": rate,
            "notes": "; ".join(self.notes),
        }
        cells = "".join(
            f"<tr><th>{name}</th><td>{html.escape(str(value))}</td></tr>"
            for name, value in rows.items()
            if value
        )
        return f"<table>{cells}</table>"

    def _span(self) -> str:
        return f"{self.t_start:.10g} s to {self.t_stop:.10g} s"

    def _counts(self) -> dict[str, str]:
        counts = {
            "electrodes": self.n_electrodes,
            "spikes": self.n_spikes,
            "pulses": self.stimulus_times.size,
            "notes": len(self.notes),
        }
        always = ("electrodes", "spikes")
        return {name: f"{n:,}" for name, n in counts.items() if n or name in always}
