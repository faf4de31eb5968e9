"""What several cultures learn from a tetanus, from responses by hand."""

import numpy as np
import pytest

from spikinggrid.assays import tetanization
from spikinggrid.assays.tetanization import TETANIZATION
from spikinggrid.parameters import files as parameter_files


def responses(mean):
    """Of one culture: 15 bins, of which the ten shown are given."""
    return np.concatenate([np.zeros((4, 5)), mean], axis=1)


def test_cultures_that_respond_as_the_living_ones_learn_as_they_do():
    living = tetanization.living()
    sd = living.count_sd / living.counts
    some = np.array([-1, 0, 1])[:, None] * sd
    made = np.array([responses(living.mean * (1 + s)[:, None]) for s in some])
    assert tetanization.counts(made[1]) == pytest.approx(living.counts)
    found = tetanization.features(made)
    assert found["rmse"] == pytest.approx(0, abs=1e-12)
    assert found["spread"] == pytest.approx(1)
    alone = tetanization.features(made[1:2])
    assert alone["ratio.L"] == pytest.approx(2.06, abs=0.005)
    assert alone["ratio.inverted-L"] == pytest.approx(0.80, abs=0.005)
    assert alone["selectivity"] == pytest.approx(2.57, abs=0.005)
    assert alone["spread"] == 0


def test_cultures_that_do_not_respond_learn_nothing():
    found = tetanization.features(np.zeros((3, 4, 15)))
    assert (found["ratio.L"], found["selectivity"], found["spread"]) == (0, 0, 0)


def test_learning_needs_plasticity():
    small = ["culture.n_neurons=120"]
    rates = [
        f"plasticity.{name}.{rate}=0 mV"
        for name in ("input", "excitatory", "inhibitory")
        for rate in ("nu_pre", "nu_post")
    ]
    frozen = parameter_files.load("lagani2021/tetanization", [*small, *rates])
    trial = TETANIZATION.run(frozen, seed=2)
    before, after = np.array(trial.measured["responses"]).reshape(2, 2, -1)
    assert before.sum() > 0
    assert after == pytest.approx(before)
    learning = parameter_files.load("lagani2021/tetanization", small)
    trial = TETANIZATION.run(learning, seed=2)
    changed = np.array(trial.measured["responses"]).reshape(2, 2, -1)
    assert changed[0] == pytest.approx(before)  # the same culture before the tetanus
    assert changed[1].sum() > 1.1 * changed[0].sum()
