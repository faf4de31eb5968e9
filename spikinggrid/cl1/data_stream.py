"""Named streams of a program's own data, which go into recordings beside spikes and pulses."""

from collections.abc import Mapping
from typing import Any

import msgpack
import numpy as np

from spikinggrid.utils.errors import InputError, quoted


class DataStream:
    """A named stream of data with time stamps, made by `Neurons.create_data_stream`.

    Attributes
    ----------
    name : str
    attributes : dict
        What a program says of the whole stream, such as a score.
    """

    def __init__(self, name: str, attributes: Mapping[str, Any] | None):
        if not isinstance(name, str) or not name or "/" in name:
            raise InputError(f"name: found {quoted(name)}; right would be a text without /")
        self.name, self.attributes = name, plain(attributes or {})
        self._entries: list[tuple[int, bytes]] = []

    def append(self, timestamp: int, data: Any) -> None:
        """Append a piece of data.

        Parameters
        ----------
        timestamp : int
            Frame it belongs to, later than that of the last piece.
        data : Any
            Numbers, text, lists, tuples, dicts of them, or arrays.

        Raises
        ------
        RuntimeError
            If the time stamp is not later than the last one.
        TypeError
            If the data are of another kind.
        """
        if self._entries and timestamp <= self._entries[-1][0]:
            raise RuntimeError(
                f"timestamp: found {timestamp}; right would be later than {self._entries[-1][0]},"
                f" the last of the stream {self.name}"
            )
        self._entries.append((int(timestamp), packed(data)))

    def set_attribute(self, key: str, value: Any) -> None:
        """Set one attribute of the stream."""
        self.attributes[key] = plain(value)

    def update_attributes(self, attributes: Mapping[str, Any]) -> None:
        """Set several attributes of the stream."""
        self.attributes.update(plain(attributes))

    def between(self, begin: int, end: int) -> list[tuple[int, bytes]]:
        """Return time stamps and packed data from a frame to before another."""
        return [entry for entry in self._entries if begin <= entry[0] < end]


def plain(value: Any) -> Any:
    """Return an attribute as plain values of Python, which every reader of recordings knows.

    Raises
    ------
    TypeError
        If it is something else than numbers, text, lists, dicts and arrays of numbers.
    """
    if isinstance(value, np.generic | np.ndarray) and value.dtype.kind in "biufU":
        return value.tolist()
    if isinstance(value, Mapping):
        return {key: plain(own) for key, own in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(map(plain, value))
    if value is None or isinstance(value, str | bytes | int | float):
        return value
    raise TypeError(
        f"attributes: found {quoted(value)}; right would be numbers, text, lists or dicts of them"
    )


def packed(data: Any) -> bytes:
    """Return data as bytes: msgpack, with arrays as the package msgpack-numpy has them."""
    return msgpack.packb(data, default=_pack_array)


def unpacked(content: bytes) -> Any:
    """Return data that `packed` made bytes of."""
    return msgpack.unpackb(content, object_hook=_unpack_array, strict_map_key=False)


def _pack_array(value: object) -> Any:
    if isinstance(value, np.ndarray) and value.dtype.kind in "biufc":
        return {
            b"nd": True,
            b"type": value.dtype.str,
            b"kind": b"",
            b"shape": list(value.shape),
            b"data": value.tobytes(),
        }
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"data: found {quoted(value)}; right would be numbers, text, lists, arrays")


def _unpack_array(value: dict) -> Any:
    if value.get(b"nd") is not True:
        return value
    array = np.frombuffer(value[b"data"], np.dtype(value[b"type"]))
    return array.reshape(value[b"shape"])
