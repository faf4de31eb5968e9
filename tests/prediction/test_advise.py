"""Advice, where the best culture and what matters are known."""

import json
import shlex

import numpy as np
import pytest

from spikinggrid.assays.assay import Trial
from spikinggrid.cli.main import main
from spikinggrid.digits import assay as digits_assay
from spikinggrid.digits.assay import DIGITS
from spikinggrid.parameters import files as parameter_files
from spikinggrid.prediction.advise import Advice, Comparison, Goal, accuracy, knobs, learn
from spikinggrid.utils.errors import InputError
from tests.fitting.test_prior import SMALL, VARIED
from tests.simulated import simulations

#: Of cultures whose "accuracy" is a known function.
GOAL = Goal("height", True, lambda trial: trial.measured["accuracy"])


def hill(points: np.ndarray) -> dict[str, np.ndarray]:
    """Highest at (0.7, 0.3, anything), where it is 1; and noise."""
    noise = 0.05 * np.random.default_rng(1).standard_normal(len(points))
    return {"accuracy": 1 - 4 * (points[:, 0] - 0.7) ** 2 - 2 * (points[:, 1] - 0.3) ** 2 + noise}


@pytest.fixture(scope="module")
def given() -> Advice:
    return learn(simulations(150, hill), GOAL, np.array([0.1, 0.1, 0.5]))


def test_the_best_point_is_found_and_lies_in_its_interval(given):
    assert given.advised[:2] == pytest.approx([0.7, 0.3], abs=0.08)
    assert (given.low[:2] <= [0.7, 0.3]).all()
    assert (given.high[:2] >= [0.7, 0.3]).all()
    assert (given.high - given.low)[:2].max() < 0.4 < (given.high - given.low)[2]


def test_what_is_expected_is_what_is_there(given):
    assert given.expected_advised[0] == pytest.approx(1, abs=0.05)
    assert given.expected_current[0] == pytest.approx(1 - 4 * 0.36 - 2 * 0.04, abs=0.1)
    mean, low, high = given.expected_gain
    assert low < mean < high
    assert low <= 1.52 + 0.1
    assert mean == pytest.approx(1.52, abs=0.12)
    assert given.explained > 0.9


def test_sensitivity_is_that_of_theory():
    # of a x + b y with x and y uniform, a^2 / (a^2 + b^2) is the share of x, total and alone
    linear = simulations(120, lambda points: {"accuracy": 2 * points[:, 0] + points[:, 1]})
    found = learn(linear, GOAL, np.zeros(3))
    assert found.total == pytest.approx([0.8, 0.2, 0], abs=0.04)
    assert found.alone == pytest.approx([0.8, 0.2, 0], abs=0.04)


def test_of_an_interaction_nothing_is_made_alone():
    crossed = simulations(
        250, lambda points: {"accuracy": (points[:, 0] - 0.5) * (points[:, 1] - 0.5)}
    )
    found = learn(crossed, GOAL, np.zeros(3))
    assert found.total[:2] == pytest.approx([1, 1], abs=0.15)
    assert found.alone[:2] == pytest.approx([0, 0], abs=0.1)


def test_lower_is_better_where_it_is_a_distance():
    goal = Goal("depth", False, lambda trial: -trial.measured["accuracy"])
    found = learn(simulations(150, hill), goal, np.array([0.1, 0.1, 0.5]))
    assert found.advised[:2] == pytest.approx([0.7, 0.3], abs=0.08)
    assert found.expected_gain[0] == pytest.approx(1.52, abs=0.12)
    gain, low, high = Comparison(goal, [3.0, 2.0, 2.5], [1.0, 1.5, 1.2]).gain()
    assert gain == pytest.approx(2.5 - 3.7 / 3)
    assert low < gain < high


def test_accuracy_counts_by_its_odds_and_a_failed_culture_guesses():
    goal = accuracy(4)
    assert goal.of_trial(Trial({"accuracy": 0.8})) == 0.8
    assert goal.of_trial(Trial(failure="silent")) == 0.25
    values = np.array([0.0, 0.3, 0.999, 1.0])
    assert np.isfinite(goal.scaled(values)).all()
    assert goal.unscaled(goal.scaled(values)) == pytest.approx(values, abs=1e-3)


def test_what_cannot_be_learned_from_is_refused():
    with pytest.raises(InputError, match="found 20; right would be 30 or more"):
        learn(simulations(20, hill), GOAL, np.zeros(3))
    same = simulations(40, lambda points: {"accuracy": np.full(len(points), 0.5)})
    with pytest.raises(InputError, match=r"height: is 0\.5 in all simulations"):
        learn(same, GOAL, np.zeros(3))


# --- the command ------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path, monkeypatch):
    parameters = parameter_files.load("dissociated", [*SMALL, "calibration.bounds={}"])
    (tmp_path / "small.toml").write_text(parameter_files.dumps(parameters))
    monkeypatch.chdir(tmp_path)
    return tmp_path


ADVISE = [
    "advise",
    "small.toml",
    "--like",
    "cortex_div21",
    "--simulations",
    "20",
    "--checks",
    "2",
    "--vary",
    VARIED[0],
    "--vary",
    VARIED[1],
]


def test_the_command_writes_a_page_a_figure_and_a_culture(folder, capsys):
    assert main([*ADVISE, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert list(told["parameters"]) == ["noise.drive", "neuron.adaptation"]
    advised = parameter_files.load("advice.toml")
    assert advised.noise.drive == pytest.approx(told["parameters"]["noise.drive"]["advised"])
    assert advised.neuron.tau_m == parameter_files.load("small.toml").neuron.tau_m
    page = (folder / "advice.md").read_text()
    assert "distance from cortex_div21" in page
    assert "noise.drive" in page
    assert (folder / "advice.png").stat().st_size > 20_000
    assert main(ADVISE) == 2
    assert "advice.md: exists" in capsys.readouterr().err
    assert main([*ADVISE, "--force"]) == 0  # the same again, from the simulations that are kept
    assert capsys.readouterr().out == page.partition("\n![")[0]
    culture = (folder / "advice.toml").read_text()
    head, line = culture.splitlines()[0], culture.splitlines()[2]
    assert head == "# As advised in advice.md"
    for path in folder.glob("advice.*"):
        path.unlink()
    assert main(shlex.split(line.removeprefix("# Made by: "))[1:]) == 0
    assert (folder / "advice.toml").read_text() == culture


def test_wrong_questions_are_answered_in_one_line(folder, capsys):
    assert main(["advise", "small.toml", "--vary", VARIED[0], "--vary", VARIED[1]]) == 2
    assert "better at what?" in capsys.readouterr().err
    assert main([*ADVISE[:2], "--like", "ruaro2005", *ADVISE[4:]]) == 2
    assert "is of tetanization; right would be a recording" in capsys.readouterr().err
    assert not list(folder.glob("advice*"))


def test_the_knobs_of_a_culture_lie_around_what_they_are():
    """Both rules of wiring have them, by other keys; the culture itself is in the middle."""
    for preset, strength in (("fitted/cortex_div21", "strength"), ("digits/two", "incoming")):
        parameters = parameter_files.load(preset)
        bounds = knobs(parameters)
        assert [bound.key for bound in bounds] == [
            f"synapses.excitatory.{strength}",
            "synapses.excitatory.reach",
            f"synapses.inhibitory.{strength}",
        ]
        for bound in bounds:
            assert bound.share(parameters.value(bound.key)) == pytest.approx(0.5)
            assert bound.high == pytest.approx(4 * bound.low)


def test_a_knob_that_is_nothing_cannot_be_doubled():
    none = parameter_files.load("digits/two", ["synapses.inhibitory.incoming=0 mV"])
    with pytest.raises(InputError, match=r"synapses.inhibitory.incoming: is nothing"):
        knobs(none)


def test_a_task_is_put_onto_a_culture_of_another_file(folder, capsys):
    """Too few simulations for its three knobs are refused: it knows them without --vary."""
    words = ["advise", "fitted/cortex_div21", "--task", "digits/bundled", "--simulations", "2"]
    assert main(words) == 2
    assert "30" in capsys.readouterr().err


@pytest.mark.slow
def test_digits_are_taught_in_a_trial(monkeypatch):
    parameters = parameter_files.load("digits/bundled", ["digits.n_presentations=60"])
    first = DIGITS.run(parameters, 3)
    assert first == DIGITS.run(parameters, 3)
    assert 0.3 < first.measured["accuracy"] <= 1
    missing = InputError("train-images-idx3-ubyte.gz: not on this machine")
    monkeypatch.setattr(digits_assay, "load_images", lambda *_: (_ for _ in ()).throw(missing))
    with pytest.raises(InputError, match="not on this machine"):  # no failure of the culture
        DIGITS.run(parameters, 3)
