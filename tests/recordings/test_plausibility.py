"""What looks wrong in a recording is told with its count, and in a sound one nothing is."""

import numpy as np
import pytest

from spikinggrid.recordings import Recording, read
from spikinggrid.recordings.plausibility import oddities
from tests.trains import poisson


def dish(trains, duration=60.0) -> Recording:
    recording = Recording.from_spike_trains(trains, duration)
    assert recording.notes == tuple(oddities(recording))
    return recording


def busy(n: int) -> list[np.ndarray]:
    return [poisson(5, 60, seed) for seed in range(n)]


@pytest.mark.parametrize(
    ("trains", "n"),
    [
        ([np.repeat(poisson(5, 60, 1), 2)], poisson(5, 60, 1).size),
        ([[1.0, 1.0, 2.0], [1.0, 2.0, 2.0, 2.0]], 3),
        ([np.repeat(train, 2) for train in busy(3)], sum(train.size for train in busy(3))),
        ([[0.5, 0.5]], 1),
    ],
)
def test_rows_that_are_there_twice(trains, n):
    (note,) = oddities(dish(trains))
    assert note.startswith(f"{n:,} intervals between spikes of one electrode are 0 s")


@pytest.mark.parametrize(
    ("n_electrodes", "n_together", "moments", "told"),
    [
        (60, 60, np.arange(1.0, 60), True),
        (60, 50, [3.0], True),
        (16, 16, [1.0, 2.5], True),
        (60, 40, np.arange(1.0, 60), False),
        (4, 4, [1.0], False),  # so few may fire together
    ],
)
def test_artefacts_on_all_electrodes(n_electrodes, n_together, moments, told):
    trains = busy(n_electrodes)
    trains[:n_together] = [np.sort([*train, *moments]) for train in trains[:n_together]]
    notes = oddities(dish(trains))
    assert len(notes) == told
    assert not told or notes[0].startswith(f"at {len(moments)} moments nearly all electrodes")


def test_recordings_of_days():
    assert "lasts 50 h: is the unit of its times right?" in oddities(dish([[1.0]], 180_000))


@pytest.mark.parametrize("trains", [[], [[]], [[], [1.0]], busy(60), [np.arange(0, 60, 0.1)] * 4])
def test_sound_recordings(trains):
    assert oddities(dish(trains)) == []


def test_published_recordings_are_sound(data_folder):
    for path in (data_folder / "recordings").glob("*.h5"):
        assert read(path).notes == ()


def test_what_is_said_once_is_kept(tmp_path):
    (tmp_path / "list.csv").write_text("Time (s),Electrode\n0.5,1\n0.5,1\n2,1\n")
    recording = read(tmp_path / "list.csv")
    assert any("are 0 s" in note for note in recording.notes)
    recording.save(tmp_path / "list.h5")
    assert read(tmp_path / "list.h5").notes == recording.notes
