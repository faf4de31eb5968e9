"""The Brian2 network against theory, and against an independent simulator."""

import json
import subprocess
import sys

import numpy as np
import pytest
from scipy.optimize import brentq

from spikinggrid.mea.pulse_trains import Stimulus, pulses
from spikinggrid.parameters import files as parameter_files
from spikinggrid.simulation.dish import Dish
from spikinggrid.simulation.simulator import Simulator
from spikinggrid.utils.errors import InputError
from tests.networks import BRIAN2, MS, MV, culture, parameters, plastic_parameters, seeded
from tests.scripts import FOLDER, load_script

pytestmark = pytest.mark.usefixtures("numpy_target")

DT = 1 * MS


def voltages(simulator: Simulator, n_steps: int, stimulus: Stimulus | None = None) -> np.ndarray:
    """Membrane potential of all neurons after each step, shape (n_steps, n_neurons)."""
    import brian2

    engine = simulator._engine
    monitor = brian2.StateMonitor(engine.neurons, "v", record=True, when="end")
    engine.network.add(monitor)
    simulator.run(n_steps * DT, stimulus)
    engine.network.remove(monitor)
    return np.array(monitor.v_).T


# --- neurons ---------------------------------------------------------------------------


@pytest.mark.parametrize("drive", [21 * MV, 25 * MV, 40 * MV])
@pytest.mark.parametrize("t_refractory", [0, 5])
def test_firing_rate_equals_the_analytic_rate(drive, t_refractory):
    changed = parameters(f"neuron.t_refractory={t_refractory} ms")
    spikes = Simulator(culture(drive=drive), changed).run(2.0)
    # from reset = rest, v(t) = drive (1 - exp(-t / tau)) reaches 20 mV
    rise = -50 * MS * np.log(1 - 20 * MV / drive)
    intervals = np.diff(spikes.times)
    assert np.allclose(intervals, t_refractory * MS + np.ceil(rise / DT) * DT)
    assert len(spikes.times) == pytest.approx(2.0 / (t_refractory * MS + rise), rel=0.08)


def test_membrane_decays_with_its_time_constant():
    simulator = Simulator(culture(), parameters())
    simulator._engine.neurons.v_ = -60 * MV
    measured = voltages(simulator, 30)[:, 0]
    expected = -70 * MV + 10 * MV * np.exp(-np.arange(1, 31) * DT / (50 * MS))
    assert np.allclose(measured, expected, rtol=0, atol=1e-15)


def test_free_membrane_fluctuates_as_asked():
    changed = parameters("noise.membrane_sd=2 mV", "neuron.tau_m=10 ms")
    simulator = Simulator(culture(n_neurons=400), seeded(changed, 3))
    simulator.run(0.1)
    samples = voltages(simulator, 60)[::20]
    # 1,200 nearly independent values; the standard error of their spread is 2 %
    assert samples.std() == pytest.approx(2 * MV, rel=0.1)
    assert samples.mean() == pytest.approx(-70 * MV, abs=0.25 * MV)


def test_arrivals_at_a_refractory_neuron_are_lost():
    simulator = Simulator(culture(), parameters("neuron.t_refractory=5 ms"))
    spikes = simulator.run(0.02, pulses([0], np.arange(20) * DT))
    # a pulse acts one step later; then five steps are deaf
    assert np.allclose(spikes.times, [1 * MS, 7 * MS, 13 * MS, 19 * MS])


def test_inhibition_stops_at_the_lower_bound():
    wiring = np.array([[0, 100 * MV], [0, 0]])
    simulator = Simulator(culture(np.zeros((2, 2)), wiring), parameters())
    v = voltages(simulator, 6, pulses([0], [0.0]))[:, 1]
    # fires at step 1, its interneuron at step 2, acts at step 3
    assert np.allclose(v[:3], -70 * MV)
    assert v[3] == -90 * MV
    assert v[4] > -90 * MV


def test_adaptation_lengthens_intervals_of_excitatory_neurons_alone():
    changed = parameters("neuron.adaptation=1 mV", "neuron.tau_adaptation=200 ms")
    two = culture(np.zeros((2, 2)), relay=False, n_excitatory=1, drive=25 * MV)
    spikes = Simulator(two, changed).run(2.0)
    adapting, steady = (np.diff(spikes.times[spikes.neurons == i]) for i in (0, 1))
    assert adapting[-1] == pytest.approx(_adapted_interval(), abs=DT)
    assert np.ptp(steady) < 1e-9
    assert steady[0] < adapting[0] < adapting[-1] - DT


def _adapted_interval() -> float:
    """Interval T at which the current after a spike, 1 mV / (1 - exp(-T / tau)), repeats."""
    tau_m, tau, t_refractory = 50 * MS, 200 * MS, 5 * MS

    def above_threshold(interval: float) -> float:
        current = 1 * MV / (1 - np.exp(-interval / tau)) * np.exp(-t_refractory / tau)
        t = interval - t_refractory
        shape = tau / (tau - tau_m) * (np.exp(-t / tau) - np.exp(-t / tau_m))
        return 25 * MV * (1 - np.exp(-t / tau_m)) - current * shape - 20 * MV

    return brentq(above_threshold, 0.05, 0.5)


# --- synapses --------------------------------------------------------------------------


@pytest.mark.parametrize("tau", [5, 50, 120])
def test_exponential_current_moves_the_membrane_as_theory_says(tau):
    strength = 5 * MV
    changed = parameters(
        "synapses.excitatory.kinetics=exponential", f"synapses.excitatory.tau={tau} ms"
    )
    wiring = np.array([[0, strength], [0, 0]])
    simulator = Simulator(culture(wiring), changed)
    v = voltages(simulator, 60, pulses([0], [0.0]))[:, 1]
    t, tau_m = np.arange(58) * DT, 50 * MS  # fires at step 1, arrives at step 2
    if tau == 50:
        expected = strength * t / tau_m * np.exp(-t / tau_m)
    else:
        factor = tau * MS / (tau * MS - tau_m)
        expected = strength * factor * (np.exp(-t / (tau * MS)) - np.exp(-t / tau_m))
    assert np.allclose(v[2:] + 70 * MV, expected, rtol=1e-5, atol=1e-12)


def test_slow_current_adds_its_share():
    def slow(share: str) -> float:
        changed = parameters(
            "synapses.excitatory.kinetics=exponential",
            "synapses.excitatory.tau=5 ms",
            f"synapses.excitatory.slow_share={share}",
            f"synapses.excitatory.tau_slow={share if share == 'none' else '100 ms'}",
        )
        simulator = Simulator(culture(np.array([[0, 5 * MV], [0, 0]])), changed)
        return voltages(simulator, 100, pulses([0], [0.0]))[:, 1].sum() + 100 * 70 * MV

    t = np.arange(98) * DT
    extra = 0.2 * 5 * MV * 2 * (np.exp(-t / 0.1) - np.exp(-t / 0.05))
    assert slow("0.2") - slow("none") == pytest.approx(extra.sum(), rel=1e-6)


def test_delays_grow_with_distance():
    wiring = np.zeros((4, 4))
    wiring[0] = [0, 5 * MV, 5 * MV, 5 * MV]
    dish = culture(wiring, distance=300e-6, velocity=0.3, delay=1 * MS)
    v = voltages(Simulator(dish, parameters()), 8, pulses([0], [0.0]))
    arrived = np.argmax(v > -70 * MV + 1e-6, axis=0)[1:]
    assert arrived.tolist() == [3, 4, 5]  # fires at step 1; 1 ms + distance / (0.3 mm/ms)


@pytest.mark.parametrize("interval", [20, 50, 200])
def test_depression_settles_where_tsodyks_and_markram_say(interval):
    use, tau = 0.5, 150 * MS
    changed = parameters(
        f"synapses.excitatory.depression={use}", "synapses.excitatory.tau_depression=150 ms"
    )
    simulator = Simulator(culture(np.array([[0, 4 * MV], [0, 0]])), changed)
    n_spikes = 40
    times = np.arange(n_spikes) * interval * MS
    v = voltages(simulator, n_spikes * interval, pulses([0], times))[:, 1] + 70 * MV
    before = np.concatenate([[0], v[:-1]]) * np.exp(-DT / (50 * MS))
    jumps = (v - before)[(v - before) > 1e-9]
    assert len(jumps) == n_spikes
    decay = np.exp(-interval * MS / tau)
    steady = (1 - decay) / (1 - (1 - use) * decay)
    assert jumps[0] == pytest.approx(4 * MV)
    assert jumps[-1] == pytest.approx(4 * MV * steady, rel=1e-6)


def test_kicks_arrive_at_their_rate():
    changed = parameters("noise.kick_rate=5 Hz", "noise.kick_amplitude=30 mV")
    spikes = Simulator(culture(n_neurons=200), seeded(changed, 1)).run(2.0)
    # each kick fires its neuron unless it is refractory for 5 ms: rate r / (1 + 5 ms r)
    assert len(spikes.times) == pytest.approx(200 * 2.0 * 5 / 1.025, abs=4 * np.sqrt(2000))


# --- plasticity ------------------------------------------------------------------------


@pytest.mark.parametrize("lag", [-40, -15, -3, -1, 0, 1, 2, 10, 45])
def test_stdp_window_is_exponential(lag):
    nu_pre, nu_post, tau = 4e-6, 400e-6, 20 * MS
    changed = plastic_parameters()
    simulator = Simulator(culture(np.array([[0, 1 * MV], [0, 0]])), changed)
    first = 0.05
    stimulus = pulses([0], [first]) + pulses([1], [first + lag * MS])
    simulator.run(0.15, stimulus)
    change = simulator.strengths("excitatory")[0] - 1 * MV
    expected = 0.0
    if lag >= 0:
        expected += nu_post * np.exp(-lag * MS / tau)
    if lag <= 0:
        expected -= nu_pre * np.exp(lag * MS / tau)
    assert change == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(("trace", "expected"), [("set", 1.0), ("add", 1.0 + np.exp(-0.5))])
def test_traces_are_set_or_added(trace, expected):
    changed = plastic_parameters(f"plasticity.trace={trace}", "plasticity.excitatory.nu_pre=0 V")
    simulator = Simulator(culture(np.array([[0, 1 * MV], [0, 0]])), changed)
    simulator.run(0.1, pulses([0], [0.0, 0.01]) + pulses([1], [0.02]))
    change = simulator.strengths("excitatory")[0] - 1 * MV
    assert change == pytest.approx(400e-6 * np.exp(-0.5) * expected, rel=1e-9)


def test_a_delayed_spike_reaches_plasticity_one_step_before_its_effect():
    changed = plastic_parameters("plasticity.excitatory.nu_pre=0 V")
    dish = culture(np.array([[0, 1 * MV], [0, 0]]), delay=6 * MS)
    simulator = Simulator(dish, changed)
    simulator.run(0.05, pulses([0], [0.0]) + pulses([1], [0.010]))
    change = simulator.strengths("excitatory")[0] - 1 * MV
    assert change == pytest.approx(400e-6 * np.exp(-5 / 20), rel=1e-9)


def test_strengths_stay_within_their_bounds():
    changed = plastic_parameters(
        "plasticity.excitatory.upper_bound=1.5 mV", "plasticity.excitatory.nu_pre=2 mV"
    )
    wiring = np.array([[0, 1 * MV], [1 * MV, 0]])
    simulator = Simulator(culture(wiring), changed)
    stimulus = pulses([0], np.arange(0, 0.5, 0.02)) + pulses([1], np.arange(0.002, 0.5, 0.02))
    simulator.run(0.52, stimulus)
    strong, weak = simulator.strengths("excitatory")
    # the post spike lies 2 ms after the pre spike in one synapse and 18 ms in the other
    assert weak == 0.0
    assert 0 <= strong <= 1.5 * MV


def test_upper_bound_holds():
    changed = plastic_parameters("plasticity.excitatory.upper_bound=1.5 mV")
    simulator = Simulator(culture(np.array([[0, 1 * MV], [0, 0]])), changed)
    simulator.run(
        0.5, pulses([0], np.arange(0, 0.5, 0.02)) + pulses([1], np.arange(0.002, 0.5, 0.02))
    )
    assert simulator.strengths("excitatory")[0] == 1.5 * MV


def test_nothing_is_learned_when_plasticity_is_switched_off():
    simulator = Simulator(culture(np.array([[0, 1 * MV], [0, 0]])), plastic_parameters())
    simulator.run(0.1, pulses([0], [0.0]) + pulses([1], [0.005]), plastic=False)
    assert simulator.strengths("excitatory")[0] == 1 * MV


def modulated_parameters(*overrides: str):
    off = [f"plasticity.{key}=none" for key in ("trace", "tau_post", "normalise")]
    nu_pre = "plasticity.excitatory.nu_pre=none"
    return plastic_parameters("plasticity.rule=modulated", *off, nu_pre, *overrides)


@pytest.mark.parametrize("lag", [-15, -1, 0, 1, 10, 45])
@pytest.mark.parametrize("signal", [1.0, -0.3])
def test_a_signal_decides_what_pairs_are_worth(lag, signal):
    """Two spikes before one after it, each pair worth exp(-lag / tau); none the other way round."""
    simulator = Simulator(culture(np.array([[0, 1 * MV], [0, 0]])), modulated_parameters())
    stimulus = pulses([0], [0.04, 0.05]) + pulses([1], [0.05 + lag * MS])
    shown = []
    simulator.present(stimulus, 0.15, signal=lambda spikes: shown.append(spikes) or signal)
    lags = np.array([lag, lag + 10])
    worth = np.exp(-lags[lags >= 0] / 20).sum()
    change = simulator.strengths("excitatory")[0] - 1 * MV
    assert change == pytest.approx(signal * 400e-6 * worth, rel=1e-9, abs=1e-15)
    assert len(shown[0].times) == 3
    assert len(simulator.run(0.01).times) == 0  # at rest


def test_a_signal_holds_to_the_bounds():
    changed = modulated_parameters("plasticity.excitatory.upper_bound=1.2 mV")
    simulator = Simulator(culture(np.array([[0, 1 * MV], [0, 0]])), changed)
    stimulus = pulses([0], [0.0]) + pulses([1], [0.005])
    for signal, expected in ((1.0, 1.2 * MV), (-10.0, 0.0), (0.5, 200e-6 * np.exp(-0.25))):
        simulator.present(stimulus, 0.05, signal=lambda spikes, signal=signal: signal)
        assert simulator.strengths("excitatory")[0] == pytest.approx(expected, rel=1e-9)


def test_without_a_signal_nothing_is_learned():
    simulator = Simulator(culture(np.array([[0, 1 * MV], [0, 0]])), modulated_parameters())
    stimulus = pulses([0], [0.0]) + pulses([1], [0.005])
    simulator.present(stimulus, 0.05)
    simulator.present(stimulus, 0.05, plastic=False, signal=lambda spikes: 1.0)
    assert simulator.strengths("excitatory")[0] == 1 * MV


def test_a_signal_needs_modulated_plasticity():
    simulator = Simulator(culture(np.array([[0, 1 * MV], [0, 0]])), plastic_parameters())
    with pytest.raises(InputError, match="modulated"):
        simulator.present(pulses([0], [0.0]), 0.05, signal=lambda spikes: 1.0)


def test_presentation_ends_with_the_sums_of_the_file():
    wiring = np.array([[0, 30 * MV, 0], [0, 0, 0], [0, 10 * MV, 0]])
    simulator = Simulator(culture(wiring), plastic_parameters())
    simulator.present(pulses([0], [0.0]) + pulses([1], [0.005]), 0.05)
    strengths = simulator.culture.excitatory.matrix()
    assert strengths[:, 1].sum() == pytest.approx(40 * MV, rel=1e-12)
    assert strengths[0, 1] > 30 * MV


# --- runs ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def small_dish():
    """A bursting culture of 200 neurons, and its parameters."""
    fewer = [f"synapses.{kind}.synapses_per_neuron=20" for kind in ("excitatory", "inhibitory")]
    stronger = ["synapses.excitatory.strength=40 mV", "culture.n_neurons=200"]
    changed = parameter_files.load("culture", [BRIAN2, *fewer, *stronger])
    return Dish(changed).culture, changed


def test_a_run_in_pieces_equals_one_run(small_dish):
    dish, changed = small_dish
    stimulus = pulses([25, 26, 32, 33], [0.1, 0.31])
    whole = Simulator(dish, seeded(changed, 5)).run(0.5, stimulus)
    pieces = Simulator(dish, seeded(changed, 5))
    times, neurons = [], []
    for number in range(5):
        begin = 0.1 * number
        now = (stimulus.times >= begin - 1e-9) & (stimulus.times < begin + 0.1 - 1e-9)
        given = Stimulus(
            stimulus.times[now] - begin, stimulus.electrodes[now], stimulus.amplitudes[now]
        )
        spikes = pieces.run(0.1, given)
        times.append(spikes.times + begin)
        neurons.append(spikes.neurons)
    assert len(whole.times) > 50
    assert np.allclose(np.concatenate(times), whole.times)
    assert np.array_equal(np.concatenate(neurons), whole.neurons)


def test_same_seed_same_spikes(small_dish):
    dish, changed = small_dish
    first, second = (Simulator(dish, seeded(changed, 5)).run(0.3) for _ in range(2))
    other = Simulator(dish, seeded(changed, 6)).run(0.3)
    assert np.array_equal(first.times, second.times)
    assert np.array_equal(first.neurons, second.neurons)
    assert not np.array_equal(first.times, other.times)


def test_reset_forgets_spikes_on_their_way():
    wiring = np.array([[0, 30 * MV], [0, 0]])
    simulator = Simulator(culture(wiring, delay=5 * MS), parameters())
    assert len(simulator.run(0.004, pulses([0], [0.0])).times) == 1  # underway to neuron 1
    simulator.reset()
    assert len(simulator.run(0.02).times) == 0
    simulator.run(0.001, pulses([0], [0.0]))  # a pulse on its way to neuron 0
    simulator.reset()
    assert len(simulator.run(0.02).times) == 0


def test_pulses_outside_the_run_are_refused():
    simulator = Simulator(culture(), parameters())
    with pytest.raises(InputError, match=r"a pulse at 100 ms lies outside the run of 50 ms"):
        simulator.run(0.05, pulses([0], [0.1]))
    with pytest.raises(InputError, match="electrode 7"):
        simulator.run(0.05, pulses([7], [0.01]))


def test_a_network_too_large_is_refused(monkeypatch):
    class Full:
        available = 1e5

    monkeypatch.setattr("psutil.virtual_memory", lambda: Full)
    with pytest.raises(InputError, match=r"brian2 needs about .* GB for .* synapses"):
        Simulator(culture(np.ones((50, 50)) * MV), parameters())


# --- the independent simulator -----------------------------------------------------------


def test_oracle(oracle_file):
    check = load_script("check_oracle")
    content = {
        name: values[:5] if name in ("input_spikes", "spikes") else values
        for name, values in check._read(oracle_file).items()
        if name != "frozen_spikes" and not name.endswith("after20")
    }
    content["frozen_spikes"] = np.empty((0, 100, 240))
    outcome = check.compare(content, parameter_files.load("lagani2021/240_bio", [BRIAN2]))
    assert outcome["spike_mismatches"] == [0] * len(content["spikes"])
    assert outcome["max_weight_error"] < 1e-9


@pytest.mark.compiles
@pytest.mark.slow
def test_the_whole_oracle_with_compiled_code(oracle_file):
    command = [sys.executable, FOLDER / "check_oracle.py", oracle_file, "--engine", "brian2"]
    run = subprocess.run(command, check=False, capture_output=True, text=True)
    outcome = json.loads(run.stdout)
    assert run.returncode == 0
    assert set(outcome["spike_mismatches"]) == {0}
    assert not any(outcome["frozen_spike_mismatches"])
    assert outcome["max_weight_error"] < 1e-9


def test_the_oracle_check_can_fail(oracle_file):
    """One wrong spike must be seen."""
    check = load_script("check_oracle")
    content = check._read(oracle_file)
    content = content | {
        "input_spikes": content["input_spikes"][:1],
        "spikes": content["spikes"][:1].copy(),
        "frozen_spikes": np.empty((0, 100, 240)),
    }
    content["spikes"][0, 50, 7] ^= 1
    outcome = check.compare(content, parameter_files.load("lagani2021/240_bio", [BRIAN2]))
    assert outcome["spike_mismatches"] == [1]
