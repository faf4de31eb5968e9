"""The multi-electrode array: where electrodes lie, and what each of them hears.

What a pulse does to the neurons is wired when the culture grows (`synapses.input`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from spikinggrid.parameters.experiment_tables import MeaTable
from spikinggrid.parameters.model import Parameters
from spikinggrid.parameters.units import format_quantity
from spikinggrid.utils.errors import InputError
from spikinggrid.utils.randomness import random_generator

#: Rows, columns and pitch (m) of the layouts with a name.
LAYOUTS = {
    "6x10-500um": (6, 10, 500e-6),  # MCS 60MEA500 family; Ruaro et al. 2005, Lagani et al. 2021
    "6x10-200um": (6, 10, 200e-6),
    "8x8-200um": (8, 8, 200e-6),  # MCS 60MEA200/30: no electrodes in the corners
    "8x8-200um-59": (8, 8, 200e-6),  # the same without its reference electrode, column 1, row 5
    "hd-26400": (120, 220, 17.5e-6),  # MaxWell Biosystems MaxOne, 1,024 sites connected at a time
}


@dataclass(frozen=True, eq=False)
class Mea:
    """Electrodes on a dish.

    Attributes
    ----------
    names : tuple of str
        Such as "c1r5": column 1 from the left, row 5 from the top.
    rows, columns : ndarray of int, shape (n_electrodes,)
        Place of each electrode on the grid, from 0.
    x, y : ndarray, shape (n_electrodes,)
        Positions, m; the array lies in the middle of the dish.
    table : MeaTable
        How it hears.
    """

    names: tuple[str, ...]
    rows: np.ndarray
    columns: np.ndarray
    x: np.ndarray
    y: np.ndarray
    table: MeaTable

    @property
    def n_electrodes(self) -> int:
        """Number of electrodes."""
        return len(self.names)

    @property
    def positions(self) -> np.ndarray:
        """Positions, shape (n_electrodes, 2), m."""
        return np.column_stack([self.x, self.y])

    @classmethod
    def place(cls, parameters: Parameters) -> "Mea":
        """The array of a parameter file, in the middle of its dish.

        Raises
        ------
        InputError
            If it reaches beyond the dish.
        """
        table, culture = parameters.mea, parameters.culture
        n_rows, n_columns, pitch = LAYOUTS.get(
            table.layout, (table.rows, table.columns, table.pitch)
        )
        size = np.array([(n_columns - 1) * pitch, (n_rows - 1) * pitch])
        dish = np.array([culture.width, culture.height])
        if np.any(size > dish + 1e-9):
            width, height = (format_quantity(round(s, 9), "m") for s in size)
            raise InputError(
                f"mea.layout: the electrodes span {width} x {height}, which reaches beyond the"
                " dish; make culture.width and culture.height larger"
            )
        rows, columns = _sites(table, n_rows, n_columns)
        x, y = np.array([columns, rows]) * pitch + ((dish - size) / 2)[:, None]
        names = tuple(f"c{c + 1}r{r + 1}" for c, r in zip(columns, rows, strict=True))
        return cls(names, rows, columns, x, y, table)

    def select(self, electrodes: str | Sequence[int]) -> np.ndarray:
        """Numbers of the electrodes that a list or the name of a pattern stands for.

        Patterns: "all"; "centre", the four in the middle; "L", the left column and the
        bottom row; "inverted-L", the top row and the right column (Ruaro et al. 2005).

        Raises
        ------
        InputError
            If an electrode or pattern does not exist.
        """
        if isinstance(electrodes, str):
            return np.flatnonzero(self._pattern(electrodes))
        chosen = np.asarray(electrodes, dtype=np.int64)
        wrong = chosen[(chosen < 0) | (chosen >= self.n_electrodes)]
        if len(chosen) == 0:
            raise InputError('electrodes: none given; for example electrodes = "all"')
        if len(wrong):
            raise InputError(
                f"electrodes: found {wrong[0]}, but the layout {self.table.layout} has the"
                f" electrodes 0 to {self.n_electrodes - 1}"
            )
        return chosen

    def _pattern(self, name: str) -> np.ndarray:
        left, right = self.columns == self.columns.min(), self.columns == self.columns.max()
        top, bottom = self.rows == self.rows.min(), self.rows == self.rows.max()
        patterns = {
            "all": np.ones(self.n_electrodes, bool),
            "centre": _in_middle(self.columns) & _in_middle(self.rows),
            "L": left | bottom,
            "inverted-L": top | right,
        }
        if name not in patterns:
            raise InputError(
                f'electrodes: found "{name}"; give numbers or one of {", ".join(patterns)}'
            )
        return patterns[name]

    def hearing(self, x: np.ndarray, y: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
        """Which electrode hears which neuron.

        Parameters
        ----------
        x, y : ndarray, shape (n_neurons,)
            Positions of the neurons, m.
        seed : int
            Decides who is not heard, and which electrodes are silent.

        Returns
        -------
        electrodes, neurons : ndarray of int, shape (n_heard,)
            Pairs, ordered by neuron. With readout "radius" a neuron may be heard by several.
        """
        tree = cKDTree(self.positions)
        neurons = np.column_stack([x, y])
        if self.table.readout == "region":
            electrode, neuron = tree.query(neurons)[1], np.arange(len(neurons))
        else:
            near = tree.query_ball_point(neurons, self.table.radius, return_sorted=True)
            electrode = np.array([e for each in near for e in each], np.int64)
            neuron = np.repeat(np.arange(len(neurons)), [len(e) for e in near])
        generator = random_generator(seed, "hearing")
        heard = generator.random(len(neuron)) < self.table.heard_fraction
        heard &= ~np.isin(electrode, self._silent(seed))
        return electrode[heard], neuron[heard]

    def _silent(self, seed: int) -> np.ndarray:
        n_silent = round(self.table.silent_fraction * self.n_electrodes)
        return random_generator(seed, "silent").permutation(self.n_electrodes)[:n_silent]

    def detect(
        self,
        times: np.ndarray,
        neurons: np.ndarray,
        hearing: tuple[np.ndarray, np.ndarray],
        stimulus_times: np.ndarray,
        stimulus_electrodes: np.ndarray,
        dt: float,
        seed: int,
    ) -> tuple[np.ndarray, ...]:
        """Spike trains that the electrodes detect while neurons fire and pulses are given.

        Each spike falls on the sampling grid somewhere within its time step. An electrode
        takes two spikes within its dead time for one. Near a pulse the artefact is
        detected as a spike, unless it falls into the blanking that follows the pulse.

        Parameters
        ----------
        times, neurons : ndarray, shape (n_spikes,)
            Spikes of the neurons: start of the time step in s, and who fired.
        hearing : tuple of ndarray
            From `hearing`.
        stimulus_times, stimulus_electrodes : ndarray, shape (n_pulses,)
            Pulses, s and number of the electrode.
        dt : float
            Length of a time step, s.
        seed : int

        Returns
        -------
        tuple of ndarray
            Spike times in s for each electrode.
        """
        rate = self.table.sampling_rate
        generator = random_generator(seed, "detection")
        first = np.ceil(times * rate - 1e-6).astype(np.int64)
        after = np.ceil((times + dt) * rate - 1e-6).astype(np.int64)
        times = generator.integers(first, np.maximum(after, first + 1)) / rate
        electrode, time = _heard(times, neurons, *hearing)
        silent = set(self._silent(seed).tolist())
        trains = []
        for number in range(self.n_electrodes):
            if number in silent:
                trains.append(np.empty(0))
                continue
            artefacts = self._artefacts(number, stimulus_times, stimulus_electrodes)
            train = np.sort(np.concatenate([time[electrode == number], artefacts]))
            train = train[~_blanked(train, artefacts, self.table.blanking)]
            trains.append(_with_dead_time(train, self.table.dead_time))
        return tuple(trains)

    def _artefacts(self, electrode: int, times: np.ndarray, electrodes: np.ndarray) -> np.ndarray:
        """Times of the pulses that are seen on an electrode."""
        if self.table.artefact_reach is None:
            return np.empty(0)
        distance = np.hypot(
            self.x[electrodes] - self.x[electrode], self.y[electrodes] - self.y[electrode]
        )
        return np.unique(times[distance <= self.table.artefact_reach + 1e-9])


def _sites(table: MeaTable, n_rows: int, n_columns: int) -> tuple[np.ndarray, np.ndarray]:
    """Row and column of every electrode, from the top left, row by row."""
    rows, columns = np.divmod(np.arange(n_rows * n_columns), n_columns)
    if table.layout == "hd-26400":
        kept_rows = max(1, int(np.sqrt(table.n_recorded * n_rows / n_columns)))
        exists = _spread(rows, kept_rows) & _spread(columns, table.n_recorded // kept_rows)
    elif table.layout.startswith("8x8"):
        exists = ~(np.isin(rows, (0, 7)) & np.isin(columns, (0, 7)))
        if table.layout.endswith("59"):
            exists &= ~((columns == 0) & (rows == 4))
    else:
        exists = np.ones(len(rows), bool)
    return rows[exists], columns[exists]


def _spread(places: np.ndarray, count: int) -> np.ndarray:
    """Which places on an axis belong to `count` of them that are spread evenly."""
    if count == 1:
        return places == places.max() // 2
    return np.isin(places, np.rint(np.linspace(0, places.max(), count)))


def _in_middle(places: np.ndarray) -> np.ndarray:
    """Which places belong to the one or two lines in the middle."""
    lines = np.unique(places)
    return np.isin(places, lines[(len(lines) - 1) // 2 : len(lines) // 2 + 1])


def _heard(
    times: np.ndarray, neurons: np.ndarray, electrodes: np.ndarray, heard: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Every spike once for each electrode that hears its neuron: electrodes and times."""
    first = np.searchsorted(heard, neurons, side="left")
    count = np.searchsorted(heard, neurons, side="right") - first
    before = np.cumsum(count) - count
    pair = np.repeat(first - before, count) + np.arange(count.sum())
    return electrodes[pair], np.repeat(times, count)


def _blanked(train: np.ndarray, pulses: np.ndarray, blanking: float) -> np.ndarray:
    """Which spikes fall into the time `blanking` from a pulse on."""
    if len(pulses) == 0:
        return np.zeros(len(train), bool)
    last = np.searchsorted(pulses, train, side="right") - 1
    return (last >= 0) & (train - pulses[np.maximum(last, 0)] < blanking)


def _with_dead_time(train: np.ndarray, dead_time: float) -> np.ndarray:
    """The spikes that come at least `dead_time` after the last one that was kept."""
    kept, last = [], -np.inf
    for time in train.tolist():
        if time - last > dead_time - 1e-9:  # spikes lie on a grid: a tie is no violation
            kept.append(time)
            last = time
    return np.array(kept)
