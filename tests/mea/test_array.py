"""Electrode layouts against their data sheets, hearing and detection against brute force."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spikinggrid.mea.array import LAYOUTS, Mea
from spikinggrid.parameters.files import load
from spikinggrid.utils.errors import InputError

pytestmark = pytest.mark.filterwarnings("error")

DISH = ["culture.width=6 mm", "culture.height=5 mm"]
DT = 1e-3
NO_PULSES = (np.empty(0), np.empty(0, int))


def place(layout="8x8-200um-59", *overrides):
    return Mea.place(load("culture", [*DISH, f"mea.layout={layout}", *overrides]))


def high_density(n_recorded=1024):
    return place("hd-26400", f"mea.n_recorded={n_recorded}")


def grid(rows, columns, pitch, *overrides):
    return place(
        "grid", f"mea.rows={rows}", f"mea.columns={columns}", f"mea.pitch={pitch}", *overrides
    )


def names(mea, electrodes):
    return {mea.names[number] for number in electrodes}


def neurons(n, seed=0):
    """Positions of neurons in the dish."""
    random = np.random.default_rng(seed)
    return random.uniform(0, 6e-3, n), random.uniform(0, 5e-3, n)


# --- layouts -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("layout", "n_electrodes", "n_rows", "n_columns", "pitch"),
    [
        ("6x10-500um", 60, 6, 10, 500e-6),
        ("6x10-200um", 60, 6, 10, 200e-6),
        ("8x8-200um", 60, 8, 8, 200e-6),
        ("8x8-200um-59", 59, 8, 8, 200e-6),
    ],
)
def test_layouts_are_as_documented(layout, n_electrodes, n_rows, n_columns, pitch):
    mea = place(layout)
    assert mea.n_electrodes == len(set(mea.names)) == n_electrodes
    assert mea.positions.shape == (n_electrodes, 2)
    np.testing.assert_allclose(np.diff(np.unique(mea.x.round(9))), pitch)
    np.testing.assert_allclose(np.diff(np.unique(mea.y.round(9))), pitch)
    assert np.ptp(mea.x) == pytest.approx((n_columns - 1) * pitch)
    assert np.ptp(mea.y) == pytest.approx((n_rows - 1) * pitch)


def test_corners_and_the_reference_electrode_are_missing():
    whole = {f"c{column}r{row}" for column in range(1, 9) for row in range(1, 9)}
    corners = {"c1r1", "c8r1", "c1r8", "c8r8"}
    assert set(place("8x8-200um").names) == whole - corners
    assert set(place("8x8-200um-59").names) == whole - corners - {"c1r5"}


def test_names_count_from_the_top_left_row_by_row():
    mea = place("6x10-500um")
    assert mea.names[0] == "c1r1"
    assert mea.names[10] == "c1r2"
    assert mea.names[-1] == "c10r6"
    assert mea.x[0] == mea.x.min() == mea.x[10]
    assert mea.y[0] == mea.y.min() < mea.y[10]


def test_a_grid_is_what_the_file_says():
    mea = grid(3, 5, "0.4 mm")
    assert mea.n_electrodes == 15
    np.testing.assert_allclose(np.unique(mea.x.round(9)), 3e-3 + 0.4e-3 * np.arange(-2, 3))
    np.testing.assert_allclose(np.unique(mea.y.round(9)), 2.5e-3 + 0.4e-3 * np.arange(-1, 2))


@pytest.mark.parametrize("n_recorded", [1024, 500, 100])
def test_high_density_sites_are_spread_evenly(n_recorded):
    mea = high_density(n_recorded)
    assert 0.95 * n_recorded <= mea.n_electrodes <= n_recorded
    assert np.ptp(mea.x) == pytest.approx(219 * 17.5e-6)
    assert np.ptp(mea.y) == pytest.approx(119 * 17.5e-6)
    steps = [np.diff(np.unique(place.round(9))) / 17.5e-6 for place in (mea.x, mea.y)]
    for sites in steps:
        np.testing.assert_allclose(sites, sites.round(), atol=1e-6)
        assert np.ptp(sites.round()) <= 1
    assert steps[0].mean() == pytest.approx(steps[1].mean(), rel=0.3)


@pytest.mark.parametrize("n_recorded", [1, 2, 4, 10, 1024])
def test_high_density_sites_surround_the_middle(n_recorded):
    mea = high_density(n_recorded)
    assert 1 <= mea.n_electrodes <= n_recorded
    assert mea.x.mean() == pytest.approx(3e-3, abs=17.5e-6)
    assert mea.y.mean() == pytest.approx(2.5e-3, abs=17.5e-6)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_array_lies_in_the_middle_of_the_dish(layout):
    mea = high_density() if layout.startswith("hd") else place(layout)
    assert (mea.x.min() + mea.x.max()) / 2 == pytest.approx(3e-3)
    assert (mea.y.min() + mea.y.max()) / 2 == pytest.approx(2.5e-3)


def test_the_array_may_fill_the_dish_but_not_more():
    mea = place("8x8-200um", "culture.width=1.4 mm", "culture.height=1.4 mm")
    assert mea.x.min() == pytest.approx(0, abs=1e-9)
    for smaller in ("culture.width=1.39 mm", "culture.height=1.39 mm"):
        with pytest.raises(InputError, match="mea.layout: .* 1.4 mm x 1.4 mm, .* larger"):
            place("8x8-200um", smaller)


# --- patterns ----------------------------------------------------------------------------


def test_the_patterns_of_ruaro2005():
    mea = place("6x10-500um")
    left_and_bottom = {f"c1r{row}" for row in range(1, 7)} | {f"c{c}r6" for c in range(1, 11)}
    top_and_right = {f"c10r{row}" for row in range(1, 7)} | {f"c{c}r1" for c in range(1, 11)}
    assert names(mea, mea.select("L")) == left_and_bottom
    assert names(mea, mea.select("inverted-L")) == top_and_right
    assert len(mea.select("L")) == len(mea.select("inverted-L")) == 15


@pytest.mark.parametrize(
    ("layout", "centre"),
    [
        ("6x10-500um", {"c5r3", "c6r3", "c5r4", "c6r4"}),
        ("8x8-200um-59", {"c4r4", "c5r4", "c4r5", "c5r5"}),
    ],
)
def test_the_centre_is_the_four_electrodes_in_the_middle(layout, centre):
    mea = place(layout)
    assert names(mea, mea.select("centre")) == centre


@pytest.mark.parametrize("pattern", ["all", "centre", "L", "inverted-L"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_no_pattern_is_empty(layout, pattern):
    mea = high_density() if layout.startswith("hd") else place(layout)
    assert 1 <= len(mea.select(pattern)) <= mea.n_electrodes


def test_electrodes_by_number():
    mea = place("6x10-500um")
    np.testing.assert_array_equal(mea.select("all"), np.arange(60))
    np.testing.assert_array_equal(mea.select([59, 0, 7]), [59, 0, 7])


@pytest.mark.parametrize(
    ("electrodes", "message"),
    [
        ([0, 60], "electrodes: found 60, .* 6x10-500um has the electrodes 0 to 59"),
        ([-1], "electrodes: found -1, .* 0 to 59"),
        ([], "electrodes: none given"),
        ("LL", 'electrodes: found "LL"; .* all, centre, L, inverted-L'),
    ],
)
def test_electrodes_that_do_not_exist(electrodes, message):
    with pytest.raises(InputError, match=message):
        place("6x10-500um").select(electrodes)


# --- hearing -----------------------------------------------------------------------------


def region(*overrides):
    nearest = ["mea.readout=region", "mea.radius=none", "mea.heard_fraction=1"]
    return place("6x10-500um", *nearest, *overrides)


def radius(*overrides):
    return place("8x8-200um-59", "mea.radius=180 um", "mea.heard_fraction=1", *overrides)


def distances(mea, x, y):
    return np.hypot(mea.x[:, None] - x, mea.y[:, None] - y)


@pytest.mark.parametrize("seed", range(3))
def test_by_region_the_nearest_electrode_hears(seed):
    mea, (x, y) = region(), neurons(2000, seed)
    electrode, neuron = mea.hearing(x, y, seed=1)
    np.testing.assert_array_equal(neuron, np.arange(2000))
    np.testing.assert_array_equal(electrode, distances(mea, x, y).argmin(axis=0))


@pytest.mark.parametrize("seed", range(3))
def test_by_radius_everybody_near_is_heard(seed):
    mea, (x, y) = radius(), neurons(5000, seed)
    electrode, neuron = mea.hearing(x, y, seed=1)
    assert np.all(np.diff(neuron) >= 0)
    heard = np.zeros((59, 5000), bool)
    heard[electrode, neuron] = True
    np.testing.assert_array_equal(heard, distances(mea, x, y) <= 180e-6)
    assert heard.sum() == len(electrode)
    assert heard.sum(axis=0).max() > 1


@pytest.mark.parametrize("fraction", [0.25, 0.765])
@pytest.mark.parametrize("array", [region, radius])
def test_a_share_of_the_neurons_is_heard(array, fraction):
    x, y = neurons(20_000)
    everybody = set(zip(*array().hearing(x, y, seed=1), strict=True))
    heard = set(zip(*array(f"mea.heard_fraction={fraction}").hearing(x, y, seed=1), strict=True))
    assert heard < everybody
    tolerance = 4 * np.sqrt(fraction * (1 - fraction) / len(everybody))
    assert len(heard) / len(everybody) == pytest.approx(fraction, abs=tolerance)


@pytest.mark.parametrize("fraction", [0.0, 0.25, 0.5])
def test_a_share_of_the_electrodes_is_silent(fraction):
    mea = region(f"mea.silent_fraction={fraction}")
    hearing, _ = mea.hearing(*neurons(10_000), seed=1)
    assert 60 - len(set(hearing)) == 60 * fraction


def test_the_seed_decides_who_is_heard():
    mea = region("mea.heard_fraction=0.5", "mea.silent_fraction=0.5")
    hearings = [mea.hearing(*neurons(500), seed) for seed in (1, 1, 2)]
    np.testing.assert_array_equal(hearings[0], hearings[1])
    assert set(hearings[0][0]) != set(hearings[2][0])
    assert set(hearings[0][1]) != set(hearings[2][1])


@pytest.mark.parametrize("array", [region, radius])
def test_without_neurons_nothing_is_heard(array):
    electrode, neuron = array().hearing(np.empty(0), np.empty(0), seed=1)
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
    return grid(
        1,
        5,
        "0.4 mm",
        *ROW,
        f"mea.dead_time={dead_time}",
        f"mea.blanking={blanking}",
        f"mea.artefact_reach={artefact_reach}",
        *overrides,
    )


def detect(mea, fired, given=(), dt=DT):
    """Trains of the row while neurons fire and pulses are given: (step, number) of each."""
    steps, who = np.array(fired, int).reshape(-1, 2).T
    pulse_steps, electrodes = np.array(given, int).reshape(-1, 2).T
    hearing = mea.hearing(X, Y, seed=1)
    return mea.detect(steps * dt, who, hearing, pulse_steps * dt, electrodes, dt, seed=1)


def test_the_neurons_of_these_tests_are_heard_as_they_say():
    pairs = zip(*row().hearing(X, Y, seed=1), strict=True)
    assert set(pairs) == {(e, n) for n, heard_by in enumerate(HEARD_BY) for e in heard_by}


@given(spikes)
def test_an_electrode_detects_the_spikes_of_those_it_hears(fired):
    for number, train in enumerate(detect(row(), fired)):
        steps = [step for step, neuron in fired if number in HEARD_BY[neuron]]
        np.testing.assert_array_equal(np.floor(train / DT + 1e-6), steps)


def test_a_spike_is_at_the_same_time_on_all_electrodes_that_hear_it():
    trains = detect(row(), [(10, 5), (20, 5)])
    np.testing.assert_array_equal(trains[2], trains[3])
    assert [len(train) for train in trains] == [0, 0, 2, 2, 0]


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
    trains = detect(row(blanking="2 ms", artefact_reach=reach), fired, given)
    for number, (train, every) in enumerate(zip(trains, detect(row(), fired), strict=True)):
        near = [
            step * DT
            for step, electrode in given
            if abs(electrode - number) * 0.4 <= float(reach.split()[0]) + 1e-9
        ]
        since = every - np.array(near)[:, None] if near else np.full((1, len(every)), np.inf)
        clear = np.abs(since - 2e-3).min(axis=0) > 1e-9  # at the very end it may be either
        hidden = ((since > -1e-9) & (since < 2e-3)).any(axis=0)
        np.testing.assert_array_equal(np.isin(every, train)[clear], ~hidden[clear])
        assert set(train) <= set(every)


@given(pulses)
def test_without_blanking_artefacts_are_taken_for_spikes(given):
    trains = detect(row(artefact_reach="0.5 mm"), [], given)
    for number, train in enumerate(trains):
        near = {step for step, electrode in given if abs(electrode - number) <= 1}
        np.testing.assert_allclose(train, sorted(step * DT for step in near))


@pytest.mark.parametrize("electrode", range(5))
def test_reach_includes_what_lies_exactly_that_far(electrode):
    trains = detect(row(artefact_reach="0.4 mm"), [], [(10, electrode)])
    assert [len(train) for train in trains] == [abs(n - electrode) <= 1 for n in range(5)]


@given(spikes, pulses)
def test_without_reach_a_pulse_leaves_no_artefact(fired, given):
    for with_pulses, without in zip(detect(row(), fired, given), detect(row(), fired), strict=True):
        np.testing.assert_array_equal(with_pulses, without)


def test_artefacts_have_the_dead_time_too():
    trains = detect(row("3 ms", "0 ms", "0 mm"), [], [(10, 0), (11, 0), (13, 0), (14, 0)])
    np.testing.assert_allclose(trains[0], [0.010, 0.013])


@given(pulses)
def test_without_neurons_there_is_nothing_but_artefacts(given):
    mea = row(artefact_reach="0 mm")
    steps, electrodes = np.array(given, int).reshape(-1, 2).T
    nobody = (np.empty(0, int), np.empty(0, int))
    empty = np.empty(0), np.empty(0, int)
    trains = mea.detect(*empty, nobody, steps * DT, electrodes, DT, seed=1)
    for number, train in enumerate(trains):
        np.testing.assert_allclose(train, np.unique(steps[electrodes == number]) * DT)


def test_nothing_gives_an_empty_train_for_every_electrode():
    trains = detect(row(), [])
    assert len(trains) == 5
    assert all(len(train) == 0 and train.dtype == np.float64 for train in trains)


def test_a_silent_electrode_records_nothing_at_all():
    mea = row("0 ms", "0 ms", "10 mm", "mea.silent_fraction=0.4")
    silent = set(range(5)) - set(mea.hearing(X, Y, seed=1)[0])
    assert len(silent) == 2
    trains = detect(mea, [(5, neuron) for neuron in range(6)], [(20, 2)])
    assert {number for number, train in enumerate(trains) if len(train) == 0} == silent


def test_the_seed_decides_where_in_its_step_a_spike_falls():
    mea, hearing = row(), row().hearing(X, Y, seed=1)
    times, who = np.arange(50) * DT, np.zeros(50, int)
    trains = [mea.detect(times, who, hearing, *NO_PULSES, DT, seed)[0] for seed in (1, 1, 2)]
    np.testing.assert_array_equal(trains[0], trains[1])
    assert np.any(trains[0] != trains[2])
