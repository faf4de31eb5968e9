"""Physical quantities as text: `"20 ms"` in parameter files, 0.02 s inside the program.

A dimension is named by its SI unit: "s", "V", "m", "Hz" or "m/s". Reading and writing
go through decimal arithmetic, so that a quantity survives any number of round trips.

Brian2 has a unit registry of its own, but importing it takes seconds, which every start
of the program would pay; five dimensions need no more than the table below.
"""

import math
from decimal import Decimal, InvalidOperation, Overflow

PREFIXES = {"n": -9, "u": -6, "µ": -6, "m": -3, "": 0, "k": 3}
DIMENSIONS = ("s", "V", "m", "Hz")
LONG_TIMES = {"min": Decimal(60), "h": Decimal(3600)}


def parse(text: object, dimension: str) -> float:
    """Read a quantity such as `"20 ms"` as a number in SI base units.

    Parameters
    ----------
    text : str
        A number and a unit, with or without a space between them.
    dimension : {"s", "V", "m", "Hz", "m/s"}
        The dimension that the quantity must have.

    Raises
    ------
    ValueError
        If there is no unit, an unknown one or one of another dimension, or the
        number is not finite; the message says which.
    """
    if not isinstance(text, str):
        raise ValueError(f"{text!r} has no unit")
    number, unit = _split(text)
    found, factor = _unit(unit)
    if found != dimension:
        raise ValueError(f"{text!r} is in {unit}, not in a unit of {_kind(dimension)}")
    try:
        value = float(number * factor)
    except Overflow:
        value = math.inf
    if math.isinf(value):
        raise ValueError(f"{text!r} is not a finite number")
    return value


def format_quantity(value: float, dimension: str) -> str:
    """Write a number in SI base units as text that `parse` reads back exactly.

    The prefix is chosen so that the number lies between 1 and 1000 where possible.
    """
    number = Decimal(repr(float(value)))
    if dimension == "m/s" or number == 0:
        return f"{_plain(number)} {dimension}"
    exponents = {0: "", -3: "m", -6: "u", -9: "n"} if dimension != "Hz" else {0: ""}
    exponent = next((e for e in exponents if abs(number) >= Decimal(10) ** e), min(exponents))
    return f"{_plain(number.scaleb(-exponent))} {exponents[exponent]}{dimension}"


def _split(text: str) -> tuple[Decimal, str]:
    text = text.strip()
    unit = text.lstrip("+-.0123456789eE_ ")
    try:
        number = Decimal(text[: len(text) - len(unit)].strip())
    except InvalidOperation:
        raise ValueError(f"{text!r} is not a number with a unit") from None
    if not unit:
        raise ValueError(f"{text!r} has no unit")
    return number, unit.strip()


def _unit(unit: str) -> tuple[str, Decimal]:
    """The dimension of a unit and its size in SI base units."""
    if unit in LONG_TIMES:
        return "s", LONG_TIMES[unit]
    if unit.count("/") == 1:
        (above, size), (below, divisor) = map(_unit, unit.split("/"))
        return f"{above}/{below}", size / divisor
    for dimension in DIMENSIONS:
        prefix = unit.removesuffix(dimension)
        if unit.endswith(dimension) and prefix in PREFIXES:
            return dimension, Decimal(10) ** PREFIXES[prefix]
    raise ValueError(f"{unit!r} is not a unit that is known here")


def _kind(dimension: str) -> str:
    names = {"s": "time", "V": "voltage", "m": "length", "Hz": "frequency", "m/s": "velocity"}
    return names[dimension]


def _plain(number: Decimal) -> str:
    """A decimal without exponent where that stays short, and without trailing zeros."""
    number = number.normalize()
    return f"{number:f}" if -6 <= number.adjusted() <= 6 else f"{number:e}"
