"""Predictions: which dishes could be the recorded one, how wide an interval is, and one of each."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.special import expit

import spikinggrid as sg
from spikinggrid.cli.main import main
from spikinggrid.digits.benchmark_result import BenchmarkResult
from spikinggrid.digits.benchmark_result import load as load_result
from spikinggrid.fitting.aim import GOOD, Aim
from spikinggrid.fitting.gathering import Dishes
from spikinggrid.parameters import files as parameter_files
from spikinggrid.prediction.gains import twins_of
from spikinggrid.prediction.predict import one_more, plausible, twins_in
from spikinggrid.simulation.dish import Dish
from spikinggrid.statistics.feature_space import COMPARED
from spikinggrid.utils.errors import InputError
from tests.small_dishes import small_pool, small_space

#: The task of few images, which nobody learns anything from.
FEW = [
    *("digits.dataset=bundled", "digits.n_images=60", "digits.n_presentations=10"),
    *("digits.presentation=100 ms", "digits.evaluation_interval=10"),
    "digits.evaluation_images=10",
]


def twin_among(distances: list[float], seeds: list[int]) -> SimpleNamespace:
    """Return a twin with dishes so far from it in every feature, in sd of a difference."""
    n = len(COMPARED)
    points = np.sqrt(2) * np.outer(distances, np.ones(n))
    space = small_space()
    at = np.full((len(seeds), len(space.bounds)), 0.5)
    dishes = Dishes(space, at, np.array(seeds), points)
    return SimpleNamespace(dishes=dishes, dish=SimpleNamespace(aim=Aim(np.zeros(n), np.ones(n))))


def test_each_wiring_is_taken_once_where_it_is_nearest():
    assert plausible(twin_among([0.5, 0.3, 0.4, 0.9], [7, 7, 8, 9]), 10).tolist() == [1, 2, 3]


def test_of_many_that_are_near_enough_any_may_be_taken_but_none_that_is_not():
    distances = [*np.linspace(0.5, GOOD - 0.01, 40), *np.linspace(GOOD + 0.01, 3, 40)]
    rows = plausible(twin_among(distances, list(range(80))), 10)
    assert len(rows) == len(set(rows.tolist())) == 10
    assert rows.max() < 40 and rows.max() > 12
    assert (np.diff(rows) > 0).all()


def test_where_too_few_are_near_the_nearest_are_taken():
    rows = plausible(twin_among([2.0, 0.5, 3.0, 1.5], [1, 2, 3, 4]), 3)
    assert rows.tolist() == [1, 3, 0]


@pytest.mark.parametrize("n", [3, 10])
def test_the_interval_holds_as_many_dishes_as_it_says(n):
    generator = np.random.default_rng(5)
    drawn = expit(2 + 0.7 * generator.standard_normal((4000, n + 1)))
    intervals = np.array([one_more(row[:n]) for row in drawn])
    held = (intervals[:, 0] <= drawn[:, n]) & (drawn[:, n] <= intervals[:, 1])
    assert held.mean() == pytest.approx(0.8, abs=0.025)


def test_the_interval_stays_an_accuracy():
    low, high = one_more([1.0, 1.0, 0.98, 1.0])
    assert 0 < low < 0.99 < high < 1


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    small_pool().save("small.h5")
    Dish(small_space().parameters, 5).record().save("dish.h5")
    task = parameter_files.load("digits/twin_two", FEW)
    (tmp_path / "few.toml").write_text(parameter_files.dumps(task))
    return tmp_path


WORDS = ["predict", "dish.h5", "--pool", "small.h5", "--minutes", "0.01", "--jobs", "1"]


def test_from_a_recording_to_a_prediction(folder, capsys):
    words = [*WORDS, "--task", "few.toml", "--twins", "3", "--json"]
    assert main(words) == 0
    told = json.loads(capsys.readouterr().out)
    label = told["accuracy"]["label"]
    values = [twin["label"] for twin in told["twins"]]
    assert label["mean"] == pytest.approx(np.mean(values))
    assert label["low"] <= label["mean"] <= label["high"]
    kept = [load_result(path) for path in (folder / "predict-dish").glob("seed-*.h5")]
    assert sorted(s for each in kept for s in each.seeds) == sorted(
        twin["seed"] for twin in told["twins"]
    )
    page = (folder / "predict-dish" / "prediction.md").read_text()
    assert told["verdict"] in page and "80 % of such dishes" in page
    assert (folder / "predict-dish" / "prediction.png").stat().st_size > 10_000


def test_given_again_it_keeps_to_its_twins_though_the_fit_goes_on(folder, capsys):
    def twins(*more: str) -> list[dict]:
        assert main([*WORDS, "--task", "few.toml", "--twins", "3", "--json", *more]) == 0
        return json.loads(capsys.readouterr().out)["twins"]

    first = twins()
    store = folder / "dish-twin.simulations.jsonl"
    n_kept = len(store.read_text().splitlines())
    assert twins() == first
    assert len(store.read_text().splitlines()) > n_kept
    other = load_result(next((folder / "predict-dish").glob("seed-*.h5")))
    (measured,) = other.seeds.values()
    alien = BenchmarkResult(other.parameters, other.split, {77: measured})
    alien.save(folder / "predict-dish" / "seed-77.h5")
    seeds = [each.simulation.seed for each in twins_of(folder / "predict-dish")]
    assert seeds == sorted(twin["seed"] for twin in first)


@pytest.mark.parametrize("text", ["", "[]", '{"asked": {}, "dishes": [1]}'])
def test_a_damaged_list_of_twins_is_refused_by_name(tmp_path, text):
    (tmp_path / "twins.json").write_text(text)
    with pytest.raises(InputError, match=r"twins\.json: does not name the twins"):
        twins_in(tmp_path)


def test_a_file_that_is_no_task_is_refused_by_name_and_leaves_no_folder(folder, capsys):
    assert main([*WORDS, "--task", "culture"]) == 2
    assert "culture: has no table [digits]" in capsys.readouterr().err
    assert not (folder / "predict-dish").exists()


def test_python_predicts_too_and_draws(folder):
    options = {"pool": "small.h5", "minutes": 0.01, "n_twins": 3, "jobs": 1}
    prediction = sg.predict("dish.h5", "few.toml", folder="predicted", **options)
    mean = prediction.values("label").mean()
    assert f"label electrodes {mean:.3f}" in repr(prediction)
    labels = [text.get_text() for text in prediction.plot().axes[0].get_yticklabels()]
    assert labels[1] == "label electrodes, trained"


def test_a_task_that_does_not_fit_is_refused_before_the_fit(folder, capsys):
    task = parameter_files.load("digits/twin_two", [*FEW, "digits.image_rows=9"])
    (folder / "large.toml").write_text(parameter_files.dumps(task))
    assert main([*WORDS, "--task", "large.toml"]) == 2
    assert "image_rows" in capsys.readouterr().err
    assert not list(folder.glob("*.jsonl"))
