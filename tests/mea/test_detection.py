"""What electrodes record of neurons and detect of their spikes, against brute force."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spikinggrid.mea.array import Mea
from spikinggrid.mea.detection import Detector, recorded_pairs
from spikinggrid.parameters.files import load
from spikinggrid.utils.errors import InputError
from spikinggrid.utils.randomness import random_generator

pytestmark = pytest.mark.filterwarnings("error")

DISH = ["culture.width=6 mm", "culture.height=5 mm", "simulation.seed=1"]
DT = 1e-3


def neurons(n, seed=0):
    """Positions of neurons in the dish."""
    random = np.random.default_rng(seed)
    return random.uniform(0, 6e-3, n), random.uniform(0, 5e-3, n)


def pairs(parameters, x, y):
    """Electrodes and neurons that they record."""
    return recorded_pairs(Mea.place(parameters), x, y, parameters)


# --- recorded pairs -----------------------------------------------------------------------------


#: 900 electrodes far from one another.
FAR = ["mea.layout=grid", "mea.rows=30", "mea.columns=30", "mea.pitch=160 um"]


def region(*overrides):
    nearest = ["mea.readout=region", "mea.radius=none", "mea.heard_fraction=1"]
    return load("culture", [*DISH, "mea.layout=6x10-500um", *nearest, *overrides])


def radius(*overrides):
    near = ["mea.layout=8x8-200um-59", "mea.radius=180 um", "mea.heard_fraction=1"]
    return load("culture", [*DISH, *near, *overrides])


def distances(parameters, x, y):
    array = Mea.place(parameters)
    return np.hypot(array.x[:, None] - x, array.y[:, None] - y)


@pytest.mark.parametrize("seed", range(3))
def test_by_region_the_nearest_electrode_hears(seed):
    parameters, (x, y) = region(), neurons(2000, seed)
    electrode, neuron = pairs(parameters, x, y)
    np.testing.assert_array_equal(neuron, np.arange(2000))
    np.testing.assert_array_equal(electrode, distances(parameters, x, y).argmin(axis=0))


@pytest.mark.parametrize("seed", range(3))
def test_by_radius_everybody_near_is_heard(seed):
    parameters, (x, y) = radius(), neurons(5000, seed)
    electrode, neuron = pairs(parameters, x, y)
    assert np.all(np.diff(neuron) >= 0)
    heard = np.zeros((59, 5000), bool)
    heard[electrode, neuron] = True
    np.testing.assert_array_equal(heard, distances(parameters, x, y) <= 180e-6)
    assert heard.sum() == len(electrode)
    assert heard.sum(axis=0).max() > 1


@pytest.mark.parametrize("fraction", [0.25, 0.765])
@pytest.mark.parametrize("readout", [region, radius])
def test_a_share_of_the_neurons_is_heard(readout, fraction):
    x, y = neurons(20_000)
    everybody = set(zip(*pairs(readout(), x, y), strict=True))
    heard = set(zip(*pairs(readout(f"mea.heard_fraction={fraction}"), x, y), strict=True))
    assert heard < everybody
    tolerance = 4 * np.sqrt(fraction * (1 - fraction) / len(everybody))
    assert len(heard) / len(everybody) == pytest.approx(fraction, abs=tolerance)


@pytest.mark.parametrize("fraction", [0.0, 0.25, 0.5])
def test_a_share_of_the_electrodes_is_silent(fraction):
    electrodes, _ = pairs(region(f"mea.silent_fraction={fraction}"), *neurons(10_000))
    assert 60 - len(set(electrodes)) == 60 * fraction


def test_the_seed_decides_who_is_heard():
    half = ("mea.heard_fraction=0.5", "mea.silent_fraction=0.5")
    first, same, other = (
        pairs(region(*half, f"simulation.seed={seed}"), *neurons(500)) for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, same)
    assert set(first[0]) != set(other[0])
    assert set(first[1]) != set(other[1])


def test_electrodes_differ_in_how_far_they_hear():
    """The mean number of neurons grows with the mean square of the radius: 1 + CV^2."""
    parameters = load("culture", [*DISH, *FAR, "mea.heard_fraction=1", "mea.radius_cv=0.5"])
    parameters = parameters.replace({"mea.radius": 60e-6})
    x, y = neurons(100_000)
    counts = np.bincount(pairs(parameters, x, y)[0], minlength=900)
    alike = np.bincount(pairs(parameters.replace({"mea.radius_cv": 0.0}), x, y)[0], minlength=900)
    assert counts.mean() / alike.mean() == pytest.approx(1.25, rel=0.15)
    radii = np.sqrt(counts / (100_000 * np.pi / 30e-6))
    assert np.std(np.log(radii[counts > 4])) == pytest.approx(np.sqrt(np.log(1.25)), rel=0.15)


@given(st.integers(0, 1000), st.floats(0, 2))
def test_an_electrode_hears_no_neuron_beyond_a_nearer_one_that_it_does_not(seed, radius_cv):
    parameters = radius(f"mea.radius_cv={radius_cv}", f"mea.electrode_seed={seed}")
    x, y = neurons(1000, seed)
    electrode, neuron = pairs(parameters, x, y)
    heard = np.zeros((59, 1000), bool)
    heard[electrode, neuron] = True
    distance = distances(parameters, x, y)
    farthest = np.where(heard, distance, 0).max(axis=1)
    assert np.all(farthest < np.where(heard, np.inf, distance).min(axis=1))


def test_a_cap_leaves_the_nearest_units():
    x, y = neurons(5000)
    heard = np.zeros((59, 5000), bool)
    heard[pairs(radius("mea.max_units=3"), x, y)] = True
    distance = distances(radius(), x, y)
    nearest = np.zeros_like(heard)
    np.put_along_axis(nearest, np.argsort(distance, axis=1)[:, :3], True, axis=1)
    np.testing.assert_array_equal(heard, nearest & (distance <= 180e-6))
    assert heard.sum(axis=1).max() == 3


def test_electrodes_have_a_seed_of_their_own():
    spread = ("mea.radius_cv=0.5", "mea.heard_fraction=0.5", "mea.silent_fraction=0.5")
    x, y = neurons(500)
    own, same, other = (
        pairs(radius(*spread, f"mea.electrode_seed={e}", f"simulation.seed={s}"), x, y)
        for e, s in ((3, 1), (3, 2), (4, 1))
    )
    np.testing.assert_array_equal(own, same)
    assert set(own[0]) != set(other[0])
    np.testing.assert_array_equal(own, pairs(radius(*spread, "simulation.seed=3"), x, y))


@pytest.mark.parametrize("readout", [region, radius])
def test_without_neurons_nothing_is_heard(readout):
    electrode, neuron = pairs(readout(), np.empty(0), np.empty(0))
    assert len(electrode) == len(neuron) == 0


# --- detection ---------------------------------------------------------------------------

# one neuron beside each electrode of a row of five, and one in the middle that two hear
ROW = ("mea.readout=radius", "mea.radius=250 um", "mea.heard_fraction=1", "mea.silent_fraction=0")
ROW_X = 3e-3 + 0.4e-3 * np.arange(-2, 3)
X, Y = np.append(ROW_X, 3.2e-3), np.full(6, 2.5e-3)
HEARD_BY = ((0,), (1,), (2,), (3,), (4,), (2, 3))

spikes = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 5)), max_size=80).map(sorted)
pulses = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 4)), max_size=5).map(sorted)


def row(dead_time="0 ms", blanking="0 ms", artefact_reach="none", *overrides):
    lines = [
        *("mea.layout=grid", "mea.rows=1", "mea.columns=5", "mea.pitch=0.4 mm", *ROW),
        f"mea.dead_time={dead_time}",
        f"mea.blanking={blanking}",
        f"mea.artefact_reach={artefact_reach}",
    ]
    return load("culture", [*DISH, *lines, *overrides])


def detector(parameters):
    return Detector(Mea.place(parameters), X, Y, parameters)


def detect(parameters, fired, given=()):
    """Trains of the row while neurons fire and pulses are given: (step, number) of each."""
    steps, who = np.array(fired, int).reshape(-1, 2).T
    pulse_steps, electrodes = np.array(given, int).reshape(-1, 2).T
    dt = parameters.simulation.dt
    return trains(*detector(parameters).detect(steps, who, pulse_steps * dt, electrodes))


def trains(times, counts):
    return np.split(times, np.cumsum(counts)[:-1])


def test_the_neurons_of_these_tests_are_heard_as_they_say():
    assert set(zip(*pairs(row(), X, Y), strict=True)) == {
        (e, n) for n, heard_by in enumerate(HEARD_BY) for e in heard_by
    }


@given(spikes)
def test_an_electrode_detects_the_spikes_of_those_it_hears(fired):
    for number, train in enumerate(detect(row(), fired)):
        steps = [step for step, neuron in fired if number in HEARD_BY[neuron]]
        np.testing.assert_array_equal(np.floor(train / DT + 1e-6), steps)


def test_a_spike_is_at_the_same_time_on_all_electrodes_that_hear_it():
    detected = detect(row(), [(10, 5), (20, 5)])
    np.testing.assert_array_equal(detected[2], detected[3])
    assert [len(train) for train in detected] == [0, 0, 2, 2, 0]


@pytest.mark.parametrize("rate", [25_000, 20_000, 10_000, 24_414, 1234.5, 1000])
def test_spikes_lie_on_the_sampling_grid_within_their_step(rate):
    fired = [(step, 0) for step in range(3000)]
    train = detect(row("0 ms", "0 ms", "none", f"mea.sampling_rate={rate} Hz"), fired)[0]
    assert len(train) == 3000
    late = train - np.arange(3000) * DT
    assert late.min() > -1e-9
    assert late.max() < DT - 1e-9
    np.testing.assert_allclose(train * rate, np.rint(train * rate), atol=1e-5)


def test_every_sample_of_a_step_is_as_likely():
    train = detect(row(), [(step, 0) for step in range(10_000)])[0]
    sample = np.rint((train % DT) * 25_000).astype(int) % 25
    counts = np.bincount(sample, minlength=25)
    assert len(counts) == 25
    assert np.abs(counts - 400).max() < 4.5 * np.sqrt(400)


@given(spikes, st.sampled_from([0.5, 1.08, 3.0, 10.0]))
def test_after_a_spike_an_electrode_is_dead_for_a_while(fired, dead_time):
    every = detect(row(), fired)
    for train, kept in zip(every, detect(row(f"{dead_time} ms"), fired), strict=True):
        assert set(kept) <= set(train)
        assert np.all(np.diff(kept) > dead_time * 1e-3 - 2e-9)
        for lost in set(train) - set(kept):
            since = lost - kept[np.searchsorted(kept, lost, side="right") - 1]
            assert 0 <= since < dead_time * 1e-3


@given(spikes, pulses, st.sampled_from(["0 mm", "0.5 mm", "0.9 mm"]))
def test_blanking_hides_what_follows_a_pulse_nearby(fired, given, reach):
    blanked = detect(row(blanking="2 ms", artefact_reach=reach), fired, given)
    for number, (train, every) in enumerate(zip(blanked, detect(row(), fired), strict=True)):
        near = [
            step * DT
            for step, electrode in given
            if abs(electrode - number) * 0.4 <= float(reach.split()[0]) + 1e-9
        ]
        since = every - np.array(near)[:, None] if near else np.full((1, len(every)), np.inf)
        ends = np.minimum(np.abs(since), np.abs(since - 2e-3))
        clear = ends.min(axis=0) > 1e-9  # at the very beginning and end it may be either
        hidden = ((since > -1e-9) & (since < 2e-3)).any(axis=0)
        np.testing.assert_array_equal(np.isin(every, train)[clear], ~hidden[clear])
        assert set(train) <= set(every)


@given(pulses)
def test_without_blanking_artefacts_are_taken_for_spikes(given):
    for number, train in enumerate(detect(row(artefact_reach="0.5 mm"), [], given)):
        near = {step for step, electrode in given if abs(electrode - number) <= 1}
        np.testing.assert_allclose(train, sorted(step * DT for step in near))


@pytest.mark.parametrize("electrode", range(5))
def test_reach_includes_what_lies_exactly_that_far(electrode):
    detected = detect(row(artefact_reach="0.4 mm"), [], [(10, electrode)])
    assert [len(train) for train in detected] == [abs(n - electrode) <= 1 for n in range(5)]


@given(spikes, pulses)
def test_without_reach_a_pulse_leaves_no_artefact(fired, given):
    for with_pulses, without in zip(detect(row(), fired, given), detect(row(), fired), strict=True):
        np.testing.assert_array_equal(with_pulses, without)


def test_artefacts_have_the_dead_time_too():
    detected = detect(row("3 ms", "0 ms", "0 mm"), [], [(10, 0), (11, 0), (13, 0), (14, 0)])
    np.testing.assert_allclose(detected[0], [0.010, 0.013])


@given(pulses)
def test_without_neurons_there_is_nothing_but_artefacts(given):
    parameters = row(artefact_reach="0 mm")
    steps, electrodes = np.array(given, int).reshape(-1, 2).T
    alone = Detector(Mea.place(parameters), np.empty(0), np.empty(0), parameters)
    nobody = np.empty(0, int)
    detected = trains(*alone.detect(nobody, nobody, steps * DT, electrodes))
    for number, train in enumerate(detected):
        np.testing.assert_allclose(train, np.unique(steps[electrodes == number]) * DT)


def test_nothing_gives_an_empty_train_for_every_electrode():
    detected = detect(row(), [])
    assert len(detected) == 5
    assert all(len(train) == 0 and train.dtype == np.float64 for train in detected)


def test_a_silent_electrode_records_nothing_at_all():
    parameters = row("0 ms", "0 ms", "10 mm", "mea.silent_fraction=0.4")
    silent = set(range(5)) - set(pairs(parameters, X, Y)[0])
    assert len(silent) == 2
    detected = detect(parameters, [(5, neuron) for neuron in range(6)], [(20, 2)])
    assert {number for number, train in enumerate(detected) if len(train) == 0} == silent


def test_the_seed_decides_where_in_its_step_a_spike_falls():
    fired = [(step, 0) for step in range(50)]
    first, same, other = (
        detect(row("0 ms", "0 ms", "none", f"simulation.seed={seed}"), fired)[0]
        for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, same)
    assert np.any(first != other)


@pytest.mark.parametrize("spread", [0.5, 2.0])
def test_electrodes_differ_in_what_they_detect_of_each_neuron(spread):
    """Chances are exp(-s |z|): each electrode has one for each neuron, independent of spikes."""
    fired = [(step, neuron) for step in range(2000) for neuron in range(6)]
    shares = []
    for seed in range(40):
        parameters = row(
            "0 ms", "0 ms", "none", f"mea.detection_spread={spread}", f"mea.electrode_seed={seed}"
        )
        shares += [len(train) / 2000 for train in detect(parameters, fired)[:2]]
    drawn = np.exp(-spread * np.abs(np.random.default_rng(0).standard_normal(100_000)))
    assert np.mean(shares) == pytest.approx(drawn.mean(), abs=4 * drawn.std() / np.sqrt(80))
    assert np.std(shares) == pytest.approx(drawn.std(), rel=0.35)


@given(spikes)
def test_what_is_detected_is_where_it_is_without_a_spread(fired):
    some = detect(row("0 ms", "0 ms", "none", "mea.detection_spread=0.8"), fired)
    for train, every in zip(some, detect(row(), fired), strict=True):
        assert set(train) <= set(every)


def plain_detection(parameters, fired, given):
    """Detection as it is defined, electrode by electrode and spike by spike."""
    table, dt, rate = parameters.mea, parameters.simulation.dt, parameters.mea.sampling_rate
    array, (heard_by, heard) = Mea.place(parameters), pairs(parameters, X, Y)
    generator = random_generator(parameters.simulation.seed, "detection")
    times = []
    for step, _ in fired:
        first = math.ceil(step * dt * rate - 1e-6)
        after = math.ceil((step * dt + dt) * rate - 1e-6)
        times.append(generator.integers([first], [max(after, first + 1)])[0] / rate)
    detected = []
    for number in range(array.n_electrodes):
        mine = set(heard[heard_by == number])
        events = [time for time, (_, who) in zip(times, fired, strict=True) if who in mine]
        seen = [
            step * dt
            for step, electrode in given
            if table.artefact_reach is not None
            and abs(array.x[electrode] - array.x[number]) <= table.artefact_reach + 1e-9
        ]
        events = sorted([*events, *set(seen)])
        train = []
        for time in events:
            if any(0 <= time - pulse < table.blanking for pulse in seen):
                continue
            if not train or time - train[-1] > table.dead_time - 1e-9:
                train.append(time)
        detected.append(train)
    return detected


@given(spikes, pulses, st.sampled_from(["0 ms", "1.08 ms", "5 ms"]), st.sampled_from([0, 2]))
def test_detection_is_what_its_definition_says(fired, given, dead_time, blanking):
    parameters = row(dead_time, f"{blanking} ms", "0.5 mm")
    detected = [train.tolist() for train in detect(parameters, fired, given)]
    assert detected == plain_detection(parameters, fired, given)


@given(
    spikes,
    pulses,
    st.lists(st.integers(0, 61), max_size=6).map(sorted),
    st.sampled_from(["none", 1]),
)
def test_pieces_make_an_electrode_detect_what_one_run_does(fired, given, cuts, spread):
    parameters = row("1.08 ms", "2 ms", "0.5 mm", f"mea.detection_spread={spread}")
    whole, pieces = detect(parameters, fired, given), [[] for _ in range(5)]
    steps, who = np.array(fired, int).reshape(-1, 2).T
    pulse_steps, electrodes = np.array(given, int).reshape(-1, 2).T
    in_pieces = detector(parameters)
    for first, end in itertools.pairwise([0, *cuts, 61]):
        now, pulsed = (steps >= first) & (steps < end), (pulse_steps >= first) & (pulse_steps < end)
        piece = in_pieces.detect(steps[now], who[now], pulse_steps[pulsed] * DT, electrodes[pulsed])
        for own, train in zip(pieces, trains(*piece), strict=True):
            own.extend(train)
    for own, train in zip(pieces, whole, strict=True):
        np.testing.assert_array_equal(own, train)


def test_without_a_table_nothing_can_be_recorded():
    parameters = row().replace({"mea": None})
    with pytest.raises(InputError, match="mea: is missing"):
        pairs(parameters, X, Y)
