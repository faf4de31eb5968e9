"""Recordings in one call: measured side by side, compared by group, as a network."""

import os
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from spikinggrid.parameters.units import to_si
from spikinggrid.plotting import connectivity as network_figures
from spikinggrid.plotting import groups as group_figures
from spikinggrid.recordings import Recording, group_table, read, read_all
from spikinggrid.simulation import networks
from spikinggrid.statistics import groups
from spikinggrid.statistics.connectivity import DT, N_SHIFTS, TAIL
from spikinggrid.statistics.groups import GroupComparison

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure


#: What a function takes for a recording: the recording, or its file.
RecordingLike = Recording | str | os.PathLike


def table(recordings: RecordingLike | Iterable[RecordingLike]) -> "pd.DataFrame":
    """Measure recordings and show their features side by side.

    Parameters
    ----------
    recordings : Recording, str or path-like, or iterable of these
        Recordings, or files that `read` can read.

    Returns
    -------
    pandas.DataFrame
        One row for each recording, named by its source; one column for each feature, in the units
        that `spikinggrid.statistics.feature_glossary.FEATURES` gives.

    Raises
    ------
    InputError
        If a file cannot be read.

    Examples
    --------
    >>> import spikinggrid as sg
    >>> mine = sg.Recording.from_spike_trains([[0.1, 0.3], [0.2]], 1.0, source="mine")
    >>> sg.table([mine])["n_spikes"]
    mine    3.0
    Name: n_spikes, dtype: float64
    """
    import pandas as pd

    if isinstance(recordings, Recording | str | os.PathLike):
        recordings = [recordings]
    loaded = [recording_of(each) for each in recordings]
    return pd.DataFrame(
        [recording.features() for recording in loaded],
        index=[recording.source for recording in loaded],
    )


class Groups(GroupComparison):
    """Groups of dishes compared: what `compare_groups` returns."""

    def plot(self, features: Sequence[str] | None = None) -> "Figure":
        """Draw dishes, cultures and medians of each feature by group; all features by default."""
        return group_figures.groups(self, features)

    def __repr__(self) -> str:
        n_different = int((self.tests["p_adjusted"] <= 0.05).sum())
        groups = " and ".join(self.groups)
        return f"<Groups {groups}: {n_different} of {len(self.tests)} features differ>"

    def _repr_html_(self) -> str:
        return self.pairs.to_html(index=False, float_format="{:.3g}".format, na_rep="")


def compare_groups(
    dishes: "pd.DataFrame | str | os.PathLike",
    folder: str | os.PathLike | None = None,
    *,
    features: Sequence[str] | None = None,
) -> Groups:
    """Compare groups of dishes feature by feature; the unit is the culture, not the dish.

    Parameters
    ----------
    dishes : pandas.DataFrame or path-like
        A table such as that of `table`, with a column `group` and a column `culture`, the same for
        all dishes of one preparation; or a file with the columns file, group and culture.
    folder : path-like, optional
        Of the recordings that the file names; that of the file unless given.
    features : sequence of str, optional
        Which to compare, if they were chosen beforehand; all unless given.

    Returns
    -------
    Groups
        Its `pairs` have differences of medians, Cliff's delta, their intervals and p for each
        feature; its `table` has everything.

    Raises
    ------
    InputError
        If a file cannot be read, or a group has fewer than two cultures.

    Examples
    --------
    >>> import spikinggrid as sg
    >>> made = [[[0.1 * k for k in range(n)]] for n in (3, 4, 5, 6, 12, 13, 14, 15)]
    >>> dishes = sg.table([sg.Recording.from_spike_trains(trains, 2.0) for trains in made])
    >>> dishes = dishes.assign(group=["control"] * 4 + ["treated"] * 4, culture=list("abcdefgh"))
    >>> compared = sg.compare_groups(dishes, features=["fir.rate"])
    >>> compared
    <Groups control and treated: 1 of 1 features differ>
    >>> float(compared.pairs["difference"][0]), float(compared.pairs["p"][0].round(3))
    (4.5, 0.029)
    """
    if isinstance(dishes, str | os.PathLike):
        rows = group_table.read_group_table(dishes, folder)
        paths = dict.fromkeys(row.path for row in rows)
        read_files = ((path, each) for path in paths for each in read_all(path))
        dishes = group_table.measured(rows, read_files)
    return Groups(**vars(groups.compare_groups(dishes, features)))


class Network(networks.Network):
    """Which electrodes fire together more than by chance: what `connectivity` returns."""

    def plot(self) -> "Figure":
        """Draw the graph on the array, its matrix, and the wiring where that is known."""
        return network_figures.connectivity(self)

    def __repr__(self) -> str:
        n_nodes = int(self.inferred.is_active.sum())
        return f"<Network: {n_nodes:,} electrodes, {self.inferred.n_edges:,} edges>"


def connectivity(
    recording: RecordingLike,
    *,
    window: float | str = DT,
    n_shifts: int = N_SHIFTS,
    tail: float = TAIL,
    density: float | None = None,
) -> Network:
    """Find which electrodes fire together more than by chance, and measure their graph.

    Needs the extra `spikinggrid[groups]`.

    Parameters
    ----------
    recording : Recording, str or path-like
        Of a simulated one the true wiring is told beside.
    window : float or str
        Half the window of coincidence (s, or with a unit).
    n_shifts : int
        Shifted trains that tell what chance gives.
    tail : float
        Share of these that may reach the coefficient of a pair that connects.
    density : float, optional
        Share of all pairs to which edges are limited, the strongest.

    Returns
    -------
    Network

    Raises
    ------
    InputError
        If the recording cannot be read, or `networkx` is not installed.

    Examples
    --------
    >>> import spikinggrid as sg
    >>> import numpy as np
    >>> first = np.sort(np.random.default_rng(0).uniform(0, 60, 100))
    >>> trains = [first, first + 0.004, np.arange(0.5, 60, 0.7)]
    >>> network = sg.connectivity(sg.Recording.from_spike_trains(trains, 61.0))
    >>> network, network.measures["network.degree"]
    (<Network: 3 electrodes, 1 edges>, 0.6666666666666666)
    """
    found = networks.infer_network(
        recording_of(recording),
        dt=to_si(window, "s", "window"),
        n_shifts=n_shifts,
        tail=tail,
        density=density,
    )
    return Network(**vars(found))


def recording_of(source: RecordingLike) -> Recording:
    """Return a recording, or read it."""
    return source if isinstance(source, Recording) else read(source)
