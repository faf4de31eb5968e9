"""Targets: what a simulated culture should measure like, and how far from it one is.

    load("cortex_div21")                    a target file that comes with SpikingGrid, or your own
    from_recordings(recordings, "mine")     from recordings of real cultures
    from_names(["dish1.h5", "dish2.h5"])    either, as a command line names them
    dumps(targets)                          as the text of a target file

A target file is TOML. It says which experiment (assay) measures the features, how long a recording
they are of, where they come from, and for each feature its centre and the band that spreads about
it:

    experiment = "spontaneous"
    duration = "911 s"
    source = "three of our cultures"

    [features."burst.rate"]
    centre = 7.1
    band = [4.3, 10.0]

The distance between a culture and its target counts features in units of their spread: the band's
edges are one unit from the centre, whichever side is the wider.
"""

import difflib
import json
import os
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from spikinggrid.assays.assay import Assay
from spikinggrid.assays.spontaneous import SPONTANEOUS
from spikinggrid.fitting.assays import ASSAYS
from spikinggrid.parameters import units
from spikinggrid.recordings import Recording, read
from spikinggrid.recordings.datasets import shipped_data
from spikinggrid.utils.errors import InputError, path_text, quoted, shortened

#: A feature counts for no more than this in the distance, however far off it is.
FARTHEST = 6.0

#: These grow with the length of the recording, say again what another feature says, or are there
#: to be looked at: what a fit did not aim at.
NOT_AIMED_AT = (
    "n_spikes",
    "share_of_spikes_in_bursts",
    "fir.rate.mean",
    "network_burst.size.cv",
    "isi.short",
)

#: These exist only where positions of electrodes are known.
OF_POSITIONS = ("corr.near", "corr.far", "corr.ratio")

#: With fewer recordings than this their spread is taken from parts of each, this many.
FEW, N_PARTS = 4, 5

#: A band from recordings reaches at least this share of the centre to either side.
NARROWEST = 0.1

#: Keys of a target file.
KEYS = ("experiment", "duration", "source", "features")


@dataclass(frozen=True)
class Target:
    """Where one feature should lie: the centre, and the edges of the band about it.

    A value that does not exist (NaN) counts as 0, which is what published targets hold for it.
    """

    centre: float
    low: float
    high: float

    def deviation(self, value: float) -> float:
        """Return how far off a value is, in units of the spread on its side.

        Within the band up to 1.
        """
        value = none_as_zero(value)
        above, below = self.high - self.centre, self.centre - self.low
        side = (above or below) if value > self.centre else (below or above)
        return (value - self.centre) / side

    def holds(self, value: float) -> bool:
        """Return whether a value lies within the band, its edges included."""
        return bool(self.low <= none_as_zero(value) <= self.high)


def none_as_zero(value: float) -> float:
    """Return a value, 0 if it does not exist."""
    return 0.0 if np.isnan(value) else value


@dataclass(frozen=True)
class Targets:
    """The targets of a fit.

    Attributes
    ----------
    name : str
        What to call them: the name of their file.
    assay : Assay
        What is done with a culture to measure the features.
    duration : float
        Length of the recording whose features they are (s); 0 where the assay records none.
    source : str
        Where they come from.
    features : dict of str to Target
        By name of the feature.
    """

    name: str
    assay: Assay
    duration: float
    source: str
    features: dict[str, Target]

    @property
    def units(self) -> Mapping[str, str]:
        """Unit of every feature."""
        return self.assay.units

    def deviations(self, values: Mapping[str, float]) -> dict[str, float]:
        """Return how far each feature is off, in units of its spread."""
        return {name: target.deviation(values[name]) for name, target in self.features.items()}

    def n_within(self, values: Mapping[str, float]) -> int:
        """Return how many features lie within their bands."""
        return sum(target.holds(values[name]) for name, target in self.features.items())

    def distance(self, values: Mapping[str, float]) -> float:
        """Return how far a culture is from the targets: the mean cost of its features.

        A feature z spreads from its centre costs `z^2 / 2` within its band and `|z|` outside, at
        most `FARTHEST`: a step at the edge, so that reaching the band pays, and no more than a
        straight line beyond, so that one feature out of reach does not rule all others.
        """
        return float(mean_cost(np.array(list(self.deviations(values).values()))))


def mean_cost(deviations: np.ndarray) -> np.ndarray:
    """Return the mean cost of features so many spreads off, over the last axis.

    See `Targets.distance`.
    """
    z = np.abs(deviations)
    return np.where(z <= 1, z**2 / 2, np.minimum(z, FARTHEST)).mean(axis=-1)


def load(name: str | os.PathLike) -> Targets:
    """Read a target file, or one that comes with SpikingGrid by its name.

    Raises
    ------
    InputError
        If there is none, or its content is wrong; the message names file and key.
    """
    path = _find(str(name))
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: is not a text file in UTF-8") from error
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        raise InputError(f"{path}: is not valid TOML: {shortened(str(error), 200)}") from error
    return _checked(content, path)


def shipped() -> list[str]:
    """Return the names of the target files that come with SpikingGrid."""
    return sorted(_shipped_files())


def from_names(
    names: Sequence[str | os.PathLike],
    read_recordings: Callable[[Sequence[str | os.PathLike]], list[Recording]] | None = None,
) -> tuple[Targets, list[Recording]]:
    """Read targets from a target file, or make them from recordings.

    Parameters
    ----------
    names : sequence of str or path-like
        One target file, or the name of one that comes with SpikingGrid; or recordings.
    read_recordings : callable, optional
        Read all of the recordings; as `read` reads each unless given.

    Returns
    -------
    targets : Targets
    recordings : list of Recording
        Empty for a target file.

    Raises
    ------
    InputError
        If there are none, or both kinds, or a file cannot be used.
    """
    is_target = [Path(name).suffix == ".toml" or not Path(name).is_file() for name in names]
    if len(names) == 1 and is_target[0]:
        return load(names[0]), []
    if any(is_target) or not names:
        wrong = names[is_target.index(True)] if names else "targets"
        raise InputError(f"{wrong}: right would be one target file, or recordings alone")
    recordings = read_recordings(names) if read_recordings else [read(name) for name in names]
    return from_recordings(recordings, Path(names[0]).stem), recordings


def from_recordings(recordings: Sequence[Recording], name: str) -> Targets:
    """Make targets from recordings of cultures that should be alike.

    The centre of a feature is its median over the recordings that have it; the source says where
    these are not all, and a feature that none has is left out. With `FEW` of them or more, its band
    are the quartiles; with fewer, the standard deviation of the feature between `N_PARTS` equal
    parts of a recording, to either side. It reaches at least `NARROWEST` of the centre (of the
    feature's unit where the centre is 0) to either side.

    Parameters
    ----------
    recordings : sequence of Recording
    name : str

    Raises
    ------
    InputError
        If a recording is empty; the message names it.
    """
    for recording in recordings:
        if not recording.n_spikes:
            raise InputError(
                f"{recording.source}: has no spikes; right would be a culture that fires"
            )
    table = [_measured(recording) for recording in recordings]
    parts = [] if len(recordings) >= FEW else list(map(_spread_of_parts, recordings))
    aims, lacking = {}, []
    for feature in table[0]:
        values = _existing(row[feature] for row in table)
        if len(values) < len(table):
            lacking.append(f"{feature} of {len(values) or 'none'} of {len(table)}")
        if not values:
            continue
        low, centre, high = np.percentile(values, [25, 50, 75])
        if parts:
            spreads = _existing(row[feature] for row in parts)
            spread = np.mean(spreads) if spreads else 0.0
            low, high = centre - spread, centre + spread
        least = NARROWEST * (abs(centre) or 1.0)
        numbers = (centre, min(low, centre - least), max(high, centre + least))
        aims[feature] = Target(*(float(f"{number:.6g}") for number in numbers))
    source = "; ".join(recording.source for recording in recordings)
    source += f" ({', '.join(lacking)})" if lacking else ""
    duration = float(np.median([recording.duration for recording in recordings]))
    return Targets(name, SPONTANEOUS, duration, source, aims)


def dumps(targets: Targets) -> str:
    """Return targets as the text of a target file, from which `load` makes equal ones."""
    lines = [f'experiment = "{targets.assay.name}"']
    if targets.duration:
        lines.append(f'duration = "{units.format_quantity(targets.duration, "s")}"')
    lines.append(f"source = {json.dumps(targets.source, ensure_ascii=False)}")
    for name, target in targets.features.items():
        lines += [
            "",
            f'[features."{name}"]',
            f"centre = {target.centre!r}".ljust(32) + f" # {targets.units[name]}",
            f"band = [{target.low!r}, {target.high!r}]",
        ]
    return "\n".join(lines) + "\n"


def _measured(
    recording: Recording, t_start: float | None = None, t_stop: float | None = None
) -> dict[str, float]:
    left_out = set(NOT_AIMED_AT)
    if not recording.has_positions:
        left_out |= set(OF_POSITIONS)
    values = recording.features(t_start, t_stop)
    return {name: value for name, value in values.items() if name not in left_out}


def _spread_of_parts(recording: Recording) -> dict[str, float]:
    edges = np.linspace(recording.t_start, recording.t_stop, N_PARTS + 1)
    rows = [_measured(recording, *span) for span in pairwise(edges.tolist())]
    columns = {name: _existing(row[name] for row in rows) for name in rows[0]}
    return {
        name: float(np.std(column, ddof=1)) if len(column) > 1 else np.nan
        for name, column in columns.items()
    }


def _existing(values: Iterable[float]) -> list[float]:
    return [value for value in values if not np.isnan(value)]


def _shipped_files() -> dict[str, Traversable]:
    files = (shipped_data() / "targets").iterdir()
    return {path.name.removesuffix(".toml"): path for path in files if path.name.endswith(".toml")}


def _find(name: str) -> Traversable:
    for path in (name, f"{name}.toml"):
        if os.path.isfile(path):  # unlike Path.is_file, False where a name is too long
            return Path(path)
    if name in _shipped_files():
        return _shipped_files()[name]
    near = difflib.get_close_matches(name, shipped(), n=1, cutoff=0.4)
    hint = f'did you mean "{near[0]}"?' if near else f"with SpikingGrid come {', '.join(shipped())}"
    raise InputError(f"{path_text(name)}: no such target file or recording; {hint}")


def _checked(content: dict[str, Any], path: Traversable) -> Targets:
    for key, value in content.items():
        if key not in KEYS:
            raise _wrong(path, shortened(key), value, f"one of the keys {', '.join(KEYS)}")
    experiment = content.get("experiment")
    if not isinstance(experiment, str) or experiment not in ASSAYS:
        names = " or ".join(f'"{name}"' for name in ASSAYS)
        raise _wrong(path, "experiment", experiment, names)
    assay = ASSAYS[experiment]
    duration = _checked_duration(content, assay, path)
    source = content.get("source")
    if not isinstance(source, str):
        raise _wrong(path, "source", source, "text that says where the numbers come from")
    table = content.get("features")
    if not isinstance(table, dict) or not table:
        right = 'one table or more, such as [features."burst.rate"]'
        raise _wrong(path, "features", table, right)
    features = {name: _checked_target(name, entry, assay, path) for name, entry in table.items()}
    return Targets(path.name.removesuffix(".toml"), assay, duration, source, features)


def _checked_duration(content: dict[str, Any], assay: Assay, path: Traversable) -> float:
    if not assay.is_recorded:
        if "duration" in content:
            right = f'nothing, as "{assay.name}" has a duration of its own'
            raise _wrong(path, "duration", content["duration"], right)
        return 0.0
    try:
        duration = units.parse(content.get("duration"), "s")
    except ValueError as error:
        raise InputError(f'{path}: duration: {error}; for example duration = "911 s"') from None
    if duration <= 0:
        raise _wrong(path, "duration", content["duration"], 'a time above 0, as in "911 s"')
    return duration


def _checked_target(name: str, entry: object, assay: Assay, path: Traversable) -> Target:
    key = f'features."{shortened(name)}"'
    if name not in assay.units:
        near = difflib.get_close_matches(name, assay.units, n=1)
        known = f'with "{assay.name}" there are {", ".join(assay.units)}'
        hint = f'did you mean "{near[0]}"?' if near else known
        raise InputError(f"{path}: {key}: unknown feature; {hint}")
    numbers = _numbers(entry)
    if numbers is None:
        right = "centre = 7.1 and band = [4.3, 10.0], with the centre in it"
        raise _wrong(path, key, entry, right)
    return Target(*numbers)


def _numbers(entry: object) -> tuple[float, float, float] | None:
    """Return centre and band of an entry, or None if it is not right."""
    if not isinstance(entry, dict) or entry.keys() != {"centre", "band"}:
        return None
    band = entry["band"]
    if not isinstance(band, list) or len(band) != 2:
        return None
    numbers = (entry["centre"], *band)
    if any(isinstance(n, bool) or not isinstance(n, int | float) for n in numbers):
        return None
    try:
        centre, low, high = map(float, numbers)
    except OverflowError:  # whole numbers of hundreds of digits
        return None
    is_right = np.isfinite([low, high]).all() and low <= centre <= high and low < high
    return (centre, low, high) if is_right else None


def _wrong(path: Traversable, key: str, value: object, right: str) -> InputError:
    return InputError(f"{path}: {key}: found {quoted(value)}; right would be {right}")
