"""Changing parameters from Python gives what changing the file gives, or refuses as it does."""

import json
import math

import brian2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spikinggrid.parameters import reference
from spikinggrid.parameters.files import dumps, load, loads, override
from spikinggrid.parameters.tables.base import needed
from spikinggrid.parameters.units import format_quantity, parse
from spikinggrid.utils.errors import InputError

STIMULATION = """
[[stimulation]]
kind = "pulse"
electrodes = "all"
start = "1 s"
repeats = 3
interval = "2 s"

[[stimulation]]
kind = "tetanus"
electrodes = [27, 28]
start = "20 s"
duration = "1 s"
rate = "100 Hz"
"""

BASES = {
    name: load(name)
    for name in ("culture", "lagani2021/240_bio", "lagani2021/tetanization", "digits/two")
}
BASES["stimulated"] = loads(dumps(load("culture")) + STIMULATION)

KEYS = {}
for section in reference.sections():
    numbered = section.header.startswith("[[")
    for table in (f"{section.name}.0", f"{section.name}.1") if numbered else (section.name,):
        KEYS |= {f"{table}.{described.name}": described for described in section.keys}

#: SI units; mol/l is none, and rounded when it is converted.
UNITS = {
    "s": brian2.second,
    "V": brian2.volt,
    "m": brian2.metre,
    "Hz": brian2.hertz,
    "m/s": brian2.metre / brian2.second,
    "Ohm": brian2.ohm,
    "W/m2": brian2.watt / brian2.metre**2,
}


def or_none(outcome):
    try:
        return outcome()
    except InputError as error:
        assert str(error)
        return None


@st.composite
def changes(draw):
    """A key, a value for `replace`, and the same value in TOML."""
    key = draw(st.sampled_from(sorted(KEYS)))
    described = KEYS[key]
    anything = st.sampled_from([None, True, False, 0, 1, 3, -1, 0.5, -0.5, "all", "none", [0, 1]])
    if described.unit and draw(st.integers(0, 9)):
        near = parse(json.loads(described.example), described.unit)
        number = near * draw(st.sampled_from([0, 0.5, 1, 2, 10]) | st.floats(-2, 20))
        text = format_quantity(number, described.unit)
        shapes = [number, np.float64(number), text]
        if described.unit in UNITS:
            shapes.append(number * UNITS[described.unit])
        return key, draw(st.sampled_from(shapes)), json.dumps(text)
    if described.unit:
        value = draw(st.sampled_from([None, "none", "3", "20 parsec", True, [0.02], "1 J"]))
    elif described.choices:
        value = draw(st.sampled_from([*described.choices, "another", None]) | anything)
    else:
        example = json.loads(described.example) if "{" not in described.example else {}
        value = draw(st.just(example) | anything | st.integers(-3, 200) | st.floats(-2, 30))
    return key, value, '"none"' if value is None else json.dumps(value)


@settings(max_examples=500)
@given(st.sampled_from(sorted(BASES)), changes())
def test_replacing_is_changing_the_file(base, change):
    key, value, text = change
    parameters = BASES[base]
    before = dumps(parameters)
    replaced = or_none(lambda: parameters.replace({key: value}))
    in_file = or_none(lambda: loads(before, overrides=[f"{key}={text}"]))
    assert replaced == in_file
    assert or_none(lambda: override(parameters, [f"{key}={text}"])) == in_file
    assert dumps(parameters) == before
    if replaced is not None:
        assert dumps(replaced) == dumps(in_file)
        assert reread(replaced) == replaced


def reread(parameters):
    return loads(dumps(parameters))


@settings(max_examples=100)
@given(st.lists(changes(), min_size=2, max_size=6))
def test_several_keys_change_together(several):
    several = {key: (value, text) for key, value, text in several}
    parameters = BASES["stimulated"]
    overrides = [f"{key}={text}" for key, (_, text) in several.items()]
    in_file = or_none(lambda: loads(dumps(parameters), overrides=overrides))
    values = {key: value for key, (value, _) in several.items()}
    assert or_none(lambda: parameters.replace(values)) == in_file


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("base", BASES)
def test_a_value_is_what_the_key_holds(base, key):
    parameters = BASES[base]
    entries = key.partition(".")[0]
    if entries in ("stimulation", "illumination") and not getattr(parameters, entries):
        with pytest.raises(InputError, match="is no entry"):
            parameters.value(key)
        return
    value = parameters.value(key)
    line = f"{KEYS[key].name} = "
    if value is None or "{" in KEYS[key].example:
        return
    text = json.dumps(format_quantity(value, KEYS[key].unit) if KEYS[key].unit else value)
    assert line + text in dumps(parameters).splitlines()
    if KEYS[key].optional and not KEYS[key].default:
        off = or_none(lambda: parameters.replace({key: None}))
        assert off is None or off.value(key) is None


def test_tables_that_do_not_change_are_shared():
    parameters = BASES["digits/two"]
    replaced = parameters.replace({"synapses.excitatory.reach": 3e-4})
    assert replaced.synapses.input is parameters.synapses.input
    assert replaced.digits is parameters.digits
    assert parameters.replace({}) == parameters


def test_whole_tables_are_replaced():
    culture, published = BASES["culture"], BASES["lagani2021/240_bio"]
    mea = {"layout": "grid", "rows": 4, "columns": 6, "pitch": 0.5 * brian2.mmetre}
    rest = dict(published.mea) | mea
    replaced = culture.replace({"mea": rest, "mea.silent_fraction": np.float32(0.5)})
    assert (replaced.mea.rows, replaced.mea.pitch, replaced.mea.silent_fraction) == (4, 5e-4, 0.5)
    assert rest["silent_fraction"] == published.mea.silent_fraction
    assert culture.replace({"mea": published.mea}).mea is published.mea
    assert published.replace({"digits": None}).digits is None
    assert published.replace({"digits": "none"}).digits is None
    with pytest.raises(InputError, match=r"^mea\.layout: is missing"):
        culture.replace({"mea": {"rows": 3}})


def test_tables_that_are_not_needed_may_be_missing():
    parameters = BASES["culture"].replace({"mea": None, "synapses.input": None})
    assert (parameters.mea, parameters.synapses.input, parameters.value("mea.radius")) == (
        None,
    ) * 3
    assert reread(parameters) == parameters
    with pytest.raises(InputError, match=r"^synapses\.input is missing.*\[synapses\.input\]"):
        BASES["culture"].replace({"synapses.input": None})
    optional = {section.name for section in reference.sections() if section.optional}
    plastic = {f"plasticity.{name}" for name in ("input", "excitatory", "inhibitory")}
    light = {"light", "illumination", "photodetector"}
    others = {"synapses.input", "mea", "stimulation", "digits", "calibration", "pharmacology"}
    assert optional == others | light | plastic


@pytest.mark.parametrize(("name", "preset"), [("mea", "culture"), ("digits", "digits/two")])
def test_work_that_needs_a_table_says_so(name, preset):
    table = load(preset).value(name)
    assert needed(table, name, "an electrode array") is table
    with pytest.raises(InputError, match=rf"^{name}: is missing, which an array needs; .*{preset}"):
        needed(None, name, "an array", preset)


def test_stimulation_is_replaced_by_entry_and_as_a_whole():
    parameters = BASES["stimulated"]
    moved = parameters.replace({"stimulation.1.start": "30 s"})
    assert [entry.start for entry in moved.stimulation] == [1.0, 30.0]
    assert parameters.value("stimulation.1.start") == 20.0
    entry = {"kind": "pulse", "electrodes": np.array([3, 4]), "start": 2}
    [only] = parameters.replace({"stimulation": [entry]}).stimulation
    assert (only.electrodes, only.start) == ([3, 4], 2.0)
    assert parameters.replace({"stimulation": []}).stimulation == []


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"noise.driv": 0.004}, "noise.driv: unknown key; did you mean drive?"),
        ({"nois.drive": 0.004}, "nois: unknown table; did you mean noise?"),
        ({"noise": 3}, "noise: found 3: should be a table; for example begin with [noi"),
        ({"neuron.0.tau_m": 3}, "neuron.0: unknown key; known here: v_rest"),
        ({".".join("a" * 50_000): 3}, "has too many parts"),
        ({"neuron.tau_m.x": 3}, "neuron.tau_m.x: tau_m is not a table with keys"),
        ({"neuron.": 3}, "neuron.'': unknown key; known here: v_rest"),
        ({"": 3}, ": unknown table; known here: culture"),
        ({"neuron.tau_m": "15 mV"}, "neuron.tau_m: '15 mV' is in mV, not in a unit of time;"),
        ({"neuron.tau_m": -0.015}, "neuron.tau_m: found -15 ms: should be at least 1 us;"),
        ({"neuron.tau_m": 15 * brian2.mV}, "neuron.tau_m: 15. * mvolt is not a time;"),
        ({"neuron.tau_m": math.nan}, "neuron.tau_m: nan is not a finite number; for example"),
        ({"neuron.tau_m": [0.015]}, "neuron.tau_m: [0.015] is not a time;"),
        ({"neuron.tau_m": None}, "neuron.tau_m: None is not a time;"),
        ({"culture.n_neurons": 1e3}, "culture.n_neurons: found 1000.0: should be a valid integer"),
        (
            {"mea.heard_fraction": math.inf},
            "mea.heard_fraction: found inf: should be a finite number",
        ),
        ({"simulation.dt": 0.003}, "synapses.excitatory.delay is shorter than a step"),
        ({"stimulation.2.start": 3}, "stimulation.2.start: '2' is no entry; there are 2, counted"),
        ({"stimulation.x.start": 3}, "stimulation.x.start: 'x' is no entry; there are 2, counted"),
        ({"stimulation.0.strat": 3}, "stimulation.0.strat: unknown key; did you mean start?"),
        ({"stimulation.0.start": -3}, "stimulation.0.start: found -3 s: should be at least 0 s;"),
    ],
)
def test_a_mistake_is_one_line_with_its_key(changes, message):
    with pytest.raises(InputError, match=r"^[^\n]{1,400}$") as raised:
        BASES["stimulated"].replace(changes)
    assert message in str(raised.value)


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("noise.driv", "noise.driv: unknown key; did you mean drive?"),
        ("nois.drive", "nois.drive: unknown key; did you mean noise?"),
        ("stimulation.2.start", "stimulation.2.start: '2' is no entry; there are 2"),
        ("stimulation.start", "stimulation.start: 'start' is no entry; there are 2"),
        ("neuron.tau_m.x", "neuron.tau_m.x: unknown key"),
        ("neuron.0.tau_m", "neuron.0.tau_m: unknown key; known here: v_rest"),
        ("", ": unknown key; known here: culture"),
    ],
)
def test_a_value_that_does_not_exist_is_refused(key, message):
    with pytest.raises(InputError, match=r"^[^\n]{1,400}$") as raised:
        BASES["stimulated"].value(key)
    assert message in str(raised.value)


def test_at_most_ten_mistakes_are_told():
    names = [f"noise.a{number}" for number in range(25)]
    with pytest.raises(InputError) as raised:
        BASES["culture"].replace(dict.fromkeys(names, 1))
    lines = str(raised.value).splitlines()
    assert len(lines) == 11
    assert lines[-1] == "and 15 more"
