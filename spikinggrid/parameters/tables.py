"""What all tables of a parameter file have in common: units, keys that are off, mistakes.

Every field states its meaning; `spikinggrid parameters show NAME` prints it beside the
value. Values are plain floats in SI base units, read from text such as `"20 ms"` (see
`units`). There are no hidden defaults: a key that may be left out is off when it is
absent or "none".
"""

import json
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from spikinggrid.parameters import units


class Quantity:
    """Marks a field as a quantity of one dimension, given as text with a unit."""

    def __init__(self, dimension: str):
        self.dimension = dimension


def _quantity(dimension: str):
    return Annotated[
        float, BeforeValidator(lambda text: units.parse(text, dimension)), Quantity(dimension)
    ]


def _none_is_off(value: object) -> object:
    return None if value == "none" else value


Time = _quantity("s")
Voltage = _quantity("V")
Length = _quantity("m")
Frequency = _quantity("Hz")
Velocity = _quantity("m/s")


class Table(BaseModel):
    """A table of a parameter file: no unknown keys, no changes after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, strict=True)

    @model_validator(mode="before")
    @classmethod
    def _keys_that_are_off(cls, data: object) -> object:
        if not isinstance(data, dict):
            return data
        return {key: _none_is_off(value) for key, value in data.items()}


def key(description: str, example: object, **limits):
    """A key that must be given."""
    return Field(description=description, examples=[example], **limits)


def optional(description: str, example: object, **limits):
    """A key that is off unless given."""
    return Field(default=None, description=description, examples=[example], **limits)


def require(table: Table, when: str, *keys: str) -> None:
    """Refuse a table that lacks keys which something in it needs."""
    for name in keys:
        if getattr(table, name) is None:
            example = json.dumps(type(table).model_fields[name].examples[0])
            raise ValueError(
                f"{name} is missing, which {when} needs; for example {name} = {example}"
            )


def refuse(table: Table, when: str, *keys: str) -> None:
    """Refuse a table with keys that mean nothing with something in it."""
    for name in keys:
        if getattr(table, name) is not None:
            raise ValueError(f'{name} means nothing with {when}; leave it out or set it to "none"')
