"""What all tables of a parameter file have in common: units, keys that are off, mistakes.

Every field states its meaning; `spikinggrid parameters show NAME` prints it beside the
value. Values are plain floats in SI base units, read from text such as `"20 ms"` (see
`units`). There are no hidden defaults: a key that may be left out is off when it is
absent or "none".
"""

import json
from collections.abc import Iterable
from typing import Annotated, Any, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    model_validator,
)

from spikinggrid.parameters import units
from spikinggrid.utils.errors import InputError, quoted

#: The largest grid has so many.
MOST_ELECTRODES = 1_000_000

AnyTable = TypeVar("AnyTable", bound="Table")

#: Context of a validation in which quantities may also be numbers in SI base units or of Brian2.
SI_NUMBERS = "SI numbers"


class Quantity:
    """Marks a field as a quantity of one dimension, given as text with a unit."""

    def __init__(self, dimension: str):
        self.dimension = dimension


def _reads(dimension: str) -> BeforeValidator:
    def read(value: object, info: ValidationInfo) -> float:
        if info.context == SI_NUMBERS:
            return units.to_si(value, dimension)
        return units.parse(value, dimension)

    return BeforeValidator(read)


Time = Annotated[float, _reads("s"), Quantity("s")]
Voltage = Annotated[float, _reads("V"), Quantity("V")]
Length = Annotated[float, _reads("m"), Quantity("m")]
Frequency = Annotated[float, _reads("Hz"), Quantity("Hz")]
Velocity = Annotated[float, _reads("m/s"), Quantity("m/s")]
Resistance = Annotated[float, _reads("Ohm"), Quantity("Ohm")]
Irradiance = Annotated[float, _reads("W/m2"), Quantity("W/m2")]
Concentration = Annotated[float, _reads("M"), Quantity("M")]


class Table(BaseModel):
    """A table of a parameter file: no unknown keys, no changes after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, strict=True)

    @model_validator(mode="before")
    @classmethod
    def _keys_that_are_off(cls, data: object) -> object:
        if not isinstance(data, dict):
            return data
        return {key: None if _is_none(value) else value for key, value in data.items()}


def _is_none(value: object) -> bool:
    return isinstance(value, str) and value == "none"


def key(description: str, example: object, **limits: Any) -> Any:
    """Return a field that must be given."""
    return Field(description=description, examples=[example], **limits)


def optional(description: str, example: object, **limits: Any) -> Any:
    """Return a field that is off unless given."""
    return Field(default=None, description=description, examples=[example], **limits)


def needed(table: AnyTable | None, name: str, purpose: str, preset: str = "culture") -> AnyTable:
    """Return a table that a parameter file may lack, for work that cannot do without it.

    Parameters
    ----------
    table : Table or None
    name : str
        What it is called in files.
    purpose : str
        The work, such as "an electrode array".
    preset : str
        One that has the table.

    Raises
    ------
    InputError
        If it is None.
    """
    if table is None:
        raise InputError(
            f"{name}: is missing, which {purpose} needs; for example begin with [{name}] or"
            f' extends = "{preset}"'
        )
    return table


def require(table: Table, when: str, *keys: str) -> None:
    """Refuse a table that lacks keys which something in it needs."""
    for name in keys:
        if getattr(table, name) is None:
            [example] = type(table).model_fields[name].examples or [None]
            raise ValueError(
                f"{name} is missing, which {when} needs; for example {name} = {json.dumps(example)}"
            )


def refuse(table: Table, when: str, *keys: str) -> None:
    """Refuse a table with keys that mean nothing with something in it."""
    for name in keys:
        if getattr(table, name) is not None:
            raise ValueError(f'{name} means nothing with {when}; leave it out or set it to "none"')


def check_electrodes(name: str, electrodes: Iterable[int | str]) -> None:
    """Refuse numbers that no electrode has, whatever the array."""
    for electrode in electrodes:
        if isinstance(electrode, int) and not 0 <= electrode < MOST_ELECTRODES:
            raise ValueError(f"{name}: found {quoted(electrode)}; electrodes are counted from 0")
