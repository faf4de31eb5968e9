"""Physical quantities: `"20 ms"` in parameter files, 0.02 s inside the program.

    parse("20 ms", "s")             0.02, from text as a parameter file has it
    to_si(20 * brian2.ms, "s")      0.02, from text, a Brian2 quantity or a number
    format_quantity(0.02, "s")      "20 ms"

A dimension is named by its unit: "s", "V", "m", "Hz", "m/s", "Ohm", "W/m2" or "M" (mol/l). Reading
and writing go through decimal arithmetic, so that a quantity survives any number of round trips.

Brian2 has a unit registry of its own, but importing it takes seconds, which every start
of the program would pay; these dimensions need no more than the tables below.
"""

import math
from decimal import Decimal, InvalidOperation, Overflow
from numbers import Real
from typing import Any

from spikinggrid.utils.errors import InputError, quoted

#: What each dimension is called.
KINDS = {
    "s": "time",
    "V": "voltage",
    "m": "length",
    "Hz": "frequency",
    "m/s": "velocity",
    "Ohm": "resistance",
    "W/m2": "irradiance",
    "M": "concentration",
}

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

#: Powers of the SI base units in each dimension.
BASE_UNITS = ("m", "kg", "s", "A", "K", "mol", "cd")
POWERS = {
    "s": (0, 0, 1, 0, 0, 0, 0),
    "V": (2, 1, -3, -1, 0, 0, 0),
    "m": (1, 0, 0, 0, 0, 0, 0),
    "Hz": (0, 0, -1, 0, 0, 0, 0),
    "m/s": (1, 0, -1, 0, 0, 0, 0),
    "Ohm": (2, 1, -3, -2, 0, 0, 0),
    "W/m2": (0, 1, -3, 0, 0, 0, 0),
    "M": (-3, 0, 0, 0, 0, 1, 0),
}

#: The one unit that is none of SI, in SI base units: 1 mol/l in mol/m3.
MOLAR = 1000.0

PREFIXES = {"n": -9, "u": -6, "µ": -6, "m": -3, "": 0, "k": 3}
DIMENSIONS = ("s", "V", "m", "Hz", "M")

#: Units that no rule builds: their dimension, and their size in SI base units.
NAMED_UNITS = {
    "min": ("s", Decimal(60)),
    "h": ("s", Decimal(3600)),
    "Ohm": ("Ohm", Decimal(1)),
    "kOhm": ("Ohm", Decimal("1e3")),
    "MOhm": ("Ohm", Decimal("1e6")),
    "GOhm": ("Ohm", Decimal("1e9")),
    "W/m2": ("W/m2", Decimal(1)),
    "nW/mm2": ("W/m2", Decimal("1e-3")),
    "uW/mm2": ("W/m2", Decimal(1)),
    "µW/mm2": ("W/m2", Decimal(1)),
    "mW/mm2": ("W/m2", Decimal("1e3")),
    "uW/cm2": ("W/m2", Decimal("1e-2")),
    "mW/cm2": ("W/m2", Decimal(10)),
}

#: Units that quantities are written in: the power of ten of each in SI base units.
WRITTEN = {
    "Hz": {0: "Hz"},
    "m/s": {0: "m/s"},
    "Ohm": {9: "GOhm", 6: "MOhm", 3: "kOhm", 0: "Ohm"},
    "W/m2": {3: "mW/mm2", 0: "uW/mm2", -3: "nW/mm2"},
}


def parse(text: object, dimension: str) -> float:
    """Read a quantity such as `"20 ms"` as a number in SI base units.

    Parameters
    ----------
    text : str
        A number and a unit, with or without a space between them.
    dimension : {"s", "V", "m", "Hz", "m/s", "Ohm", "W/m2", "M"}
        The dimension that the quantity must have.

    Raises
    ------
    ValueError
        If there is no unit, an unknown one or one of another dimension, or the
        number is not finite; the message says which.
    """
    if not isinstance(text, str):
        raise ValueError(f"{quoted(text)} has no unit")
    number, unit = _split(text)
    dimension_found, factor = _unit(unit)
    if dimension_found != dimension:
        raise ValueError(f"{quoted(text)} is in {unit}, not in a unit of {KINDS[dimension]}")
    try:
        return _finite(float(number * factor), text)
    except Overflow:
        raise ValueError(f"{quoted(text)} is not a finite number") from None


def to_si(value: object, dimension: str, name: str = "") -> float:
    """Return a quantity as a number in SI base units.

    Parameters
    ----------
    value : str, brian2.Quantity or number
        Text with a unit, such as `"20 ms"`; a Brian2 quantity; or a number in SI base units.
    dimension : {"s", "V", "m", "Hz", "m/s", "Ohm", "W/m2", "M"}
        The dimension that the quantity must have.
    name : str, optional
        What the quantity is, for messages: they begin with it and end with an example.

    Raises
    ------
    InputError
        If it is none of these, has another dimension or is not finite; one line.

    Examples
    --------
    >>> to_si("20 ms", "s")
    0.02
    >>> to_si(0.02, "s")
    0.02
    """
    try:
        return parse(value, dimension) if isinstance(value, str) else _number(value, dimension)
    except ValueError as error:
        if not name:
            raise InputError(str(error)) from None
        raise InputError(f'{name}: {error}; for example "{EXAMPLES[dimension]}"') from None


def format_quantity(value: float, dimension: str) -> str:
    """Write a number in SI base units as text that `parse` reads back exactly.

    The prefix is chosen so that the number lies between 1 and 1000 where possible.
    """
    number = Decimal(repr(float(value)))
    prefixed = {0: dimension, -3: f"m{dimension}", -6: f"u{dimension}", -9: f"n{dimension}"}
    written = WRITTEN.get(dimension, prefixed)
    if number == 0:
        return f"0 {written[0]}"
    exponent = next((e for e in written if abs(number) >= Decimal(10) ** e), min(written))
    return f"{_plain(number.scaleb(-exponent))} {written[exponent]}"


def _number(value: Any, dimension: str) -> float:
    """Read a number, or a quantity of Brian2, which is known by its `dim`."""
    get_power = getattr(getattr(value, "dim", None), "get_dimension", None)
    if get_power and getattr(value, "shape", None) == ():
        if tuple(map(get_power, BASE_UNITS)) != POWERS[dimension]:
            raise ValueError(f"{quoted(value)} is not a {KINDS[dimension]}")
        value = value / MOLAR if dimension == "M" else value
    elif not isinstance(value, Real) or isinstance(value, bool):
        raise ValueError(
            f"{quoted(value)} is not a {KINDS[dimension]}; give text with a unit, a Brian2"
            f" quantity or a number in {dimension}"
        )
    try:
        return _finite(float(value), value)
    except OverflowError:
        raise ValueError(f"{quoted(value)} is not a finite number") from None


def _finite(number: float, value: object) -> float:
    if not math.isfinite(number):
        raise ValueError(f"{quoted(value)} is not a finite number")
    return number


def _split(text: str) -> tuple[Decimal, str]:
    text = text.strip()
    unit = text.lstrip("+-.0123456789eE_ ")
    try:
        number = Decimal(text[: len(text) - len(unit)].strip())
    except InvalidOperation:
        raise ValueError(f"{quoted(text)} is not a number with a unit") from None
    if not unit:
        raise ValueError(f"{quoted(text)} has no unit")
    return number, unit.strip()


def _unit(unit: str) -> tuple[str, Decimal]:
    """Return the dimension of a unit and its size in SI base units."""
    if unit in NAMED_UNITS:
        return NAMED_UNITS[unit]
    if unit.count("/") == 1:
        (above, size), (below, divisor) = map(_unit, unit.split("/"))
        return f"{above}/{below}", size / divisor
    for dimension in DIMENSIONS:
        prefix = unit.removesuffix(dimension)
        if unit.endswith(dimension) and prefix in PREFIXES:
            return dimension, Decimal(10) ** PREFIXES[prefix]
    raise ValueError(f"{quoted(unit)} is not a unit that is known here")


def _plain(number: Decimal) -> str:
    """Write a decimal without exponent where that stays short, and without trailing zeros."""
    number = number.normalize()
    return f"{number:f}" if -6 <= number.adjusted() <= 6 else f"{number:e}"
