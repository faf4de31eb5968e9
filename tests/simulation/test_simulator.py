"""Time of the simulator: exact to the step, whatever pieces it is cut into."""

import functools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spikinggrid.mea.pulse_trains import Stimulus, pulses, whole_steps
from spikinggrid.network.culture import PROJECTIONS, Culture
from spikinggrid.parameters.files import load
from spikinggrid.simulation.dish import Dish
from spikinggrid.simulation.simulator import Simulator
from spikinggrid.utils.errors import InputError
from tests.networks import culture, parameters

pytestmark = pytest.mark.usefixtures("numpy_target")

DT = 1e-3
N_ELECTRODES = 6

#: 40 neurons that fire often, with delays between one and some steps.
SMALL = [
    "culture.n_neurons=40",
    "culture.width=0.6 mm",
    "culture.height=0.4 mm",
    *("mea.layout=grid", "mea.rows=2", "mea.columns=3", "mea.pitch=200 um"),
    "synapses.excitatory.synapses_per_neuron=8",
    "synapses.inhibitory.synapses_per_neuron=8",
    "synapses.excitatory.strength=12 mV",
    "synapses.excitatory.conduction_velocity=0.1 m/s",
    "noise.drive=14 mV",
    "simulation.precision=float64",
]
LEARNING = [
    "plasticity.rule=online",
    "plasticity.trace=set",
    "plasticity.tau_pre=20 ms",
    "plasticity.tau_post=20 ms",
    "plasticity.normalise=false",
    "plasticity.excitatory.nu_pre=20 uV",
    "plasticity.excitatory.nu_post=40 uV",
]


def small(engine="native", dt="1 ms", *overrides):
    return load(
        "culture", [*SMALL, f"simulation.engine={engine}", f"simulation.dt={dt}", *overrides]
    )


# --- pieces ------------------------------------------------------------------------------

#: Runs of both engines; each piece of Brian2 takes half a second to prepare, however short.
RUNS = {
    "dt": st.sampled_from(["0.1 ms", "0.3 ms", "1 ms"]),
    "learns": st.booleans(),
    "plastic": st.booleans(),
    "shares": st.lists(st.floats(0, 1, exclude_max=True), max_size=30),
}


def in_pieces(dish: Dish, lengths, stimulus: Stimulus, plastic: bool):
    """Steps and neurons of the spikes of a run in pieces, and the number of steps."""
    simulator = Simulator(dish.culture, dish.parameters)
    ends = np.cumsum(lengths)
    steps, neurons = [], []
    for begin, end, length in zip([0.0, *ends], ends, lengths, strict=False):
        now = (stimulus.times >= begin) & (stimulus.times < end)
        late = stimulus.times[now] - begin < length  # subtracting may round up to the very end
        first = simulator.n_steps
        spikes = simulator.run(length, stimulus[now][late].shifted(-begin), plastic)
        assert simulator.n_steps == first + spikes.n_steps
        steps.append(spikes.steps + first)
        neurons.append(spikes.neurons)
    return np.concatenate(steps), np.concatenate(neurons), simulator


def check_pieces(dish: Dish, lengths, shares, plastic: bool) -> None:
    """Compare a run in pieces with one run."""
    duration, dt = float(np.cumsum(lengths)[-1]), dish.parameters.simulation.dt
    if abs(duration / dt - np.rint(duration / dt)) < 1e-6:
        duration -= 1e-5 * dt  # pieces may add up to a little less than a step
        lengths = [*lengths[:-1], lengths[-1] - 1e-5 * dt]
    if lengths[-1] <= 0:
        return
    at = np.array(shares) * (duration - 2e-12)
    stimulus = Stimulus.of(at, np.arange(len(at)) % N_ELECTRODES, 0.7)
    whole = Simulator(dish.culture, dish.parameters)
    spikes = whole.run(duration, stimulus, plastic)
    steps, neurons, pieces = in_pieces(dish, lengths, stimulus, plastic)
    assert pieces.n_steps == whole.n_steps
    np.testing.assert_array_equal(steps, spikes.steps)
    np.testing.assert_array_equal(neurons, spikes.neurons)
    for name in PROJECTIONS:
        np.testing.assert_array_equal(pieces.strengths(name), whole.strengths(name))


@functools.cache
def dish_of(engine: str, dt: str, learns: bool) -> Dish:
    return Dish(small(engine, dt, *(LEARNING if learns else [])))


@settings(max_examples=25)
@given(lengths=st.lists(st.floats(0, 0.02), min_size=1, max_size=12), **RUNS)
def test_pieces_of_any_length_equal_one_run(lengths, shares, dt, learns, plastic):
    check_pieces(dish_of("native", dt, learns), lengths, shares, plastic)


@settings(max_examples=4)
@given(lengths=st.lists(st.floats(0, 0.01), min_size=2, max_size=4), **RUNS)
def test_pieces_of_any_length_equal_one_run_on_brian2(lengths, shares, dt, learns, plastic):
    check_pieces(dish_of("brian2", dt, learns), lengths, shares, plastic)


@pytest.mark.parametrize("engine", ["native", "brian2"])
@pytest.mark.parametrize("learns", [True, False])
def test_what_is_cut_into_pieces_fires(engine, learns):
    """Without spikes and learning, equal runs would say little."""
    dish = dish_of(engine, "1 ms", learns)
    stimulus = Stimulus.of(np.linspace(0, 0.03, 20), np.arange(20) % N_ELECTRODES, 0.7)
    _, neurons, simulator = in_pieces(dish, [0.013, 0.0207], stimulus, plastic=True)
    before = dish.culture.excitatory.strengths()
    assert len(neurons) > 20
    assert learns != np.array_equal(simulator.strengths("excitatory"), before)


@pytest.mark.parametrize(
    ("preset", "duration", "piece"), [("culture", 2000, 5), ("digits/two", 500, 7)]
)
def test_pulses_on_the_first_and_last_steps_of_pieces(preset, duration, piece):
    """On the first and the last step of every piece, and on some steps in between."""
    dish = Dish(load(preset))
    between = np.random.default_rng(4).integers(0, duration, 200)
    first = np.arange(0, duration, piece)
    at = np.unique(np.concatenate([first, first[1:] - 1, between])) * DT
    stimulus = Stimulus.of(at, np.arange(len(at)) % dish.array.n_electrodes)
    whole = Simulator(dish.culture, dish.parameters).run(duration * DT, stimulus)
    n_pieces, rest = divmod(duration, piece)
    lengths = [piece * DT] * n_pieces + [rest * DT] * bool(rest)
    steps, neurons, _ = in_pieces(dish, lengths, stimulus, plastic=True)
    assert len(whole) > 1000
    np.testing.assert_array_equal(steps, whole.steps)
    np.testing.assert_array_equal(neurons, whole.neurons)


def test_sixty_runs_of_a_sixtieth_are_a_second():
    simulator = Simulator(culture(), parameters("simulation.engine=native"))
    durations = [simulator.run(1 / 60).duration for _ in range(60)]
    assert sum(durations) == pytest.approx(1.0)
    assert simulator.n_steps == 1000
    assert {round(duration / DT) for duration in durations} == {16, 17}


@pytest.mark.parametrize("rate", [25, 30, 60, 144, 240, 1000, 3000, 20_000, 25_000])
def test_frames_of_any_rate_add_up(rate):
    simulator = Simulator(culture(), parameters("simulation.engine=native"))
    n_frames = min(rate, 2000)
    for _ in range(n_frames):
        simulator.run(1 / rate)
    assert simulator.n_steps == whole_steps(n_frames / rate / DT)


# --- pulses ------------------------------------------------------------------------------


def fired_at(simulator: Simulator, duration: float, stimulus: Stimulus) -> list[int]:
    """Steps since the start in which neuron 0 fired, which any pulse makes fire a step later."""
    first = simulator.n_steps
    return (simulator.run(duration, stimulus).steps + first).tolist()


@given(st.floats(0, 0.005, exclude_max=True))
def test_a_pulse_anywhere_in_a_piece_acts_in_its_step(time):
    simulator = Simulator(culture(), parameters("simulation.engine=native"))
    steps = fired_at(simulator, 0.005, pulses([0], [time]))
    steps += fired_at(simulator, 0.005, Stimulus.none())
    assert steps == [whole_steps(time / DT) + 1]


@pytest.mark.parametrize("carried", [0.0, 0.3, 0.7])
@pytest.mark.parametrize("late", [0.0, 0.2, 0.5, 0.9])
def test_pulses_count_from_the_exact_start_of_a_run(carried, late):
    """Also those in a part of a step that is not run before the next run."""
    simulator = Simulator(culture(), parameters("simulation.engine=native"))
    simulator.run((2 + carried) * DT)
    steps = fired_at(simulator, 3 * DT, pulses([0], [(2 + late) * DT]))
    steps += fired_at(simulator, 3 * DT, Stimulus.none())
    assert steps == [2 + int(carried + 2 + late + 1e-9) + 1]


@pytest.mark.parametrize("steps", [1, 3, 1_000_000, 20_000_001, 999_999_937])
@pytest.mark.parametrize("dt", [1e-4, 3e-4, 1e-3])
def test_times_of_steps_lie_in_their_steps_however_late(steps, dt):
    assert whole_steps(steps * dt / dt) == steps
    assert whole_steps(np.nextafter(steps * dt, 0) / dt) == steps
    assert whole_steps((steps + 0.999) * dt / dt) == steps


def test_a_reset_ends_a_step_that_was_begun():
    simulator = Simulator(culture(), parameters("simulation.engine=native"))
    simulator.run(2.7 * DT, pulses([0], [2.6 * DT]))
    simulator.reset()
    assert fired_at(simulator, 5 * DT, pulses([0], [0.0])) == [2 + 1]


def test_what_acted_is_told():
    simulator = Simulator(culture(), parameters("simulation.engine=native"))
    first = simulator.run(2.5 * DT, pulses([0], [0.0, 2.2 * DT]))
    assert first.stimulus.times.tolist() == [0.0]
    second = simulator.run(2.5 * DT, pulses([0], [1.0 * DT]))
    np.testing.assert_allclose(second.stimulus.times, [0.2 * DT, 1.5 * DT])


# --- what is refused ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("duration", "message"),
    [
        (-0.005, "duration: found -0.005, less than 0 s"),
        ("-5 ms", "duration: found '-5 ms', less than 0 s"),
        (float("nan"), "duration: nan is not a finite number"),
        (float("inf"), "duration: inf is not a finite number"),
        ("5 mV", "duration: '5 mV' is in mV, not in a unit of time"),
        (None, "duration: None is not a time"),
    ],
)
def test_a_duration_that_is_none_is_refused(duration, message):
    simulator = Simulator(culture(), parameters("simulation.engine=native"))
    with pytest.raises(InputError) as raised:
        simulator.run(duration)
    assert str(raised.value).startswith(message)
    assert "\n" not in str(raised.value)
    assert simulator.n_steps == 0


@pytest.mark.parametrize("time", [-1e-9, -0.001, 0.005, 0.1, float("nan")])
def test_a_pulse_outside_a_run_is_refused(time):
    simulator = Simulator(culture(), parameters("simulation.engine=native"))
    with pytest.raises(InputError, match=r"stimulus: a pulse at .* outside the run of 5 ms"):
        simulator.run(0.005, pulses([0], [time]))
    assert simulator.n_steps == 0


def test_an_amplitude_that_is_no_number_is_refused():
    simulator = Simulator(culture(), parameters("simulation.engine=native"))
    with pytest.raises(InputError, match="amplitude of a pulse is NaN or infinite"):
        simulator.run(0.005, pulses([0], [0.0], float("nan")))


def test_a_culture_without_electrodes_runs_but_has_none_to_stimulate():
    alone = Culture.grow(small(), None)
    assert alone.input.n_pre == 0
    simulator = Simulator(alone, small())
    assert len(simulator.run(0.1)) > 10
    with pytest.raises(InputError, match="there is no electrode"):
        simulator.run(0.1, pulses([0], [0.0]))
