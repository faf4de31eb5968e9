"""Files in HDF5 come back as they were written, or not at all."""

import resource
import zlib

import h5py
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spikinggrid.utils import hdf5
from spikinggrid.utils.errors import InputError

KIND = "SpikingGrid test"
VALUES = np.linspace(0, 1, 200)


@pytest.fixture
def path(tmp_path):
    with hdf5.written(tmp_path / "x.h5", KIND) as file:
        file["group/values"], file.attrs["name"] = VALUES, "one"
    return tmp_path / "x.h5"


def content(path):
    with hdf5.opened(path, KIND, "a test") as file:
        return file["group/values"][()].tolist(), file.attrs["name"]


def refusal(path):
    with pytest.raises(InputError) as raised:
        content(path)
    [line] = str(raised.value).splitlines()
    assert line.startswith(f"{path}: ")
    return line


def test_what_was_written_is_read(path):
    assert content(path) == (VALUES.tolist(), "one")
    with h5py.File(path) as file:  # by any other program as well
        assert file.attrs["format"] == KIND


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_no_change_of_a_bit_is_overlooked(path, data):
    whole = path.read_bytes()
    place = data.draw(st.integers(0, len(whole) - 1))
    damaged = bytearray(whole)
    damaged[place] ^= 1 << data.draw(st.integers(0, 7))
    path.write_bytes(damaged)
    assert "damaged" in refusal(path)
    path.write_bytes(whole)


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_file_that_is_cut_off_or_too_long_is_refused(path, data):
    whole = path.read_bytes()
    path.write_bytes(whole[: data.draw(st.integers(0, len(whole) - 1))])
    assert "damaged" in refusal(path)
    path.write_bytes(whole + data.draw(st.binary(min_size=1)))
    assert "damaged" in refusal(path)
    path.write_bytes(whole)


@pytest.mark.parametrize("name", ["group", "group/values"])
def test_what_another_program_changed_is_refused(path, name):
    with h5py.File(path, "a") as file:
        del file[name]
        file[name] = "text"
    assert "damaged" in refusal(path)


def test_files_of_another_kind_are_refused(path, tmp_path):
    with hdf5.written(tmp_path / "other.h5", "SpikingGrid another test") as file:
        file["x"] = 1
    with h5py.File(tmp_path / "foreign.h5", "w") as file:
        file["x"] = 1
    assert "is not a test" in refusal(tmp_path / "other.h5")
    assert "is not a test" in refusal(tmp_path / "foreign.h5")
    assert "no such file" in refusal(tmp_path / "nowhere.h5")
    assert "is a folder" in refusal(tmp_path)


def test_versions(path, tmp_path):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hdf5, "VERSION", hdf5.VERSION + 1)
        with hdf5.written(tmp_path / "later.h5", KIND) as file:
            file["x"] = 1
    assert f"version {hdf5.VERSION + 1} of the format" in refusal(tmp_path / "later.h5")
    with h5py.File(tmp_path / "first.h5", "w") as file:
        file.attrs["format"], file.attrs["version"], file.attrs["name"] = KIND, 1, "one"
        file["group/values"] = VALUES
    assert content(tmp_path / "first.h5") == (VALUES.tolist(), "one")


def test_whatever_reading_does_is_one_line(path):
    for read in (lambda file: file["nothing"], lambda file: int("x"), lambda file: file.attrs[1]):
        with pytest.raises(InputError, match="damaged"), hdf5.opened(path, KIND, "a test") as file:
            read(file)


def test_a_full_disk_leaves_the_file_that_was_there(path):
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = zlib.crc32(path.read_bytes())
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, limits[1]))
    try:
        with pytest.raises(InputError, match="cannot be written"), hdf5.written(path, KIND) as file:
            file["values"] = np.zeros(100_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert zlib.crc32(path.read_bytes()) == before
    assert [path.name for path in path.parent.iterdir()] == ["x.h5"]
