"""Recordings: the spikes of one dish by electrode, where they come from, and their files.

`Recording` holds a recording, simulated or real; `load` reads one and recognises its
format by content, not by name:

- HDF5 as `save` writes it: everything that a `Recording` holds, bit for bit;
- HDF5 as Charlesworth et al. (2015) published theirs: /spikes, /sCount, /names, /epos,
  /recordingtime;
- CSV spike lists, such as Axion's: see `spikinggrid.recordings.formats.spike_list`.

Each may be compressed with gzip. y runs downwards, as in images. It runs upwards in the files
that were published, and is turned round for the array of that collection, MCS_8x8_200um; of
another array it is taken as it stands.

References
----------
Charlesworth P, Cotterill E, Morton A, Grant SGN, Eglen SJ (2015) Neural Development 10:1,
doi:10.1186/s13064-014-0028-0.
"""

import gzip
import io
import os
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import h5py
import numpy as np

from spikinggrid.recordings.formats import spike_list as spike_lists
from spikinggrid.utils.errors import InputError
from spikinggrid.utils.files import written_beside

FORMAT = "SpikingGrid recording"
FORMAT_VERSION = 1

PUBLISHED = ("spikes", "sCount", "names", "epos", "recordingtime")
FORMATS = (
    "HDF5 written by SpikingGrid, HDF5 of the Charlesworth 2015 collection "
    f"({', '.join('/' + name for name in PUBLISHED)}) or a CSV spike list"
)

HDF5_SIGNATURE = b"\x89HDF\r\n\x1a\n"

#: By array, the y (um) of the top and the bottom row of electrodes added up.
TOP_AND_BOTTOM = {"MCS_8x8_200um": 1800.0}


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
        Positions (m), y downwards; NaN where unknown.
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
    spikes = (
        (time, names[electrode])
        for time, electrode in zip(times[order].tolist(), electrodes[order], strict=True)
    )
    with written_beside(path) as beside, beside.open("w", newline="", encoding="utf-8") as file:
        spike_lists.write(file, spikes, recording.t_start, recording.t_stop)


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
    return _read_csv(file.read(), name)


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
    x, y = file["epos"][()]
    array = _text(file["array"]) if "array" in file else ""
    if array in TOP_AND_BOTTOM:
        # MCS counts rows from the top, and row 2 (ch_12) is at 1400 um, row 7 at 400 um.
        y = TOP_AND_BOTTOM[array] - y
    t_start, t_stop = file["recordingtime"][()]
    return Recording(
        spike_trains=tuple(np.split(spikes, np.cumsum(counts)[:-1])) if counts.size else (),
        electrode_names=tuple(file["names"].asstr()[()]),
        x=x / 1e6,
        y=y / 1e6,
        t_start=t_start,
        t_stop=t_stop,
        source=", ".join([name, *_published_details(file)]),
    )


def _published_details(file: h5py.File) -> Iterable[str]:
    details = {"meta/key": "{}", "meta/region": "{}", "meta/age": "DIV {}", "array": "{}"}
    return (form.format(_text(file[key])) for key, form in details.items() if key in file)


def _text(dataset: h5py.Dataset) -> str:
    value = np.ravel(dataset[()])[0]
    return value.decode() if isinstance(value, bytes) else str(value)


def _read_csv(content: bytes, name: str) -> Recording:
    spikes = spike_lists.read(content)
    unknown = np.full(len(spikes.electrode_names), np.nan)
    return Recording(**spikes._asdict(), x=unknown, y=unknown, source=name)
