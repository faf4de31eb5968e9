"""Functional connectivity on the command line, of real and of simulated recordings."""

import json

import numpy as np
import pytest

import spikinggrid as sg
from spikinggrid.cli.main import main
from spikinggrid.simulation.electrode_wiring import electrode_wiring
from tests.small_dishes import small_space
from tests.trains import poisson


def test_a_real_recording(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    first = poisson(3, 60, 1)
    trains = [first, np.clip(first + 0.004, 0, 60), poisson(3, 60, 2), []]
    recording = sg.Recording.from_spike_trains(trains, 60.0, names=["A1", "A2", "B1", "B2"])
    recording.save("dish.h5")
    assert main(["connectivity", "dish.h5", "--json", "--output", "net.png"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [edge["electrodes"] for edge in told["edges"]] == [["A1", "A2"]]
    assert told["measures"]["network.size"] == 3
    assert told["measures"]["network.small_world"] is None
    assert [node["degree"] for node in told["nodes"]] == [1, 1, 0, None]
    assert "wiring" not in told
    assert tmp_path.joinpath("net.png").read_bytes().startswith(b"\x89PNG")
    assert main(["connectivity", "dish.h5", "--window", "1 ms"]) == 0
    table = capsys.readouterr().out
    assert table.splitlines()[1].startswith("network.density (share)") and "wiring" not in table


@pytest.fixture(scope="module")
def simulated() -> sg.Dish:
    return sg.Dish(small_space().parameters, seed=1)


def test_wiring_between_electrodes_is_that_between_what_they_hear(simulated):
    wiring = electrode_wiring(simulated)
    culture, places = simulated.culture, simulated.array.positions
    pre, post = culture.excitatory.pairs()
    distance = np.hypot(*(places[:, None] - np.column_stack([culture.x, culture.y])).T)
    near = simulated.parameters.mea.radius > distance.T
    shares = simulated.parameters.mea.heard_fraction
    assert np.all(wiring.n_shared <= near.astype(int) @ near.T)
    assert np.trace(wiring.n_shared) == pytest.approx(shares * near.sum(), rel=0.2)
    if shares == 1:  # then every near neuron is heard
        expected = [
            [np.sum(near[a, pre] & near[b, post]) for b in range(0, 59, 20)]
            for a in range(0, 59, 20)
        ]
        assert wiring.n_synapses[::20, ::20].tolist() == expected
    assert np.array_equal(wiring.is_connected, wiring.is_connected.T)
    assert not np.any(wiring.is_judged & (wiring.n_shared > 0))


def test_a_simulated_recording_has_its_wiring_beside(simulated, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    recording = simulated.record("30 s")
    recording.save("dish.h5")
    words = ["connectivity", "dish.h5", "--shifts", "20", "--density", "0.1"]
    assert main([*words, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)["wiring"]
    network = sg.connectivity(recording, n_shifts=20, density=0.1)
    again = network.wiring.n_synapses
    assert np.array_equal(again, electrode_wiring(simulated).n_synapses)
    assert told["true_share"] == network.agreement["true_share"]
    assert told["inferred"]["precision"] == network.agreement["inferred"].precision
    # Neurons wire to near ones, which fire together: all of it must show in a bursting dish.
    assert told["distance"]["auc"] > 0.8 and told["inferred"]["auc"] > 0.6
    assert told["shuffled"]["auc"] == pytest.approx(0.5, abs=0.03)
    assert len(network.plot().axes) == 4 and repr(network).startswith("<Network: ")
    assert main(words) == 0
    assert "nearest pairs" in capsys.readouterr().out


def test_mistakes(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["connectivity", "none.h5"]) == 2
    assert main(["connectivity", "none.h5", "--density", "2"]) == 2
    assert "--density: found 2; right would be a number above 0" in capsys.readouterr().err


@pytest.mark.parametrize("window", ["0 s", "-5 ms", "nan", "inf"])
def test_a_window_that_is_none(capsys, window):
    assert main(["connectivity", "none.h5", f"--window={window}"]) == 2
    assert f"--window: found {window}; right would be a time above 0" in capsys.readouterr().err
