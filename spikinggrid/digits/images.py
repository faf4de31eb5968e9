"""Images of handwritten digits: found, downloaded, split and resized.

    bundled    1,797 images of 8x8 pixels that come with scikit-learn, so that nothing has to be
               downloaded (E. Alpaydin, C. Kaynak, 1998; `sklearn.datasets.load_digits`)
    mnist      70,000 images of 28x28 pixels (LeCun, Cortes & Burges), looked for in
               `$SPIKINGGRID_DATA/mnist/`, then in the user's cache, then on the web

Training, validation and test images never mix. Of MNIST, validation images are the last 10,000
of the training files, so that tuning needs no test file; of the bundled images, the 400 before
the last 397, which are for the test.
"""

import gzip
import hashlib
import os
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image
from sklearn.datasets import load_digits

from spikinggrid.recordings.datasets import cache_folder, download, keep
from spikinggrid.utils.errors import InputError

MIRROR = "https://ossci-datasets.s3.amazonaws.com/mnist/"

#: MD5 and size of the official files, by name: those of the images and of the labels.
MNIST_FILES = {
    "train": {
        "train-images-idx3-ubyte.gz": ("f68b3c2dcbeaaa9fbdd348bbdeb94873", 9912422),
        "train-labels-idx1-ubyte.gz": ("d53e105ee54ea40749a09fcbcd1e9432", 28881),
    },
    "t10k": {
        "t10k-images-idx3-ubyte.gz": ("9fb629c4189551a2d022fa330f9573f3", 1648877),
        "t10k-labels-idx1-ubyte.gz": ("ec29112dd5afa0611ce80d1b7f02629c", 4542),
    },
}
SIDE = 28  # pixels

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
        """Those of some digits."""
        return self[np.isin(self.labels, classes)]

    def resized(self, n_rows: int, n_columns: int) -> "DigitImages":
        """The same at another size: bilinear, each new pixel a mean over what it covers.

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
    """All images of a split.

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
    pixels, labels = (_content(name, *entry) for name, entry in MNIST_FILES[files].items())
    pixels = pixels[16:].reshape(-1, SIDE, SIDE)[which]  # after a header of 16 bytes, ...
    return DigitImages(pixels, labels[8:][which].astype(np.int64))  # ... of 8 bytes


def _content(name: str, md5: str, n_bytes: int) -> np.ndarray:
    """The bytes of a file of MNIST."""
    path = _where(name)
    if path is None:
        return _unpacked(_fetched(name, md5, n_bytes), name)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from error
    if hashlib.md5(content).hexdigest() != md5:
        raise InputError(f"{path}: is not the official file (md5 {md5}); delete it")
    return _unpacked(content, str(path))


def _unpacked(content: bytes, name: str) -> np.ndarray:
    try:
        return np.frombuffer(gzip.decompress(content), np.uint8)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"{name}: is damaged: {error}") from error


def _where(name: str) -> Path | None:
    given = os.environ.get("SPIKINGGRID_DATA")
    folders = [*([Path(given, "mnist")] if given else []), cache_folder("mnist")]
    return next((folder / name for folder in folders if (folder / name).is_file()), None)


def _fetched(name: str, md5: str, n_bytes: int) -> bytes:
    """A file of MNIST from the web, which is kept in the user's cache."""
    try:
        content = download(MIRROR + name, n_bytes)
    except InputError as error:
        instead = (
            "the validation split does without it"
            if name in MNIST_FILES["t10k"]
            else 'digits.dataset = "bundled" does without it'
        )
        raise InputError(f"{name}: not on this machine, and {error}; {instead}") from None
    if hashlib.md5(content).hexdigest() != md5:
        raise InputError(f"{MIRROR}{name}: the download is not the official file (md5 {md5})")
    keep(content, cache_folder("mnist") / name)
    return content
