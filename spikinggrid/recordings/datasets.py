"""Published recordings by name: find, download, verify.

A recording is looked for in `$SPIKINGGRID_DATA/recordings/`, then in the user's cache
(`$XDG_CACHE_HOME/spikinggrid/recordings/`, by default in `~/.cache`); `fetch` downloads what
is in neither into the cache. Whatever is found or downloaded must have the published
checksum. `recordings/README.md` tells what there is.
"""

import csv
import difflib
import functools
import hashlib
import http.client
import os
import tomllib
import urllib.request
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from pathlib import Path

from spikinggrid.utils.caches import cache_folders, keep
from spikinggrid.utils.errors import InputError, quoted
from spikinggrid.utils.files import shipped_folder
from spikinggrid.utils.progress import NO_PROGRESS, Progress

INDEX = "charlesworth2015.toml"
THIRDS = "charlesworth2015_thirds.csv"
THIRD = 300.0  # s; the published recordings last 911
TIMEOUT = 30  # s without an answer


@dataclass(frozen=True)
class PublishedRecording:
    """One entry of the index of published recordings.

    Attributes
    ----------
    name : str
        Name of the recording, that of its file without `.h5`.
    region : {"ctx", "hpc"}
        Cortex or hippocampus.
    div : int
        Age of the culture in days in vitro.
    bytes : int
        Size of the file.
    sha256 : str
        Checksum of the file.
    address, licence, citation : str
        Where the file comes from, under which licence, and whom to cite.
    """

    name: str
    region: str
    div: int
    bytes: int
    sha256: str
    address: str
    licence: str
    citation: str

    @property
    def file_name(self) -> str:
        """Name of the file, `NAME.h5`."""
        return f"{self.name}.h5"


@dataclass(frozen=True)
class PublishedDish:
    """What a published recording measures, third by third.

    Attributes
    ----------
    name : str
        Name of the recording.
    region : {"ctx", "hpc"}
        Cortex or hippocampus.
    div : int
        Age of the culture in days in vitro.
    thirds : tuple of dict of str to float
        Features of the first, the second and the third 300 s.
    """

    name: str
    region: str
    div: int
    thirds: tuple[dict[str, float], ...]


def shipped_data() -> Traversable:
    """Return the folder of what SpikingGrid knows about real cultures: indices and targets.

    Raises
    ------
    InputError
        If the installation lacks it.
    """
    return shipped_folder("spikinggrid.recordings", "shipped", "recordings")


def recordings() -> list[PublishedRecording]:
    """Return all published recordings that can be fetched by name, in the order of the index.

    Raises
    ------
    InputError
        If the index is missing from the installation.
    """
    index = tomllib.loads((shipped_data() / INDEX).read_text(encoding="utf-8"))
    return [
        PublishedRecording(
            **entry,
            address=f"{index['address']}{entry['name']}.h5",
            licence=index["licence"],
            citation=index["citation"],
        )
        for entry in index["recordings"]
    ]


@functools.cache
def published_dishes() -> tuple[PublishedDish, ...]:
    """Return the features of 95 published recordings (Charlesworth et al. 2015) by thirds.

    Recordings of 10 to 28 days without drugs, of which each third has all features; measured by
    `scripts/published_thirds.py`.

    Raises
    ------
    InputError
        If the table is missing from the installation.

    Examples
    --------
    >>> dish = published_dishes()[0]
    >>> dish.name, dish.region, dish.div, len(dish.thirds)
    ('C57_CTX_G2CEPHYS1_TC11_DIV14_A', 'ctx', 14, 3)
    """
    text = (shipped_data() / THIRDS).read_text(encoding="utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    thirds: dict[tuple[str, str, int], list[dict[str, float]]] = {}
    for row in rows:
        dish = row.pop("name"), row.pop("region"), int(row.pop("div"))
        del row["third"]  # they are in order
        thirds.setdefault(dish, []).append({name: float(value) for name, value in row.items()})
    return tuple(PublishedDish(*dish, tuple(own)) for dish, own in thirds.items())


def where(name: str) -> Path | None:
    """Return the path of a published recording on this machine; None if it was never fetched.

    Raises
    ------
    InputError
        If there is no such recording, or the file found is not the published one.
    """
    entry = _entry(name)
    for folder in _folders():
        path = folder / entry.file_name
        if path.is_file():
            _verify(path, entry)
            return path
    return None


def fetch(name: str, progress: Progress = NO_PROGRESS) -> Path:
    """Return the path of a published recording, downloaded into the user's cache if necessary.

    Parameters
    ----------
    name : str
        Name of the recording, with or without `.h5`.
    progress : Progress, optional
        Is told how many bytes are here.

    Raises
    ------
    InputError
        If there is no such recording, the network fails, what arrives does not have the
        published checksum, or the cache cannot be written.
    """
    path = where(name)
    if path is not None:
        return path
    entry = _entry(name)
    content = download(entry.address, entry.bytes, progress)
    if hashlib.sha256(content).hexdigest() != entry.sha256:
        raise InputError(
            f"{entry.address}: the download ({len(content)} bytes) is not the published file "
            f"({entry.bytes} bytes, sha256 {entry.sha256}); try again later"
        )
    return keep(content, "recordings", entry.file_name)


def download(address: str, n_bytes: int, progress: Progress = NO_PROGRESS) -> bytes:
    """Return what lies at an address; reading stops soon after as many bytes as are expected.

    Parameters
    ----------
    address : str
        Of a file.
    n_bytes : int
        How many are expected.
    progress : Progress, optional
        Is told how many are here.

    Raises
    ------
    InputError
        If the network fails.
    """
    content = bytearray()
    try:
        with urllib.request.urlopen(address, timeout=TIMEOUT) as answer:
            while len(content) <= n_bytes and (chunk := answer.read(1 << 16)):
                content += chunk
                progress.to(len(content))
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", None) or error
        raise InputError(f"{address}: cannot be downloaded: {reason}") from error
    return bytes(content)


def _entry(name: str) -> PublishedRecording:
    entries = {entry.name: entry for entry in recordings()}
    wanted = name.removesuffix(".h5")
    if wanted not in entries:
        nearest = difflib.get_close_matches(wanted, entries, n=1, cutoff=0)[0]
        raise InputError(
            f"{quoted(name)}: no such published recording; the nearest of {len(entries)} is"
            f" {nearest}"
        )
    return entries[wanted]


def _folders() -> list[Path]:
    data = os.environ.get("SPIKINGGRID_DATA")
    return [*([Path(data, "recordings")] if data else []), *cache_folders("recordings")]


def _verify(path: Path, entry: PublishedRecording) -> None:
    try:
        checksum = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from error
    if checksum != entry.sha256:
        raise InputError(
            f"{path}: is not the published file (sha256 {checksum}, right would be "
            f"{entry.sha256}); delete it and fetch it again"
        )
