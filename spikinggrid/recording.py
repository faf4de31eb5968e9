"""Recordings: the spikes of one dish by electrode, where they come from, and their files.

`Recording` holds a recording, simulated or real; `load` reads one and recognises its
format by content, not by name:

- HDF5 as `save` writes it: everything that a `Recording` holds, bit for bit;
- HDF5 as Charlesworth et al. (2015) published theirs: /spikes, /sCount, /names, /epos,
  /recordingtime;
- CSV spike lists, one spike a row, with a column for the time ("Time (s)", also in ms or
  us) and one for the electrode ("Electrode" or "Channel"), such as Axion's. Other
  columns and Axion's closing "Well Information" are passed over.

Each may be compressed with gzip. A spike list does not say how long was recorded: comment
lines such as `# t_start = 0 s` and `# t_stop = 300 s` do; without them a recording lasts
from 0 to its last spike. Nor does it know positions or electrodes that never fired.

References
----------
Charlesworth P, Cotterill E, Morton A, Grant SGN, Eglen SJ (2015) Neural Development 10:1,
doi:10.1186/s13064-014-0028-0.
"""

import csv
import gzip
import io
import os
import re
import zlib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import h5py
import numpy as np

from spikinggrid.errors import InputError
from spikinggrid.files import written_beside

FORMAT = "SpikingGrid recording"
FORMAT_VERSION = 1

PUBLISHED = ("spikes", "sCount", "names", "epos", "recordingtime")
FORMATS = (
    "HDF5 written by SpikingGrid, HDF5 of the Charlesworth 2015 collection "
    f"({', '.join('/' + name for name in PUBLISHED)}) or a CSV spike list"
)

HDF5_SIGNATURE = b"\x89HDF\r\n\x1a\n"
UNITS_PER_SECOND = {"s": 1, "ms": 1_000, "us": 1_000_000, "µs": 1_000_000, "μs": 1_000_000}
TIME_COLUMN = re.compile(
    r"(spike[ _]?)?time(s|[ _]?stamps?)?([ _([]+(?P<unit>s|ms|[uµμ]s)[)\]]?)?", re.IGNORECASE
)
ELECTRODE_COLUMN = re.compile(r"(electrode|channel)([ _]?(id|name|label))?", re.IGNORECASE)
SPAN_COMMENT = re.compile(r"^#[ \t]*t_(start|stop)[ \t]*=(.*?)s?[, \t\r]*$", re.MULTILINE)
WELL = re.compile(r"([A-Z]{1,2}\d{1,2})_\w+")  # Axion's electrode A1_23: column 2, row 3 of A1


@dataclass(frozen=True, eq=False)
class Recording:
    """Spike trains of one dish, its electrodes, its stimuli and its provenance.

    Attributes
    ----------
    spike_trains : tuple of ndarray
        Sorted spike times (s) of each electrode, in float64; electrodes that never fired
        are included where they are known.
    electrode_names : tuple of str
        One name for each electrode.
    x, y : ndarray, shape (n_electrodes,)
        Positions (m); NaN where unknown.
    t_start, t_stop : float
        The span that was recorded (s).
    stimulus_times, stimulus_electrodes, stimulus_amplitudes : ndarray, shape (n_pulses,)
        Time (s), electrode (index into `electrode_names`) and amplitude (relative to the
        nominal pulse) of each pulse.
    parameters : str
        The resolved parameter file as TOML; "" for real data.
    seed : int or None
        Seed of the simulation; None for real data.
    versions : dict of str to str
        Program and version, of all that made the recording; empty for real data.
    source : str
        File or description where the recording comes from.

    Raises
    ------
    InputError
        If lengths disagree, the span is empty, or spikes or pulses are not finite, not
        sorted (spikes) or outside the span.
    """

    spike_trains: tuple[np.ndarray, ...]
    electrode_names: tuple[str, ...]
    x: np.ndarray
    y: np.ndarray
    t_start: float
    t_stop: float
    stimulus_times: np.ndarray = field(default_factory=lambda: np.empty(0))
    stimulus_electrodes: np.ndarray = field(default_factory=lambda: np.empty(0, int))
    stimulus_amplitudes: np.ndarray = field(default_factory=lambda: np.empty(0))
    parameters: str = ""
    seed: int | None = None
    versions: dict[str, str] = field(default_factory=dict)
    source: str = ""

    def __post_init__(self) -> None:
        trains = tuple(np.asarray(train, np.float64) for train in self.spike_trains)
        object.__setattr__(self, "spike_trains", trains)
        object.__setattr__(self, "electrode_names", tuple(map(str, self.electrode_names)))
        object.__setattr__(self, "stimulus_electrodes", np.asarray(self.stimulus_electrodes, int))
        for name in ("x", "y", "stimulus_times", "stimulus_amplitudes"):
            object.__setattr__(self, name, np.asarray(getattr(self, name), np.float64))
        for name in ("t_start", "t_stop"):
            object.__setattr__(self, name, float(getattr(self, name)))
        self._check_electrodes()
        self._check_spikes()
        self._check_stimuli()

    @property
    def n_electrodes(self) -> int:
        """Number of electrodes, silent ones included where they are known."""
        return len(self.spike_trains)

    @property
    def duration(self) -> float:
        """Length of the recorded span (s)."""
        return self.t_stop - self.t_start

    @property
    def n_spikes(self) -> int:
        """Number of spikes on all electrodes together."""
        return sum(train.size for train in self.spike_trains)

    def _check_electrodes(self) -> None:
        expected = (self.n_electrodes,)
        if len(self.electrode_names) != self.n_electrodes:
            raise InputError(
                f"{self.n_electrodes} spike trains need as many electrode names, "
                f"found {len(self.electrode_names)}"
            )
        if self.x.shape != expected or self.y.shape != expected:
            raise InputError(
                f"{self.n_electrodes} spike trains need as many positions, "
                f"found x of shape {self.x.shape}, y of shape {self.y.shape}"
            )

    def _check_spikes(self) -> None:
        if not (np.isfinite([self.t_start, self.t_stop]).all() and self.t_stop > self.t_start):
            raise InputError(
                f"a recording must end after it starts, found {self.t_start} s to {self.t_stop} s"
            )
        for name, train in zip(self.electrode_names, self.spike_trains, strict=True):
            if train.ndim != 1:
                raise InputError(f"electrode {name!r}: a spike train has one dimension")
            if not np.isfinite(train).all():
                raise InputError(f"electrode {name!r}: a spike time is NaN or infinite")
            if np.any(train[1:] < train[:-1]):
                raise InputError(f"electrode {name!r}: spike times are not sorted")
            self._check_span(f"electrode {name!r}: a spike", train)

    def _check_stimuli(self) -> None:
        times, electrodes = self.stimulus_times, self.stimulus_electrodes
        if times.ndim != 1 or not times.shape == electrodes.shape == self.stimulus_amplitudes.shape:
            raise InputError(
                "stimuli need as many times as electrodes and amplitudes, found "
                f"{times.size}, {electrodes.size} and {self.stimulus_amplitudes.size}"
            )
        if not np.isfinite([times, self.stimulus_amplitudes]).all():
            raise InputError("the time or amplitude of a stimulus is NaN or infinite")
        wrong = electrodes[(electrodes < 0) | (electrodes >= self.n_electrodes)]
        if wrong.size:
            raise InputError(
                f"a stimulus is on electrode {wrong[0]}, the recording has {self.n_electrodes}"
            )
        self._check_span("a stimulus", times)

    def _check_span(self, what: str, times: np.ndarray) -> None:
        outside = times[(times < self.t_start) | (times > self.t_stop)]
        if outside.size:
            raise InputError(
                f"{what} at {outside[0]} s lies outside the recording, "
                f"{self.t_start} s to {self.t_stop} s"
            )


def load(path: str | os.PathLike) -> Recording:
    """Read a recording; the format is recognised by content (see the module's docstring).

    Parameters
    ----------
    path : path-like
        HDF5 or CSV, plain or compressed with gzip.

    Raises
    ------
    InputError
        If the file is missing, unreadable, empty, truncated, of another kind, or its
        content does not add up; one line that names the file.
    """
    path = Path(path)
    try:
        with path.open("rb") as file:
            return _read(file, path.name)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from error


def save(recording: Recording, path: str | os.PathLike) -> None:
    """Write a recording as HDF5, from which `load` gives back every bit of it.

    /spikes and /stimuli hold times (s) and electrodes (rows of /electrodes), /stimuli also
    amplitudes; /electrodes names and positions (m); /parameters the resolved parameter
    file; the attributes of /versions the programs; the file's own attributes the format
    and its version, the span (s), seed and source.

    Raises
    ------
    InputError
        If the file cannot be written or the disk is full; an existing file is then
        left as it was.
    """
    # In memory first: h5py reports a full disk in several ways, some only when closing.
    content = io.BytesIO()
    with h5py.File(content, "w") as file:
        _write_hdf5(file, recording)
    with written_beside(path) as beside:
        beside.write_bytes(content.getbuffer())


def save_csv(recording: Recording, path: str | os.PathLike) -> None:
    """Write a recording as a CSV spike list in order of time.

    Two comment lines keep the span. Times are written with all their digits. Positions,
    silent electrodes, stimuli and provenance are lost: `save` keeps them.

    Raises
    ------
    InputError
        If the file cannot be written or the disk is full, or two electrodes have the
        same name, which a spike list could not tell apart.
    """
    if len(set(recording.electrode_names)) < recording.n_electrodes:
        raise InputError(f"{path}: electrodes with the same name cannot be told apart in CSV")
    times, electrodes = _events(recording)
    order = np.argsort(times, kind="stable")
    names = recording.electrode_names
    with written_beside(path) as beside, beside.open("w", newline="", encoding="utf-8") as file:
        file.write(f"# t_start = {recording.t_start} s\n# t_stop = {recording.t_stop} s\n")
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(("Time (s)", "Electrode"))
        rows.writerows(
            (time, names[electrode])
            for time, electrode in zip(times[order].tolist(), electrodes[order], strict=True)
        )


def _read(file: BinaryIO, name: str) -> Recording:
    if file.read(2) == b"\x1f\x8b":
        file.seek(0)
        file = io.BytesIO(_decompressed(file))
    file.seek(0)
    head = file.read(1 << 16)
    if not head:
        raise InputError("is empty")
    if any(head.startswith(HDF5_SIGNATURE, start) for start in (0, 512)):  # MATLAB puts it at 512
        return _read_hdf5(file, name)
    if b"\0" in head:
        raise InputError(f"is neither HDF5 nor CSV; right would be {FORMATS}")
    file.seek(0)
    content = file.read()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("latin-1")  # a header with µ, written on Windows
    return _read_csv(text, name)


def _decompressed(file: BinaryIO) -> bytes:
    try:
        return gzip.decompress(file.read())
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"is truncated or damaged gzip ({error})") from error


def _read_hdf5(file: BinaryIO, name: str) -> Recording:
    try:
        with h5py.File(file, "r") as content:
            if content.attrs.get("format") == FORMAT:
                return _read_own(content)
            if "spikes" in content and "sCount" in content:
                return _read_published(content, name)
            raise InputError(f"is HDF5 of another kind; right would be {FORMATS}")
    except InputError:
        raise
    except Exception as error:  # damage makes h5py raise errors of every kind
        raise InputError(f"is truncated or damaged HDF5 ({error})") from error


def _read_own(file: h5py.File) -> Recording:
    version = int(file.attrs["format_version"])
    if version != FORMAT_VERSION:
        raise InputError(
            f"has format version {version}, written by another version of SpikingGrid; "
            f"right would be {FORMAT_VERSION}"
        )
    names = file["electrodes/names"].asstr()[()]
    times, electrodes = file["spikes/times"][()], file["spikes/electrodes"][()]
    if times.shape != electrodes.shape:
        raise InputError(f"/spikes has {times.size} times but {electrodes.size} electrodes")
    rows = np.arange(len(names) + 1)
    bounds = np.searchsorted(electrodes, rows)
    if bounds[0] != 0 or bounds[-1] != times.size or np.any(electrodes[1:] < electrodes[:-1]):
        raise InputError("/spikes/electrodes are not the sorted rows of /electrodes")
    return Recording(
        spike_trains=tuple(np.split(times, bounds[1:-1])) if len(names) else (),
        electrode_names=tuple(names),
        x=file["electrodes/x"][()],
        y=file["electrodes/y"][()],
        t_start=file.attrs["t_start"],
        t_stop=file.attrs["t_stop"],
        stimulus_times=file["stimuli/times"][()],
        stimulus_electrodes=file["stimuli/electrodes"][()],
        stimulus_amplitudes=file["stimuli/amplitudes"][()],
        parameters=file["parameters"].asstr()[()],
        seed=int(file.attrs["seed"]) if "seed" in file.attrs else None,
        versions=dict(file["versions"].attrs),
        source=file.attrs["source"],
    )


def _write_hdf5(file: h5py.File, recording: Recording) -> None:
    file.attrs["format"] = FORMAT
    file.attrs["format_version"] = FORMAT_VERSION
    file.attrs["t_start"] = recording.t_start
    file.attrs["t_stop"] = recording.t_stop
    file.attrs["source"] = recording.source
    if recording.seed is not None:
        file.attrs["seed"] = str(recording.seed)  # seeds may be longer than 64 bits
    text = h5py.string_dtype()
    file.create_dataset("parameters", data=recording.parameters, dtype=text)
    file.create_dataset("electrodes/names", data=list(recording.electrode_names), dtype=text)
    times, electrodes = _events(recording)
    numbers = {
        "electrodes/x": recording.x,
        "electrodes/y": recording.y,
        "spikes/times": times,
        "spikes/electrodes": electrodes,
        "stimuli/times": recording.stimulus_times,
        "stimuli/electrodes": recording.stimulus_electrodes,
        "stimuli/amplitudes": recording.stimulus_amplitudes,
    }
    for name, values in numbers.items():
        compression = "gzip" if values.size else None  # HDF5 cannot compress what is empty
        file.create_dataset(name, data=values, compression=compression)
    file.create_group("versions").attrs.update(recording.versions)


def _events(recording: Recording) -> tuple[np.ndarray, np.ndarray]:
    """Times (s) and electrodes of all spikes, one electrode after another."""
    sizes = [train.size for train in recording.spike_trains]
    electrodes = np.repeat(np.arange(recording.n_electrodes), sizes)
    return np.concatenate((np.empty(0), *recording.spike_trains)), electrodes


def _read_published(file: h5py.File, name: str) -> Recording:
    missing = [f"/{key}" for key in PUBLISHED if key not in file]
    if missing:
        raise InputError(f"lacks {', '.join(missing)} of the Charlesworth 2015 format")
    spikes, counts = file["spikes"][()], file["sCount"][()]
    if counts.min(initial=0) < 0 or counts.sum() != spikes.size:
        raise InputError(f"/sCount adds up to {counts.sum()} spikes, /spikes holds {spikes.size}")
    if file["epos"].shape != (2, counts.size):
        raise InputError(f"/epos has shape {file['epos'].shape}, right would be (2, {counts.size})")
    if file["recordingtime"].shape != (2,):
        raise InputError("/recordingtime must hold two times, start and end")
    x, y = file["epos"][()] / 1e6
    t_start, t_stop = file["recordingtime"][()]
    return Recording(
        spike_trains=tuple(np.split(spikes, np.cumsum(counts)[:-1])) if counts.size else (),
        electrode_names=tuple(file["names"].asstr()[()]),
        x=x,
        y=y,
        t_start=t_start,
        t_stop=t_stop,
        source=", ".join([name, *_published_details(file)]),
    )


def _published_details(file: h5py.File) -> Iterable[str]:
    details = {"meta/key": "{}", "meta/region": "{}", "meta/age": "DIV {}", "array": "{}"}
    for key, form in details.items():
        if key in file:
            value = np.ravel(file[key][()])[0]
            yield form.format(value.decode() if isinstance(value, bytes) else value)


def _read_csv(text: str, name: str) -> Recording:
    span = {end: _seconds(value.strip(), f"t_{end}") for end, value in SPAN_COMMENT.findall(text)}
    reader = csv.reader(io.StringIO(text, newline=""), skipinitialspace=True)
    rows = ([cell.strip() for cell in row] for row in reader)
    rows = (row for row in rows if any(row) and not row[0].startswith("#"))
    try:
        columns = next((found for row in rows if (found := _csv_columns(row))), None)
        if columns is None:
            raise InputError(_no_columns(text))
        times, per_second, electrodes = columns
        trains = defaultdict(list)
        for row in rows:
            if row[0].startswith("Well Information"):
                break
            row += [""] * (1 + max(times, electrodes) - len(row))
            time, electrode = row[times], row[electrodes]
            if not time and not electrode:
                continue  # Axion's description of the experiment outlasts the spikes
            if not electrode:
                raise InputError(f"line {reader.line_num}: the electrode is missing")
            trains[electrode].append(_seconds(time, f"line {reader.line_num}: time") / per_second)
    except csv.Error as error:
        raise InputError(f"line {reader.line_num}: {error}") from error
    if not trains:
        raise InputError("is a spike list without a single spike")
    _check_one_dish(trains)
    names = sorted(trains, key=_natural)
    unknown = np.full(len(names), np.nan)
    return Recording(
        spike_trains=tuple(np.sort(trains[name]) for name in names),
        electrode_names=tuple(names),
        x=unknown,
        y=unknown,
        t_start=span.get("start", 0.0),
        t_stop=span.get("stop", max(map(max, trains.values()))),
        source=name,
    )


def _csv_columns(row: list[str]) -> tuple[int, int, int] | None:
    """Column of the times, their units per second, column of the electrodes."""
    times = [(i, found) for i, cell in enumerate(row) if (found := TIME_COLUMN.fullmatch(cell))]
    electrodes = [i for i, cell in enumerate(row) if ELECTRODE_COLUMN.fullmatch(cell)]
    if not times or not electrodes:
        return None
    column, found = times[0]
    return column, UNITS_PER_SECOND[(found["unit"] or "s").lower()], electrodes[0]


def _no_columns(text: str) -> str:
    lines = (line for line in text.splitlines() if line.strip() and not line.startswith("#"))
    return (
        f"has no columns for time and electrode in its header {next(lines, '')[:60]!r}; "
        'right would be "Time (s),Electrode", the time in s, ms or us'
    )


def _seconds(text: str, what: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = np.nan
    if not np.isfinite(value):
        raise InputError(f"{what} {text!r} is not a number")
    return value


def _check_one_dish(names: Iterable[str]) -> None:
    wells = [match and match[1] for match in map(WELL.fullmatch, names)]
    found = sorted(set(filter(None, wells)), key=_natural)
    if all(wells) and len(found) > 1:
        shown = ", ".join(found[:4]) + (", ..." if len(found) > 4 else "")
        raise InputError(
            f"holds {len(found)} wells ({shown}), but a recording is one dish: "
            "keep the rows of one well in a file of its own"
        )


def _natural(name: str) -> str:
    """Sort key that puts electrode 2 before electrode 10."""
    return re.sub(r"\d+", lambda digits: digits[0].zfill(12), name)
