"""One culture fitted to several recordings: what is the same, what changes, and what is refused."""

import itertools

import numpy as np
import pytest

import spikinggrid as sg
from spikinggrid.fitting.changes import fit_changes, short_names
from spikinggrid.fitting.hearings import measured
from spikinggrid.parameters.files import load
from spikinggrid.plotting.changes import changes as figure
from spikinggrid.simulation.dish import Dish
from spikinggrid.statistics.feature_space import coordinates
from spikinggrid.utils.errors import InputError
from tests.small_dishes import small_pool, small_space

DRIVES = {"before": "5.3 mV", "after": "5.7 mV"}


@pytest.fixture(scope="module")
def recordings():
    parameters = small_space().parameters
    return {
        name: Dish(parameters.replace({"noise.drive": drive}), 11).record("120 s")
        for name, drive in DRIVES.items()
    }


def _fit(recordings, may_change=("noise.drive",), looks=30, **options):
    """Fit as if each look at the clock took a second: as many dishes on any machine."""
    clock = itertools.count().__next__
    return fit_changes(
        recordings, may_change, small_pool(), minutes=looks / 60, jobs=1, clock=clock, **options
    )


@pytest.fixture(scope="module")
def found(recordings):
    return _fit(recordings)


def test_all_but_what_may_change_is_the_same(found, tmp_path):
    found.save(tmp_path / "mine.toml", "spikinggrid fit before.h5 after.h5")
    before, after = (load(tmp_path / f"mine-{name}.toml") for name in DRIVES)
    assert before.noise.drive != after.noise.drive
    assert after.replace({"noise.drive": before.noise.drive}) == before
    assert before.simulation.seed == found.seed
    again = measured(Dish(after).record())
    assert coordinates([again]) == pytest.approx(coordinates([found.twins[1]]), nan_ok=True)


def test_the_direction_of_a_change_is_found(found):
    rows = found.table.loc["noise.drive"]
    assert rows.loc["after", "change"] > 0 and not rows.loc["before", "moved"]
    assert rows.loc["after", "change_low"] < 0.4e-3 < rows.loc["after", "change_high"]


def test_what_is_told_adds_up(found):
    told = found.as_dict()
    assert told["distance"] == pytest.approx(
        [
            np.median([dish.aim.distance(row) for row in rows])
            for dish, rows in zip(found.recorded, found.others, strict=True)
        ]
    )
    assert set(told["same"]) == {"noise.membrane_sd", "mea.radius", "mea.heard_fraction"}
    assert found.verdict() in found.summary()
    axes = {axes.get_label() for axes in figure(found).axes}
    assert {"0", "features 0", "features 1"} <= axes


def test_a_fit_goes_on_where_it_was(recordings, tmp_path):
    path = tmp_path / "changes.simulations.jsonl"
    _fit(recordings, looks=1, path=path)
    kept = path.read_text()
    _fit(recordings, looks=1, path=path)
    assert path.read_text().startswith(kept) and path.read_text() != kept


def test_recordings_of_one_name_are_numbered():
    assert short_names(["a/dish.h5", "b/dish.h5", "c.h5"]) == ["dish-1", "dish-2", "c"]


@pytest.mark.parametrize(
    "names, may_change, message",
    [
        (["before"], ["noise.drive"], "goes with two recordings or more"),
        (["before", "after"], ["noise.wrong"], "found 'noise.wrong'; right would be some of noise"),
        (["before", "after"], ["mea"], "found 'mea'; right would be some of"),
        (["before", "after"], [], "--may-change: names nothing"),
    ],
)
def test_what_cannot_be_fitted_is_refused(recordings, names, may_change, message):
    with pytest.raises(InputError, match=message):
        _fit({name: recordings[name] for name in names}, may_change)


def test_another_array_is_refused(recordings):
    moved = sg.Recording.from_spike_trains(
        recordings["after"].spike_trains,
        "120 s",
        positions=recordings["after"].positions * 1.1,
        source="moved",
    )
    with pytest.raises(InputError, match=r"moved: 60 s on .* make one by"):
        _fit(recordings | {"after": moved})
