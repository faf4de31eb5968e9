"""The digit task, its training and its benchmark, on small cultures."""

import dataclasses
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from spikinggrid.cli import main as cli
from spikinggrid.digits import benchmark_result
from spikinggrid.digits.benchmark import N_SPONTANEOUS, _spontaneous, benchmark
from spikinggrid.digits.benchmark_result import CONTROLS
from spikinggrid.digits.benchmark_result import load as load_result
from spikinggrid.digits.images import DigitImages
from spikinggrid.digits.readouts import (
    accuracy_and_interval,
    label_answers,
    linear_accuracy,
    mean_and_interval,
    nearest_accuracy,
)
from spikinggrid.digits.task import DigitTask, load_images, with_task
from spikinggrid.digits.training import READOUTS, Training
from spikinggrid.mea.pulse_trains import Stimulus
from spikinggrid.parameters.files import load
from spikinggrid.simulation.dish import Dish
from spikinggrid.simulation.simulator import SETTLING, Spikes
from spikinggrid.utils.errors import InputError

DT = 1e-3  # s

#: 60 neurons that hardly learn, but quickly.
SMALL = [
    "culture.n_neurons=60",
    "digits.presentation=50 ms",
    "digits.n_presentations=30",
    "digits.evaluation_interval=10",
    "digits.evaluation_images=10",
    "digits.n_images=100",
    "simulation.seed=0",
]
NOISE = ["noise.membrane_sd=1 mV", "noise.kick_rate=5 Hz", "noise.kick_amplitude=5 mV"]


def small(*overrides: str, preset: str = "digits/bundled"):
    return load(preset, [*SMALL, *overrides])


@pytest.fixture
def task():
    parameters = small("culture.n_neurons=240", "digits.presentation=1 s")
    return DigitTask(Dish(parameters, seed=1))


def silence(duration=1.0):
    return Spikes.none(duration, DT)


# --- the task ----------------------------------------------------------------------------


def test_images_do_not_mix():
    images = load_images(small(), "test")
    assert set(images.training.labels) == set(images.final.labels) == {0, 1}
    shown = [
        {image.tobytes() for image in each.pixels}
        for each in (images.training, images.validation, images.final)
    ]
    assert not (shown[0] & shown[1] or shown[0] & shown[2] or shown[1] & shown[2])
    assert [set(probe.labels) for probe in images.probes] == [{d} for d in (*range(10), -1)]


def test_a_pixel_has_pulses_at_its_rate(task):
    pixels = np.zeros((6, 6), np.uint8)
    pixels[0, 1], pixels[5, 0] = 255, 51
    shown = task.image(pixels, np.random.default_rng(1))
    counts = np.bincount(shown.electrodes, minlength=60)
    assert counts[1] in (199, 200, 201)
    assert counts[50] in (39, 40, 41)
    assert counts.sum() == counts[1] + counts[50]


def test_the_teaching_signal_is_on_the_label_electrodes_alone(task):
    black = np.zeros((6, 6), np.uint8)
    taught = task.image_with_label(black, 1, np.random.default_rng(1))
    assert set(taught.electrodes) == set(task.labels[1])
    assert len(task.image(black, np.random.default_rng(1))) == 0


def test_scores_are_spikes_per_neuron(task):
    detector = task._detector
    above = detector.electrodes[np.argsort(detector.neurons)]
    at_label = np.flatnonzero(np.isin(above, task.labels[1]))
    spikes = Spikes(np.zeros(2 * len(at_label), int), np.repeat(at_label, 2), 1000, DT)
    counts = task.electrode_counts(
        spikes, task.image(np.zeros((6, 6), np.uint8), np.random.default_rng(1))
    )
    assert task.score(counts) == pytest.approx([0, 2])
    assert counts.sum() == 2 * len(at_label)


def test_counts_over_time_add_up_to_counts(task):
    generator = np.random.default_rng(2)
    steps = np.sort(generator.integers(0, 1000, 500))
    spikes = Spikes(steps, generator.integers(0, 240, 500), 1000, DT)
    by_time = task.electrode_counts_over_time(spikes, 10)
    assert by_time.shape == (10, 60)
    assert np.array_equal(by_time.sum(axis=0), task.electrode_counts(spikes, Stimulus.none()))
    assert np.array_equal(by_time.sum(axis=1), np.bincount(steps // 100, minlength=10))


def test_a_response_ends_before_the_presentation():
    task = DigitTask(Dish(small("digits.response=20 ms"), seed=1))
    late, all_of_it = (Spikes(np.array([step] * 60), np.arange(60), 50, DT) for step in (20, 19))
    assert task.electrode_counts(late, Stimulus.none()).sum() == 0
    assert task.electrode_counts(all_of_it, Stimulus.none()).sum() > 0


def test_electrodes_that_answer_are_found_by_probing():
    everywhere = [f"plasticity.{name}.plastic=all" for name in ("excitatory", "inhibitory")]
    parameters = small("digits.labels=probed", "synapses.input.reach=1 mm", *everywhere)
    task = DigitTask(Dish(parameters, seed=1))
    answering = np.concatenate(task.labels)
    assert len(task.labels[0]) == len(task.labels[1]) > 0
    assert not np.isin(answering, task.shown).any()
    columns = task.array.columns[answering]  # the image ends before column 6 of 10
    assert np.sum(columns <= 7) > 2 * np.sum(columns == 9)


def test_what_an_image_blanks_is_not_taken_for_a_lack_of_answers():
    task = load("digits/twin_two", ["digits.labels=probed"])
    parameters = with_task(load("fitted/cortex_div21"), task)
    labels = DigitTask(Dish(parameters, seed=1)).labels
    assert sum(map(len, labels)) > 20  # of 28 between the pixels


def test_an_interval_is_a_step_or_more():
    with pytest.raises(InputError, match=r"digits\.interval: 1e-06 s is shorter than a step"):
        DigitTask(Dish(small("digits.interval=1 us"), seed=1))


def test_label_electrodes_stand_for_what_they_prefer():
    """In an untrained culture, shown other images, they answer their class more than the other."""
    among = ["digits.image=spread", "synapses.input.reach=0.5 mm", "digits.image_rate=50 Hz"]
    more = ["culture.n_neurons=120", "digits.n_images=300"]
    contrasts = []
    for labels in ("preferred", "alternating"):
        parameters = small(*among, *more, f"digits.labels={labels}")
        task, images = DigitTask(dish := Dish(parameters, seed=2)), load_images(parameters, "test")
        answered = task.respond(dish.simulator, images.final, "final")
        difference = answered.scores[:, 1] - answered.scores[:, 0]
        is_one = answered.truth == 1
        contrasts.append(difference[is_one].mean() - difference[~is_one].mean())
    preferred, dealt = contrasts
    assert preferred > max(0, dealt)


def test_a_culture_takes_the_task_of_another_file():
    culture = load("culture", ["mea.layout=8x8-200um", "simulation.seed=5"])
    combined = with_task(culture, load("digits/bundled"))
    assert combined.digits == load("digits/bundled").digits
    assert combined.plasticity == load("digits/bundled").plasticity
    assert combined.replace({"digits": None, "plasticity": culture.plasticity}) == culture
    with pytest.raises(InputError, match=r"digits\.image_columns: found 11"):
        with_task(culture, load("digits/bundled", ["digits.image_columns=11"]))
    with pytest.raises(InputError, match="digits: is missing, which a task needs"):
        with_task(culture, culture)


def test_a_culture_takes_what_a_task_by_light_needs():
    culture, task = load("fitted/cortex_div21"), load("digits/twin_two_light")
    assert with_task(culture, task) == task
    own = task.replace({"light.irradiance": 3.0, "neuron.membrane_resistance": 1e8})
    assert with_task(own, task) == own


def test_artefacts_leak_unless_they_are_blanked():
    lines = ["mea.artefact_reach=0.1 mm", "culture.n_neurons=240"]
    white = np.full((6, 6), 255, np.uint8)
    for blanking, leaks in (("0 ms", True), ("2 ms", False)):
        parameters = small(*lines, f"mea.blanking={blanking}")
        task = DigitTask(Dish(parameters, seed=1))
        shown = task.image(white, np.random.default_rng(1))
        counts = task.electrode_counts(silence(0.05), shown)
        assert bool(counts.sum() == len(shown)) is leaks
        assert bool(counts.sum() == 0) is not leaks


def test_artefacts_left_in_tell_the_pixels():
    task = DigitTask(Dish(small("mea.artefact_reach=0.1 mm", "mea.blanking=2 ms"), seed=1))
    shown = task.image(np.full((6, 6), 255, np.uint8), np.random.default_rng(1))
    assert task.artefact_counts(shown).sum() == len(shown)


@pytest.mark.parametrize("blanking, tells", [("0 ms", False), ("4 ms", True)])
def test_blanking_tells_of_images_that_a_culture_is_not_shown(blanking, tells):
    """After a pulse electrodes miss what it does by itself: more where the image is bright."""
    busy = ["noise.kick_rate=20 Hz", "noise.kick_amplitude=20 mV", "digits.n_images=300"]
    reach = "none" if blanking == "0 ms" else "0.1 mm"
    lines = ["culture.n_neurons=240", f"mea.blanking={blanking}", f"mea.artefact_reach={reach}"]
    parameters = small(*busy, *lines, "digits.presentation=500 ms")
    images = load_images(parameters, "validation")
    accuracy = _spontaneous(Training(Dish(parameters, seed=1), images))
    n = min(len(images.final), N_SPONTANEOUS)
    chance = stats.binomtest(round(accuracy * n), n, 0.5, alternative="greater").pvalue
    assert bool(chance < 1e-6) is tells


def test_an_answer_comes_from_all_repeats():
    """Shown once more, an image brings other pulses; those of the first time stay the same."""
    once, twice = (DigitTask(Dish(small(*more), seed=1)) for more in ([], ["digits.repeats=2"]))
    images = load_images(small(), "validation").final[:5]
    stimuli = list(twice.stimuli(images, "final"))
    first, again = stimuli[::2], stimuli[1::2]
    for single, one, other in zip(once.stimuli(images, "final"), first, again, strict=True):
        assert np.array_equal(single.times, one.times)
        assert not np.array_equal(one.times, other.times)
    dish = Dish(small(), seed=1)
    answered = twice.respond(dish.simulator, images, "final")
    spikes = dish.simulator.evaluate(stimuli, twice.duration)
    counts = [twice.electrode_counts(*pair) for pair in zip(spikes, stimuli, strict=True)]
    assert np.array_equal(answered.electrodes, np.add(counts[::2], counts[1::2]))
    assert answered.truth.tolist() == once.class_indices(images).tolist()


def test_with_an_interval_images_are_shown_to_one_culture_that_runs_on():
    """Its spikes, in intervals and images, are those of one long evaluation, to the step."""
    parameters = small(*NOISE, "digits.interval=30 ms")
    dish = Dish(parameters, seed=1)
    task = DigitTask(dish)
    images = load_images(parameters, "validation").final[:3]
    stimuli = list(task.stimuli(images, "final"))
    begins = SETTLING + 0.03 + 0.08 * np.arange(3)
    given = [s.shifted(begin) for s, begin in zip(stimuli, begins, strict=True)]
    (run,) = dish.simulator.evaluate([Stimulus.joined(given)], begins[-1] + 0.05)
    for shown, begin in zip(task.show(dish.simulator, stimuli), begins, strict=True):
        is_its_own = (run.times > begin - DT / 2) & (run.times < begin + 0.05 - DT / 2)
        assert np.array_equal(shown.neurons, run.neurons[is_its_own])
        assert np.allclose(shown.times, run.times[is_its_own] - begin)
    answered = task.respond(dish.simulator, images, "final")
    settled = run.neurons[run.times > SETTLING - DT / 2]
    assert np.array_equal(3 * answered.spikes, np.bincount(settled, minlength=60))
    assert task.asking == pytest.approx(0.08)


def test_an_interval_passes_before_each_image_that_is_taught():
    """And once more after an evaluation, which leaves the culture at rest."""
    training = run(small("digits.interval=30 ms", "digits.only_errors=false"))
    n_taught = 2 * training.n_presentations
    assert training.simulator.duration == pytest.approx(n_taught * 0.08 + 3 * SETTLING)


def test_final_figures_are_of_the_first_images():
    some = load_images(small("digits.final_images=7"), "validation")
    assert len(some.final) == 7
    assert np.array_equal(some.final.pixels, some.validation.pixels[:7])


def test_latency_tells_the_pixels(task):
    parameters = small("digits.encoding=latency", "digits.image_rate=none")
    task = DigitTask(Dish(parameters, seed=1))
    image = load_images(parameters, "validation").final.pixels[0]
    early = task.pixel_input(task.image(image, np.random.default_rng(1)))
    bright = image.ravel() > 0
    assert np.corrcoef(early[bright], image.ravel()[bright])[0, 1] > 0.99


def test_a_pattern_is_shown_at_once_and_labels_are_taught_by_trains():
    parameters = small("digits.encoding=pattern", "digits.image_rate=none")
    task = DigitTask(Dish(parameters, seed=1))
    pixels = load_images(parameters, "validation").final.pixels[0]
    taught = task.image_with_label(pixels, 0, np.random.default_rng(1))
    is_label = np.isin(taught.electrodes, task.labels[0])
    assert sorted(taught.electrodes[~is_label]) == list(np.sort(task.shown[pixels > 127]))
    assert set(taught.times[~is_label]) == {0.0}
    assert is_label.sum() > len(task.labels[0])


# --- readouts ----------------------------------------------------------------------------


def test_answers_are_corrected_for_usual_scores():
    scores = np.array([[4.0, 1.0], [5.0, 3.0]])
    assert label_answers(scores).tolist() == [0, 0]
    assert label_answers(scores, np.array([4.0, 1.0])).tolist() == [0, 1]
    assert label_answers(scores, np.array([4.0, 0.0])).tolist() == [0, 1]


def test_a_linear_readout_finds_what_is_there_and_nothing_else():
    generator = np.random.default_rng(1)
    truth, asked = generator.integers(0, 3, 300), generator.integers(0, 3, 300)
    noise = generator.poisson(5, (600, 20))
    informed = noise + 20 * np.eye(3, 20, dtype=int)[np.concatenate([truth, asked])]
    assert linear_accuracy(informed[:300], truth, informed[300:], asked) > 0.99
    chance = linear_accuracy(noise[:300], truth, noise[300:], asked)
    assert stats.binomtest(round(300 * chance), 300, 1 / 3).pvalue > 1e-3


@pytest.mark.parametrize("accuracy", [linear_accuracy, nearest_accuracy])
@pytest.mark.parametrize("truth", [[0, 1, 1, 1], [2, 0, 2, 2], [0, 0, 0, 0]])
def test_a_silent_culture_is_asked_in_vain(accuracy, truth):
    """Where no count says anything, the commonest class of the training is all that is known."""
    truth, asked = np.array(truth), np.array([0, 1, 1, 2, 0])
    usual = np.bincount(truth).argmax()
    for count in (0, 3):
        counts = np.full((9, 5), count)
        assert accuracy(counts[:4], truth, counts[4:], asked) == np.mean(asked == usual)


@given(st.lists(st.integers(0, 100).map(lambda n: n / 100), min_size=2, max_size=9, unique=True))
def test_the_interval_is_that_of_a_t_test(values):
    mean, interval = mean_and_interval(values)
    expected = stats.ttest_1samp(values, 0).confidence_interval(0.95)
    assert interval == pytest.approx(tuple(expected), abs=1e-9)
    assert mean == pytest.approx(np.mean(values))


def test_one_culture_has_no_interval():
    assert mean_and_interval([0.5]) == accuracy_and_interval([0.5]) == (0.5, None)


@given(st.lists(st.integers(0, 100).map(lambda n: n / 100), min_size=2, max_size=9))
def test_the_interval_of_an_accuracy_stays_within_0_and_1(values):
    mean, (low, high) = accuracy_and_interval(values)
    assert 0 <= low <= mean <= high <= 1


@given(
    st.integers(30, 70),
    st.lists(st.integers(-2, 2), min_size=4, max_size=5, unique=True),
)
def test_far_from_0_and_1_the_interval_is_that_of_a_t_test(middle, steps):
    values = [(middle + step) / 100 for step in steps]
    _, (low, high) = accuracy_and_interval(values)
    _, expected = mean_and_interval(values)
    assert (low, high) == pytest.approx(expected, abs=0.002)  # the second order: 0.03^2 at most


# --- training ----------------------------------------------------------------------------


def run(parameters, seed=1, checkpoint=None, until=None, shuffled=False) -> Training:
    """Train to the end, or as if killed after some presentations."""

    class KilledError(Exception):
        pass

    def progress(training):
        if training.n_done == until:
            raise KilledError

    training = Training(Dish(parameters, seed), load_images(parameters, "validation"), shuffled)
    with suppress(KilledError):
        training.run(checkpoint, progress)
    return training


def state(training: Training) -> dict:
    strengths = {name: training.simulator.strengths(name) for name in ("input", "excitatory")}
    answers = {"answers": training.answers}
    return {k: np.array(v) for k, v in (training.evaluations | strengths | answers).items()}


ONLINE = ["digits.dataset=bundled", "digits.n_images=100"]


@pytest.mark.parametrize(
    "parameters",
    [
        small(),
        small(*NOISE),
        small(*ONLINE, preset="lagani2021/240_bio"),
        small(*NOISE, "digits.interval=30 ms"),
    ],
    ids=["contrastive", "noise", "online", "interval"],
)
def test_a_killed_training_goes_on_bit_for_bit(parameters, tmp_path):
    whole = state(run(parameters))
    assert whole["presentation"].tolist() == [10, 20, 30]
    path = tmp_path / "part.h5"
    killed = run(parameters, checkpoint=path, until=25)
    assert killed.n_done == 25
    resumed = state(run(parameters, checkpoint=path))
    for name, values in whole.items():
        assert np.array_equal(resumed[name], values), name


def test_evaluating_more_often_changes_nothing():
    often, seldom = (run(small(*NOISE, f"digits.evaluation_interval={n}")) for n in (5, 30))
    assert len(often.evaluations["label"]) == 6
    assert len(seldom.evaluations["label"]) == 1
    for name in ("answers", "excitatory"):
        assert np.array_equal(state(often)[name], state(seldom)[name])
    assert often.evaluations["presentation"][-1] == seldom.evaluations["presentation"][-1] == 30


def test_labels_alone_are_evaluated_as_with_other_readouts():
    images = load_images(small(), "validation")
    every, alone = (
        Training(Dish(small(), seed=1), images, label_alone=alone) for alone in (False, True)
    )
    every.run()
    alone.run()
    assert set(alone.evaluations) == {"presentation", "label"}
    assert alone.evaluations["label"] == every.evaluations["label"]


def test_every_image_is_shown_once_a_pass():
    parameters = small("digits.n_presentations=none")
    images = load_images(parameters, "validation")
    once = Training(Dish(parameters, seed=1), images)
    assert sorted(once._order) == list(range(len(images.training)))
    twice = Training(
        Dish(small(f"digits.n_presentations={2 * len(images.training)}"), seed=1), images
    )
    assert np.bincount(twice._order).tolist() == [2] * len(images.training)


def test_signals_are_annealed():
    training = Training(
        Dish(small("digits.final_signal=0.1"), seed=1), load_images(small(), "validation")
    )
    signals = [training._signal(number) for number in range(30)]
    assert signals[0] == 1
    assert np.allclose(np.diff(signals), -0.9 / 30)
    steady = Training(
        Dish(small("digits.final_signal=none"), seed=1), load_images(small(), "validation")
    )
    assert {steady._signal(number) for number in range(30)} == {1}


def test_full_size_images_are_learned_on_a_high_density_array():
    shorter = [
        "digits.dataset=bundled",
        "digits.n_presentations=200",
        "digits.evaluation_interval=200",
        "digits.evaluation_images=100",
    ]
    parameters = load("digits/ten_hd", shorter)
    training = Training(
        Dish(parameters, seed=0), load_images(parameters, "validation"), label_alone=True
    )
    assert training.task.shown.shape == (28, 28)
    training.run()
    assert training.evaluations["label"][-1] > 0.5  # chance is a tenth


def test_a_right_answer_leaves_nothing_to_learn():
    training = Training(Dish(small(), seed=1), load_images(small(), "validation"))
    for number in range(12):
        before = training.simulator.strengths("excitatory")
        training._teach(number)
        learned = not np.array_equal(training.simulator.strengths("excitatory"), before)
        assert learned != training.answers[number]


def test_only_synapses_from_image_to_labels_learn():
    training = Training(Dish(small(), seed=1), load_images(small(), "validation"))
    first = training.simulator.culture
    training.run()
    task = training.task
    detector = task._detector
    above = detector.electrodes[np.argsort(detector.neurons)]
    shown, labels = np.isin(above, task.shown), np.isin(above, np.concatenate(task.labels))
    learned = training.simulator.culture.excitatory.matrix() != first.excitatory.matrix()
    assert learned.any()
    assert not learned[~shown].any() and not learned[:, ~labels].any()


def test_shuffled_labels_are_the_same_labels():
    training = Training(Dish(small(), seed=1), load_images(small(), "validation"), shuffled=True)
    honest = Training(Dish(small(), seed=1), load_images(small(), "validation"))
    assert sorted(training.truth) == sorted(honest.truth)
    assert not np.array_equal(training.truth, honest.truth)


def test_a_checkpoint_of_other_parameters_is_refused(tmp_path):
    path = tmp_path / "part.h5"
    run(small(), checkpoint=path)
    with pytest.raises(InputError, match="other parameters"):
        run(small("neuron.tau_m=49 ms"), checkpoint=path)
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(InputError, match="damaged"):
        run(small(), checkpoint=path)


# --- the benchmark -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        (["synapses.input.incoming=0 mV"], "the culture is silent: no neuron fires while it is"),
        (["neuron.v_threshold=1 V"], "the culture is silent"),
        (["digits.image_rate=0.001 Hz", "noise.drive=0 mV"], "the culture is silent"),
        (["noise.drive=1 V"], "the culture runs away: its neurons fire at"),
    ],
)
def test_cultures_that_cannot_be_taught_are_refused_early(overrides, said):
    with pytest.raises(InputError, match=f"seed 0: {said}"):
        benchmark(small(*overrides), [0], jobs=1)


def command(folder, *arguments: str) -> int:
    overrides = [word for line in SMALL for word in ("--set", line)]
    return cli.main(["benchmark", *overrides, "--output", str(folder), *arguments])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("benchmark")
    assert command(folder, "--seeds", "2") == 0
    return folder


def test_json_has_the_keys_that_programs_rely_on(folder, capsys):
    assert command(folder, "--seeds", "2", "--json") == 0  # from the files of the cultures
    outcome = json.loads(capsys.readouterr().out)
    assert set(outcome) == {
        "split",
        "classes",
        "seeds",
        "readouts",
        "controls",
        "spikes_per_neuron",
        "energy",
        "seconds",
    }
    assert (outcome["split"], outcome["classes"], outcome["seeds"]) == (
        "validation",
        [0, 1],
        [0, 1],
    )
    names = ("label", "label_corrected", "electrodes", "electrodes_without_input", "neurons")
    assert list(outcome["readouts"]) == list(names)
    for readout in outcome["readouts"].values():
        assert set(readout) == {"final_mean", "final_ci95", "last10_mean", "last10_sd"}
        low, high = readout["final_ci95"]
        assert low <= readout["final_mean"] <= high
    assert set(outcome["controls"]) == {
        "untrained",
        "untrained_electrodes",
        "pixels_logistic",
        "pixels_centroid",
        "shuffled_labels",
        "no_neurons",
        "artefacts",
        "spontaneous",
        "largest_class",
    }
    assert outcome["controls"]["pixels_logistic"] > 0.9
    assert outcome["controls"]["no_neurons"] <= outcome["controls"]["largest_class"]
    assert outcome["seconds"] > 0
    assert all(outcome["spikes_per_neuron"][when] > 0 for when in ("untrained", "trained"))


def test_results_of_before_have_no_readout_of_untrained_electrodes(folder):
    result = load_result(folder / "result.h5")
    for measured in result.seeds.values():
        del measured["controls"]["untrained_electrodes"], measured["spikes_per_neuron"]
        del measured["effort"]
    assert np.isnan(result.table.loc["untrained_electrodes", "final"])
    assert "spikes of a neuron per image: - untrained, - trained" in result.summary()
    assert result.energy() == {"decision": [], "training": []}


def test_the_table_names_everything(folder, capsys):
    assert command(folder, "--seeds", "2") == 0
    table = capsys.readouterr().out
    for word in (*READOUTS, *CONTROLS, "confusion", "seeds 0, 1", "living tissue", "this computer"):
        assert word in table


def test_a_result_survives_writing_and_reading(folder, tmp_path):
    result = load_result(folder / "result.h5")
    result.save(tmp_path / "again.h5")
    again = load_result(tmp_path / "again.h5")
    assert (again.parameters, again.split) == (result.parameters, result.split)
    assert again.parameters.count("n_presentations = 30") == 1
    for seed in result.seeds:
        assert again.as_dict() == result.as_dict()
        for group in ("answers", "before", "after"):
            for name, values in result.seeds[seed][group].items():
                assert np.array_equal(again.seeds[seed][group][name], values, equal_nan=True)


def test_a_result_can_be_run_again(folder, tmp_path):
    again = ["benchmark", str(folder / "result.h5"), "--output", str(tmp_path), "--seed", "1"]
    assert cli.main(again) == 0
    first = load_result(folder / "result.h5").seeds[1]
    second = load_result(tmp_path / "result.h5").seeds[1]
    assert second["final"] == first["final"]
    assert second["controls"] == first["controls"]


def test_finished_work_leaves_no_checkpoints(folder):
    assert {path.name for path in folder.iterdir()} == {"result.h5", "seed-0.h5", "seed-1.h5"}


def test_an_interrupted_benchmark_goes_on(folder, tmp_path):
    """A real Ctrl-C, with a process for each of two cultures."""
    heeds = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
    program = f"{heeds}; import sys; from spikinggrid.cli.main import main; sys.exit(main())"
    overrides = [word for line in SMALL for word in ("--set", line)]
    line = ["benchmark", *overrides, "--seeds", "2", "--output", str(tmp_path)]
    with subprocess.Popen(
        [sys.executable, "-c", program, *line],
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as run:
        deadline = time.monotonic() + 60
        while not list(tmp_path.glob("*.part.h5")) and time.monotonic() < deadline:
            time.sleep(0.02)
        os.killpg(run.pid, signal.SIGINT)
        _, err = run.communicate(timeout=30)
    assert run.returncode == 130
    assert err.splitlines()[-1] == "interrupted; the same command continues where it stopped"
    assert "Traceback" not in err
    assert not (tmp_path / "result.h5").exists()
    assert command(tmp_path, "--seeds", "2") == 0
    whole, again = (load_result(each / "result.h5").seeds for each in (folder, tmp_path))
    assert [again[seed]["final"] for seed in again] == [whole[seed]["final"] for seed in whole]


def test_rows_of_the_confusion_are_shares(folder):
    result = load_result(folder / "result.h5")
    assert result.confusion.sum(axis=1).to_numpy() == pytest.approx(1)
    answers = [each["answers"] for each in result.seeds.values()]
    right = np.mean([a["label"] == a["truth"] for a in answers])
    assert result.accuracy == pytest.approx(right)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["culture"], "digits: is missing"),
        (["--classes", "0"], "digits.classes"),
        (["--classes", "0,12"], "0 to 9"),
        (["--seeds", "0"], "--seeds: found 0"),
        (["--train", "0"], "--train: found 0"),
        (["--set", "digits.image_rows=7"], "digits.image_rows: found 7"),
        (["--set", "digits.image_rate=2 kHz"], "more than one pulse a step"),
        (["--set", "digits.n_images=1"], "digits.n_images: too few"),
    ],
)
def test_mistakes_are_one_line(arguments, message, tmp_path, capsys):
    assert cli.main(["benchmark", *arguments, "--output", str(tmp_path)]) == 2
    error = capsys.readouterr().err.strip()
    assert message in error and "\n" not in error
    assert not list(tmp_path.iterdir())


def test_another_benchmark_is_not_overwritten(folder, capsys):
    assert command(folder, "--set", "neuron.tau_m=49 ms") == 2
    assert "give another folder by --output, or start over by --restart" in capsys.readouterr().err


def test_cultures_of_other_versions_are_refused_and_restart_replaces_them(folder, tmp_path, capsys):
    path = tmp_path / "seed-0.h5"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(benchmark_result, "versions", lambda *more: {"numpy": "1.0"})
        load_result(folder / "seed-0.h5").save(path)
    assert command(tmp_path, "--seeds", "1") == 2
    assert "seed-0.h5: was made with numpy 1.0, and here is" in capsys.readouterr().err
    assert command(tmp_path, "--seeds", "1", "--restart") == 0
    again, first = load_result(path).seeds[0], load_result(folder / "seed-0.h5").seeds[0]
    assert again["final"] == first["final"]


def test_a_benchmark_needs_no_folder():
    result = benchmark(load("digits/bundled", SMALL), [0], jobs=1)
    assert result.accuracy == result.seeds[0]["final"]["label"]
    assert result.interval is None
    assert list(result.table.index) == [*READOUTS, *CONTROLS]


@pytest.mark.parametrize("content", [b"", b"no HDF5", None])
def test_files_that_are_no_result(content, folder, tmp_path):
    path = tmp_path / "result.h5"
    path.write_bytes((folder / "result.h5").read_bytes()[:5000] if content is None else content)
    with pytest.raises(InputError, match="damaged or not an HDF5 file"):
        load_result(path)


def test_probes_cover_all_strengths(folder):
    measured = load_result(folder / "result.h5").seeds[0]
    for name in ("before", "after"):
        look = measured[name]
        assert look["excitatory"].shape == (60, 60)
        assert look["patterns"].shape == (11, 5, 60)
        assert look["triggered"].shape == (60, 6, 6)
        assert np.nanmin(look["triggered"]) >= 0 and np.nanmax(look["triggered"]) <= 1
    before, after = (measured[name]["excitatory_counts"].sum() for name in ("before", "after"))
    assert before == after > 1000


def test_images_are_resized_to_the_task():
    images = load_images(small("digits.image_rows=5", "digits.image_columns=4"), "validation")
    assert images.training.pixels.shape[1:] == (5, 4)
    assert dataclasses.is_dataclass(DigitImages)
