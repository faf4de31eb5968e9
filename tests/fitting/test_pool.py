"""A pool: dishes that gather around recordings, kept in a small file, and grown again from it."""

import numpy as np
import pytest

from spikinggrid.assays.spontaneous import record
from spikinggrid.fitting import pool as pools
from spikinggrid.fitting import pool_making
from spikinggrid.fitting.aim import Aim
from spikinggrid.fitting.hearings import hear, measured
from spikinggrid.fitting.simulation_store import Key, SimulationStore
from spikinggrid.parallel.client import ThisProcess
from spikinggrid.parameters.files import load
from spikinggrid.statistics.feature_space import coordinates
from spikinggrid.utils.errors import InputError
from tests.small_dishes import small_pool, small_space


def test_a_dish_is_grown_again_from_its_point_and_seed():
    pool = small_pool()
    assert len(pool) >= 10
    parameters = pool.space.at(pool.points[1])
    again = coordinates([measured(record(parameters, int(pool.seeds[1])))])
    assert np.array_equal(again[0], pool.coordinates[1])


def test_a_pool_is_the_same_after_writing_and_reading_to_three_digits(tmp_path):
    pool = small_pool()
    pool.save(tmp_path / "pool.h5")
    again = pools.read(tmp_path / "pool.h5")
    assert np.array_equal(again.points, pool.points)
    assert np.array_equal(again.seeds, pool.seeds)
    assert again.space == pool.space and again.made_by == "spikinggrid pool"
    assert again.made_with == dict(pool.made_with)
    for name, values in pool.features.items():
        assert again.features[name] == pytest.approx(values, rel=1e-3, nan_ok=True)
    assert (tmp_path / "pool.h5").stat().st_size < 60_000


def test_the_shipped_pool_is_small_and_tells_how_it_was_made():
    pool = pools.shipped()
    assert len(pool) >= 2000 and (pools.shipped_data() / pools.SHIPPED).stat().st_size < 1e6
    assert pool.made_by.startswith("spikinggrid pool") and len(pool.followed) >= 78


def test_a_shipped_dish_is_grown_again_from_its_point_and_seed():
    pool = pools.shipped()
    row = int(np.argmin(published_aims(pool)["CTX_TC51_G2CEPHYS3_DIV21_C"].costs(pool.coordinates)))
    key = Key(tuple(pool.points[row].tolist()), int(pool.seeds[row]))
    ((_, trial),), _ = hear(pool.space, None, key, 1)
    assert coordinates([trial.measured])[0] == pytest.approx(pool.coordinates[row], rel=2e-3)


def published_aims(pool):
    return pool_making.published_aims(pool.space)


def test_nearby_dishes_are_in_the_shipped_pool_for_most_published_ones():
    pool = pools.shipped()
    nearest = [aim.distances(pool.coordinates).min() for aim in published_aims(pool).values()]
    assert np.median(nearest) < 1.3


def test_without_a_recording_neither_it_nor_others_of_its_culture_are_followed():
    aims = pool_making.published_aims(pool_making.pool_space(load("twin")))
    left = pool_making.published_aims(
        pool_making.pool_space(load("twin")), ["CTX_TC51_G2CEPHYS3_DIV21_C"]
    )
    assert {name for name in aims if name not in left} == {
        "CTX_TC51_G2CEPHYS3_DIV10_C",
        "CTX_TC51_G2CEPHYS3_DIV17_C",
        "CTX_TC51_G2CEPHYS3_DIV21_C",
    }


def test_what_is_no_pool_is_refused_in_one_line(tmp_path):
    (tmp_path / "pool.h5").write_text("no")
    with pytest.raises(InputError, match="damaged or not an HDF5 file"):
        pools.read(tmp_path / "pool.h5")
    with pytest.raises(InputError, match="no such file"):
        pools.read(tmp_path / "other.h5")


def test_hearings_of_a_dish_share_its_seed_and_differ_in_electrodes_alone():
    space = small_space()
    hearings, _ = hear(space, None, Key((0.4, 0.4, 0.4, 0.4), 3, 1), 4)
    assert len(hearings) == 4
    for key, trial in hearings[1:]:
        assert key.seed == 3 and key.point[:2] == (0.4, 0.4)
        assert trial.measured != hearings[0][1].measured


def test_hearings_come_nearer_to_an_aim():
    space, aim_point = small_space(), (0.5, 0.5, 0.9, 0.2)
    aim = Aim.at(hear(space, None, Key(aim_point, 3, 1), 1)[0][0][1].measured)
    hearings, _ = hear(space, None, Key((0.5, 0.5, 0.2, 0.9), 3, 1), 12, aim)
    distances = [aim.distance(trial.measured) for _, trial in hearings]
    assert min(distances) < 0.7 * distances[0]


def test_a_silent_dish_is_given_up_early():
    space = small_space()
    quiet = space.parameters.replace({"noise.membrane_sd": "0.1 mV", "noise.drive_spread": 0.0})
    ((_, trial),), _ = hear(
        pool_making.ParameterSpace(quiet, space.bounds[:1]), None, Key((0.0,), 3, 0), 4
    )
    assert trial.failure.startswith("silent")


def test_dishes_follow_recordings_and_going_on_keeps_what_there_is(tmp_path):
    space = small_space()
    aim = Aim.at(hear(space, None, Key((0.9, 0.1, 0.9, 0.9), 3, 1), 1)[0][0][1].measured)
    plan, path = pool_making.identity(space), tmp_path / "pool.simulations.jsonl"
    with SimulationStore(path, plan) as store:
        pool_making.grow_pool(space, [aim], 6, store, ThisProcess(), n_prior=6)
        first = pool_making.pool_of(space, store)
    with SimulationStore(path, plan) as store:
        pool_making.grow_pool(space, [aim], 18, store, ThisProcess(), n_prior=6)
        second = pool_making.pool_of(space, store)
    assert len(first) < 18 <= len(second)
    assert np.array_equal(second.points[: len(first)], first.points)
    distances = aim.distances(second.coordinates)
    assert np.median(distances[len(first) :]) < np.median(distances[: len(first)])
