"""Quantities as text, held against exact fractions and known values."""

from fractions import Fraction

import brian2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spikinggrid.parameters.units import format_quantity, parse, to_si
from spikinggrid.utils.errors import InputError

EXAMPLES = {
    "s": "20 ms",
    "V": "-70 mV",
    "m": "200 um",
    "Hz": "5 Hz",
    "m/s": "0.3 m/s",
    "Ohm": "236 MOhm",
    "W/m2": "0.5 mW/mm2",
    "M": "10 uM",
}

pytestmark = pytest.mark.filterwarnings("error")

dimensions = st.sampled_from(sorted(EXAMPLES))
decimals = st.from_regex(r"[+-]?[0-9]{1,9}(\.[0-9]{1,9})?([eE][+-]?[0-9]{1,2})?", fullmatch=True)


@given(st.floats(allow_nan=False, allow_infinity=False), dimensions)
def test_what_is_written_is_read_back_exactly(value, dimension):
    assert parse(format_quantity(value, dimension), dimension) == value


@given(decimals, st.sampled_from(["", " ", "  "]))
def test_reading_rounds_only_once(number, space):
    assert parse(f"{number}{space}uV", "V") == float(Fraction(number) / 10**6)


@given(st.floats(1e-9, 999, exclude_max=True), st.sampled_from(["s", "V", "m"]))
def test_numbers_lie_between_1_and_1000(value, dimension):
    number = float(format_quantity(value, dimension).split()[0])
    assert 1 <= number < 1000


@given(st.text())
def test_any_text_is_a_quantity_or_a_value_error(text):
    for dimension in EXAMPLES:
        try:
            assert isinstance(parse(text, dimension), float)
        except ValueError as error:
            assert str(error)


@pytest.mark.parametrize(
    ("text", "dimension", "value"),
    [
        ("20 ms", "s", 0.02),
        ("20ms", "s", 0.02),
        (" 20 ms ", "s", 0.02),
        ("1.08 ms", "s", 0.00108),
        ("15 min", "s", 900.0),
        ("0.5 h", "s", 1800.0),
        ("3 ns", "s", 3e-9),
        ("-70 mV", "V", -0.07),
        ("+70 mV", "V", 0.07),
        ("4 uV", "V", 4e-6),
        ("4 µV", "V", 4e-6),
        ("32 V", "V", 32.0),
        ("1 kV", "V", 1000.0),
        ("200 um", "m", 2e-4),
        ("1.6 mm", "m", 1.6e-3),
        ("5 m", "m", 5.0),
        ("1e-3 m", "m", 1e-3),
        ("200 Hz", "Hz", 200.0),
        ("25 kHz", "Hz", 25000.0),
        ("0.3 m/s", "m/s", 0.3),
        ("220 um/ms", "m/s", 0.22),
        ("36 km/h", "m/s", 10.0),
        ("18 m/min", "m/s", 0.3),
        ("10 uM", "M", 1e-5),
        ("1 mM", "M", 1e-3),
        ("0 mV", "V", 0.0),
        ("236 MOhm", "Ohm", 236e6),
        ("1 mW/mm2", "W/m2", 1000.0),
        ("5 uW/mm2", "W/m2", 5.0),
        ("1 mW/cm2", "W/m2", 10.0),
    ],
)
def test_known_quantities(text, dimension, value):
    assert parse(text, dimension) == value


@pytest.mark.parametrize(
    ("value", "dimension", "text"),
    [
        (0.02, "s", "20 ms"),
        (60, "s", "60 s"),
        (1e-9, "s", "1 ns"),
        (-0.07, "V", "-70 mV"),
        (0.0, "V", "0 V"),
        (2e-4, "m", "200 um"),
        (25000.0, "Hz", "25000 Hz"),
        (0.5, "Hz", "0.5 Hz"),
        (0.3, "m/s", "0.3 m/s"),
        (2e8, "Ohm", "200 MOhm"),
        (500.0, "W/m2", "500 uW/mm2"),
        (2000.0, "W/m2", "2 mW/mm2"),
        (1e-5, "M", "10 uM"),
    ],
)
def test_known_texts(value, dimension, text):
    assert format_quantity(value, dimension) == text


@pytest.mark.parametrize("dimension", EXAMPLES)
def test_examples_are_quantities_of_their_dimension(dimension):
    assert parse(EXAMPLES[dimension], dimension) != 0


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (20, "20 has no unit"),
        (0.02, "0.02 has no unit"),
        (True, "True has no unit"),
        (None, "None has no unit"),
        (["20 ms"], "has no unit"),
        ("20", "'20' has no unit"),
        ("", "is not a number with a unit"),
        ("ms", "is not a number with a unit"),
        ("twenty ms", "is not a number with a unit"),
        ("1.2.3 ms", "is not a number with a unit"),
        ("- ms", "is not a number with a unit"),
        ("1 2 ms", "is not a number with a unit"),
        ("nan ms", "is not a number with a unit"),
        ("inf ms", "is not a number with a unit"),
        ("1e400 s", "finite"),
        ("-1e400 s", "finite"),
        ("1e1000000 s", "finite"),
        ("20 mV", "'20 mV' is in mV, not in a unit of time"),
        ("20 m", "not in a unit of time"),
        ("20 Hz", "not in a unit of time"),
        ("20 m/s", "not in a unit of time"),
        ("20 parsec", "'parsec' is not a unit"),
        ("20 Ms", "'Ms' is not a unit"),
        ("20 MS", "'MS' is not a unit"),
        ("20 mmin", "'mmin' is not a unit"),
        ("1,5 ms", "is not a unit"),
        ("20 ms ms", "is not a unit"),
        ("20 m/s/s", "is not a unit"),
        ("20 /s", "is not a unit"),
    ],
)
def test_wrong_text_is_explained(wrong, message):
    with pytest.raises(ValueError, match=r"(?s)^[^\n]+$") as raised:
        parse(wrong, "s")
    assert message in str(raised.value)


@pytest.mark.parametrize(
    ("dimension", "kind"),
    [
        ("V", "voltage"),
        ("m", "length"),
        ("Hz", "frequency"),
        ("m/s", "velocity"),
        ("M", "concentration"),
    ],
)
def test_the_dimension_that_was_wanted_is_named(dimension, kind):
    with pytest.raises(ValueError, match=f"'20 ms' is in ms, not in a unit of {kind}"):
        parse("20 ms", dimension)


# --- text, Brian2 quantities and numbers ------------------------------------------------


@pytest.mark.parametrize(
    ("value", "dimension", "si"),
    [
        ("20 ms", "s", 0.02),
        (0.02, "s", 0.02),
        (20, "s", 20.0),
        (np.float64(0.02), "s", 0.02),
        (np.int64(20), "s", 20.0),
        (20 * brian2.ms, "s", 0.02),
        (brian2.second, "s", 1.0),
        (-70 * brian2.mV, "V", -0.07),
        (200 * brian2.umetre, "m", 2e-4),
        (5 * brian2.kHz, "Hz", 5000.0),
        (1 / (4 * brian2.ms), "Hz", 250.0),
        (300 * brian2.umetre / brian2.ms, "m/s", 0.3),
        (10 * brian2.mmolar, "M", 0.01),
        (0.01, "M", 0.01),
        (brian2.Quantity([20.0, 30.0] * brian2.ms)[0], "s", 0.02),
    ],
)
def test_quantities_of_all_kinds_are_read(value, dimension, si):
    assert to_si(value, dimension) == pytest.approx(si, rel=1e-15)
    assert type(to_si(value, dimension)) is float


@given(st.floats(-1e100, 1e100), dimensions.filter(lambda name: name != "M"))
def test_a_number_is_in_si_base_units(value, dimension):
    units = {"s": brian2.second, "V": brian2.volt, "m": brian2.metre, "Hz": brian2.hertz}
    units["m/s"] = brian2.metre / brian2.second
    units |= {"Ohm": brian2.ohm, "W/m2": brian2.watt / brian2.metre**2}
    assert to_si(value, dimension) == value
    assert to_si(value * units[dimension], dimension) == value
    with pytest.raises(InputError, match="is not a"):
        to_si(value * brian2.namp, dimension)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("20 mV", "'20 mV' is in mV, not in a unit of time"),
        ("20", "'20' has no unit"),
        (20 * brian2.mV, "20. * mvolt is not a time"),
        (20 * brian2.ms * brian2.mmole, "is not a time"),
        ([20, 30] * brian2.ms, "give text with a unit, a Brian2 quantity or a number in s"),
        (np.arange(3000.0), "is not a time"),
        (True, "True is not a time"),
        (None, "None is not a time"),
        (["20 ms"], "['20 ms'] is not a time"),
        (float("nan"), "nan is not a finite number"),
        (np.inf, "inf is not a finite number"),
        (np.nan * brian2.ms, "is not a finite number"),
        (10**400, "is not a finite number"),
        (10**9000, "is not a finite number"),
        ("9" * 10**6 + " ms", "is not a finite number"),
        ("x" * 10**6, "is not a number with a unit"),
    ],
    ids=lambda value: str(type(value)),
)
def test_what_is_no_quantity_is_explained_in_one_short_line(value, message):
    with pytest.raises(InputError, match=r"^[^\n]{1,200}$") as raised:
        to_si(value, "s")
    assert message in str(raised.value)
    with pytest.raises(InputError, match=r'^duration: [^\n]{1,200}; for example "20 ms"$'):
        to_si(value, "s", "duration")
