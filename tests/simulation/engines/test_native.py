"""The native engine against the Brian2 network, which is the definition, and on its own."""

import itertools
import platform
import re

import numba
import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from spikinggrid.network.culture import PROJECTIONS
from spikinggrid.parameters import files as parameter_files
from spikinggrid.simulation.dish import Dish
from spikinggrid.simulation.engines import kernels, native, state, synapse_state
from spikinggrid.simulation.engines.native import NativeEngine
from tests.networks import MV
from tests.scripts import load_script

pytestmark = pytest.mark.usefixtures("numpy_target")

SMALL = [
    "culture.width=1 mm",
    "culture.height=0.8 mm",
    "synapses.input.reach=200 um",
    "mea.layout=grid",
    "mea.rows=2",
    "mea.columns=3",
    "mea.pitch=300 um",
    "noise.drive=13 mV",
    "noise.drive_spread=3 mV",
    "synapses.excitatory.strength_onto_inhibitory=none",
]

#: What a parameter file may choose: one line of each group.
CHOICES = {
    "size": [["culture.n_neurons=20"], ["culture.n_neurons=150"]],  # one block, and two
    "dt": [["simulation.dt=1 ms"], ["simulation.dt=0.5 ms"]],
    "inhibition": [
        ["culture.inhibition=dale", "culture.inhibitory_fraction=0.3"],
        [
            "culture.inhibition=relay",
            "culture.inhibitory_fraction=none",
            "neuron.t_refractory_inhibitory=none",
            "synapses.inhibitory.strength_onto_inhibitory=none",
        ],
    ],
    "inhibitory wiring": [
        ["synapses.inhibitory.synapses_per_neuron=5"],
        [
            "synapses.inhibitory.rule=strength",
            "synapses.inhibitory.cutoff=1e-3",
            "synapses.inhibitory.incoming=40 mV",
            "synapses.inhibitory.reach=150 um",
            "synapses.inhibitory.synapses_per_neuron=none",
            "synapses.inhibitory.strength=none",
            "synapses.inhibitory.strength_cv=none",
            "synapses.inhibitory.strength_onto_inhibitory=none",
        ],
    ],
    "refractory": [[], ["neuron.t_refractory=0 ms"], ["neuron.t_refractory=9 ms"]],
    "lower bound": [[], ["neuron.v_lower_bound=-71 mV"]],
    "adaptation": [
        ["neuron.adaptation=none", "neuron.tau_adaptation=none"],
        ["neuron.adaptation=1 mV", "neuron.tau_adaptation=50 ms"],
        ["neuron.adaptation=1 mV", "neuron.tau_adaptation=20 ms"],
    ],
    "noise": [["noise.membrane_sd=0 mV"], ["noise.membrane_sd=2 mV"]],
    "common drive": [[], ["noise.common_sd=3 mV", "noise.tau_common=30 ms"]],
    "kicks": [[], ["noise.kick_rate=20 Hz", "noise.kick_amplitude=8 mV"]],
    "excitation": [
        ["synapses.excitatory.synapses_per_neuron=8", "synapses.excitatory.strength=9 mV"],
        [
            "synapses.excitatory.rule=strength",
            "synapses.excitatory.cutoff=1e-3",
            "synapses.excitatory.incoming=60 mV",
            "synapses.excitatory.reach=1 mm",
            "synapses.excitatory.synapses_per_neuron=none",
            "synapses.excitatory.strength=none",
            "synapses.excitatory.strength_cv=none",
        ],
    ],
    "excitatory kinetics": [
        [
            "synapses.excitatory.kinetics=instantaneous",
            "synapses.excitatory.tau=none",
            "synapses.excitatory.slow_share=none",
            "synapses.excitatory.tau_slow=none",
        ],
        ["synapses.excitatory.slow_share=none", "synapses.excitatory.tau_slow=none"],
        ["synapses.excitatory.slow_share=0.1", "synapses.excitatory.tau_slow=60 ms"],
    ],
    "depression": [
        ["synapses.excitatory.depression=none", "synapses.excitatory.tau_depression=none"],
        ["synapses.excitatory.depression=0.5", "synapses.excitatory.tau_depression=100 ms"],
    ],
    "inhibitory kinetics": [
        ["synapses.inhibitory.kinetics=instantaneous", "synapses.inhibitory.tau=none"],
        ["synapses.inhibitory.kinetics=exponential", "synapses.inhibitory.tau=20 ms"],
    ],
    "excitatory delays": [
        ["synapses.excitatory.conduction_velocity=none"],
        ["synapses.excitatory.conduction_velocity=0.1 m/s"],
        ["synapses.excitatory.conduction_velocity=none", "synapses.excitatory.delay=4 ms"],
    ],
    "inhibitory delays": [
        ["synapses.inhibitory.conduction_velocity=none"],
        ["synapses.inhibitory.conduction_velocity=0.1 m/s"],
    ],
}

#: Kernels are compiled for a trace and for the projections with bounds, for many seconds each.
LEARNING = {
    "tau": [["plasticity.tau_pre=20 ms"], ["plasticity.tau_pre=3 ms"]],
    "input": [[], ["plasticity.input.nu_pre=0.3 mV", "plasticity.input.nu_post=1 mV"]],
    "excitatory": [
        ["plasticity.excitatory.nu_pre=0.3 mV", "plasticity.excitatory.nu_post=0.3 mV"],
        [
            "plasticity.excitatory.nu_pre=0.3 mV",
            "plasticity.excitatory.nu_post=0.5 mV",
            "plasticity.excitatory.plastic=onto-excitatory",
        ],
    ],
    "inhibitory": [
        [],
        ["plasticity.inhibitory.nu_pre=0.1 mV", "plasticity.inhibitory.nu_post=0.5 mV"],
    ],
    "trace and bounds": [
        ["plasticity.trace=set"],
        [
            "plasticity.trace=add",
            "plasticity.excitatory.upper_bound=4 mV",
            "plasticity.inhibitory.nu_pre=0.1 mV",
            "plasticity.inhibitory.nu_post=0.5 mV",
            "plasticity.inhibitory.upper_bound=6 mV",
        ],
    ],
}
MODULATED = {
    "tau": LEARNING["tau"],
    "input": [[], ["plasticity.input.nu_post=0.5 mV"]],
    "excitatory": [
        ["plasticity.excitatory.nu_post=0.3 mV"],
        ["plasticity.excitatory.nu_post=0.3 mV", "plasticity.excitatory.upper_bound=4 mV"],
        [
            "plasticity.excitatory.nu_post=0.3 mV",
            "plasticity.excitatory.plastic=image-to-labels",
        ],
        [
            "plasticity.excitatory.nu_post=0.3 mV",
            "plasticity.excitatory.plastic=onto-excitatory",
        ],
    ],
    "inhibitory": [
        [],
        ["plasticity.inhibitory.nu_post=0.3 mV", "plasticity.inhibitory.upper_bound=6 mV"],
    ],
}
#: The left column of the electrodes of `SMALL` shows an image, the right one has the labels.
DIGITS = (
    'digits={dataset = "bundled", classes = [0, 1], image_rows = 2, image_columns = 1,'
    ' encoding = "poisson", image_rate = "100 Hz", labels = [[2], [5]], label_rate = "100 Hz",'
    ' presentation = "100 ms", teaching = "taught", evaluation_interval = 1}'
)
#: Shrinking a failure would take minutes, and parameter files are readable as they are.
DRAWING = {"deadline": None, "phases": [Phase.explicit, Phase.reuse, Phase.generate]}

ONLINE = ["plasticity.rule=online", "plasticity.tau_post=15 ms", "plasticity.normalise=true"]


def parameter_sets(choices: dict[str, list[list[str]]], *fixed: str) -> st.SearchStrategy:
    """Parameter files with one line of each group."""
    lines = st.tuples(*(st.sampled_from(group) for group in choices.values()))
    return lines.map(
        lambda drawn: parameter_files.load(
            "culture", [*SMALL, *fixed, *itertools.chain.from_iterable(drawn)]
        )
    )


def in_double(changed):
    """The same parameters in double precision, that of Brian2."""
    return changed.replace({"simulation.precision": "float64"})


def random_pulses(n_steps: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Steps, electrodes and amplitudes; some on the same electrode at once, some negative."""
    generator = np.random.default_rng(seed)
    n_pulses = n_steps // 3
    steps = np.sort(generator.integers(0, n_steps, n_pulses))
    return steps, generator.integers(0, 6, n_pulses), generator.uniform(-0.2, 1, n_pulses)


class Both:
    """A culture in both engines, in double precision."""

    def __init__(self, changed, seed: int):
        from spikinggrid.simulation.engines.brian import BrianEngine

        dish = Dish(changed, seed)
        self.engines = (
            BrianEngine(dish.culture, dish.parameters),
            NativeEngine(dish.culture, in_double(dish.parameters)),
        )
        self.seed = seed

    def run_alike(self, n_steps: int, plastic: bool = True) -> int:
        """Run both; the number of spikes, which are the same."""
        self.seed += 1
        given_pulses = random_pulses(n_steps, self.seed)
        (steps, neurons), (own_steps, own_neurons) = (
            engine.run(n_steps, given_pulses, plastic) for engine in self.engines
        )
        assert np.array_equal(own_steps, steps)
        assert np.array_equal(own_neurons, neurons)
        return len(steps)

    def evaluate_alike(self, n_steps: int) -> None:
        """Evaluate both, with the same spikes."""
        presentations = [random_pulses(n_steps, self.seed + k) for k in range(3)]
        shown, own = (engine.evaluate(n_steps, presentations) for engine in self.engines)
        for spikes, own_spikes in zip(shown, own, strict=True):
            assert np.array_equal(own_spikes, spikes)

    def have_equal_strengths(self) -> bool:
        pairs = ([engine.strengths(name) for engine in self.engines] for name in PROJECTIONS)
        return all(np.allclose(own, w, rtol=1e-9, atol=1e-12 * MV) for w, own in pairs)

    def do(self, *names: str) -> None:
        for engine, name in itertools.product(self.engines, names):
            getattr(engine, name)()


@settings(max_examples=5, **DRAWING)
@given(parameter_sets(CHOICES), st.integers(0, 1000))
def test_static_cultures_equal_the_definition(changed, seed):
    both = Both(changed, seed)
    assert both.run_alike(100) > 0
    both.run_alike(30)
    both.evaluate_alike(30)
    both.run_alike(30)


@settings(max_examples=4, **DRAWING)
@given(parameter_sets(CHOICES | LEARNING, *ONLINE), st.integers(0, 1000))
def test_learning_cultures_equal_the_definition(changed, seed):
    both = Both(changed, seed)
    before = both.engines[0].strengths("excitatory")
    assert both.run_alike(100) > 0
    assert not np.array_equal(both.engines[0].strengths("excitatory"), before)
    assert both.have_equal_strengths()
    both.run_alike(20, plastic=False)
    both.run_alike(30)
    both.do("normalise")  # with spikes on their way
    both.run_alike(30)
    assert both.have_equal_strengths()
    both.do("normalise", "reset")
    both.run_alike(20, plastic=False)
    both.evaluate_alike(20)
    assert both.have_equal_strengths()
    both.run_alike(20)
    assert both.have_equal_strengths()


def test_learning_for_seconds_equals_the_definition():
    """Run long enough for silent rows to be updated in between and for a long spike history."""
    groups = (CHOICES | LEARNING).values()
    lines = itertools.chain.from_iterable(group[0] for group in groups)
    changed = parameter_files.load("culture", [*SMALL, *ONLINE, *lines, "noise.drive=14.5 mV"])
    both = Both(changed, seed=4)
    assert both.run_alike(3000) > 300
    assert both.have_equal_strengths()


@settings(max_examples=4, **DRAWING)
@given(
    parameter_sets(CHOICES | MODULATED, "plasticity.rule=modulated", DIGITS),
    st.sampled_from([-2.0, -0.3, 0.5, 1.0]),
    st.integers(0, 1000),
)
def test_modulated_cultures_equal_the_definition(changed, signal, seed):
    both = Both(changed, seed)
    before = both.engines[0].strengths("excitatory")
    assert both.run_alike(60) > 0
    both.run_alike(20, plastic=False)
    both.run_alike(20)
    assert np.array_equal(both.engines[1].strengths("excitatory"), before)  # not yet
    for engine in both.engines:
        engine.modulate(signal)
    if changed.plasticity.excitatory.plastic == "all":
        assert not np.array_equal(both.engines[0].strengths("excitatory"), before)
    assert both.have_equal_strengths()
    both.run_alike(30, plastic=False)  # goes on, with spikes on their way
    both.run_alike(30)
    for engine in both.engines:
        engine.modulate(-signal)
    assert both.have_equal_strengths()
    both.run_alike(30)
    both.evaluate_alike(20)
    for engine in both.engines:
        engine.modulate(1.0)  # nothing gathered since
    both.run_alike(40)
    for engine in both.engines:
        engine.modulate(-signal)
    assert both.have_equal_strengths()
    both.do("normalise")
    assert both.have_equal_strengths()
    both.run_alike(20)


#: A small relative of the published culture: inhibition reaches all neurons around its source.
AROUND = [
    "culture.n_neurons=150",
    "synapses.inhibitory.reach=0.1 mm",
    "noise.drive=19 mV",
    "noise.drive_spread=4 mV",
]


@pytest.fixture
def in_tiles(monkeypatch):
    """Let any sparse row that may be laid in tiles be laid in them."""
    monkeypatch.setattr(synapse_state, "MANY_TARGETS", 0)
    monkeypatch.setattr(synapse_state, "FILLED", 0)


def test_rows_in_tiles_equal_the_definition(in_tiles):
    both = Both(parameter_files.load("lagani2021/240_bio", AROUND), seed=1)
    assert both.engines[1]._synapses["inhibitory"].plasticity.is_tiled
    assert both.run_alike(100) > 0
    assert both.have_equal_strengths()
    both.run_alike(20, plastic=False)
    both.run_alike(30)
    both.do("normalise")  # with spikes on their way
    both.run_alike(30)
    for engine in both.engines:
        engine.set_strengths("inhibitory", 0.9 * engine.strengths("inhibitory"))
    both.run_alike(20)
    both.do("normalise", "reset")
    both.evaluate_alike(20)
    both.run_alike(20)
    assert both.have_equal_strengths()


def test_rows_in_tiles_learn_for_seconds_as_others_do(in_tiles, monkeypatch):
    """Run long enough for silent rows to be updated in between."""
    lines = [*AROUND, "noise.drive=17.5 mV", "simulation.precision=float64"]
    dish = Dish(parameter_files.load("lagani2021/240_bio", lines), seed=1)
    tiled = NativeEngine(dish.culture, dish.parameters)
    monkeypatch.setattr(synapse_state, "FILLED", 2)
    plain = NativeEngine(dish.culture, dish.parameters)
    assert not plain._synapses["inhibitory"].plasticity.is_tiled
    expected, got = (engine.run(3000, random_pulses(3000, 1), True) for engine in (plain, tiled))
    assert len(expected[0]) > 300
    assert np.array_equal(got, expected)
    for name in PROJECTIONS:
        assert np.allclose(tiled.strengths(name), plain.strengths(name), rtol=1e-9)


def test_replaced_strengths_act_at_once():
    lines = [
        *SMALL,
        "culture.n_neurons=47",
        *CHOICES["excitation"][0],
        *CHOICES["inhibitory wiring"][0],
    ]
    changed = parameter_files.load("culture", lines)
    both = Both(changed, seed=3)
    both.run_alike(40)
    strengths = 2 * both.engines[0].strengths("excitatory")
    for engine in both.engines:
        engine.set_strengths("excitatory", strengths)
    assert both.run_alike(40) > 0
    assert both.have_equal_strengths()


@pytest.mark.parametrize(("precision", "error"), [("float32", 1e-4), ("float64", 1e-9)])
def test_oracle(oracle_file, precision, error):
    lines = ["simulation.engine=native", f"simulation.precision={precision}"]
    check = load_script("check_oracle")
    oracle = check._read(oracle_file)
    outcome = check.compare(oracle, parameter_files.load("lagani2021/240_bio", lines))
    assert outcome["spike_mismatches"] == [0] * len(oracle["spikes"])
    assert outcome["frozen_spike_mismatches"] == [0] * len(oracle["frozen_spikes"])
    assert outcome["max_weight_error"] < error


@pytest.mark.skipif(platform.machine() != "x86_64", reason="reads the code of such a processor")
def test_rows_are_vectors_without_masked_stores():
    none, numbers = np.float32(0), np.zeros((1, 64), np.float32)
    row = state.RowUpdate(0, 0, 0, none, none, none)
    arguments = {
        kernels.update_four_rows: (
            *(row,) * 4,
            *(64, numbers[0], numbers, numbers, None, numbers[0], None, numbers[0]),
        ),
        kernels.update_eight_rows: (
            *(row,) * 8,
            *(64, numbers[0], numbers[0], numbers[0], None, numbers[0]),
        ),
    }
    for kernel, values in arguments.items():
        kernel.compile(tuple(numba.typeof(value) for value in values))
        for code in kernel.inspect_asm().values():
            assert "vmaskmov" not in code
            assert re.search(r"(maxps|maxpd)\s.*%[xyz]mm", code)


@pytest.mark.skipif(platform.machine() != "x86_64", reason="reads the code of such a processor")
@pytest.mark.parametrize("has_all", [True, False])
def test_neurons_are_vectors_and_no_references_are_counted(monkeypatch, has_all):
    monkeypatch.setattr(kernels, "cached_cfunc", numba.cfunc)  # Numba shows no code from the disk
    changed = parameter_files.load("culture")
    kinetics = numba.typeof(state.kinetics(Dish(changed).culture, changed, np.float32))
    features = state.Features(*[has_all] * len(state.Features._fields))
    features = features._replace(light=False)  # whose exponentials are no vectors
    compiled = kernels.neuron_update.__wrapped__(features, kinetics)
    code = compiled._library.get_asm_str()
    assert re.search(r"(mulps|fmadd\w+ps)\s.*%[xyz]mm", code)
    assert "NRT" not in code


# --- runs ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def learning_dish():
    """A culture with delays that learns, and its parameters."""
    choices = {name: CHOICES[name][:1] for name in ("excitation", "inhibitory wiring")} | LEARNING
    lines = itertools.chain.from_iterable(group[-1] for group in choices.values())
    changed = parameter_files.load("culture", [*SMALL, *ONLINE, *lines, "culture.n_neurons=200"])
    return Dish(changed).culture, changed


def test_a_run_in_pieces_equals_one_run(learning_dish):
    whole, pieces = (NativeEngine(*learning_dish) for _ in range(2))
    steps, electrodes, amplitudes = random_pulses(500, 5)
    expected = whole.run(500, (steps, electrodes, amplitudes), True)
    got = []
    for start, stop in itertools.pairwise([0, 1, 2, 77, 300, 500]):
        now = (steps >= start) & (steps < stop)
        given_pulses = steps[now] - start, electrodes[now], amplitudes[now]
        piece = pieces.run(stop - start, given_pulses, True)
        got.append((piece[0] + start, piece[1]))
    assert np.array_equal(np.concatenate([piece[0] for piece in got]), expected[0])
    assert np.array_equal(np.concatenate([piece[1] for piece in got]), expected[1])
    for name in PROJECTIONS:
        assert np.array_equal(pieces.strengths(name), whole.strengths(name))


def test_strengths_can_be_read_at_any_time(learning_dish):
    """Reading applies pending updates, which must not change what follows."""
    dish, changed = learning_dish
    read, unread = (NativeEngine(dish, in_double(changed)) for _ in range(2))
    for number in range(10):
        given_pulses = random_pulses(30, number)
        expected, got = (engine.run(30, given_pulses, True) for engine in (unread, read))
        assert np.array_equal(got[1], expected[1])
        read.strengths("input")
    assert np.allclose(read.strengths("excitatory"), unread.strengths("excitatory"), rtol=1e-12)


def test_evaluating_changes_nothing(learning_dish):
    """The culture is at rest before and after, so that only its noise could be spent."""
    evaluated, spared = (NativeEngine(*learning_dish) for _ in range(2))
    presentations = [random_pulses(40, 1), random_pulses(40, 2)]
    first, again = (evaluated.evaluate(40, presentations) for _ in range(2))
    assert np.array_equal(first[0], again[0])
    assert not np.array_equal(first[0], first[1])
    expected, got = (engine.run(300, random_pulses(300, 5), True) for engine in (spared, evaluated))
    assert np.array_equal(got, expected)


def test_a_long_evaluation_is_computed_in_pieces(learning_dish, monkeypatch):
    presentations = [random_pulses(40, 1), random_pulses(40, 2)]
    whole = NativeEngine(*learning_dish).evaluate(40, presentations)
    monkeypatch.setattr(native, "MAX_SPIKES", 3000)
    in_pieces = NativeEngine(*learning_dish).evaluate(40, presentations)
    assert len(whole[0][0]) > 0
    for expected, got in zip(whole, in_pieces, strict=True):
        assert np.array_equal(got, expected)


def test_progress_is_told(learning_dish):
    told = []
    NativeEngine(*learning_dish).run(1000, random_pulses(1000, 1), True, told.append)
    assert told == sorted(told)
    assert len(told) > 1
    assert told[-1] == 1000


def test_single_precision_keeps_the_statistics(learning_dish):
    dish, changed = learning_dish
    single, double = (
        NativeEngine(dish, precision).run(2000, random_pulses(9, 1), True)
        for precision in (changed, in_double(changed))
    )
    assert len(single[0]) == pytest.approx(len(double[0]), rel=0.05)
