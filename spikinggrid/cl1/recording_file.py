"""Recordings in the HDF5 layout of a CL1, written when they stop.

/samples                    int16, frames x channels
/spikes                     timestamp, channel, samples (75 values in uV)
/stims                      timestamp, channel
/data_stream/NAME/index     timestamp, start_index, end_index
/data_stream/NAME/data      bytes of msgpack

Time stamps count from the start of the recording. Attributes of the file say how long it is; what
a program adds lies in `application`, pickled, as PyTables keeps dicts. Neither is ever unpickled
here but by a reader that knows plain values alone.
"""

import datetime
import io
import pickle
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from spikinggrid.cl1.clock import FRAMES_PER_SECOND
from spikinggrid.cl1.data_stream import DataStream, plain, unpacked
from spikinggrid.cl1.designs import N_CHANNELS
from spikinggrid.cl1.device import Device
from spikinggrid.cl1.waveforms import BEFORE, FROM, UV_PER_SAMPLE
from spikinggrid.utils.errors import InputError
from spikinggrid.utils.files import make_folder, written_beside
from spikinggrid.utils.versions import versions

SPIKE = np.dtype([("timestamp", "<i8"), ("channel", "u1"), ("samples", "<f4", (BEFORE + FROM,))])
STIM = np.dtype([("timestamp", "<i8"), ("channel", "u1")])
INDEX = np.dtype([("timestamp", "<i8"), ("start_index", "<i8"), ("end_index", "<i8")])

#: Frames that are made and written at a time.
CHUNK = 25_000


@dataclass(frozen=True)
class Content:
    """What goes into a recording."""

    spikes: bool
    stims: bool
    raw_samples: bool
    data_streams: bool
    excluded_streams: tuple[str, ...]


class Recording:
    """A recording that is being made, returned by `Neurons.record`.

    Attributes
    ----------
    file : dict
        Its `path`, `name` and `location`.
    attributes : dict
        As in the file; what is known once it has stopped is missing before.
    start_timestamp, end : int
        First frame, and the one after the last; `end` is None where nobody has said it.
    """

    def __init__(
        self,
        streams: Mapping[str, DataStream],
        device: Device,
        path: Path,
        start: int,
        n_frames: int | None,
        attributes: Mapping[str, Any] | None,
        content: Content,
    ):
        self._streams, self._device, self._content = streams, device, content
        self.start_timestamp = start
        self.end = None if n_frames is None else start + n_frames
        self.file = {"path": str(path), "name": path.name, "location": str(path.parent)}
        make_folder(path.parent)
        self._is_written = False
        self.attributes: dict[str, Any] = {
            "application": plain(attributes or {}),
            "channel_count": N_CHANNELS,
            **_moments("created"),
            "file_format": {
                "version": f"SpikingGrid {versions()['spikinggrid']}",
                "stim_and_spike_timestamps_relative_to_start": True,
            },
            "frames_per_second": FRAMES_PER_SECOND,
            "sampling_frequency": FRAMES_PER_SECOND,
            "start_timestamp": start,
            "uV_per_sample_unit": UV_PER_SAMPLE,
        }

    def __repr__(self) -> str:
        return f"<Recording {self.file['path']}>"

    def set_attribute(self, key: str, value: Any) -> None:
        """Set one attribute of the program."""
        self.attributes["application"][key] = plain(value)

    def update_attributes(self, attributes: Mapping[str, Any]) -> None:
        """Set several attributes of the program."""
        self.attributes["application"].update(plain(attributes))

    def has_stopped(self) -> bool:
        """Return whether it has ended."""
        self._device.now()
        return self._is_written

    def stop(self) -> None:
        """End the recording with the present frame and write it, unless it has ended."""
        if not self.has_stopped():
            self.end = self._device.now()
            self._device.now()  # which has it written

    def wait_until_stopped(self) -> None:
        """Wait for the end that was set.

        Raises
        ------
        RuntimeError
            If there is none: the wait would never end.
        """
        if self._is_written:
            return
        if self.end is None:
            raise RuntimeError("recording: has no end; call stop, or set stop_after_seconds")
        self._device.wait_until(self.end)

    def finish(self, end: int) -> None:
        """Write the recording up to a frame."""
        self._is_written, self.end = True, end
        n_frames = end - self.start_timestamp
        self.attributes |= {
            "end_timestamp": end,
            "duration_frames": n_frames,
            "duration_seconds": n_frames / FRAMES_PER_SECOND,
            **_moments("ended"),
        }
        path = Path(self.file["path"])
        with written_beside(path) as beside, h5py.File(beside, "w") as file:
            for name, value in self.attributes.items():
                file.attrs[name] = _as_pytables_has(value)
            self._write(file, end)

    def open(self) -> "RecordingView":
        """Return a view of the file.

        Raises
        ------
        InputError
            If the recording has not ended.
        """
        if not self.has_stopped():
            raise InputError("recording: has not stopped yet")
        return RecordingView(self.file["path"])

    def _write(self, file: h5py.File, end: int) -> None:
        spikes = self._device.spikes.between(self.start_timestamp, end)
        table = np.zeros(len(spikes[0]), SPIKE)
        table["timestamp"], table["channel"] = spikes[0] - self.start_timestamp, spikes[1]
        if self._content.raw_samples:
            samples = file.create_dataset(
                "samples",
                (end - self.start_timestamp, N_CHANNELS),
                np.int16,
                maxshape=(None, N_CHANNELS),
                chunks=(min(2500, max(1, end - self.start_timestamp)), N_CHANNELS),
            )
        wanted = self._content.raw_samples or self._content.spikes
        for begin in range(self.start_timestamp, end, CHUNK) if wanted else ():
            stop = min(begin + CHUNK, end)
            raw = self._device.samples(begin - BEFORE, stop + FROM)
            if self._content.raw_samples:
                samples[begin - self.start_timestamp : stop - self.start_timestamp] = raw[
                    BEFORE:-FROM
                ]
            first, after = np.searchsorted(spikes[0], (begin, stop))
            rows = spikes[0][first:after, None] - begin + np.arange(BEFORE + FROM)
            snippets = raw[rows, spikes[1][first:after, None]].astype(np.float32)
            table["samples"][first:after] = snippets * np.float32(UV_PER_SAMPLE)
        if self._content.spikes:
            _write_table(file, "spikes", table)
        if self._content.stims:
            frames, channels = self._device.pulses.between(self.start_timestamp, end)
            stims = np.zeros(len(frames), STIM)
            stims["timestamp"], stims["channel"] = frames - self.start_timestamp, channels
            _write_table(file, "stims", stims)
        if self._content.data_streams:
            self._write_streams(file, end)

    def _write_streams(self, file: h5py.File, end: int) -> None:
        for stream in self._streams.values():
            if stream.name in self._content.excluded_streams:
                continue
            group = file.create_group(f"data_stream/{stream.name}")
            group.attrs["name"] = stream.name
            group.attrs["application"] = _as_pytables_has(stream.attributes)
            entries = stream.between(self.start_timestamp, end)
            lengths = [len(content) for _, content in entries]
            ends = np.cumsum(lengths, dtype=np.int64)
            index = np.zeros(len(entries), INDEX)
            index["timestamp"] = [timestamp - self.start_timestamp for timestamp, _ in entries]
            index["start_index"], index["end_index"] = ends - lengths, ends
            _write_table(group, "index", index)
            content = b"".join(content for _, content in entries)
            _write_table(group, "data", np.frombuffer(content, np.uint8))


class RecordingView:
    """A recording of a CL1 that is opened for reading, real or simulated.

    Attributes
    ----------
    file : h5py.File
    attributes : Named
    spikes, stims : h5py.Dataset or None
        With the columns `timestamp` and `channel`; spikes have `samples` as well, 75 values in uV.
    samples : h5py.Dataset or None
        int16, shape (n_frames, 64).
    data_streams : Named
        A `DataStreamView` for each name.
    """

    def __init__(self, path: str):
        try:
            self.file = h5py.File(path, "r")
        except FileNotFoundError:
            raise
        except OSError as error:
            raise OSError(f"{path}: is no HDF5 file, or it is broken") from error
        self.attributes = _attributes(self.file)
        self.spikes, self.stims, self.samples = map(self.file.get, ("spikes", "stims", "samples"))
        streams = self.file.get("data_stream", {})
        self.data_streams = Named({name: DataStreamView(own) for name, own in streams.items()})

    def close(self) -> None:
        """Close the file."""
        self.file.close()


class DataStreamView(Mapping[int, Any]):
    """A data stream of a recording: data by time stamp.

    Attributes
    ----------
    attributes : Named
    """

    def __init__(self, group: h5py.Group):
        self.attributes = _attributes(group)
        content = group["data"][()].tobytes()
        self._data = {
            int(row["timestamp"]): content[row["start_index"] : row["end_index"]]
            for row in group["index"]
        }

    def __getitem__(self, timestamp: int) -> Any:
        return unpacked(self._data[timestamp])

    def __iter__(self) -> Iterator[int]:
        return iter(self._data)

    def __len__(self) -> int:
        return len(self._data)

    def keys_for_range(self, start_timestamp: int, end_timestamp: int) -> list[int]:
        """Return the time stamps from one to before another."""
        return [key for key in self if start_timestamp <= key < end_timestamp]

    def values_for_range(self, start_timestamp: int, end_timestamp: int) -> list[Any]:
        """Return the data from one time stamp to before another."""
        return [self[key] for key in self.keys_for_range(start_timestamp, end_timestamp)]

    def items_for_range(self, start_timestamp: int, end_timestamp: int) -> list[tuple[int, Any]]:
        """Return time stamps and data from one time stamp to before another."""
        return [(key, self[key]) for key in self.keys_for_range(start_timestamp, end_timestamp)]


class Named(dict[str, Any]):
    """Values by name, which are attributes as well."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"there is no {name}; there are {', '.join(self)}") from None


def _attributes(item: h5py.File | h5py.Group) -> Named:
    return Named({name: _as_python(value) for name, value in item.attrs.items()})


def _moments(what: str) -> dict[str, str]:
    now = datetime.datetime.now().astimezone()
    return {
        f"{what}_localtime": now.isoformat(),
        f"{what}_utc": now.astimezone(datetime.UTC).isoformat(),
    }


def _write_table(group: h5py.Group, name: str, table: np.ndarray) -> None:
    group.create_dataset(name, data=table, maxshape=(None,), chunks=(4096,))


def _as_pytables_has(value: Any) -> Any:
    """Return an attribute as PyTables keeps it: numbers and text as they are, others pickled."""
    if isinstance(value, str | int | float):
        return value
    return np.bytes_(pickle.dumps(value, protocol=0))


class _PlainValues(pickle.Unpickler):
    """Reads numbers, text, lists and dicts, and refuses everything that would run code."""

    def find_class(self, module: str, name: str) -> Any:
        raise pickle.UnpicklingError(f"{module}.{name} is no plain value")


def _as_python(value: Any) -> Any:
    """Return the value of an attribute, plain values unpickled."""
    if isinstance(value, bytes) and value.endswith(b"."):
        try:
            return _PlainValues(io.BytesIO(value)).load()
        except Exception:  # text that ends with a full stop, or what is refused
            return value
    return value.item() if isinstance(value, np.generic) else value
