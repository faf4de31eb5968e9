"""The cultures that were fitted measure like the living ones, with wiring of other seeds."""

import numpy as np
import pytest

from spikinggrid.assays import tetanization
from spikinggrid.assays.spontaneous import SPONTANEOUS
from spikinggrid.fitting import targets
from spikinggrid.parameters import files as parameter_files
from spikinggrid.simulation.dish import Dish

SEED = 99  # took part in no search and in no table


@pytest.mark.slow
@pytest.mark.parametrize(
    "name, least, most_electrodes_off",
    [
        ("hippocampus_div21", 9, 3),
        ("cortex_div21", 8, 10),
        ("hippocampus_div21_wide", 10, 8),
        ("cortex_div21_wide", 9, 15),
    ],
)
def test_fitted_cultures_burst_like_living_ones(name, least, most_electrodes_off):
    aimed_at = targets.load(name)
    parameters = parameter_files.load(f"fitted/{name}")
    assert parameters.simulation.duration == aimed_at.duration
    trial = SPONTANEOUS.run(parameters, SEED)
    assert trial.failure == ""
    assert aimed_at.n_within(trial.measured) >= least
    assert aimed_at.distance(trial.measured) < 0.5
    assert trial.measured["n_electrodes"] >= 59 - most_electrodes_off


def test_the_fitted_culture_learns_the_trained_pattern_alone():
    parameters = parameter_files.load("fitted/tetanization")
    responses = np.array([tetanization.tetanize(Dish(parameters, SEED + n)) for n in range(4)])
    found = tetanization.features(responses)
    assert found["ratio.L"] > 1.5
    assert found["ratio.inverted-L"] < 1
    assert found["selectivity"] > 2


def test_the_default_culture_is_the_fitted_cortex():
    default = parameter_files.load("culture", ["simulation.duration=911 s"])
    assert default == parameter_files.load("fitted/cortex_div21")
