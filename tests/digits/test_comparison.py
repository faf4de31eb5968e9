"""Comparisons of cultures with other networks: draws, parts, results, the command."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spikinggrid.cli import main as cli
from spikinggrid.digits import comparison, comparison_parts
from spikinggrid.digits.comparators import networks, supervised
from spikinggrid.digits.comparison import compare
from spikinggrid.digits.comparison_parts import drawn_images
from spikinggrid.digits.comparison_result import ComparisonResult
from spikinggrid.parameters.files import dumps, load
from spikinggrid.utils.errors import InputError

#: 60 neurons that are shown ten images.
SMALL = [
    "culture.n_neurons=60",
    "digits.presentation=50 ms",
    "digits.n_presentations=10",
    "digits.n_images=100",
    "simulation.seed=0",
]


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(networks, "N_UNITS", 20)
    monkeypatch.setattr(supervised, "N_BATCHES", 20)
    monkeypatch.setattr(supervised, "CHL_N_BATCHES", 20)


@pytest.fixture
def parameters():
    return load("digits/bundled", SMALL)


@given(st.integers(0, 2**32 - 1), st.integers(2, 10), st.integers(1, 5), st.integers(1, 4))
def test_draws_are_balanced_and_hold_the_smaller_ones(draw, n_classes, few, more):
    truth = np.resize(np.arange(n_classes), 30 * n_classes)
    small, large = (drawn_images(truth, n * n_classes, draw) for n in (few, few + more))
    assert (np.bincount(truth[large], minlength=n_classes) == few + more).all()
    assert len(set(large)) == len(large)
    assert set(small) < set(large)


def test_labels_must_be_balanced_and_exist(parameters):
    for labels in ([15], [0], [2000]):
        with pytest.raises(InputError, match="right would be a multiple of 2"):
            compare(parameters, labels, [], draws=1)


def test_a_comparison_goes_on_where_it_was(parameters, tmp_path, monkeypatch):
    first = compare(parameters, [10, 20], [0], 1, folder=tmp_path, jobs=1)
    table = first.table
    assert set(table["subject"]) == {
        *networks.networks(8, 8), "backpropagation", "culture", "untrained culture"
    }  # fmt: skip
    assert set(table["size"]) == {"6x6", "8x8"}
    assert table["accuracy"].between(0, 1).all()
    assert (table[table["subject"] == "pixels"]["accuracy"] > 0.6).all()

    gone = sorted((tmp_path / "parts").glob("*.json"))[0]
    content = gone.read_text()
    gone.unlink()
    measured = []
    really = comparison.measure
    monkeypatch.setattr(
        comparison, "measure", lambda *of: measured.append(of[-1].name) or really(*of)
    )
    again = compare(parameters, [10, 20], [0], 1, folder=tmp_path, jobs=1)
    assert measured == [gone.stem]
    assert again.table.drop(columns="seconds").equals(table.drop(columns="seconds"))

    with pytest.raises(InputError, match="is of other labels"):
        compare(parameters, [10], [0], 1, folder=tmp_path, jobs=1)
    gone.write_text(content[:100])
    with pytest.raises(InputError, match="is damaged"):
        compare(parameters, [10, 20], [0], 1, folder=tmp_path, jobs=1)


def test_a_culture_learns_from_its_draw_alone(parameters, monkeypatch):
    shown, really = [], comparison_parts.Training

    def training(dish, images, **options):
        shown.append(images)
        return really(dish, images, **options)

    monkeypatch.setattr(comparison_parts, "Training", training)
    rows = comparison_parts.measure_culture(
        parameters, [10, 20], "validation", comparison_parts.CulturePart(3, 10)
    )
    (images,) = shown
    assert np.array_equal(np.bincount(images.training.labels), [5, 5])
    assert [row["readout"] for row in rows] == [
        "electrodes",
        "label electrodes",
        "label electrodes, corrected",
    ]
    assert all(row["labels"] == 10 and row["training"]["events"] > 0 for row in rows)


@pytest.mark.parametrize(
    ("name", "shown"), [("digits/ten", True), ("digits/four", False), ("digits/bundled", False)]
)
def test_published_chips_told_all_ten_digits(name, shown):
    result = ComparisonResult(dumps(load(name)), "validation", [])
    assert bool(result.chips) == shown
    assert all(0.9 < chip.accuracy < 1 and chip.decision > 0 for chip in result.chips)


def test_no_training_takes_no_joules_and_no_time(parameters):
    rows = comparison_parts.measure_culture(
        parameters, [10], "validation", comparison_parts.CulturePart(3, 0)
    )
    result = ComparisonResult(dumps(parameters), "validation", rows)
    (subject,) = result.subjects
    accounts = result.accounts(subject, 10)
    assert [entry.name for entry in accounts["decision"]][-1] == "this computer"
    assert accounts["training"] == []
    assert np.isnan(result.table["seconds"]).all()


def test_the_command_writes_a_table_and_two_figures(tmp_path, capsys):
    words = ["compare", "digits/bundled", "--labels", "10,20", "--draws", "2", "--seeds", "1"]
    words += [word for text in SMALL for word in ("--set", text)]
    words += ["--jobs", "1", "--watts", "10", "--output", str(tmp_path / "out")]
    assert cli.main(words) == 0
    table = capsys.readouterr().out
    for word in ("soft-WTA, linear", "label electrodes", "8x8", "living tissue", "this computer"):
        assert word in table
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "accuracy.png", "energy.png", "parts", "result.json"
    }  # fmt: skip
    assert cli.main([*words, "--json"]) == 0
    outcome = json.loads(capsys.readouterr().out)
    assert outcome == json.loads((tmp_path / "out" / "result.json").read_text())
    entry = outcome["accuracies"][0]
    assert (entry["subject"], entry["n_draws"]) == ("pixels", 2)
    seconds, joules = entry["seconds"], entry["joules"]["training"]["this computer"]
    assert joules == pytest.approx([10 * seconds] * 2)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--labels", "ten"], "--labels: found ten; right would be numbers"),
        (["--labels", "15"], "--labels: found 15; right would be a multiple of 2"),
        (["--draws", "0", "--seeds", "0"], "are both 0"),
        (["--set", "digits=none"], "digits: is missing"),
    ],
)
def test_mistakes_are_one_line(tmp_path, capsys, words, message):
    assert cli.main(["compare", "digits/bundled", *words, "--output", str(tmp_path / "out")]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
    assert not (tmp_path / "out").exists()
