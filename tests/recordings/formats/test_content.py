"""Files are unpacked, but none that swells as no recording does."""

import gzip
import io
from dataclasses import replace

import h5py
import numpy as np
import pytest

from spikinggrid.recordings import Recording, read
from spikinggrid.recordings.formats import content
from spikinggrid.utils.errors import InputError

LINE = b"0.5,12\n"


@pytest.fixture
def small_limits(monkeypatch):
    monkeypatch.setattr(content, "PLAUSIBLE", 1_000_000)


def bomb(path, n_bytes: int, line: bytes = LINE, level: int = 9) -> int:
    """A gzip file of so many bytes; its size."""
    header = b"Time (s),Electrode\n"
    with gzip.open(path, "wb", compresslevel=level) as file:
        file.write(header)
        for _ in range(n_bytes // 1_400_000):
            file.write(line * (1_400_000 // len(line)))
    return path.stat().st_size


@pytest.mark.parametrize("level", [1, 9])
@pytest.mark.parametrize("line", [LINE, b"\0", b"\0" * 7 + b"\n"])
def test_gzip_bomb_is_refused_before_it_is_unpacked(
    tmp_path, small_limits, monkeypatch, line, level
):
    unpacked = io.BytesIO()
    monkeypatch.setattr(content.io, "BytesIO", lambda: unpacked)
    bomb(tmp_path / "bomb.csv.gz", 50_000_000, line, level)
    with pytest.raises(InputError, match=r"bomb\.csv\.gz: is refused: unpacked, it takes more"):
        read(tmp_path / "bomb.csv.gz")
    assert unpacked.tell() < 10_000_000


def test_what_packs_well_without_being_large_is_read(tmp_path):
    bomb(tmp_path / "same.csv.gz", 3_000_000)
    assert read(tmp_path / "same.csv.gz").n_spikes == 400_000


def test_what_hdf5_packs_well_is_read(tmp_path, small_limits):
    n = 1_000_000
    times, electrodes = np.linspace(0, 1, n), np.zeros(n, int)
    stimuli = {"stimulus_times": times, "stimulus_electrodes": electrodes}
    regular = Recording.from_spike_trains([[0.5]], 1.0)
    replace(regular, **stimuli, stimulus_amplitudes=np.ones(n)).save(tmp_path / "regular.h5")
    assert read(tmp_path / "regular.h5").stimulus_amplitudes.size == n


def test_gzip_of_several_members_is_one_file(tmp_path):
    parts = [b"Time (s),Electrode\n", b"0.5,1\n", b"0.75,1\n"]
    (tmp_path / "parts.csv.gz").write_bytes(b"".join(map(gzip.compress, parts)))
    assert read(tmp_path / "parts.csv.gz").spike_trains[0].tolist() == [0.5, 0.75]


def test_hdf5_that_claims_more_than_it_stores_is_refused(tmp_path):
    with h5py.File(tmp_path / "empty.h5", "w") as file:
        file.create_dataset("spikes", (10**12,), "f8", chunks=(1000,))
        file["sCount"], file["names"] = [10**12], [b"ch_12"]
        file["epos"], file["recordingtime"] = np.zeros((2, 1)), [0.0, 10.0]
    with pytest.raises(InputError, match=r"empty\.h5: is refused: unpacked, /spikes takes more"):
        read(tmp_path / "empty.h5")
