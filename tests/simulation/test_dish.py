"""A dish: one owner of everything, recorded in one run, in pieces, and in a closed loop."""

import numpy as np
import pytest

from spikinggrid.mea.array import Mea
from spikinggrid.mea.pulse_trains import Stimulus, pulses
from spikinggrid.parameters.files import load, loads
from spikinggrid.simulation.activity import CultureWarning
from spikinggrid.simulation.dish import Dish
from spikinggrid.utils.errors import InputError

#: 200 neurons that burst.
SMALL = [
    "culture.n_neurons=200",
    "synapses.excitatory.synapses_per_neuron=20",
    "synapses.inhibitory.synapses_per_neuron=20",
    "synapses.excitatory.strength=40 mV",
    "simulation.duration=3 s",
    "simulation.warmup=0.5 s",
]
PROTOCOL = 'stimulation=[{kind="pulse",electrodes="centre",start="1 s",repeats=2,interval="1 s"}]'


def small(*overrides):
    return load("culture", [*SMALL, *overrides])


def assert_equal(one, other):
    """Two recordings have the same spikes and the same stimuli."""
    assert one.t_stop == other.t_stop
    for train, same in zip(one.spike_trains, other.spike_trains, strict=True):
        np.testing.assert_array_equal(train, same)
    for name in ("stimulus_times", "stimulus_electrodes", "stimulus_amplitudes"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


def differ(one, other):
    return not all(map(np.array_equal, one.spike_trains, other.spike_trains))


# --- one owner ---------------------------------------------------------------------------


def test_a_recording_names_the_seed_that_it_was_made_with():
    first, again, other = (Dish(small(), seed).record() for seed in (4, 4, 5))
    assert (first.seed, other.seed) == (4, 5)
    assert loads(first.parameters).simulation.seed == 4
    assert first.n_spikes > 100
    assert_equal(first, again)
    assert differ(first, other)
    assert_equal(Dish(small("simulation.seed=4")).record(), first)


OTHER_ELECTRODES = {
    "mea.radius": 90e-6,
    "mea.radius_cv": 0.6,
    "mea.heard_fraction": 0.7,
    "mea.max_units": 6,
    "mea.detection_spread": 0.8,
    "mea.silent_fraction": 0.2,
    "mea.electrode_seed": 9,
}


@pytest.mark.parametrize("changes", [None, OTHER_ELECTRODES])
def test_a_run_is_heard_through_other_electrodes_as_if_it_were_recorded(changes):
    dish = Dish(small())
    dish.run("0.5 s")
    heard = dish.hear(dish.run("3 s"), changes)
    recorded = Dish(small().replace(changes or {})).record()
    assert heard.n_spikes > 100
    assert_equal(heard, recorded)
    assert (heard.parameters, heard.history) == (recorded.parameters, recorded.history)


def test_other_electrodes_leave_the_run_as_it_is():
    spread = {"mea.radius_cv": 0.6, "mea.detection_spread": 0.8, "mea.silent_fraction": 0.2}
    dish, other = Dish(small()), Dish(small().replace(spread))
    spikes, same = dish.run("1 s"), other.run("1 s")
    np.testing.assert_array_equal(spikes.steps, same.steps)
    np.testing.assert_array_equal(spikes.neurons, same.neurons)
    first, again, another = (
        dish.hear(spikes, spread | {"mea.electrode_seed": seed}) for seed in (1, 1, 2)
    )
    assert_equal(first, again)
    assert differ(first, another)


@pytest.mark.parametrize("key", ["mea.layout", "noise.drive", "mea", "radius"])
def test_only_electrodes_are_changed_by_hearing(key):
    dish = Dish(small())
    with pytest.raises(InputError, match=f"^{key}: no change of the electrodes alone"):
        dish.hear(dish.run("10 ms"), {key: 1})


def test_a_seed_below_0_is_refused():
    with pytest.raises(InputError, match=r"simulation\.seed: .*0"):
        Dish(small(), seed=-1)


def test_an_array_of_your_own_records_and_stimulates():
    array = Mea(("west", "east"), x=[0.4e-3, 1.2e-3], y=[0.8e-3, 0.8e-3])
    dish = Dish(small("mea.radius=300 um"), array=array)
    assert dish.array is array
    assert dish.culture.input.n_pre == 2
    made = dish.record("1 s", pulses([1], [0.5]))
    assert made.electrode_names == ("west", "east")
    assert made.stimulus_electrodes.tolist() == [1]
    without = Dish(small("mea.radius=300 um"), array=array).record("1 s", Stimulus.none())
    assert differ(made, without)


def test_regions_that_learn_are_those_of_your_own_array():
    """The image on the left, labels on the right, of an array half as wide as the published one."""
    names = [f"e{number}" for number in range(60)]
    rows, columns = np.divmod(np.arange(60), 10)
    array = Mea(names, x=1.25e-3 + 0.25e-3 * columns, y=0.25e-3 + 0.5e-3 * rows)
    parameters = load("digits/two", ["culture.n_neurons=240"])
    dish = Dish(parameters, array=array)
    sources, targets = dish.culture.plastic_region("excitatory")
    np.testing.assert_array_equal(sources, dish.culture.x < 2.625e-3)
    np.testing.assert_array_equal(targets, ~sources)


def test_without_electrodes_a_dish_runs_but_cannot_be_recorded():
    dish = Dish(small().model_copy(update={"mea": None}))
    assert dish.array is None
    assert len(dish.run("1 s")) > 10
    for record in (dish.record, lambda: dish.closed_loop("1 s", "5 ms")):
        with pytest.raises(InputError, match="mea: is missing"):
            record()


# --- recordings --------------------------------------------------------------------------


def test_a_recording_begins_after_the_warm_up():
    dish, plain = Dish(small()), Dish(small())
    made = dish.record()
    assert made.duration == 3.0
    spikes = plain.run("3.5 s")
    fired = np.unique(spikes.neurons[spikes.steps >= 500])
    assert f"{len(fired)} of 200 neurons fired" in made.source
    assert dish.simulator.n_steps == 3500


def test_a_dish_goes_on_from_where_it_was():
    whole = Dish(small()).record("3 s")
    dish = Dish(small())
    first, second = dish.record("1 s"), dish.record("2 s")
    np.testing.assert_allclose(second.t_stop, 2.0)
    late = sum(train.size - np.searchsorted(train, 1.0) for train in whole.spike_trains)
    assert abs(second.n_spikes - late) < 0.05 * late  # the sampling within a step is drawn anew
    for train, of_whole in zip(first.spike_trains, whole.spike_trains, strict=True):
        np.testing.assert_array_equal(train, of_whole[of_whole < 1.0])


def test_the_protocol_of_the_file_is_given_unless_another_is():
    made = Dish(small(PROTOCOL)).record()
    assert sorted(set(made.stimulus_times)) == [1.0, 2.0]
    assert len(Dish(small(PROTOCOL)).record(stimulus=Stimulus.none()).stimulus_times) == 0
    given = pulses([3], [0.25], amplitude=0.5)
    made = Dish(small(PROTOCOL)).record("1 s", given)
    assert made.stimulus_times.tolist() == [0.25]
    assert made.stimulus_amplitudes.tolist() == [0.5]


@pytest.mark.parametrize("duration", ["0 s", "0.4 ms", 0])
def test_a_recording_without_a_step_is_refused(duration):
    with pytest.raises(InputError, match=r"^simulation\.duration"):
        Dish(small()).record(duration)


@pytest.mark.parametrize("duration", [-1, "-1 s", float("nan"), float("inf")])
def test_durations_that_are_none_are_refused(duration):
    for ask in (Dish(small()).record, Dish(small()).run):
        with pytest.raises(InputError, match=r"^duration: .*; for example") as raised:
            ask(duration)
        assert "\n" not in str(raised.value)


def test_progress_is_told_in_biological_time():
    class Told:
        def __init__(self):
            self.done = []

        def advance(self, n):
            self.done.append(n)

    told = Told()
    Dish(small()).record(progress=told)
    assert sum(told.done) == pytest.approx(3.5)
    assert min(told.done) > 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("noise.drive=-30 mV", "the culture is silent: no neuron fires in the first 10 s"),
        ("noise.drive=300 mV", r"the culture runs away: its neurons fire at \d+ Hz"),
    ],
)
def test_a_culture_of_no_use_is_warned_of_early(change, message):
    dish, told = Dish(small(change)), []

    class Watched:
        def advance(self, n):
            told.append(n)

    with pytest.warns(CultureWarning, match=message) as raised:
        made = dish.record("10.5 s", progress=Watched())
    assert len(raised) == 1
    assert sum(told) == pytest.approx(11.0)
    assert made.t_stop == 10.5


@pytest.mark.filterwarnings("error")
def test_cultures_that_may_be_of_use_are_not_warned_of():
    Dish(small()).record("10.5 s")
    Dish(small("noise.drive=-30 mV")).record("9 s")  # too early to say
    Dish(small("noise.drive=-30 mV")).record("10.5 s", pulses([3], [10.2]))


def test_looking_at_the_beginning_changes_nothing():
    stimulus = Stimulus.of(np.linspace(0.3, 11.9, 40), np.arange(40))
    made = Dish(small()).record("12 s", stimulus)
    spikes = Dish(small())
    spikes.run("0.5 s")
    recorder = spikes._recorder(12.0, stimulus)
    recorder.add(spikes.run("12 s", stimulus))
    assert_equal(recorder.recording(None), made)
    np.testing.assert_array_equal(np.sort(made.stimulus_times), stimulus.times)


# --- closed loop -------------------------------------------------------------------------


def test_a_closed_loop_records_what_one_run_records():
    loop = Dish(small()).closed_loop("3 s", every="7 ms")
    steps = list(loop)
    assert len(steps) == 429  # the last is shorter
    np.testing.assert_allclose([step.time for step in steps[:3]], [0.007, 0.014, 0.021])
    assert steps[-1].time == 3.0
    made = loop.recording()
    assert_equal(made, Dish(small()).record("3 s"))
    times = np.concatenate([step.spikes.times for step in steps])
    electrodes = np.concatenate([step.spikes.electrodes for step in steps])
    assert np.all(np.diff(times) >= 0)
    for number, train in enumerate(made.spike_trains):
        np.testing.assert_array_equal(times[electrodes == number], train)
    busy = max(steps, key=lambda step: len(step.spikes))
    assert busy.spikes.names == [made.electrode_names[e] for e in busy.spikes.electrodes]


@pytest.mark.parametrize("every", ["5 ms", 1 / 60, "0.4 ms"])
def test_stimulation_acts_in_the_next_step(every):
    """And a recording of one run with these stimuli is the same."""
    dish = Dish(small())
    loop, given = dish.closed_loop("1 s", every), []
    for step in loop:
        if len(step.spikes) > 3 and len(given) < 5:
            step.stimulate("centre", amplitude=0.8)
            given.append(step.time)
    made = loop.recording()
    assert len(given) == 5
    np.testing.assert_allclose(made.stimulus_times, np.repeat(given, 4), atol=1e-12)
    stimulus = Stimulus(made.stimulus_times, made.stimulus_electrodes, made.stimulus_amplitudes)
    again = Dish(small()).record("1 s", stimulus)
    assert_equal(made, again)
    assert differ(made, Dish(small()).record("1 s"))


def test_a_stimulus_may_last_longer_than_a_step():
    loop = Dish(small()).closed_loop("100 ms", every="10 ms")
    for step in loop:
        if step.time == 0.02:
            step.stimulate(pulses([5], [0.0, 0.015, 0.031, 0.2]))
    made = loop.recording()
    np.testing.assert_allclose(made.stimulus_times, [0.02, 0.035, 0.051])


def test_a_loop_can_be_stopped():
    loop = Dish(small()).closed_loop("10 s", every="5 ms")
    for step in loop:
        if step.time >= 0.1:
            step.stop()
    assert step.time == pytest.approx(0.1)
    assert loop.recording().t_stop == pytest.approx(0.1)
    assert list(loop) == []


def test_what_a_loop_cannot_do_is_refused():
    dish = Dish(small())
    for every in (0, "-5 ms"):
        with pytest.raises(InputError, match=r"^every: .*; right would be"):
            dish.closed_loop("1 s", every)
    loop = dish.closed_loop("1 s", "5 ms")
    with pytest.raises(InputError, match="nothing was recorded"):
        loop.recording()
    step = next(loop)
    with pytest.raises(InputError, match="electrodes: found 59"):
        step.stimulate(59)
    with pytest.raises(InputError, match="before the next step"):
        step.stimulate(pulses([1], [-0.001]))
    dish.run("5 ms")
    with pytest.raises(InputError, match="run outside of the loop"):
        next(loop)


def test_short_descriptions():
    step = next(Dish(small()).closed_loop("1 s", "50 ms"))
    assert repr(step).startswith("<step to 0.05 s: ")
    assert "spikes on" in repr(step.spikes)
