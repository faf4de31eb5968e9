"""The reference of all keys, against the tables and the files."""

import json
import re

import pytest

from spikinggrid.parameters import reference
from spikinggrid.parameters.files import dumps, load
from spikinggrid.parameters.model import Parameters
from spikinggrid.parameters.units import parse
from spikinggrid.utils.errors import InputError

SECTIONS = {section.name: section for section in reference.sections()}
KEYS = {f"{table}.{key.name}": key for table, section in SECTIONS.items() for key in section.keys}

#: Presets that together have every table.
FULL = ("culture", "digits/two_light", "lagani2021/240_bio", "ruaro2005")


def test_files_have_these_tables_and_no_others():
    lines = "\n".join(dumps(load(preset)) for preset in FULL).splitlines()
    headers = {line for line in lines if line.startswith("[")}
    every = {section.header for section in SECTIONS.values()}
    without = {"[calibration]", "[pharmacology]", "[[illumination]]"}  # the latter in no preset
    assert headers == every - without | {"[calibration.bounds]"}


@pytest.mark.parametrize("preset", FULL)
def test_every_line_of_a_file_has_its_key(preset):
    table = ""
    for line in dumps(load(preset), comments=True).splitlines():
        if header := re.fullmatch(r"\[+(.+?)\]+", line):
            table = header[1]
        elif table != "calibration.bounds" and line:
            name, _, rest = line.partition(" = ")
            assert rest.endswith(f" # {KEYS[f'{table}.{name}'].meaning}")


@pytest.mark.parametrize("name", KEYS)
def test_a_key_says_what_it_holds(name):
    key = KEYS[name]
    assert reference.key(name) == key
    assert key.meaning and key.kind
    example = json.loads(key.example) if key.kind != "table of text" else {}
    if key.unit:
        assert isinstance(parse(example, key.unit), float)
    elif key.kind in ("number", "whole number"):
        assert isinstance(example, float if key.kind == "number" else int)
    elif key.kind == "true or false":
        assert isinstance(example, bool)
    elif key.kind == "name":
        assert example in key.choices


def limit(key, *beginnings):
    """The number of the one bound that begins like this, and whether the key may hold it."""
    [bound] = [bound for bound in key.bounds if bound.startswith(beginnings)]
    number = bound.removeprefix("above ").removeprefix("at least ")
    number = number.removeprefix("below ").removeprefix("at most ")
    if key.unit:
        return parse(number, key.unit), bound.startswith("at")
    return json.loads(number.replace(",", "")), bound.startswith("at")


NUMBERS = {name: key for name, key in KEYS.items() if key.varies}


@pytest.mark.parametrize("name", NUMBERS)
def test_every_number_has_a_bound_on_both_sides(name):
    key = NUMBERS[name]
    low, low_allowed = limit(key, "above", "at least")
    high, high_allowed = limit(key, "below", "at most")
    whole = key.kind == "whole number"
    step = 1 if whole else 1e-6 * max(abs(low), abs(high))
    parameters = load_with(key.table)
    path = name.replace("stimulation.", "stimulation.0.").replace("nation.", "nation.0.")
    for value in (low - step * low_allowed, high + step * high_allowed):
        with pytest.raises(InputError, match=r"^[^\n]+$") as raised:
            parameters.replace({path: value})
        assert str(raised.value).startswith(f"{path}: found ")
        assert any(bound in str(raised.value) for bound in key.bounds)


def load_with(table):
    """Parameters that have a table."""
    if table == "illumination":
        shown = {"kind": "movie", "file": "a.gif", "rate": 10.0, "start": 0.0, "duration": 1.0}
        return load("digits/two_light").replace({"illumination": [shown]})
    presets = {"digits": "digits/two", "stimulation": "ruaro2005"}
    presets |= dict.fromkeys(("light", "photodetector"), "digits/two_light")
    plastic = "lagani2021/240_bio" if table.startswith("plasticity") else "culture"
    return load(presets.get(table, plastic))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("noise.driv", "noise.driv: unknown key; did you mean drive?"),
        ("nois.drive", "nois.drive: unknown key; did you mean noise?"),
        ("noise", "noise: is a table; its keys are drive, drive_spread"),
        ("noise.drive.mean", "noise.drive.mean: unknown key; drive is not a table"),
        ("", ": unknown key; known here: culture"),
    ],
)
def test_what_is_no_key_is_refused(name, message):
    with pytest.raises(InputError) as raised:
        reference.key(name)
    assert str(raised.value).startswith(message)


def test_tables_that_may_be_missing_are_those_without_which_parameters_are_whole():
    for name, section in SECTIONS.items():
        if "." not in name:
            assert section.optional != Parameters.model_fields[name].is_required()
