"""MATLAB files, v5 to v7.3, with spike times in one of the usual shapes.

- a cell array of spike times, one cell for each electrode, with their names in `channels`;
- the same with a struct in each cell, a field for each way to detect spikes, as of MEA-NAP;
- a struct array with a field of spike times for each electrode, or a struct whose fields are
  electrodes;
- two vectors of the same length, spike times and channels;
- a matrix of spikes, time by electrode, full or sparse, with the sampling rate in `fs`.

The variables are found by their names, also in structs: spikes, spikeTimes, spike_times, times, ts,
timestamps; channels, electrodes, names, labels; spikeMatrix; fs; duration. Times are in s unless a
variable such as spike_times_ms, `unit` or the user says otherwise. Positions are not read.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from spikinggrid.recordings.formats import matlab_values
from spikinggrid.recordings.formats.assembly import assembled, rate
from spikinggrid.recordings.formats.content import Content, Options
from spikinggrid.recordings.formats.time_units import PER_SECOND, check_seconds
from spikinggrid.recordings.spike_data import SpikeData
from spikinggrid.utils.errors import InputError

NAME = "MATLAB (v5 to v7.3, with spike times in cells, structs, vectors or a matrix)"
OPTIONS: tuple[str, ...] = ("time_unit", "sampling_rate")

TIMES = re.compile(
    r"(spike|spk)s?_?(times?|ts|trains?|timestamps?)?(_?(?P<unit>ms|us|s|samples|frames))?"
    r"|times?(_?stamps?)?(_(?P<other>ms|us|s))?|ts",
    re.IGNORECASE,
)
NAMES = re.compile(
    r"(channel|electrode|chan|ch|unit)s?(_?(name|label|id|number)s?)?|names?|labels?|ids?",
    re.IGNORECASE,
)
MATRIX = re.compile(r"spike_?(matrix|mat|train_?matrix)|raster", re.IGNORECASE)
RATE = re.compile(r"fs|sr|sampl(ing|e)_?(rate|freq(uency)?)", re.IGNORECASE)
DURATION = re.compile(r"(recording_?)?(duration|length)(_?s)?", re.IGNORECASE)
UNIT = re.compile(r"(time_?)?units?", re.IGNORECASE)
METHOD = re.compile(r"spikes?_?method", re.IGNORECASE)

#: What files call units.
UNITS = {
    "s": "s", "sec": "s", "ms": "ms", "us": "us",
    "frame": "samples", "frames": "samples", "samples": "samples",
}  # fmt: skip

#: Large variables of MEA-NAP that are not needed.
LEFT_OUT = ("spikeWaveforms", "spikeAmps", "thresholds", "adjMs", "NetMet", "Ephys", "dat")


@dataclass
class Trains:
    """Spike trains as a file has them.

    Attributes
    ----------
    by_name : dict of str to ndarray
        Times by electrode, in the unit of the file.
    heading : str
        What the variable is called.
    unit : str or None
        Unit of the times, if the file says it.
    duration : float or None
        How long was recorded, in the same unit, if the times themselves say it.
    notes : list of str
        What was assumed.
    """

    by_name: dict[str, np.ndarray]
    heading: str
    unit: str | None = None
    duration: float | None = None
    notes: list[str] = field(default_factory=list)


def recognises(content: Content) -> bool:
    """Whether the file is of this format; HDF5 too that has its variables, but not its header."""
    if content.head.startswith((matlab_values.V5, matlab_values.V73)):
        return True
    file = content.hdf5
    if file is None:
        return False
    if any("MATLAB_class" in item.attrs for item in file.values()):
        return True
    return all(any(name.fullmatch(key) for key in file) for name in (TIMES, NAMES))


def read(content: Content, options: Options) -> list[SpikeData]:
    """Read the recording in a file.

    Raises
    ------
    InputError
        If there are no spike times in a known shape, their unit cannot be seconds and is not said,
        or the sampling rate is missing.
    """
    if content.hdf5 is None:
        variables = matlab_values.load_v5(content.file, LEFT_OUT)
    else:
        variables = matlab_values.load_v73(content.hdf5, LEFT_OUT)
    table = _with_times(variables)
    if table is None:
        raise InputError(
            f"has no variable with spike times in a known shape among {', '.join(variables)}; right"
            " would be spikeTimes, a cell array with the times of each electrode, or the vectors"
            " spikes and channels"
        )
    trains = _trains(table, variables)
    if not any(train.size for train in trains.by_name.values()):
        raise InputError(f"has no spikes in {trains.heading}")
    unit = trains.unit or _unit(variables)
    if unit and options.time_unit and unit != options.time_unit:
        raise InputError(f"--time-unit: found {options.time_unit}, but the file says {unit}")
    unit, notes = options.time_unit or unit, trains.notes
    if unit is None:
        times = np.concatenate(list(trains.by_name.values()))
        check_seconds(trains.by_name, float(np.ptp(times)), trains.heading)
        notes = [*notes, f"the times have no unit ({trains.heading}): taken as s"]
    if unit == "samples":
        per_second = rate(_value(RATE, variables), options, "the variable fs")
    else:
        per_second = PER_SECOND[unit or "s"]
    in_seconds = {name: train / per_second for name, train in trains.by_name.items()}
    own = None if trains.duration is None else trains.duration / per_second
    duration = _value(DURATION, variables) if own is None else own
    last = max(train.max(initial=0.0) for train in in_seconds.values())
    if duration is not None and duration < last:
        notes = [
            *notes,
            f"the duration that the file gives, {duration:g} s, is less than its spikes",
        ]
        duration = None
    return [
        assembled(
            content.name,
            in_seconds,
            t_start=None if duration is None else 0.0,
            t_stop=duration,
            notes=notes,
        )
    ]


# Where the times are


def _with_times(table: Any) -> dict[str, Any] | None:
    """Return the variables, or the struct among them, that hold spike times."""
    if not isinstance(table, dict):
        return None
    if any(TIMES.fullmatch(name) or MATRIX.fullmatch(name) for name in table):
        return table
    inner = (_with_times(value) for value in table.values())
    return next((value for value in inner if value is not None), None)


def _trains(table: dict[str, Any], variables: dict[str, Any]) -> Trains:
    """Return the spike trains in whatever shape they have."""
    for name, value in table.items():
        match = TIMES.fullmatch(name)
        if not match or not _has_numbers(value):
            continue
        labels = _labels(table)
        if isinstance(value, dict):
            trains = Trains({key: _vector(train) for key, train in value.items()}, name)
        elif isinstance(value, list):
            trains = _of_cells(value, name, labels, _method(variables))
        elif len(labels) == np.size(value):
            trains = _of_pairs(_vector(value), name, labels)
        else:
            continue
        trains.unit = UNITS.get((match["unit"] or match["other"] or "").lower())
        return trains
    for name, value in table.items():
        if MATRIX.fullmatch(name) and np.ndim(value) == 2:
            return _of_matrix(value, name, _labels(table))
    names = ", ".join(name for name in table if TIMES.fullmatch(name) or MATRIX.fullmatch(name))
    raise InputError(
        f"has {names}, but in no known shape; right would be a cell array with the times of each"
        " electrode, or a vector with another of the same length, channels"
    )


def _has_numbers(value: Any) -> bool:
    if isinstance(value, dict):
        return bool(value) and all(
            isinstance(item, np.ndarray | float | int) for item in value.values()
        )
    return isinstance(value, list | np.ndarray) and len(value) > 0


def _of_cells(cells: list[Any], heading: str, labels: list[str], method: str | None) -> Trains:
    """Return the trains in cells, or in structs of which each is of an electrode."""
    names = labels if len(labels) == len(cells) else [str(k + 1) for k in range(len(cells))]
    notes = []
    if names is not labels:
        notes.append("the electrodes have no names: called 1, 2, ...")
    structs = [cell for cell in cells if isinstance(cell, dict)]
    if not structs:
        return Trains(
            {name: _vector(cell) for name, cell in zip(names, cells, strict=True)},
            heading,
            notes=notes,
        )
    key, note = _field(structs, method)
    own = [_labels(struct) for struct in structs]
    if len(structs) == len(cells) and names is not labels and all(len(label) == 1 for label in own):
        names, notes = [label[0] for label in own], []
    trains = {
        name: _vector(cell.get(key, ())) if isinstance(cell, dict) else np.empty(0)
        for name, cell in zip(names, cells, strict=True)
    }
    return Trains(trains, f"{heading}.{key}", notes=[*notes, *note])


def _field(structs: list[dict[str, Any]], method: str | None) -> tuple[str, list[str]]:
    """Return the field of structs that holds the times, and what was chosen."""
    keys = list(dict.fromkeys(key for struct in structs for key in struct))
    known = [key for key in keys if TIMES.fullmatch(key)]
    if known:
        return known[0], []
    if method in keys:
        return str(method), [f"spikes are those of the method {method}, which the file names"]
    filled = [key for key in keys if any(np.size(struct.get(key, ())) for struct in structs)]
    if not filled:
        raise InputError("has structs without any spike times")
    others = ", ".join(key for key in keys if key != filled[0])
    return filled[0], [
        f"spikes are those of the method {filled[0]}, not of {others}"
    ] if others else []


def _of_pairs(times: np.ndarray, heading: str, labels: list[str]) -> Trains:
    """Return the trains of two parallel vectors."""
    names, rows = np.unique(np.array(labels), return_inverse=True)
    order = sorted(range(len(names)), key=lambda k: (len(names[k]), names[k]))
    return Trains({str(names[k]): times[rows == k] for k in order}, heading)


def _of_matrix(matrix: Any, heading: str, labels: list[str]) -> Trains:
    """Return the trains of a matrix of counts, whose longer side is time."""
    from scipy.sparse import coo_matrix

    counts = coo_matrix(matrix)
    samples, electrodes = counts.row, counts.col
    if counts.shape[0] < counts.shape[1]:
        samples, electrodes = electrodes, samples
    n_samples, n_electrodes = max(counts.shape), min(counts.shape)
    is_named = len(labels) == n_electrodes
    names = labels if is_named else [str(k + 1) for k in range(n_electrodes)]
    repeats = np.asarray(counts.data).astype(int)
    spikes = np.repeat(samples, repeats), np.repeat(electrodes, repeats)
    return Trains(
        {name: np.sort(spikes[0][spikes[1] == k]).astype(float) for k, name in enumerate(names)},
        heading,
        "samples",
        float(n_samples),
        [] if is_named else ["the electrodes have no names: called 1, 2, ..."],
    )


# What else the file says


def _vector(value: Any) -> np.ndarray:
    try:
        return np.asarray(value, np.float64).ravel()
    except (TypeError, ValueError):
        raise InputError("has spike times that are not numbers") from None


def _labels(table: Mapping[str, Any]) -> list[str]:
    """Return the names of electrodes in a table, as text."""
    for name, value in table.items():
        if NAMES.fullmatch(name) and not isinstance(value, dict):
            labels = [value] if isinstance(value, str) else np.ravel(np.array(value, dtype=object))
            return [f"{label:g}" if _is_number(label) else str(label) for label in labels]
    return []


def _is_number(value: Any) -> bool:
    return isinstance(value, float | int | np.number)


def _method(variables: Mapping[str, Any]) -> str | None:
    value = _search(METHOD, variables)
    return value if isinstance(value, str) else None


def _unit(variables: Mapping[str, Any]) -> str | None:
    value = _search(UNIT, variables)
    return UNITS.get(value.lower()) if isinstance(value, str) else None


def _value(name: re.Pattern[str], variables: Mapping[str, Any]) -> float | None:
    value = _search(name, variables)
    numbers = value if isinstance(value, np.ndarray) else np.array([value] * _is_number(value))
    return float(numbers.ravel()[0]) if numbers.size == 1 and numbers.dtype.kind in "fiu" else None


def _search(name: re.Pattern[str], table: Mapping[str, Any]) -> Any:
    """Return the value of a name, in the variables or else in structs among them."""
    for key, value in table.items():
        if name.fullmatch(key) and not isinstance(value, dict):
            return value
    structs = (value for value in table.values() if isinstance(value, dict))
    inner = (_search(name, struct) for struct in structs)
    return next((value for value in inner if value is not None), None)
