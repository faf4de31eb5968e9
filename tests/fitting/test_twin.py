"""The twin of a dish: found from a pool, told on stretches it was not chosen by, run again."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

from spikinggrid.fitting import gathering, hearings
from spikinggrid.fitting import twin as twins
from spikinggrid.fitting.hearings import measured
from spikinggrid.fitting.own_spread import pooled_sd
from spikinggrid.fitting.pool import shipped
from spikinggrid.fitting.pool_guard import PoolGuard
from spikinggrid.fitting.recorded_dish import prepared
from spikinggrid.fitting.twin import fit_twin
from spikinggrid.parameters.files import load
from spikinggrid.recordings import Recording
from spikinggrid.recordings.datasets import published_dishes
from spikinggrid.simulation.dish import Dish
from spikinggrid.statistics.feature_space import COMPARED, coordinates
from spikinggrid.statistics.spiking import find_bursts
from spikinggrid.utils.errors import InputError, RefusalError
from spikinggrid.utils.progress import Progress
from tests.small_dishes import small_pool, small_space


def _dish(duration="180 s", seed=11, **changes):
    parameters = small_space().parameters.replace({"noise.drive": "5.5 mV", **changes})
    return Dish(parameters, seed).record(duration)


def _fit(recording, seconds=2.0, **options):
    """Fit as if each look at the clock took a second: as many dishes on any machine."""
    clock = itertools.count().__next__
    return fit_twin(recording, small_pool(), minutes=seconds / 60, jobs=1, clock=clock, **options)


@pytest.fixture(scope="module")
def twin():
    return _fit(_dish(), 30.0)


def test_the_twin_is_nearer_than_the_nearest_dish_of_the_pool(twin):
    start, found = twin.dish.aim.costs(np.array([twin.start, coordinates([twin.twin])[0]]))
    assert found < start


def test_its_file_gives_the_same_recording_again(twin, tmp_path):
    twin.save(tmp_path / "twin.toml", "spikinggrid fit mine.h5")
    text = (tmp_path / "twin.toml").read_text()
    assert twin.verdict() in text and "spikinggrid fit mine.h5" in text
    again = measured(Dish(load(tmp_path / "twin.toml")).record())
    assert coordinates([again]) == pytest.approx(coordinates([twin.twin]), nan_ok=True)


def test_what_is_told_adds_up(twin):
    assert len(twin.dish.stretches) == len(twin.others) == 3
    assert twin.table.recording["fir.rate"] == pytest.approx(twin.dish.stretches[0]["fir.rate"])
    told = twin.as_dict()
    distances = [twin.dish.aim.distance(row) for row in twin.others]
    assert told["distance"]["others"] == pytest.approx(np.median(distances))
    assert told["seed"] == twin.parameters.simulation.seed
    assert f"{twin.n_within} of 11 published features" in told["verdict"]
    assert all(name in twin.summary() for name in COMPARED)


def test_the_verdict_says_whether_the_model_can_be_like_the_recording(twin):
    assert twin.dish.likeness is None
    assert "cannot be told: the pool has too few dishes, 10" in twin.verdict()
    odd = published_dishes()[0].thirds[0] | {"theta.burst": 0.9}
    likeness = PoolGuard.of(shipped()).judge(odd)
    verdict = replace(twin, dish=twin.dish._replace(likeness=likeness)).verdict()
    assert verdict.startswith(twin.verdict().partition(". ")[0])
    assert "he recording is outside of what the model can do: its nearest dishes" in verdict
    assert "theta-bursting electrodes is too high" in verdict


def test_a_fit_goes_on_where_it_was(tmp_path):
    recording, path = _dish("60 s"), tmp_path / "twin.simulations.jsonl"
    first = _fit(recording, path=path)
    kept = path.read_text()
    second = _fit(recording, path=path)
    assert second.n_heard > first.n_heard
    assert path.read_text().startswith(kept)
    assert np.array_equal(second.start, first.start)


def test_a_shorter_recording_on_another_array_is_what_dishes_are_simulated_again_for():
    pool = small_pool()
    parameters = {"mea.layout": "6x10-200um", "culture.width": "2 mm"}
    task = prepared(_dish("60 s", **parameters), pool)
    changed = task.space.parameters
    assert changed.mea.layout == "6x10-200um" and changed.culture.width == 2e-3
    assert changed.culture.n_neurons == round(pool.space.parameters.culture.n_neurons * 2 / 1.6)
    assert task.span == 60.0
    assert task.likeness is None
    assert task.unjudged == (
        "the dishes of the pool are of 60 s on 8x8-200um-59, the recording 60 s on 6x10-200um"
    )
    assert task.aim.sd == pytest.approx(pooled_sd() * np.sqrt(300 / 60))


@pytest.mark.parametrize("minutes, is_short", [(8.0, False), (2.0, True)])
def test_a_fit_keeps_to_its_time_where_dishes_are_slow_or_says_how_long_it_takes(
    monkeypatch, minutes, is_short
):
    per_dish, now, said = 10.0, [0.0], []

    def hear(*arguments):
        now[0] += per_dish
        return hearings.hear(*arguments)[0], per_dish

    def hear_on(space, array, keys, n_stretches):
        now[0] += per_dish * n_stretches
        return stretches(space, array, keys, n_stretches)

    stretches = twins.hear_on
    monkeypatch.setattr(gathering, "hear", hear)
    monkeypatch.setattr(twins, "hear_on", hear_on)
    monkeypatch.setattr(Progress, "say", lambda _, text: said.append(text))
    recording = _dish("60 s", **{"mea.layout": "6x10-200um", "culture.width": "2 mm"})
    with Progress(60 * minutes, "s") as progress:
        fit_twin(
            recording,
            small_pool(),
            minutes=minutes,
            jobs=1,
            progress=progress,
            clock=lambda: now[0],
        )
    told = next(text for text in said if text.startswith("a dish takes 10 s"))
    assert ("at least" in told) == is_short
    least = float(told.split("lasts ")[1].split()[0]) if is_short else minutes
    assert now[0] / 60 == pytest.approx(least, rel=0.15)


def test_electrodes_anywhere_come_with_a_table_beside_the_parameters(tmp_path):
    recording = _dish("60 s")
    moved = Recording.from_spike_trains(
        recording.spike_trains,
        "60 s",
        positions=recording.positions * [1.1, 0.9],
        source="mine",
    )
    twin = _fit(moved)
    twin.save(tmp_path / "twin.toml")
    again = Dish(load(tmp_path / "twin.toml"))
    assert again.array.positions == pytest.approx(twin.dish.place.array.positions)
    assert measured(again.record())["fir.rate"] == pytest.approx(twin.twin["fir.rate"])


def test_a_dish_without_bursts_gets_a_verdict_and_no_twin():
    trains = [[0.5 + 7 * electrode % 60] for electrode in range(59)]
    quiet = Recording.from_spike_trains(trains, "60 s", source="mine")
    with pytest.raises(RefusalError, match="mine: no twin: in its first 60 s it has no bursts"):
        _fit(quiet)


def test_a_recording_of_seconds_is_refused():
    short = Recording.from_spike_trains([[0.5]], "20 s", source="mine")
    with pytest.raises(InputError, match="lasts 20 s; a twin needs 60 s or more"):
        _fit(short)


def test_the_verdict_on_strong_theta_bursting_says_that_the_model_cannot_do_it():
    recording, n_echoes, period = _dish(), 3, 0.2
    generator = np.random.default_rng(1)

    def echoed(train):
        ends = train[find_bursts(train).last][:, None]
        echoes = ends + period * np.arange(1, n_echoes + 1)
        echoes = echoes + generator.normal(0, 0.002, echoes.shape)
        return np.sort(np.concatenate([train, echoes[echoes < recording.t_stop]]))

    strong = replace(recording, spike_trains=[echoed(train) for train in recording.spike_trains])
    shares = [each.features_of_first(60.0)["theta.burst"] for each in (recording, strong)]
    assert shares[0] < 0.5 and shares[1] > 0.9
    verdict = _fit(strong, 10.0).verdict()
    assert "what the model cannot do here: theta-bursting electrodes (0." in verdict
