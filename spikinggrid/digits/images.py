"""Images of handwritten digits: found, downloaded, split and resized.

    bundled    1,797 images of 8x8 pixels that come with scikit-learn, so that nothing has to be
               downloaded (E. Alpaydin, C. Kaynak, 1998; `sklearn.datasets.load_digits`)
    mnist      70,000 images of 28x28 pixels (LeCun, Cortes & Burges), looked for in
               `$SPIKINGGRID_DATA/mnist/`, then in the user's cache, then on the web; files may be
               packed or not, and are known by the checksum of their content

Training, validation and test images never mix. Of MNIST, validation images are the last 10,000
of the training files, so that tuning needs no test file; of the bundled images, the 400 before
the last 397, which are for the test.
"""

import gzip
import hashlib
import io
import os
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image
from sklearn.datasets import load_digits

from spikinggrid.recordings.datasets import download
from spikinggrid.utils.caches import cache_folders, keep
from spikinggrid.utils.errors import InputError

MIRROR = "https://ossci-datasets.s3.amazonaws.com/mnist/"


@dataclass(frozen=True)
class MnistFile:
    """An official file of MNIST.

    Attributes
    ----------
    name : str
        Unpacked; the web has it packed, with ".gz" at the end.
    md5 : str
        Of the unpacked content.
    n_bytes, n_bytes_packed : int
        Sizes of the unpacked content, and of the file on the web.
    """

    name: str
    md5: str
    n_bytes: int
    n_bytes_packed: int

    @property
    def names(self) -> list[str]:
        """Names that the file goes by, packed or not."""
        dotted = self.name.replace("-idx", ".idx")
        return [f"{name}{suffix}" for name in (self.name, dotted) for suffix in (".gz", "")]


#: The images and the labels.
MNIST_FILES = {
    "train": (
        MnistFile(
            "train-images-idx3-ubyte", "6bbc9ace898e44ae57da46a324031adb", 47_040_016, 9_912_422
        ),
        MnistFile("train-labels-idx1-ubyte", "a25bea736e30d166cdddb491f175f624", 60_008, 28_881),
    ),
    "t10k": (
        MnistFile(
            "t10k-images-idx3-ubyte", "2646ac647ad5339dbf082846283269ea", 7_840_016, 1_648_877
        ),
        MnistFile("t10k-labels-idx1-ubyte", "27ae3e4e09519cfbb04c629315203637", 10_008, 4_542),
    ),
}
SIDE = 28  # pixels

#: How a file packed by gzip begins.
GZIP = b"\x1f\x8b"

#: The images of each split, in the order of the files.
MNIST_SPLITS = {
    "training": ("train", slice(0, 50_000)),
    "validation": ("train", slice(50_000, 60_000)),
    "test": ("t10k", slice(0, 10_000)),
}
BUNDLED_SPLITS = {
    "training": slice(0, 1000),
    "validation": slice(1000, 1400),
    "test": slice(1400, 1797),
}
BUNDLED_WHITE = 16  # value of the brightest pixel


@dataclass(frozen=True, eq=False)
class DigitImages:
    """Images and what they show.

    Attributes
    ----------
    pixels : ndarray of uint8, shape (n_images, n_rows, n_columns)
        0 is black, 255 is white.
    labels : ndarray of int, shape (n_images,)
        The digit that each image shows.
    """

    pixels: np.ndarray
    labels: np.ndarray

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, which: slice | np.ndarray) -> "DigitImages":
        return DigitImages(self.pixels[which], self.labels[which])

    def showing(self, classes: Sequence[int]) -> "DigitImages":
        """Return those of some digits."""
        return self[np.isin(self.labels, classes)]

    def resized(self, n_rows: int, n_columns: int) -> "DigitImages":
        """Return the same at another size: bilinear, each new pixel a mean over what it covers.

        As Lagani et al. (2021) did it.
        """
        if self.pixels.shape[1:] == (n_rows, n_columns):
            return self
        small = [
            Image.fromarray(image).resize((n_columns, n_rows), Image.Resampling.BILINEAR)
            for image in self.pixels
        ]
        return DigitImages(np.array(small).reshape(-1, n_rows, n_columns), self.labels)


def load(dataset: str, split: str) -> DigitImages:
    """Return all images of a split.

    Parameters
    ----------
    dataset : {"bundled", "mnist"}
    split : {"training", "validation", "test"}

    Raises
    ------
    InputError
        If a file of MNIST is neither here nor can be downloaded, or is not the official one.
    """
    if dataset == "bundled":
        digits, which = load_digits(), BUNDLED_SPLITS[split]
        pixels = np.rint(255 / BUNDLED_WHITE * digits.images[which]).astype(np.uint8)
        return DigitImages(pixels, digits.target[which])
    files, which = MNIST_SPLITS[split]
    pixels, labels = map(_content, MNIST_FILES[files])
    pixels = pixels[16:].reshape(-1, SIDE, SIDE)[which]  # after a header of 16 bytes, ...
    return DigitImages(pixels, labels[8:][which].astype(np.int64))  # ... of 8 bytes


def _content(file: MnistFile) -> np.ndarray:
    """Return the bytes of a file of MNIST: of the first official one in the usual folders."""
    wrong: list[str] = []
    for path in (folder / name for folder in _folders() for name in file.names):
        if not path.is_file():
            continue
        try:
            content = _unpacked(path.read_bytes(), file)
        except OSError as error:
            raise InputError(f"{path}: cannot be read: {error.strerror}") from error
        if content is not None:
            return content
        wrong.append(str(path))
    if wrong:
        raise InputError(
            f"{wrong[0]}: is not the official file (md5 {file.md5} unpacked); delete it"
        )
    return _fetched(file)


def _unpacked(content: bytes, file: MnistFile) -> np.ndarray | None:
    """Return what a file holds, packed or not, or None if that is not the official content."""
    if content.startswith(GZIP):
        try:
            with gzip.open(io.BytesIO(content)) as packed:
                content = packed.read(file.n_bytes + 1)  # no more, whatever it was packed from
        except (OSError, EOFError, zlib.error):
            return None
    if hashlib.md5(content).hexdigest() != file.md5:
        return None
    return np.frombuffer(content, np.uint8)


def _folders() -> list[Path]:
    given = os.environ.get("SPIKINGGRID_DATA")
    return [*([Path(given, "mnist")] if given else []), *cache_folders("mnist")]


def _fetched(file: MnistFile) -> np.ndarray:
    """Return the bytes of a file from the web, which is kept in the user's cache."""
    name = f"{file.name}.gz"
    try:
        packed = download(MIRROR + name, file.n_bytes_packed)
    except InputError as error:
        instead = (
            "the validation split does without it"
            if file in MNIST_FILES["t10k"]
            else 'digits.dataset = "bundled" does without it'
        )
        raise InputError(
            f"{name}: not in {' or '.join(map(str, _folders()))}, and {error}; {instead}"
        ) from None
    content = _unpacked(packed, file)
    if content is None:
        raise InputError(
            f"{MIRROR}{name}: the download is not the official file (md5 {file.md5} unpacked)"
        )
    keep(packed, "mnist", name)
    return content
