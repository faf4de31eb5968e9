"""Misspecification: quiet on the model's own cultures, and it says what is odd about others."""

import numpy as np
import pytest

from spikinggrid.fitting.misspecification import FALSE_ALARMS, Misspecification, count_too_close
from spikinggrid.parameters import files as parameter_files
from spikinggrid.recordings import read
from spikinggrid.statistics import feature_space
from spikinggrid.utils.errors import InputError
from tests.simulated import correlated, simulations

MODEL = parameter_files.load("posterior")


@pytest.fixture(scope="module")
def misspecification() -> Misspecification:
    return Misspecification(simulations(600, correlated))


def cultures(n: int, seed: int) -> list[dict[str, float]]:
    points = np.random.default_rng(seed).random((n, 3))
    table = correlated(points, seed)
    return [{name: float(values[row]) for name, values in table.items()} for row in range(n)]


def test_it_refuses_about_as_many_of_the_models_own_cultures_as_it_says(misspecification):
    refused = np.mean([not misspecification.judge(each).inside for each in cultures(1000, 11)])
    assert refused == pytest.approx(FALSE_ALARMS, abs=0.03)


@pytest.mark.parametrize("name", ["burst.rate", "corr", "isi.lv"])
def test_one_feature_that_does_not_go_with_the_others_is_found_and_named(misspecification, name):
    for each in cultures(20, 12):
        coordinate = each[name] + 1 if name in feature_space.LINEAR else each[name] * np.e
        verdict = misspecification.judge(each | {name: coordinate})
        assert not verdict.inside
        worst = verdict.oddities[0]
        assert worst.name == name
        assert not worst.low <= worst.value <= worst.high
        assert verdict.sentence().startswith(f"is not like what the model produces: {name} is")


def test_the_distance_told_is_that_from_a_regression_on_the_other_features(monkeypatch):
    monkeypatch.setattr(
        "spikinggrid.fitting.misspecification.N_COMPONENTS", (1,)
    )  # of one normal distribution it is
    known = simulations(2000, correlated)
    misspecification = Misspecification(known)
    x, _ = feature_space.encoded(known.features)
    odd = x[0].copy()
    odd[0] += 1
    table = {
        n: c if n in feature_space.LINEAR else np.exp(c)
        for n, c in zip(feature_space.NAMES, odd, strict=True)
    }
    others = np.column_stack([x[:, 1:], np.ones(len(x))])
    slopes, *_ = np.linalg.lstsq(others, x[:, 0])
    residual = x[:, 0] - others @ slopes
    expected = (odd[0] - np.append(odd[1:], 1) @ slopes) / residual.std()
    assert misspecification.judge(table).oddities[0].deviations == pytest.approx(expected, rel=0.15)


def test_a_culture_without_bursts_is_told_so(misspecification):
    silent = cultures(1, 13)[0] | {"burst.dur": 0.0}
    verdict = misspecification.judge(silent)
    assert not verdict.inside
    assert verdict.missing == ["burst.dur"]
    assert "has no burst.dur" in verdict.sentence()


def test_intervals_that_the_electrodes_cannot_have_are_found(misspecification):
    fine = [np.array([0.0, 1.08e-3, 5e-3]), np.array([0.0])]
    assert count_too_close(fine, MODEL) == 0
    assert count_too_close([*fine, np.array([1.0, 1.0005, 1.001])], MODEL) == 2
    normal = next(each for each in cultures(20, 14) if misspecification.judge(each).inside)
    verdict = misspecification.judge(normal, 2)
    assert not verdict.inside
    assert "has 2 intervals below 1.08 ms" in verdict.sentence()


@pytest.mark.slow
def test_no_real_recording_has_such_intervals_and_all_do_once_tampered_with(published_files):
    generator = np.random.default_rng(1)
    for path in published_files:
        trains = read(path).spike_trains
        assert count_too_close(trains, MODEL) == 0, path
        moved = [np.sort(t + 5e-3 * generator.standard_normal(t.size)) for t in trains]
        assert count_too_close(moved, MODEL) > 0, path


def test_too_few_simulations_are_refused():
    with pytest.raises(InputError, match=r"only 50 of 60 simulated cultures .* 150 are needed"):
        Misspecification(simulations(60, correlated, failures=range(10)))
