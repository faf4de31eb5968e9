"""Digit images: the splits, the size they are made, and files that are wrong."""

import gzip
import hashlib

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from spikinggrid.digits import images as digit_images
from spikinggrid.digits.images import DigitImages, MnistFile, load
from spikinggrid.utils.errors import InputError


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """An empty cache and no data folder; the web is a folder of this machine."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("SPIKINGGRID_DATA", raising=False)
    web = tmp_path / "web"
    web.mkdir()
    monkeypatch.setattr(digit_images, "MIRROR", f"{web.as_uri()}/")
    return tmp_path / "cache" / "spikinggrid" / "mnist"


@pytest.fixture
def tiny_mnist(tmp_path, monkeypatch):
    """Training files with seven images on the web, and none for the test."""
    pixels = np.arange(7 * 28 * 28, dtype=np.uint8).reshape(7, 28, 28)
    labels = np.arange(7, dtype=np.uint8)
    contents = [bytes(16) + pixels.tobytes(), bytes(8) + labels.tobytes()]
    files = []
    for official, content in zip(digit_images.MNIST_FILES["train"], contents, strict=True):
        packed = gzip.compress(content)
        (tmp_path / "web" / f"{official.name}.gz").write_bytes(packed)
        md5 = hashlib.md5(content).hexdigest()
        files.append(MnistFile(official.name, md5, len(content), len(packed)))
    monkeypatch.setitem(digit_images.MNIST_FILES, "train", tuple(files))
    splits = {"training": ("train", slice(0, 5)), "validation": ("train", slice(5, 7))}
    monkeypatch.setattr(digit_images, "MNIST_SPLITS", digit_images.MNIST_SPLITS | splits)
    return pixels


@pytest.fixture
def own_mnist(tiny_mnist, tmp_path, monkeypatch):
    """The contents of those files by name; the web is gone, a data folder is there."""
    contents = {}
    for path in (tmp_path / "web").iterdir():
        contents[path.name.removesuffix(".gz")] = gzip.decompress(path.read_bytes())
        path.unlink()
    monkeypatch.setenv("SPIKINGGRID_DATA", str(tmp_path / "data"))
    (tmp_path / "data" / "mnist").mkdir(parents=True)
    return contents


def refused(*arguments) -> str:
    with pytest.raises(InputError) as error:
        load(*arguments)
    assert "\n" not in str(error.value)
    return str(error.value)


def test_mnist_is_split_as_published(data_folder, monkeypatch):
    monkeypatch.setenv("SPIKINGGRID_DATA", str(data_folder))
    training, validation = load("mnist", "training"), load("mnist", "validation")
    assert (len(training), len(validation)) == (50_000, 10_000)
    histogram = np.bincount(training.labels) + np.bincount(validation.labels)
    published = [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert histogram.tolist() == published
    assert (training.pixels.min(), training.pixels.max()) == (0, 255)
    assert len(training[:10_000].showing([0, 1])) == 2128  # Lagani et al. 2021


def test_bundled_splits_do_not_mix():
    splits = [load("bundled", split) for split in ("training", "validation", "test")]
    assert sum(map(len, splits)) == 1797
    for split in splits:
        assert set(split.labels) == set(range(10))
        assert (split.pixels.min(), split.pixels.max()) == (0, 255)


def test_resizing_keeps_the_digit():
    """Half as many pixels a side still tell digits apart, and stay as bright on average."""
    whole = load("bundled", "training")
    small = whole.resized(4, 4)
    assert small.pixels.shape == (len(whole), 4, 4)
    assert small.pixels.mean() == pytest.approx(whole.pixels.mean(), rel=0.05)
    flat = small.pixels.reshape(len(small), -1)
    classifier = LogisticRegression(max_iter=1000).fit(flat[:800], small.labels[:800])
    assert classifier.score(flat[800:], small.labels[800:]) > 0.8


def test_resizing_is_linear_between_centres():
    ramp = DigitImages(np.tile(np.arange(0, 240, 30, np.uint8), (1, 8, 1)), np.zeros(1, int))
    row = ramp.resized(2, 4).pixels[0, 0].astype(int)
    assert np.allclose(np.diff(row[1:-1]), 60, atol=1)


def test_files_are_fetched_once(tiny_mnist, cache, tmp_path):
    training = load("mnist", "training")
    assert np.array_equal(training.pixels, tiny_mnist[:5])
    for path in (tmp_path / "web").iterdir():
        path.unlink()
    assert load("mnist", "validation").labels.tolist() == [5, 6]
    names = {f"{file.name}.gz" for file in digit_images.MNIST_FILES["train"]}
    assert {path.name for path in cache.iterdir()} == names


def test_a_home_that_cannot_be_written_is_no_harm(tiny_mnist, tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    with pytest.warns(UserWarning, match="neither the home folder nor the installation"):
        training = load("mnist", "training")
    for path in (tmp_path / "web").iterdir():
        path.unlink()
    assert np.array_equal(load("mnist", "training").pixels, training.pixels)


PACKED = {
    "as it is": lambda content: content,
    "gzip": gzip.compress,
    "gzip at another level": lambda content: gzip.compress(content, 1),
    "gzip at another time": lambda content: gzip.compress(content, mtime=1),
    "in two parts": lambda content: gzip.compress(content[:99]) + gzip.compress(content[99:]),
}


@pytest.mark.parametrize("pack", PACKED.values(), ids=PACKED)
@pytest.mark.parametrize("name", ["{}-{}-idx{}-ubyte", "{}-{}.idx{}-ubyte"])
@pytest.mark.parametrize("suffix", ["", ".gz"])
@pytest.mark.parametrize("folder", ["data/mnist", "cache/spikinggrid/mnist"])
def test_files_of_the_right_content_are_taken(
    pack, name, suffix, folder, own_mnist, tiny_mnist, tmp_path
):
    (tmp_path / folder).mkdir(parents=True, exist_ok=True)
    for usual, content in own_mnist.items():
        which, kind, dimension, _ = usual.split("-")
        given = name.format(which, kind, dimension.removeprefix("idx")) + suffix
        (tmp_path / folder / given).write_bytes(pack(content))
    assert np.array_equal(load("mnist", "training").pixels, tiny_mnist[:5])
    assert load("mnist", "validation").labels.tolist() == [5, 6]


WRONG = {
    "empty": lambda content: b"",
    "cut": lambda content: content[:-1],
    "cut when packed": lambda content: gzip.compress(content)[:-9],
    "longer": lambda content: content + b"0",
    "one bit": lambda content: content[:-1] + bytes([content[-1] ^ 1]),
    "a page of the web": lambda content: b"<html><body>404 Not Found</body></html>",
    "a bomb": lambda content: gzip.compress(content) + gzip.compress(bytes(10**8)),
}


@pytest.mark.parametrize("spoil", WRONG.values(), ids=WRONG)
def test_files_of_another_content_are_refused(spoil, own_mnist, tiny_mnist, tmp_path):
    folder = tmp_path / "data" / "mnist"
    for name, content in own_mnist.items():
        (folder / f"{name}.gz").write_bytes(spoil(content))
    message = refused("mnist", "training")
    path = folder / "train-images-idx3-ubyte.gz"
    assert message.startswith(f"{path}: is not the official file (md5 ")
    for name, content in own_mnist.items():  # right ones beside them are found
        (folder / name.replace("-idx", ".idx")).write_bytes(content)
    assert np.array_equal(load("mnist", "training").pixels, tiny_mnist[:5])


def test_official_checksums_are_those_of_the_content(data_folder):
    for file in digit_images.MNIST_FILES["train"]:
        content = gzip.decompress((data_folder / "mnist" / f"{file.name}.gz").read_bytes())
        assert (len(content), hashlib.md5(content).hexdigest()) == (file.n_bytes, file.md5)


def test_where_files_were_looked_for_is_said(own_mnist, tmp_path, cache):
    message = refused("mnist", "training")
    assert message.startswith("train-images-idx3-ubyte.gz: not in ")
    assert str(tmp_path / "data" / "mnist") in message
    assert str(cache) in message
    assert 'digits.dataset = "bundled" does without it' in message


def test_without_test_files_the_validation_split_is_named(tiny_mnist):
    message = refused("mnist", "test")
    assert message.startswith("t10k-images-idx3-ubyte.gz: not in ")
    assert "validation" in message


def test_a_download_that_is_not_the_official_file(tiny_mnist, cache, tmp_path):
    for path in (tmp_path / "web").iterdir():
        path.write_bytes(b"something else")
    assert "is not the official file" in refused("mnist", "training")
    assert not cache.exists()
