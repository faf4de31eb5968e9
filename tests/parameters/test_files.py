"""Parameter files: the presets against what was published, and every kind of mistake."""

import json
import re
import time
from pathlib import Path
from typing import Annotated

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ConfigDict, TypeAdapter, ValidationError

from spikinggrid.parameters.files import dumps, load, loads, presets
from spikinggrid.parameters.tables.base import Table
from spikinggrid.parameters.units import format_quantity
from spikinggrid.utils.errors import InputError, quoted, shortened

pytestmark = pytest.mark.filterwarnings("error")

PRESETS = Path(__file__).parents[2] / "parameters"

STIMULATION = """
[[stimulation]]
kind = "tetanus"
electrodes = "L"
start = "1 s"
duration = "400 ms"
rate = "250 Hz"
repeats = 40
interval = "1 s"

[[stimulation]]
kind = "pulse"
electrodes = [27, 28]
start = "50 s"
amplitude = 0.5
"""


@pytest.fixture
def written(tmp_path):
    """Writes a parameter file and gives its path."""

    def write(content, name="mine.toml"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def mistakes(name, *overrides):
    with pytest.raises(InputError) as raised:
        load(name, overrides)
    return str(raised.value).splitlines()


def changed_lines(parameters, other):
    return set(dumps(parameters).splitlines()) ^ set(dumps(other).splitlines())


# --- presets -----------------------------------------------------------------------------


@pytest.mark.parametrize("preset", presets())
def test_every_preset_survives_writing_and_reading(preset):
    parameters = load(preset)
    assert loads(dumps(parameters)) == parameters
    assert loads(dumps(parameters, comments=True)) == parameters


@pytest.mark.parametrize("preset", presets())
def test_every_preset_says_what_it_is(preset):
    assert len(presets()[preset]) > 20


def test_the_presets_are_there():
    assert {"culture", "lagani2021/240_bio", "lagani2021/tetanization"} <= set(presets())


def published(voltage):
    """A voltage of Lagani et al. 2021, where 0 is -90 mV and 1 is -50 mV, in V."""
    return pytest.approx(-90e-3 + 40e-3 * voltage)


def span(strength):
    return pytest.approx(40e-3 * strength)


def length(units):
    return pytest.approx(3e-3 * units)


@pytest.mark.parametrize(
    ("preset", "n_neurons", "v_rest", "v_lower_bound", "excitatory", "inhibitory", "classes"),
    [
        ("240_bio", 240, 0.5, 0.0, 1, 10, [0, 1]),
        ("240_tsk", 240, 0.0, None, 3, 300, [0, 1]),
        ("10140_bio", 10140, 0.5, 0.0, 1, 10, [0, 1]),
        ("10140_tsk", 10140, 0.0, None, 8, 800, [0, 1]),
        ("10140_bio_012", 10140, 0.5, 0.0, 1, 10, [0, 1, 2]),
        ("10140_bio_0123", 10140, 0.5, 0.0, 1, 10, [0, 1, 2, 3]),
    ],
)
def test_the_configurations_of_lagani2021_are_as_published(
    preset, n_neurons, v_rest, v_lower_bound, excitatory, inhibitory, classes
):
    parameters = load(f"lagani2021/{preset}")
    culture, neuron, synapses = parameters.culture, parameters.neuron, parameters.synapses
    assert culture.n_neurons == n_neurons
    assert (culture.inhibition, culture.placement) == ("relay", "random")
    assert (culture.height, culture.width) == (length(1), length(130 / 78))
    assert neuron.v_rest == published(v_rest)
    lower = None if v_lower_bound is None else published(v_lower_bound)
    assert neuron.v_lower_bound == lower
    assert (neuron.v_reset, neuron.v_threshold) == (published(0.5), published(1))
    assert (neuron.tau_m, neuron.t_refractory, neuron.threshold_spread) == (0.05, 0.005, 0)
    assert neuron.adaptation is None
    assert not any(dict(parameters.noise).values())
    assert synapses.input.incoming == span(1)
    assert synapses.excitatory.incoming == span(excitatory)
    assert synapses.inhibitory.incoming == span(inhibitory)
    assert synapses.input.reach == length(0.1)
    assert synapses.excitatory.reach == length(0.4)
    assert synapses.inhibitory.reach == length(0.05)
    for projection in (synapses.input, synapses.excitatory, synapses.inhibitory):
        assert (projection.rule, projection.cutoff) == ("strength", 1e-3)
    assert parameters.simulation.dt == 1e-3
    assert parameters.mea.layout.startswith("6x10")
    digits = parameters.digits
    assert digits.classes == classes
    assert (digits.image_rows, digits.image_columns, digits.presentation) == (6, 6, 0.1)
    assert (digits.image_rate, digits.label_rate) == (200, 200)


@pytest.mark.parametrize("preset", [name for name in presets() if name.startswith("lagani2021/")])
def test_the_plasticity_of_lagani2021_is_as_published(preset):
    plasticity = load(preset).plasticity
    assert (plasticity.rule, plasticity.trace, plasticity.normalise) == ("online", "set", True)
    assert (plasticity.tau_pre, plasticity.tau_post) == (0.02, 0.02)
    for rates in (plasticity.input, plasticity.excitatory, plasticity.inhibitory):
        assert (rates.nu_pre, rates.nu_post) == (span(1e-4), span(1e-2))


def test_the_tetanus_of_ruaro2005_is_as_published():
    [entry] = [e for e in load("ruaro2005").stimulation if e.kind == "tetanus"]
    assert (entry.electrodes, entry.repeats, entry.rate) == ("L", 40, 250)
    assert entry.rate * entry.duration == pytest.approx(100)


def test_tetanization_is_the_large_network_for_400_ms():
    lines = changed_lines(load("lagani2021/tetanization"), load("lagani2021/10140_bio"))
    assert lines == {'duration = "1 s"', 'duration = "400 ms"'}


def test_what_is_not_fitted_in_the_culture_is_as_described():
    parameters = load("culture")
    excitatory, inhibitory = parameters.synapses.excitatory, parameters.synapses.inhibitory
    assert (parameters.culture.n_neurons, parameters.culture.inhibitory_fraction) == (1000, 0.2)
    assert (excitatory.synapses_per_neuron, inhibitory.synapses_per_neuron) == (80, 60)
    assert (parameters.neuron.tau_m, parameters.neuron.t_refractory) == (0.02, 0.003)
    assert (excitatory.tau, inhibitory.tau) == (0.005, 0.01)
    assert parameters.mea.layout == "8x8-200um-59"


# --- reading, writing, combining ---------------------------------------------------------


def test_stimulation_survives_writing_and_reading(written):
    parameters = load(written('extends = "culture"\n' + STIMULATION))
    assert [entry.kind for entry in parameters.stimulation] == ["tetanus", "pulse"]
    assert parameters.stimulation[0].repeats == 40
    assert parameters.stimulation[1].electrodes == [27, 28]
    assert loads(dumps(parameters)) == parameters
    assert loads(dumps(parameters, comments=True)) == parameters


@given(st.floats(1e-6, 1e3), st.floats(1e-9, 100), st.integers(0, 2**63 - 1))
def test_any_number_survives_writing_and_reading(tau_m, fraction, seed):
    parameters = load(
        "culture",
        [
            f"neuron.tau_m={format_quantity(tau_m, 's')}",
            "simulation.dt=1 us",
            f"synapses.excitatory.strength_cv={fraction!r}",
            f"simulation.seed={seed}",
        ],
    )
    assert parameters.neuron.tau_m == tau_m
    assert parameters.synapses.excitatory.strength_cv == fraction
    assert loads(dumps(parameters, comments=True)) == parameters


def test_comments_explain_every_key():
    text = dumps(load("lagani2021/240_bio"), comments=True)
    keys = [line for line in text.splitlines() if " = " in line.partition("#")[0]]
    assert len(keys) > 50
    assert all(len(line.partition(" # ")[2]) >= 10 for line in keys)
    assert " # " not in dumps(load("lagani2021/240_bio"))


def test_a_file_that_extends_changes_only_what_it_says(written):
    path = written('extends = "culture"\n[synapses.excitatory]\nreach = "0.3 mm"')
    was = f'reach = "{format_quantity(load("culture").synapses.excitatory.reach, "m")}"'
    assert changed_lines(load(path), load("culture")) == {was, 'reach = "300 um"'}


def test_extends_may_be_chained_and_looks_beside_the_file_first(written, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    written('extends = "culture"\n[simulation]\nseed = 1\nduration = "2 s"', "lab/base.toml")
    written('extends = "base.toml"\n[simulation]\nseed = 3', "lab/mine.toml")
    written("this is not read", "base.toml")
    for path in (tmp_path / "lab/mine.toml", "lab/mine.toml"):
        simulation = load(path).simulation
        assert (simulation.seed, simulation.duration, simulation.dt) == (3, 2.0, 1e-3)


def test_stimulation_of_a_base_is_replaced_not_mixed(written):
    written('extends = "culture"\n' + STIMULATION, "base.toml")
    entry = '[[stimulation]]\nkind = "pulse"\nelectrodes = "all"\nstart = "3 s"'
    parameters = load(written('extends = "base.toml"\n' + entry))
    assert [entry.start for entry in parameters.stimulation] == [3.0]


@pytest.mark.parametrize(
    ("overrides", "keys", "value"),
    [
        (["neuron.tau_m=15 ms"], "neuron.tau_m", 0.015),
        (['neuron.tau_m="15 ms"'], "neuron.tau_m", 0.015),
        (["neuron.tau_m = 15 ms "], "neuron.tau_m", 0.015),
        (["neuron.tau_m=15 ms", "neuron.tau_m=25 ms"], "neuron.tau_m", 0.025),
        (["culture.n_neurons=240"], "culture.n_neurons", 240),
        (["synapses.excitatory.strength_cv=1"], "synapses.excitatory.strength_cv", 1.0),
        (["neuron.v_lower_bound=-90 mV"], "neuron.v_lower_bound", -0.09),
        (["neuron.t_refractory_inhibitory=none"], "neuron.t_refractory_inhibitory", None),
        (['neuron.t_refractory_inhibitory="none"'], "neuron.t_refractory_inhibitory", None),
        (["mea.layout=8x8-200um"], "mea.layout", "8x8-200um"),
        (["culture.placement=grid", "culture.jitter=0"], "culture.jitter", 0.0),
    ],
)
def test_overrides(overrides, keys, value):
    found = load("culture", overrides)
    for name in keys.split("."):
        found = getattr(found, name)
    assert found == value


def test_overrides_make_tables_and_lists():
    rates = ["plasticity.input.nu_post=1 uV", "digits.labels=[[9], [59]]"]
    changed = load("lagani2021/240_bio", ["plasticity.input.nu_pre=0 V", *rates])
    assert changed.digits.labels == [[9], [59]]
    assert changed.plasticity.input.nu_post == pytest.approx(1e-6)
    entry = 'stimulation=[{kind = "pulse", electrodes = "all", start = "1 s"}]'
    assert load("culture", [entry]).stimulation[0].electrodes == "all"


def test_overrides_come_after_extends(written):
    path = written('extends = "culture"\n[neuron]\ntau_m = "30 ms"')
    assert load(path, ["neuron.tau_m=15 ms"]).neuron.tau_m == 0.015


def test_parameters_do_not_change_after_reading():
    with pytest.raises(ValidationError):
        load("culture").neuron.tau_m = 0.015


# --- files as editors write them ---------------------------------------------------------

TWO_SECONDS = 'extends = "culture"\n[simulation]\nduration = "2 s"\n'

AS_EDITORS_WRITE = {
    "as it is": TWO_SECONDS.encode(),
    "BOM": TWO_SECONDS.encode("utf-8-sig"),
    "BOM and CRLF": TWO_SECONDS.replace("\n", "\r\n").encode("utf-8-sig"),
    "UTF-16, little-endian": b"\xff\xfe" + TWO_SECONDS.encode("utf-16-le"),
    "UTF-16, big-endian": b"\xfe\xff" + TWO_SECONDS.encode("utf-16-be"),
    "UTF-16 and CRLF": TWO_SECONDS.replace("\n", "\r\n").encode("utf-16"),
    "CRLF": TWO_SECONDS.replace("\n", "\r\n").encode(),
    "CRLF, none at the end": TWO_SECONDS.strip().replace("\n", "\r\n").encode(),
    "CRLF in places": TWO_SECONDS.replace("\n", "\r\n", 1).encode(),
    "CRLF after comments": TWO_SECONDS.replace("\n", "  # µ, \U0001f9e0\r\n").encode(),
    "CRLF after blank lines": TWO_SECONDS.replace("\n", "\r\n\r\n \t\r\n").encode(),
}


@pytest.mark.parametrize("content", AS_EDITORS_WRITE.values(), ids=AS_EDITORS_WRITE)
def test_files_are_read_as_editors_write_them(content, written):
    assert load(written(content)) == load("culture", ["simulation.duration=2 s"])


def test_a_base_and_text_may_have_a_byte_order_mark(written):
    written(TWO_SECONDS.encode("utf-8-sig"), "base.toml")
    path = written('extends = "base.toml"\r\n'.encode("utf-16"))
    assert load(path).simulation.duration == 2.0
    assert loads("\ufeff" + dumps(load(path))) == load(path)


# --- the models --------------------------------------------------------------------------


def tables(model=Table):
    for table in model.__subclasses__():
        yield table
        yield from tables(table)


FIELDS = [
    pytest.param(field, id=f"{table.__name__}.{name}")
    for table in tables()
    for name, field in table.model_fields.items()
    if "Table" not in str(field.annotation)
]


@pytest.mark.parametrize("field", FIELDS)
def test_every_key_has_a_meaning_and_an_example_that_is_right(field):
    assert len(field.description) >= 10
    assert "\n" not in field.description
    strict = ConfigDict(strict=True, allow_inf_nan=False)
    accepts = TypeAdapter(Annotated[field.annotation, field], config=strict)
    assert accepts.validate_python(field.examples[0]) is not None
    with pytest.raises(ValidationError):
        accepts.validate_python(object())


@pytest.mark.parametrize("table", list(tables()))
def test_every_table_has_a_meaning(table):
    assert table.__doc__
    assert table.__doc__ != Table.__doc__


# --- mistakes ----------------------------------------------------------------------------


MODULATED = """
[plasticity]
rule = "modulated"
tau_pre = "20 ms"
[plasticity.excitatory]
nu_post = "1 uV"
"""


def changed(change, preset="culture"):
    return f'extends = "{preset}"\n{change}\n'


def without(line, preset="dissociated"):
    """A preset's text less the one line that begins like this."""
    text = (PRESETS / f"{preset}.toml").read_text(encoding="utf-8")
    shorter, n_lines = re.subn(rf"(?m)^{re.escape(line)}.*\n", "", text, count=1)
    assert n_lines == 1
    return shorter


def entry(**keys):
    """A file with one stimulation entry, a tetanus but for some keys."""
    tetanus = {
        "kind": '"tetanus"',
        "electrodes": '"L"',
        "start": '"1 s"',
        "duration": '"0.4 s"',
        "rate": '"250 Hz"',
        "repeats": "40",
        "interval": '"1 s"',
    }
    given = {name: value for name, value in (tetanus | keys).items() if value is not None}
    lines = [f"{name} = {value}" for name, value in given.items()]
    return changed("\n".join(["[[stimulation]]", *lines]))


LAGANI = "lagani2021/240_bio"

MISTAKES = {
    "unknown table": (changed("[neurons]\ntau_m = 3"), "neurons", "did you mean neuron?"),
    "unknown table unlike any": (changed("[qqq]\ntau_m = 3"), "qqq", "known here: culture, neuron"),
    "unknown key": (changed("[neuron]\ntau_n = 3"), "neuron.tau_n", "did you mean tau_m?"),
    "unknown key unlike any": (changed("[neuron]\nqqq = 3"), "neuron.qqq", "known here: v_rest"),
    "unknown key of an inner table": (
        changed('[synapses.input]\nreech = "1 um"'),
        "synapses.input.reech",
        "did you mean reach?",
    ),
    "key outside of any table": (changed("seed = 3"), "seed", "known here: culture"),
    "wrong unit": (changed('[neuron]\ntau_m = "20 mV"'), "neuron.tau_m", '"20 ms"'),
    "missing unit": (changed("[neuron]\ntau_m = 20"), "neuron.tau_m", '"20 ms"'),
    "missing unit in text": (changed('[neuron]\ntau_m = "20"'), "neuron.tau_m", '"20 ms"'),
    "unknown unit": (changed('[neuron]\ntau_m = "20 parsec"'), "neuron.tau_m", '"20 ms"'),
    "no number": (changed('[neuron]\ntau_m = "long"'), "neuron.tau_m", '"20 ms"'),
    "negative time constant": (
        changed('[neuron]\ntau_m = "-20 ms"'),
        "neuron.tau_m",
        "at least 1 us;",
    ),
    "NaN quantity": (changed("[neuron]\ntau_m = nan"), "neuron.tau_m", '"20 ms"'),
    "NaN quantity as text": (changed('[neuron]\ntau_m = "nan ms"'), "neuron.tau_m", '"20 ms"'),
    "NaN number": (
        changed("[culture]\ninhibitory_fraction = nan"),
        "culture.inhibitory_fraction",
        "0.2",
    ),
    "infinite quantity": (changed('[neuron]\ntau_m = "inf ms"'), "neuron.tau_m", '"20 ms"'),
    "quantity beyond floats": (changed('[neuron]\ntau_m = "1e400 ms"'), "neuron.tau_m", "finite"),
    "quantity beyond decimals": (
        changed('[neuron]\ntau_m = "1e1000000 s"'),
        "neuron.tau_m",
        '"20 ms"',
    ),
    "infinite number": (
        changed("[synapses.excitatory]\nstrength_cv = inf"),
        "synapses.excitatory.strength_cv",
        "0.5",
    ),
    "reach of 0": (
        changed('[synapses.excitatory]\nreach = "0 um"'),
        "synapses.excitatory.reach",
        "at least 1 um;",
    ),
    "share above 1": (
        changed("[mea]\nheard_fraction = 1.1"),
        "mea.heard_fraction",
        "should be at most 1;",
    ),
    "no neurons": (changed("[culture]\nn_neurons = 0"), "culture.n_neurons", "1000"),
    "negative learning rate": (
        changed('[plasticity.input]\nnu_pre = "-4 uV"', LAGANI),
        "plasticity.input.nu_pre",
        "should be at least 0 V;",
    ),
    "recording below a step": (
        changed('[simulation]\nduration = "0.5 ms"'),
        "simulation.duration",
        "simulation.dt",
    ),
    "negative seed": (
        changed("[simulation]\nseed = -1"),
        "simulation.seed",
        "should be at least 0;",
    ),
    "bool for int": (changed("[simulation]\nseed = true"), "simulation.seed", "integer"),
    "float for int": (changed("[culture]\nn_neurons = 1000.0"), "culture.n_neurons", "integer"),
    "text for int": (changed('[culture]\nn_neurons = "1000"'), "culture.n_neurons", "integer"),
    "bool for float": (changed("[mea]\nheard_fraction = true"), "mea.heard_fraction", "1.0"),
    "list for quantity": (changed('[neuron]\ntau_m = ["20 ms"]'), "neuron.tau_m", '"20 ms"'),
    "unknown layout": (changed('[mea]\nlayout = "9x9"'), "mea.layout", "'6x10-500um', "),
    "unknown engine": (changed('[simulation]\nengine = "neuron"'), "simulation.engine", '"native"'),
    "required key is none": (changed('[neuron]\ntau_m = "none"'), "neuron.tau_m", '"20 ms"'),
    "missing key": (without("tau_m ="), "neuron.tau_m", '"20 ms"'),
    "missing table": (
        without('rule = "static"').replace("[plasticity]", ""),
        "plasticity",
        "begin with [plasticity]",
    ),
    "number for table": (changed("neuron = 5"), "neuron", "begin with [neuron]"),
    "grid without jitter": (changed('[culture]\nplacement = "grid"'), "culture.jitter", "0.5"),
    "jitter without grid": (changed("[culture]\njitter = 0.5"), "culture.jitter", '"none"'),
    "dale without fraction": (
        changed('[culture]\ninhibitory_fraction = "none"'),
        "culture.inhibitory_fraction",
        "0.2",
    ),
    "fraction with relay": (
        changed("[culture]\ninhibitory_fraction = 0.2", LAGANI),
        "culture.inhibitory_fraction",
        '"none"',
    ),
    "inhibitory neurons with relay": (
        changed('[neuron]\nt_refractory_inhibitory = "2 ms"', LAGANI),
        "neuron.t_refractory_inhibitory",
        '"none"',
    ),
    "inhibitory targets with relay": (
        changed('[synapses.excitatory]\nreach_onto_inhibitory = "2 mm"', LAGANI),
        "synapses.excitatory.reach_onto_inhibitory",
        '"none"',
    ),
    "key of the strength rule": (
        changed('[synapses.excitatory]\nincoming = "40 mV"'),
        "synapses.excitatory.incoming",
        '"none"',
    ),
    "key of the probability rule": (
        changed("[synapses.inhibitory]\nsynapses_per_neuron = 60", LAGANI),
        "synapses.inhibitory.synapses_per_neuron",
        '"none"',
    ),
    "other rule without its keys": (
        changed('[synapses.excitatory]\nrule = "strength"'),
        "synapses.excitatory.cutoff",
        "0.001",
    ),
    "key of the other input rule": (
        changed('[synapses.input]\nincoming = "40 mV"'),
        "synapses.input.incoming",
        '"none"',
    ),
    "exponential without tau": (
        changed('[synapses.inhibitory]\ntau = "none"'),
        "synapses.inhibitory.tau",
        "5 ms",
    ),
    "instantaneous with tau": (
        changed('[synapses.inhibitory]\ntau = "5 ms"', LAGANI),
        "synapses.inhibitory.tau",
        '"none"',
    ),
    "slow current of nothing": (
        changed('[synapses.excitatory]\ntau_slow = "none"'),
        "synapses.excitatory.slow_share",
        "both",
    ),
    "depression without tau": (
        changed('[synapses.excitatory]\ntau_depression = "none"'),
        "synapses.excitatory.depression",
        "both",
    ),
    "adaptation without tau": (
        changed('[neuron]\ntau_adaptation = "none"'),
        "neuron.adaptation",
        "both",
    ),
    "reset above threshold": (
        changed('[neuron]\nv_reset = "-50 mV"'),
        "neuron.v_threshold",
        "above v_reset",
    ),
    "threshold spreads to rest": (
        changed('[neuron]\nthreshold_spread = "6 mV"'),
        "neuron.v_threshold",
        "above v_reset",
    ),
    "lower bound above rest": (
        changed('[neuron]\nv_lower_bound = "-60 mV"'),
        "neuron.v_lower_bound",
        "not lie above v_rest",
    ),
    "delay below a step": (
        changed('[synapses.excitatory]\ndelay = "0.4 ms"'),
        "synapses.excitatory.delay",
        "simulation.dt",
    ),
    "inhibitory delay below a step": (
        changed('[synapses.inhibitory]\ndelay = "0.4 ms"'),
        "synapses.inhibitory.delay",
        "simulation.dt",
    ),
    "membrane too fast for the steps": (
        changed('[neuron]\ntau_m = "19.9 us"'),
        "neuron.tau_m",
        "at least 20 us",
    ),
    "trace too fast for the steps": (
        changed('[plasticity]\ntau_post = "1 us"', LAGANI),
        "plasticity.tau_post",
        "at least 20 us, or the steps shorter",
    ),
    "current too fast for the steps": (
        changed('[synapses.inhibitory]\ntau = "15 us"'),
        "synapses.inhibitory.tau",
        "is 15 us, too short",
    ),
    "static with traces": (changed('[plasticity]\ntrace = "set"'), "plasticity.trace", '"none"'),
    "online without traces": (changed('[plasticity]\nrule = "online"'), "plasticity.trace", "set"),
    "online without normalise": (
        changed('[plasticity]\nnormalise = "none"', LAGANI),
        "plasticity.normalise",
        "true",
    ),
    "online without rates": (
        changed('[plasticity]\ninput = "none"\nexcitatory = "none"\ninhibitory = "none"', LAGANI),
        "plasticity",
        "[plasticity.excitatory]",
    ),
    "online without a rate": (
        changed('[plasticity.input]\nnu_pre = "none"', LAGANI),
        "plasticity",
        '"4 uV"',
    ),
    "online in a region": (
        changed('[plasticity.input]\nplastic = "image-to-labels"', LAGANI),
        "plasticity",
        '"modulated"',
    ),
    "modulated with two traces": (
        changed('[plasticity]\nrule = "modulated"', LAGANI),
        "plasticity.trace",
        '"none"',
    ),
    "region without digits": (
        changed(f'{MODULATED}plastic = "image-to-labels"'),
        "digits",
        "image-to-labels",
    ),
    "signals without modulation": (
        changed("[digits]\nfinal_signal = 0.1", LAGANI),
        "digits.final_signal",
        '"modulated"',
    ),
    "contrast without modulation": (
        changed(
            '[digits]\nteaching = "contrastive"\nfree_signal = -1.0\nonly_errors = true', LAGANI
        ),
        "digits.teaching",
        '"modulated"',
    ),
    "contrast without a signal": (
        changed('[digits]\nteaching = "contrastive"', LAGANI),
        "digits.free_signal",
        "-2.0",
    ),
    "no digit": (changed("[digits]\nclasses = [1, 10]", LAGANI), "digits", "0 to 9"),
    "a digit twice": (changed("[digits]\nclasses = [1, 1]", LAGANI), "digits", "twice"),
    "latency with a rate": (
        changed('[digits]\nencoding = "latency"', LAGANI),
        "digits.image_rate",
        '"none"',
    ),
    "an interval by light": (
        changed('[digits]\ninterval = "1 s"\ninput = "light"', LAGANI),
        "digits",
        "by electrodes",
    ),
    "labels that are no list": (
        changed('[digits]\nlabels = "left"', LAGANI),
        "digits.labels",
        "beside-image",
    ),
    "grid layout without rows": (changed('[mea]\nlayout = "grid"'), "mea.rows", "8"),
    "pitch of a named layout": (changed('[mea]\npitch = "1 mm"'), "mea.pitch", '"none"'),
    "too many sites": (
        changed('[mea]\nlayout = "hd-26400"\nn_recorded = 2000'),
        "mea.n_recorded",
        "should be at most 1,024;",
    ),
    "radius without length": (changed('[mea]\nradius = "none"'), "mea.radius", "60 um"),
    "blanking of nothing": (
        changed('[mea]\nartefact_reach = "none"'),
        "mea.blanking",
        "artefact_reach",
    ),
    "one digit": (changed("[digits]\nclasses = [0]", LAGANI), "digits.classes", "[0, 1]"),
    "digit as text": (
        changed('[digits]\nclasses = [0, "1"]', LAGANI),
        "digits.classes",
        "classes = [0, 1]",
    ),
    "unknown kind of stimulus": (entry(kind='"theta"'), "stimulation.0.kind", "'tetanus'"),
    "stimulus without start": (entry(start=None), "stimulation.0.start", '"30 s"'),
    "stimulus with unknown key": (entry(frequency='"1 Hz"'), "stimulation.0.frequency", "kind"),
    "tetanus without rate": (entry(rate=None), "stimulation.0.rate", "200 Hz"),
    "burst with rate": (entry(kind='"burst"'), "stimulation.0.rate", '"none"'),
    "repeats without interval": (entry(interval=None), "stimulation.0.interval", "1 s"),
    "interval below duration": (entry(interval='"0.1 s"'), "stimulation.0.interval", "duration"),
    "electrodes as number": (
        entry(electrodes="5"),
        "stimulation.0.electrodes",
        "electrodes = [27, 28]",
    ),
    "electrodes as fractions": (
        entry(electrodes="[1, 1.5]"),
        "stimulation.0.electrodes",
        "electrodes = [27, 28]",
    ),
    "an electrode below 0": (entry(electrodes="[-1]"), "stimulation.0", "counted from 0"),
    "an electrode beyond all": (entry(electrodes=f"[{10**40}]"), "stimulation.0", "counted from 0"),
    "a label beyond all": (
        changed(f"[digits]\nlabels = [[1], [{10**40}]]", LAGANI),
        "digits",
        "counted from 0",
    ),
    "stimulation as table": (
        changed('[stimulation]\nkind = "pulse"'),
        "stimulation",
        "[[stimulation]]",
    ),
    "extends a number": (changed("").replace('"culture"', "5"), "extends", 'extends = "culture"'),
    "extends what is not there": (changed("").replace("culture", "kulture"), "extends", "culture"),
}


@pytest.mark.parametrize(("content", "where", "right"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_one_clear_line(content, where, right, written):
    path = written(content)
    [line] = mistakes(path)
    # "synapses.excitatory.tau: ..." for one key, "synapses.excitatory: tau ..." for several
    table, _, key = where.rpartition(".")
    place = rf"{re.escape(table)}(\.|: ){key}" if table else key
    assert re.match(rf"{re.escape(str(path))}: {place}\b", line)
    assert right in line


@pytest.mark.parametrize("name", ["", " ", "a\nb", "\x1b[31m", "a.b", "k" * 200])
def test_names_that_no_key_has_are_quoted_in_one_line(name, written):
    [line] = mistakes(written(changed(f"[{json.dumps(name)}]\ntau_m = 3")))
    assert f".toml: {quoted(name)}: unknown table" in line
    [line] = mistakes(written(changed(f"[neuron]\n{json.dumps(name)} = 3")))
    assert f".toml: neuron.{quoted(name)}: unknown key" in line


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"tau_m = ", "is not valid TOML: "),
        (b"[neuron]\ntau_m\n", "is not valid TOML: "),
        (b"[neuron]\n[neuron]\n", "is not valid TOML: "),
        (b"PK\x03\x04\x14\x00", "is not valid TOML: "),
        (b"\x89HDF\r\n\x1a\n", "is not a text file in UTF-8: line 1"),
        ("# 1\n# Größe\n".encode("latin-1"), "is not a text file in UTF-8: line 2"),
        (b"\xff\xfe#\x00\n", "is not a text file in UTF-8: line 1"),
        (TWO_SECONDS.encode("utf-16-le"), "is not valid TOML: "),
        (TWO_SECONDS.encode("utf-32"), "is not valid TOML: "),
        (TWO_SECONDS.replace("\n", "\r").encode(), "is not valid TOML: "),
    ],
)
def test_a_file_that_cannot_be_read_is_named(content, message, written):
    path = written(content)
    [line] = mistakes(path)
    assert line.startswith(f"{path}: {message}")


LONG = 400_000

HOSTILE = {
    "an integer": ("[culture]\nn_neurons = " + "1" * LONG, "line 2 has a number of too many digi"),
    "a hex integer": (
        changed(f"[culture]\nn_neurons = 0x{'f' * LONG}"),
        ".n_neurons: found int of",
    ),
    "a fraction": (
        changed(f"[mea]\nheard_fraction = 1.{'1' * LONG}"),
        "heard_fraction: found 1.11",
    ),
    "a quantity": (changed(f'[neuron]\ntau_m = "{"9" * LONG} ms"'), "neuron.tau_m: '9999"),
    "a unit": (changed(f'[neuron]\ntau_m = "9 {"x" * LONG}"'), "neuron.tau_m: found '9 xx"),
    "text": (changed(f'[simulation]\nengine = "{"x" * LONG}"'), "simulation.engine: found 'xxxx"),
    "a key": (changed(f"[neuron]\n{'x' * LONG} = 1"), "neuron.'xxxx"),
    "a table": (changed(f"[{'x' * LONG}]"), "'xxxx"),
    "a base": (f'extends = "{"x" * LONG}"', "extends: xxxx"),
    "a list as base": (f"extends = [{'1,' * LONG}]", "extends: found [1, 1"),
    "a list": (changed(f"[digits]\nclasses = [{'1,' * LONG}]", LAGANI), "digits: classes: a digit"),
    "arrays": ("x = " + "[" * LONG, "line 1 is nested too deeply"),
    "tables": ("a = 1\nx = " + "{x = " * 100_000, "line 2 is nested too deeply"),
    "closed arrays": ("[neuron]\ntau_m = " + "[" * 50 + "]" * 50, "neuron: is nested too deeply"),
    "closed tables": ("[neuron]\n" + "[neuron.a" + ".a" * 50 + "]", "neuron: is nested too"),
    "dotted keys": ("a = 1\n" + ".".join("x" * (LONG // 2)) + " = 1", "line 2 has 199,999 dots"),
    "dotted tables": ("[" + ".".join("x" * 1000) + "]", "line 1 has 999 dots"),
    "many dotted keys": (f"{'.a' * 190} = 1\n".replace(".", "", 1) * 2000, "is not valid TOML: "),
    "lines": ("x" * 10 + "\n" + "# x\n" * (LONG // 4), "is not valid TOML: "),
    "bytes": ("# x\n" * LONG, "has more than 1,000,000 bytes"),
}


@pytest.mark.parametrize(("content", "message"), HOSTILE.values(), ids=HOSTILE)
def test_a_file_too_large_for_its_kind_is_refused_in_a_short_line(content, message, written):
    path = written(content)
    started = time.process_time()
    lines = mistakes(path)
    assert time.process_time() - started < 20
    assert message in "\n".join(lines)
    assert all(len(line) < 700 + len(str(path)) for line in lines)


@pytest.mark.parametrize("n_tables", [0, 1])
def test_of_many_mistakes_ten_are_told(n_tables, written):
    text = "[neuron]\n" * n_tables + "\n".join(f"x{number} = 1" for number in range(5000))
    lines = mistakes(written(text))
    assert len(lines) == 11
    assert re.search(r"mine\.toml: and 50\d\d? more$|: and 49\d\d more$", lines[-1])


def test_an_override_too_large_for_its_kind_is_refused_in_a_short_line():
    dotted = ".".join("x" * 50_000)
    for override in (f"neuron.tau_m={'1' * LONG}", f"{dotted}=1", f"neuron={{{dotted}=1}}"):
        [line] = mistakes("culture", override)
        assert len(line) < 400


def test_a_chain_of_bases_has_an_end(written):
    for number in range(30):
        written(f'extends = "{number + 1}.toml"', f"{number}.toml")
    path = written(TWO_SECONDS, "30.toml")
    assert load(path.with_name("15.toml")).simulation.duration == 2.0
    [line] = mistakes(path.with_name("0.toml"))
    assert line.endswith("20.toml: extends: more than 20 files extend one another")


def test_an_empty_file_misses_the_tables_that_every_culture_needs(written):
    path = written("")
    wanted = ("culture", "neuron", "noise", "synapses", "plasticity", "simulation")
    for line, table in zip(mistakes(path), wanted, strict=True):
        assert line.startswith(f"{path}: {table}: is missing")
        assert f"[{table}]" in line


def test_several_mistakes_are_told_at_once(written):
    text = '[neuron]\ntau_m = 20\nv_rst = "1 mV"\n[mea]\nlayout = "9x9"\nblankin = "1 ms"'
    lines = mistakes(written(changed(text)))
    assert len(lines) == 4
    for where in ("neuron.tau_m: ", "neuron.v_rst: ", "mea.layout: ", "mea.blankin: "):
        assert sum(where in line for line in lines) == 1


@pytest.mark.parametrize(
    ("name", "right"),
    [
        ("kulture", 'did you mean the preset "culture"?'),
        ("240_bio", 'did you mean the preset "lagani2021/240_bio"?'),
        ("qqqqqqqqqqqqqq", "`spikinggrid parameters` lists the presets"),
        ("", "`spikinggrid parameters` lists the presets"),
        ("a\0b", "`spikinggrid parameters` lists the presets"),
        ("x" * 5000, "`spikinggrid parameters` lists the presets"),
    ],
)
def test_an_unknown_preset_is_named(name, right):
    [line] = mistakes(name)
    assert line.startswith(f"{shortened(name, 300)}: no such parameter file or preset")
    assert right in line


def test_a_missing_file_is_named(tmp_path):
    [line] = mistakes(tmp_path / "mine.toml")
    assert line.startswith(f"{tmp_path / 'mine.toml'}: no such parameter file")


def test_a_folder_is_named(tmp_path):
    [line] = mistakes(tmp_path)
    assert line.startswith(f"{tmp_path}: ")


def test_an_unknown_base_is_named_with_the_file_that_extends_it(written):
    path = written('extends = "nowhere.toml"')
    [line] = mistakes(path)
    assert str(path) in line
    assert "nowhere.toml" in line


@pytest.mark.parametrize(
    "files",
    [
        {"mine.toml": "mine.toml"},
        {"mine.toml": "other.toml", "other.toml": "mine.toml"},
        {"mine.toml": "b/other.toml", "b/other.toml": "../mine.toml"},
    ],
    ids=["itself", "two", "two folders"],
)
def test_extends_in_a_circle_is_told(files, written):
    for name, extended in files.items():
        written(f'extends = "{extended}"', name)
    path = written(f'extends = "{files["mine.toml"]}"')
    [line] = mistakes(path)
    assert "extends runs in a circle" in line
    assert all(name.rpartition("/")[2] in line for name in files)


@pytest.mark.parametrize(
    ("override", "right"),
    [
        ("neuron.tau_m", 'neuron.tau_m="15 ms"'),
        ("", 'neuron.tau_m="15 ms"'),
        ("=15 ms", 'neuron.tau_m="15 ms"'),
        ("neuron.=15 ms", 'neuron.tau_m="15 ms"'),
        (".tau_m=15 ms", 'neuron.tau_m="15 ms"'),
        ("neuron..tau_m=15 ms", 'neuron.tau_m="15 ms"'),
        ("neuron.tau_m.x=15 ms", "tau_m is not a table"),
    ],
)
def test_a_wrong_override_is_named(override, right):
    [line] = mistakes("culture", override)
    assert line.startswith(f"--set {override}: ")
    assert right in line


@pytest.mark.parametrize(
    ("override", "right"),
    [
        ("neuron.tau_m=15", 'tau_m = "20 ms"'),
        ("neuron.tau_m=", 'tau_m = "20 ms"'),
        ("neuron.tau_m=15 mV", 'tau_m = "20 ms"'),
        ("neuron.tau_n=15 ms", "did you mean tau_m?"),
        ("neuron=15 ms", "[neuron]"),
        ("tau_m=15 ms", "known here: culture"),
    ],
)
def test_an_override_is_checked_like_a_file(override, right):
    [line] = mistakes("culture", override)
    assert override.partition("=")[0] + ": " in line
    assert right in line


def test_mistakes_in_text_are_named_after_it():
    with pytest.raises(InputError, match=r"^run\.h5: is not valid TOML: "):
        loads("neuron", "run.h5")
    with pytest.raises(InputError, match=r"^run\.h5: neuron\.tau_m: "):
        loads(without("tau_m ="), "run.h5")
