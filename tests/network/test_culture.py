"""Cultures as they are grown from parameters, and as they are kept in files."""

import dataclasses
import io
import itertools
import subprocess
import sys
import time

import h5py
import numpy as np
import pytest
from scipy import stats

from spikinggrid.mea.array import Mea
from spikinggrid.network import connectivity
from spikinggrid.network import culture as culture_module
from spikinggrid.network.connectivity import Projection
from spikinggrid.network.culture import Culture
from spikinggrid.parameters.files import load
from spikinggrid.utils.errors import InputError
from spikinggrid.utils.progress import INTERVAL, Progress

pytestmark = pytest.mark.filterwarnings("error")

#: Random numbers that are right are refused this often, as by four standard errors.
CHANCE = 1e-4
BETWEEN_NEURONS = ("excitatory", "inhibitory")
ELECTRODES = Mea(("a", "b"), x=[0.8e-3, 0.2e-3], y=[0.8e-3, 1.1e-3])
SPARSE = [f"synapses.{name}.synapses_per_neuron=20" for name in BETWEEN_NEURONS]
RELAY = "lagani2021/240_bio"


def grow(*overrides, preset="culture", seed=1):
    return Culture.grow(load(preset, [*overrides, f"simulation.seed={seed}"]), ELECTRODES)


def grid(n_neurons, *overrides):
    return grow(
        f"culture.n_neurons={n_neurons}",
        "culture.placement=grid",
        *overrides,
        *SPARSE,
        "synapses.excitatory.reach=1 mm",
        "synapses.inhibitory.reach=1 mm",
    )


@pytest.fixture(scope="module")
def dale():
    return grow()


@pytest.fixture(scope="module")
def relay():
    return grow(preset=RELAY)


def assert_equal(one, other):
    assert type(one) is type(other)
    for field in dataclasses.fields(one):
        value, found = getattr(one, field.name), getattr(other, field.name)
        if isinstance(value, Projection):
            assert_equal(value, found)
        else:
            np.testing.assert_array_equal(found, value, strict=isinstance(value, np.ndarray))


def differ(one, other, name):
    """Whether two cultures differ in one attribute."""
    one, other = getattr(one, name), getattr(other, name)
    if isinstance(one, Projection):
        one, other = one.matrix(), other.matrix()
    return not np.array_equal(one, other)


# --- neurons -----------------------------------------------------------------------------


@pytest.mark.parametrize(("n_neurons", "fraction"), [(1000, 0.2), (300, 0.25), (301, 0.5)])
def test_a_share_of_the_neurons_is_inhibitory(n_neurons, fraction):
    culture = grow(
        f"culture.n_neurons={n_neurons}", f"culture.inhibitory_fraction={fraction}", *SPARSE
    )
    n_inhibitory = np.count_nonzero(culture.is_inhibitory)
    assert abs(n_inhibitory - n_neurons * fraction) <= 0.5
    assert culture.n_neurons == len(culture.y) == n_neurons
    assert culture.n_excitatory == n_neurons - n_inhibitory
    assert culture.excitatory.n_pre == culture.n_excitatory == culture.first_source("inhibitory")
    assert culture.inhibitory.n_pre == n_inhibitory
    assert culture.excitatory.n_post == culture.inhibitory.n_post == n_neurons
    assert culture.first_source("excitatory") == 0
    assert not culture.is_inhibitory[: culture.n_excitatory].any()


def test_with_a_relay_every_neuron_excites_and_inhibits(relay):
    assert relay.relay
    assert relay.n_neurons == relay.n_excitatory == 240
    assert not relay.is_inhibitory.any()
    assert relay.excitatory.n_pre == relay.inhibitory.n_pre == 240
    assert relay.first_source("inhibitory") == relay.first_source("excitatory") == 0


@pytest.mark.parametrize("preset", ["culture", RELAY])
def test_neurons_lie_anywhere_in_the_dish(preset):
    n_neurons = "culture.n_neurons=1000"
    culture = grow(n_neurons, preset=preset)
    for place, size in ((culture.x, culture.width), (culture.y, culture.height)):
        assert stats.kstest(place / size, "uniform").pvalue > CHANCE
    assert abs(stats.pearsonr(culture.x, culture.y).statistic) < 4 / np.sqrt(1000)


def clumped(fraction, n_clumps=5, sd="40 um"):
    clumps = (f"culture.clump_fraction={fraction}", f"culture.n_clumps={n_clumps}")
    return grow("culture.placement=clumps", *clumps, f"culture.clump_sd={sd}", *SPARSE)


def test_a_share_of_the_neurons_lies_in_clumps(dale):
    """Those that lie where others do at random lie there still: the draws are the same."""
    culture = clumped(0.3)
    in_clump = (culture.x != dale.x) & (culture.y != dale.y)
    assert stats.binomtest(np.count_nonzero(in_clump), 1000, 0.3).pvalue > CHANCE
    assert not np.any((culture.x != dale.x) ^ (culture.y != dale.y))


def test_clumps_are_normal():
    culture = clumped(1.0, 1, "50 um")
    for place in (culture.x, culture.y):
        assert np.std(place) == pytest.approx(50e-6, rel=0.1)


def test_the_border_of_the_dish_reflects():
    """Where clumps are as wide as the dish, reflection makes them uniform."""
    culture = clumped(1.0, 5, "3 mm")
    for place, size in ((culture.x, culture.width), (culture.y, culture.height)):
        assert place.min() >= 0 and place.max() <= size
        assert stats.kstest(place / size, "uniform").pvalue > CHANCE


def test_neurons_of_large_dishes_are_numbered_along_a_curve(dale, monkeypatch):
    monkeypatch.setattr(culture_module, "LARGE", 0)
    large, n_excitatory = grow(), dale.n_excitatory
    for kind in (slice(0, n_excitatory), slice(n_excitatory, None)):
        before, after = (np.column_stack([own.x[kind], own.y[kind]]) for own in (dale, large))
        np.testing.assert_array_equal(*(own[np.lexsort(own.T)] for own in (before, after)))
        apart = [np.hypot(*np.diff(own, axis=0).T).mean() for own in (before, after)]
        assert apart[1] < 0.2 * apart[0]


def test_growing_a_large_dish_tells_how_many_neurons_are_wired(monkeypatch):
    lines, clock = io.StringIO(), itertools.count(step=INTERVAL)

    def show(total, unit, description):
        return Progress(total, unit, description, file=lines, clock=lambda: next(clock))

    parameters = load("culture", ["culture.n_neurons=3000"])
    Culture.grow(parameters, None, show)
    assert not lines.getvalue()
    for module in (connectivity, culture_module):
        monkeypatch.setattr(module, "LARGE", 0)
    Culture.grow(parameters, None, show)
    assert lines.getvalue().splitlines()[-1] == "growing synapses: 3,000 of 3,000 neurons (100 %)"


def test_the_dish_has_its_size(dale, relay):
    assert (dale.width, dale.height) == (1.6e-3, 1.6e-3)
    assert (relay.width, relay.height) == (5e-3, 3e-3)


def test_a_grid_without_jitter_is_a_lattice():
    culture = grid(200, "culture.jitter=0", "culture.width=2 mm", "culture.height=1 mm")
    columns, rows = np.unique(culture.x.round(12)), np.unique(culture.y.round(12))
    np.testing.assert_allclose(columns, (np.arange(20) + 0.5) * 1e-4)
    np.testing.assert_allclose(rows, (np.arange(10) + 0.5) * 1e-4)
    assert len(set(zip(culture.x, culture.y, strict=True))) == 200


@pytest.mark.parametrize("jitter", [0.1, 0.5])
def test_a_jittered_grid_is_displaced_by_its_jitter_at_most(jitter):
    culture = grid(900, f"culture.jitter={jitter}")
    spacing = culture.width / 30
    cell = np.column_stack([culture.x, culture.y]) / spacing
    assert len(np.unique(np.floor(cell), axis=0)) == 900
    displacement = np.abs(cell - np.floor(cell) - 0.5)
    assert displacement.max() <= jitter
    assert displacement.max() > 0.95 * jitter
    assert stats.kstest((cell % 1 - 0.5).ravel() / jitter, stats.uniform(-1, 2).cdf).pvalue > CHANCE


@pytest.mark.parametrize("n_neurons", [100, 101, 109, 110, 111])
def test_a_grid_has_place_for_any_number(n_neurons):
    culture = grid(n_neurons, "culture.jitter=0")
    assert len(set(zip(culture.x, culture.y, strict=True))) == n_neurons
    assert np.all((culture.x > 0) & (culture.x < culture.width))
    assert np.all((culture.y > 0) & (culture.y < culture.height))


@pytest.mark.parametrize("placement", [[], ["culture.placement=grid", "culture.jitter=0.5"]])
def test_inhibitory_neurons_are_everywhere(placement):
    culture = grow(*placement)
    inhibitory = culture.is_inhibitory
    assert stats.ks_2samp(culture.x[inhibitory], culture.x[~inhibitory]).pvalue > CHANCE
    assert stats.ks_2samp(culture.y[inhibitory], culture.y[~inhibitory]).pvalue > CHANCE


def test_neurons_differ_as_the_file_says(relay):
    culture = grow(
        "neuron.v_threshold=-55 mV",
        "neuron.threshold_spread=2 mV",
        "noise.drive=5 mV",
        "noise.drive_spread=2 mV",
    )
    n = culture.n_neurons
    assert culture.drive.mean() == pytest.approx(5e-3, abs=4 * 2e-3 / np.sqrt(n))
    assert culture.drive.std() == pytest.approx(2e-3, rel=4 / np.sqrt(2 * n))
    assert culture.v_threshold.mean() == pytest.approx(-55e-3, abs=4 * 2e-3 / np.sqrt(n))
    assert culture.v_threshold.std() == pytest.approx(2e-3, rel=4 / np.sqrt(2 * n))
    assert abs(stats.pearsonr(culture.drive, culture.v_threshold).statistic) < 4 / np.sqrt(n)
    assert np.all(relay.v_threshold == -50e-3)
    assert np.all(relay.drive == 0)


def test_no_threshold_lies_at_rest():
    culture = grow("culture.n_neurons=3000", "neuron.threshold_spread=1.66 mV", *SPARSE)
    assert np.abs(culture.v_threshold + 55e-3).max() == pytest.approx(3 * 1.66e-3)


# --- wiring ------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "n_synapses"), [("excitatory", 80), ("inhibitory", 60)])
def test_neurons_make_the_synapses_that_the_file_says(dale, name, n_synapses):
    projection = getattr(dale, name)
    mean = projection.n_synapses / projection.n_pre
    assert mean == pytest.approx(n_synapses, abs=4 * np.sqrt(n_synapses / projection.n_pre))
    pre, post = projection.pairs()
    assert np.all(pre + dale.first_source(name) != post)
    assert not projection.is_dense


def test_strengths_onto_inhibitory_neurons(dale):
    for name in BETWEEN_NEURONS:
        table = getattr(load("culture").synapses, name)
        onto_excitatory, onto_inhibitory = table.strength, table.strength_onto_inhibitory
        assert onto_inhibitory is not None
        projection = getattr(dale, name)
        inhibited = dale.is_inhibitory[projection.pairs()[1]]
        for where, mean in ((~inhibited, onto_excitatory), (inhibited, onto_inhibitory)):
            strengths = projection.strengths()[where]
            tolerance = 4 * 0.5 / np.sqrt(len(strengths))
            assert strengths.mean() == pytest.approx(mean, rel=tolerance)
            assert strengths.std() / strengths.mean() == pytest.approx(0.5, rel=0.1)


def test_reach_onto_inhibitory_neurons():
    culture = grow(
        "synapses.excitatory.reach=150 um",
        "synapses.excitatory.reach_onto_inhibitory=50 um",
        "synapses.excitatory.synapses_per_neuron=10",
    )
    pre, post = culture.excitatory.pairs()
    squared = culture.distances("excitatory", pre, post) ** 2
    margin = 0.45e-3  # three reaches: those nearer to the edge miss targets beyond it
    inner = (np.abs(culture.x - 0.8e-3) < 0.8e-3 - margin) & (
        np.abs(culture.y - 0.8e-3) < 0.8e-3 - margin
    )
    inhibited = culture.is_inhibitory[post]
    outwards = squared[inner[pre] & ~inhibited]
    assert outwards.mean() == pytest.approx(2 * 150e-6**2, rel=0.1)  # second moment in the plane
    inwards = squared[inhibited]
    assert len(inwards) > 100
    assert inwards.mean() == pytest.approx(2 * 50e-6**2, rel=4 / np.sqrt(len(inwards)))


def test_a_relayed_culture_receives_what_was_published(relay):
    np.testing.assert_allclose(relay.excitatory.incoming(), 40e-3, rtol=1e-6)
    np.testing.assert_allclose(relay.inhibitory.incoming(), 400e-3, rtol=1e-6)
    assert relay.excitatory.is_dense
    assert not relay.inhibitory.is_dense
    for projection in (relay.excitatory, relay.inhibitory):
        assert not np.diagonal(projection.matrix()).any()


def test_every_electrode_of_the_published_array_drives_neurons():
    parameters = load(RELAY)
    culture = Culture.grow(parameters, Mea.place(parameters))
    assert (culture.input.n_pre, culture.input.n_post) == (60, 240)
    np.testing.assert_allclose(culture.input.incoming(), 40e-3, rtol=1e-6)
    assert np.all(culture.input.matrix().sum(axis=1) > 0)


def test_a_pulse_is_a_field_around_its_electrode(dale):
    distance = np.hypot(ELECTRODES.x[:, None] - dale.x, ELECTRODES.y[:, None] - dale.y)
    relative = np.exp(-(distance**2) / (2 * 80e-6**2))
    clear = np.abs(relative - 0.01) > 1e-5
    expected = np.where(relative >= 0.01, 30e-3 * relative, 0)
    np.testing.assert_allclose(dale.input.matrix()[clear], expected[clear], rtol=1e-5)


def test_other_strengths_for_the_same_synapses(dale):
    strengths = np.linspace(0, 1, dale.excitatory.n_synapses)
    changed = dale.with_strengths(excitatory=strengths)
    np.testing.assert_array_equal(changed.excitatory.strengths(), strengths)
    np.testing.assert_array_equal(changed.excitatory.pairs(), dale.excitatory.pairs())
    assert changed.inhibitory is dale.inhibitory
    assert changed.x is dale.x


@pytest.mark.parametrize("name", BETWEEN_NEURONS)
def test_delays_grow_with_distance(dale, name):
    dt, first = 1e-4, dale.first_source(name)
    pre, post = getattr(dale, name).pairs()
    positions = np.column_stack([dale.x, dale.y])
    distance = np.linalg.norm(positions[pre + first] - positions[post], axis=1)
    np.testing.assert_allclose(dale.distances(name, pre, post), distance, rtol=1e-12)
    delay = dale.delay_steps(name, pre, post, dt) * dt
    velocity = getattr(load("culture").synapses, name).conduction_velocity
    assert np.abs(delay - (1e-3 + distance / velocity)).max() <= dt / 2 + 1e-12
    assert len(np.unique(delay)) > 10


def test_delays_without_velocity_are_all_the_same(relay):
    pre, post = relay.inhibitory.pairs()
    assert set(relay.delay_steps("inhibitory", pre, post, 1e-3)) == {1}
    assert set(relay.delay_steps("inhibitory", pre, post, 2.5e-4)) == {4}


def test_a_delay_is_at_least_one_step(dale):
    steps = dale.delay_steps("excitatory", *dale.excitatory.pairs(), dt=0.1)
    assert set(steps) == {1}
    assert np.issubdtype(steps.dtype, np.integer)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("synapses.excitatory.synapses_per_neuron", "1000"),
        ("synapses.inhibitory.synapses_per_neuron", "1000"),
        ("synapses.excitatory.reach", "5 um"),
        ("synapses.inhibitory.reach", "5 um"),
        ("culture.inhibitory_fraction", "1e-4"),
        ("culture.inhibitory_fraction", "0.9999"),
    ],
)
def test_a_culture_that_cannot_grow_names_the_key(key, value):
    with pytest.raises(InputError) as raised:
        grow(f"{key}={value}")
    assert key in str(raised.value)
    assert "\n" not in str(raised.value)


# --- seeds -------------------------------------------------------------------------------

RANDOM = ("x", "y", "v_threshold", "drive", "excitatory", "inhibitory")


def test_the_same_seed_grows_the_same_culture(dale, relay):
    assert_equal(grow(), dale)
    assert_equal(grow(preset=RELAY), relay)


def test_another_seed_grows_another_culture(dale, relay):
    other = grow(seed=2)
    assert all(differ(dale, other, name) for name in RANDOM)
    assert other.seed == 2
    assert differ(relay, grow(preset=RELAY, seed=2), "input")


@pytest.mark.parametrize(
    ("override", "changes"),
    [
        ("synapses.excitatory.synapses_per_neuron=40", {"excitatory"}),
        ("synapses.inhibitory.reach=300 um", {"inhibitory"}),
        ("synapses.input.reach=40 um", {"input"}),
        ("noise.drive_spread=1 mV", {"drive"}),
        ("neuron.threshold_spread=1 mV", {"v_threshold"}),
        ("mea.heard_fraction=0.5", set()),
        ("mea.radius_cv=0.5", set()),
        ("simulation.seed=9", set()),
    ],
)
def test_a_parameter_changes_only_what_it_is_about(dale, override, changes):
    changed = grow(override)
    assert {name for name in (*RANDOM, "input") if differ(dale, changed, name)} == changes


def test_projections_are_wired_independently():
    alike = ["synapses.inhibitory.reach=1.2 mm", "synapses.inhibitory.incoming=40 mV"]
    culture = grow(*alike, preset=RELAY)
    relative = culture.excitatory.matrix() - culture.inhibitory.matrix()
    assert np.count_nonzero(relative) > 0.9 * 240 * 239


# --- files -------------------------------------------------------------------------------


@pytest.mark.parametrize("preset", ["culture", RELAY])
def test_a_saved_culture_is_loaded_exactly(preset, tmp_path, request):
    culture = request.getfixturevalue("dale" if preset == "culture" else "relay")
    culture.save(tmp_path / "culture.h5")
    assert_equal(Culture.load(tmp_path / "culture.h5"), culture)
    assert [path.name for path in tmp_path.iterdir()] == ["culture.h5"]


@pytest.fixture
def saved(dale, tmp_path):
    path = tmp_path / "culture.h5"
    dale.save(path)
    return path


def refusal(path):
    with pytest.raises(InputError) as raised:
        Culture.load(path)
    [line] = str(raised.value).splitlines()
    assert line.startswith(f"{path}: ")
    return line


def test_a_missing_file_is_named(tmp_path):
    assert "no such file" in refusal(tmp_path / "culture.h5")


def test_a_folder_is_not_a_culture(tmp_path):
    refusal(tmp_path)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.99])
def test_a_truncated_file_is_damaged(saved, share):
    content = saved.read_bytes()
    saved.write_bytes(content[: int(share * len(content))])
    assert "damaged" in refusal(saved)


def test_a_file_of_another_kind_is_not_a_culture(tmp_path):
    text = tmp_path / "culture.toml"
    text.write_text("[culture]\n")
    assert "not an HDF5 file" in refusal(text)
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["x"] = np.zeros(3)
    assert "is not a culture saved by SpikingGrid" in refusal(tmp_path / "other.h5")


@pytest.mark.parametrize(
    "missing", ["x", "drive", "excitatory", "excitatory/weights", "inhibitory/n_pre"]
)
def test_a_file_that_lacks_something_is_damaged(saved, missing):
    with h5py.File(saved, "a") as file:
        del file[missing]
    assert "damaged" in refusal(saved)


def test_a_culture_is_saved_whole_or_not_at_all(dale, tmp_path):
    with pytest.raises(InputError, match="cannot be written"):
        dale.save(tmp_path / "no such folder" / "culture.h5")
    assert not list(tmp_path.iterdir())


# --- size --------------------------------------------------------------------------------

GROW_LARGE = f"""
import resource
from spikinggrid.network.culture import Culture
from spikinggrid.mea.array import Mea
from spikinggrid.parameters.files import load

parameters = load({RELAY!r}, ["culture.n_neurons=10140"])
culture = Culture.grow(parameters, Mea.place(parameters))
incoming = culture.excitatory.incoming()
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
print(culture.excitatory.n_synapses, incoming.min(), incoming.max(), peak)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss is in kB on Linux")
def test_the_large_published_culture_grows_in_time_and_memory():
    start = time.perf_counter()
    command = [sys.executable, "-c", GROW_LARGE]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - start
    assert not run.stderr
    n_synapses, least, most, peak = map(float, run.stdout.split())
    assert n_synapses > 90e6
    assert (least, most) == (pytest.approx(40e-3), pytest.approx(40e-3))
    assert seconds < 120
    assert peak < 1.5e9
