"""Blocks of Neo, and files that Neo reads."""

import gzip
import pickle
from dataclasses import replace
from pathlib import Path

import neo
import numpy as np
import pytest
from quantities import Quantity, s

from spikinggrid.recordings import Recording, read
from spikinggrid.recordings.formats.neo_blocks import of_block
from spikinggrid.utils.errors import InputError
from tests import format_files

TRAINS = {12: np.array([0.125, 1.5]), 13: np.array([0.25])}


def dish(**changes) -> Recording:
    places = np.array([[0.0, 1e-4], [2e-4, 3e-4], [np.nan, np.nan]])
    trains = [[0.125, 1.5], [0.25], []]
    recording = Recording.from_spike_trains(
        trains, t_start=0.1, t_stop=2.0, positions=places, names=["a", "b", "c"], source="mine"
    )
    pulses = {
        "stimulus_times": [0.5, 1.0],
        "stimulus_electrodes": [1, 0],
        "stimulus_amplitudes": [1.0, 0.5],
    }
    return replace(recording, parameters="[x]\n", seed=3, versions={"numpy": "2"}, **pulses)


def refused(path, **options) -> str:
    with pytest.raises(InputError) as error:
        read(path, **options)
    message = str(error.value)
    assert message.startswith(str(path)) and "\n" not in message
    return message


def test_a_block_holds_trains_and_pulses():
    (segment,) = dish().to_neo().segments
    assert [train.name for train in segment.spiketrains] == ["a", "b", "c"]
    assert segment.spiketrains[0].magnitude.tolist() == [0.125, 1.5]
    assert segment.spiketrains[0].t_start == 0.1 * s and segment.spiketrains[0].t_stop == 2 * s
    (event,) = segment.events
    assert event.labels.tolist() == ["b", "a"]
    assert event.array_annotations["amplitude"].tolist() == [1.0, 0.5]


def assert_same(copy: Recording, original: Recording) -> None:
    for name in (
        "electrode_names",
        "t_start",
        "t_stop",
        "parameters",
        "seed",
        "versions",
        "source",
    ):
        assert getattr(copy, name) == getattr(original, name)
    assert all(map(np.array_equal, copy.spike_trains, original.spike_trains))
    np.testing.assert_allclose(copy.positions, original.positions, rtol=1e-15)
    for name in ("stimulus_times", "stimulus_electrodes", "stimulus_amplitudes"):
        np.testing.assert_array_equal(getattr(copy, name), getattr(original, name))


def test_a_block_gives_back_the_recording():
    assert_same(of_block(dish().to_neo(), "elsewhere"), dish())


def test_nix_gives_back_the_recording(tmp_path):
    with neo.NixIO(str(tmp_path / "dish.nix"), "ow") as file:
        file.write_block(dish().to_neo())
    assert_same(read(tmp_path / "dish.nix"), dish())


def test_nix_of_others(tmp_path):
    block = neo.Block()
    block.segments += [neo.Segment(), neo.Segment()]
    for segment in block.segments:
        times = Quantity([125.0, 1500.0], "ms")
        segment.spiketrains += [neo.SpikeTrain(times, t_stop=2 * s, name="u") for _ in range(2)]
        segment.events.append(neo.Event([1.0] * s, labels=["light"]))
    with neo.NixIO(str(tmp_path / "dish.h5"), "ow") as file:
        file.write_block(block)
    recording = read(tmp_path / "dish.h5")
    assert recording.electrode_names == ("u_0", "u_1")
    assert recording.spike_trains[0] == pytest.approx([0.125, 1.5], abs=1e-12)
    assert recording.notes[:2] == (
        "holds 2 segments: the first is read",
        "1 events are not read: no stimuli",
    )


def test_neuro_explorer(tmp_path):
    recording = read(format_files.neuro_explorer(tmp_path / "dish.nex", TRAINS, 2.0))
    assert recording.electrode_names == ("sig012", "sig013")
    assert [train.tolist() for train in recording.spike_trains] == [[0.125, 1.5], [0.25]]
    assert (recording.t_start, recording.t_stop) == (0, 2)
    assert recording.notes == ("1 events are not read: no stimuli",)


def test_plexon_goes_by_its_content(tmp_path, capfd):
    recording = read(format_files.plexon(tmp_path / "dish.dat", TRAINS))
    assert capfd.readouterr() == ("", "")
    assert [train.tolist() for train in recording.spike_trains] == [[0.125, 1.5], [0.25]]


def test_what_neo_cannot_read(tmp_path):
    path = format_files.neuro_explorer(tmp_path / "dish.nex", TRAINS, 2.0)
    path.write_bytes(path.read_bytes()[:600])
    assert "cannot be read by Neo" in refused(path)
    packed = tmp_path / "dish.nex.gz"
    whole = format_files.neuro_explorer(tmp_path / "dish.nex", TRAINS, 2.0)
    packed.write_bytes(gzip.compress(whole.read_bytes()))
    assert "reads it only unpacked" in refused(packed)
    format_files.neuro_explorer(tmp_path / "dish.nex", {}, 2.0)
    assert "holds no spike trains" in refused(tmp_path / "dish.nex")


def test_without_neo(tmp_path, monkeypatch):
    path = format_files.neuro_explorer(tmp_path / "dish.nex", TRAINS, 2.0)
    monkeypatch.setattr("spikinggrid.utils.extras.find_spec", lambda name: None)
    assert "pip install 'spikinggrid[formats]'" in refused(path)
    with pytest.raises(InputError, match="pip install"):
        dish().to_neo()


def test_pickles_are_not_loaded(tmp_path):
    class Evil:
        def __reduce__(self):
            return (Path(tmp_path / "ran").write_text, ("code",))

    (tmp_path / "dish.pkl").write_bytes(pickle.dumps(Evil()))
    assert "neither HDF5 nor text" in refused(tmp_path / "dish.pkl")
    assert not (tmp_path / "ran").exists()
