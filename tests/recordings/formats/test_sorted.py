"""Sorted spikes: folders of Phy, and SpikeInterface's objects and folders."""

import numpy as np
import pytest

from spikinggrid.recordings import Recording, read
from spikinggrid.utils.errors import InputError
from tests import format_files

TRAINS = {12: np.array([0.125, 1.5]), 13: np.array([0.25])}


def trains_of(recording: Recording) -> dict[str, list[float]]:
    pairs = zip(recording.electrode_names, recording.spike_trains, strict=True)
    return {name: train.tolist() for name, train in pairs}


def refused(path, **options) -> str:
    with pytest.raises(InputError) as error:
        read(path, **options)
    assert "\n" not in str(error.value)
    return str(error.value)


class Sorting:
    """What we need of a sorting of SpikeInterface."""

    unit_ids = np.array([12, 13])

    def __init__(self, duration: float | None = None, n_segments: int = 1):
        self.duration, self.n_segments = duration, n_segments

    def has_recording(self) -> bool:
        return self.duration is not None

    def get_total_duration(self) -> float:
        return self.duration

    def get_num_segments(self) -> int:
        return self.n_segments

    def get_unit_spike_train(self, unit_id, segment_index, return_times):
        assert segment_index == 0 and return_times
        return TRAINS[int(unit_id)]


def test_sorting():
    recording = Recording.from_sorting(Sorting(), "3 s", source="mine")
    assert trains_of(recording) == {"12": [0.125, 1.5], "13": [0.25]}
    assert recording.t_stop == 3 and recording.source == "mine"
    assert Recording.from_sorting(Sorting(duration=2.0)).t_stop == 2
    assert Recording.from_sorting(Sorting()).t_stop == 1.5
    assert "2 segments" in Recording.from_sorting(Sorting(n_segments=2)).notes[1]
    with pytest.raises(InputError, match="lies outside"):
        Recording.from_sorting(Sorting(), 1.0)


@pytest.mark.parametrize("cached", [False, True])
def test_folder_of_a_sorting(tmp_path, cached):
    folder = format_files.sorting(tmp_path / "sorted", TRAINS, cached)
    recording = read(folder)
    assert trains_of(recording) == {"12": [0.125, 1.5], "13": [0.25]}
    name = "sorting_cached.npz" if cached else "numpysorting_info.json"
    (folder / name).write_text("{}")
    assert "is a damaged sorting" in refused(folder)


def test_phy(tmp_path):
    recording = read(format_files.phy(tmp_path / "phy", TRAINS))
    assert trains_of(recording) == {"12": [0.125, 1.5], "13": [0.25]}
    np.testing.assert_allclose(recording.positions, [[0, 100e-6], [200e-6, 300e-6]])
    assert recording.source == "phy"


def test_clusters_called_noise(tmp_path):
    folder = format_files.phy(tmp_path / "phy", TRAINS)
    (folder / "cluster_group.tsv").write_text("cluster_id\tgroup\n12\tgood\n13\tnoise\n")
    recording = read(folder)
    assert trains_of(recording) == {"12": [0.125, 1.5]}
    assert "1 clusters called noise are left out" in recording.notes


def test_phy_without_rate_or_clusters(tmp_path):
    folder = format_files.phy(tmp_path / "phy", TRAINS)
    (folder / "params.py").unlink()
    assert "lacks the sampling rate" in refused(folder)
    assert read(folder, sampling_rate="10 kHz").t_stop == 3.0
    (folder / "spike_times.npy").write_bytes(b"nonsense")
    assert "spike_times.npy: is truncated or damaged" in refused(folder, sampling_rate=10)
    (folder / "spike_clusters.npy").unlink()
    (folder / "spike_templates.npy").unlink()
    assert "lacks spike_clusters.npy" in refused(folder)


def test_folder_of_another_kind(tmp_path):
    (tmp_path / "notes.md").write_text("nothing")
    assert "is a folder of another kind; right would be a folder of Phy" in refused(tmp_path)
