"""Responses to hidden sources: of real cultures, of made-up ones, and of simulated ones."""

import numpy as np
import pytest
import scipy.io

from spikinggrid.assays import source_separation
from spikinggrid.assays.source_separation import Responses
from spikinggrid.parameters import files as parameter_files
from spikinggrid.simulation.dish import Dish
from spikinggrid.utils.errors import InputError

GRID = ["mea.layout=grid", "mea.rows=8", "mea.columns=8", "mea.pitch=200 um"]


def made_up(n_sessions=3, n_electrodes=6, signal=2.0, seed=0) -> Responses:
    """Electrode 0 answers the first source, electrode 1 the second, the others neither."""
    random = np.random.default_rng(seed)
    sources = np.tile(random.random((source_separation.N_TRIALS, 2)) < 0.5, (n_sessions, 1))
    rate = np.ones((len(sources), n_electrodes))
    rate[:, :2] += signal * sources
    return Responses("made up", sources, np.repeat(sources, 16, axis=1), random.poisson(rate))


def save(path, s, o, r):
    cell = np.empty((1, 1), object)
    cell[0, 0] = {"s": s, "o": o, "r": r}
    scipy.io.savemat(path, {"data_test": cell})


# --- real cultures ----------------------------------------------------------------------


def test_living_cultures_tell_the_sources(data_folder):
    found = source_separation.load(data_folder / "evoked" / "response_data_mix0.mat")
    assert [each.name for each in found] == ["mix0 1", "mix0 2", "mix0 3", "mix0 4"]
    culture = found[0]
    assert culture.counts.shape == (25600, 64)
    assert culture.pulsed.shape == (25600, 32)
    right, chance = source_separation.decode(culture)
    assert np.all(right > 0.95)
    assert np.all(chance < 0.6)
    preference = source_separation.preference(culture)
    assert np.nanmax(preference) > 0.9
    assert np.nanmin(preference) < -0.9


# --- made-up ones -----------------------------------------------------------------------


def test_decoding_without_signal_is_chance():
    right, chance = source_separation.decode(made_up(signal=0, n_sessions=40))
    assert right == pytest.approx(chance, abs=0.08)


def test_decoding_does_not_know_the_tested_trials():
    # Every session repeats the same trials, and an electrode for each trial tells which it is: a
    # split by session would be right in all of them, one by trial learns nothing from it.
    responses = made_up(n_sessions=4, signal=0)
    identity = np.eye(source_separation.N_TRIALS)[responses.trial]
    known = Responses("known", responses.sources, responses.pulsed, identity)
    right, chance = source_separation.decode(known)
    assert np.all(right <= chance + 0.01)


def test_decoding_equals_the_bayes_limit_of_gaussian_responses():
    # Two classes a distance d apart in units of the noise are told by the best readout in
    # Phi(d / 2) of the trials; see any text on signal detection.
    from scipy.stats import norm

    random = np.random.default_rng(1)
    responses = made_up(n_sessions=100)
    counts = random.standard_normal(responses.counts.shape)
    counts[:, :2] += 2.0 * responses.sources
    made = Responses("gaussian", responses.sources, responses.pulsed, counts)
    right, _ = source_separation.decode(made)
    assert right == pytest.approx(norm.cdf(1.0), abs=0.015)


def test_preference_is_for_the_source_that_an_electrode_answers():
    preference = source_separation.preference(made_up(n_sessions=50))
    assert preference[0] == pytest.approx(0.5, abs=0.05)  # rates of 3 and 1
    assert preference[1] == pytest.approx(-0.5, abs=0.05)
    assert np.abs(preference[2:]).max() < 0.05


# --- simulated ones ---------------------------------------------------------------------


def test_a_simulated_culture_answers_the_pulses_and_tells_the_sources():
    like = made_up(n_sessions=1)
    parameters = parameter_files.load("culture", GRID)
    responses = source_separation.simulate(Dish(parameters, seed=2), like, 1)
    assert responses.counts.shape == (256, 64)
    silent, both = responses.in_state(0, 0).sum(axis=1), responses.in_state(1, 1).sum(axis=1)
    assert both.mean() > 10 * silent.mean()
    right, chance = source_separation.decode(responses)
    assert right.mean() > chance.mean() + 0.1
    again = source_separation.simulate(Dish(parameters, seed=2), like, 1)
    assert np.array_equal(again.counts, responses.counts)


def test_an_array_that_is_too_small_is_refused():
    parameters = parameter_files.load("culture")
    with pytest.raises(InputError, match="8x8-200um-59 has 59 electrodes"):
        source_separation.simulate(Dish(parameters), made_up(n_sessions=1), 1)


# --- files ------------------------------------------------------------------------------


def test_files_are_read_as_they_were_written(tmp_path):
    made = made_up()
    save(tmp_path / "x.mat", made.sources, made.pulsed, made.counts)
    (found,) = source_separation.load(tmp_path / "x.mat")
    assert found.name == "test 1"
    for name in ("sources", "pulsed", "counts"):
        assert np.array_equal(getattr(found, name), getattr(made, name))


def test_wrong_files_are_named(tmp_path):
    made = made_up()
    path = tmp_path / "x.mat"
    save(path, made.sources, made.pulsed, made.counts)
    whole = path.read_bytes()
    shuffled = made.sources[::-1].copy()
    shuffled[5] = ~shuffled[5]
    cases = {
        "cannot be read": lambda: path.unlink(),
        "is damaged, or not MATLAB v5": lambda: path.write_bytes(whole[: len(whole) // 2]),
        "is damaged, or not": lambda: path.write_text("not MATLAB at all, but some text\n" * 9),
        "or not MATLAB v5 with one": lambda: scipy.io.savemat(path, {"other": 1}),
        "found s, o and r of shapes": lambda: save(
            path, made.sources[:9], made.pulsed, made.counts
        ),
        "do not repeat in every session": lambda: save(path, shuffled, made.pulsed, made.counts),
    }
    for said, write in cases.items():
        write()
        with pytest.raises(InputError) as error:
            source_separation.load(path)
        assert str(path) in str(error.value)
        assert said in str(error.value)
        assert "\n" not in str(error.value)
