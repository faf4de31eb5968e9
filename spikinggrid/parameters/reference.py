"""Every key of a parameter file with what it means, for pages, tables and programs.

keys()                  all keys, in the order of a file
key("neuron.tau_m")     one of them
"""

import typing
from collections.abc import Iterator
from dataclasses import dataclass

from annotated_types import MinLen
from pydantic.fields import FieldInfo

from spikinggrid.parameters import units
from spikinggrid.parameters.fields import (
    LIMITS,
    alternatives,
    dimension_of,
    field_of,
    holds_entries,
    limit_text,
    table_type,
)
from spikinggrid.parameters.mistakes import example_of, literal
from spikinggrid.parameters.model import Parameters
from spikinggrid.parameters.tables.base import Table
from spikinggrid.utils.errors import InputError

#: What the types are called that a key without a unit can have.
TYPES: dict[object, str] = {
    int: "whole number",
    float: "number",
    bool: "true or false",
    str: "text",
    list[int]: "list of whole numbers",
    list[int | str]: "list of whole numbers and texts",
    list[list[int | str]]: "list of lists of whole numbers and texts",
    dict[str, str]: "table of text",
}


@dataclass(frozen=True)
class Key:
    """A key of a parameter file.

    Attributes
    ----------
    table : str
        The table that it is in, such as "synapses.input".
    name : str
        Its name in the table.
    kind : str
        What it holds, such as "time", "whole number" or "text or list of whole numbers".
    unit : str
        SI unit of a quantity, "" of anything else.
    choices : tuple of str
        The names that it may hold; empty where it holds something else, too.
    bounds : tuple of str
        What limits it, such as "above 0 s"; empty where nothing does.
    optional : bool
        Whether it may be left out.
    default : str
        What holds then, in TOML; "" if the key is off, or must be given.
    example : str
        A value, in TOML.
    meaning : str
    """

    table: str
    name: str
    kind: str
    unit: str
    choices: tuple[str, ...]
    bounds: tuple[str, ...]
    optional: bool
    default: str
    example: str
    meaning: str

    @property
    def varies(self) -> bool:
        """Whether it holds a quantity or a number."""
        return bool(self.unit) or self.kind in ("number", "whole number")


@dataclass(frozen=True)
class Section:
    """A table of a parameter file that has keys of its own.

    Attributes
    ----------
    name : str
        Such as "synapses.input".
    header : str
        How it begins in a file, such as "[synapses.input]" or "[[stimulation]]".
    optional : bool
        Whether it may be left out.
    meaning : str
    keys : tuple of Key
    """

    name: str
    header: str
    optional: bool
    meaning: str
    keys: tuple[Key, ...]


def sections() -> Iterator[Section]:
    """Yield every table that has keys of its own, in the order of a file."""
    yield from _sections(Parameters, "", optional=False)


def key(name: str) -> Key:
    """Return the key of a name such as "neuron.tau_m".

    Raises
    ------
    InputError
        If there is no such key; the message names one that may have been meant.
    """
    field = field_of(name, Parameters)
    if table := table_type(field):
        raise InputError(f"{name}: is a table; its keys are {', '.join(table.model_fields)}")
    path, _, last = name.rpartition(".")
    return _key(path, last, field)


def _sections(model: type[Table], path: str, optional: bool) -> Iterator[Section]:
    for name, field in model.model_fields.items():
        if table := table_type(field):
            inner = f"{path}.{name}" if path else name
            may_miss = optional or not field.is_required()
            if own := [(n, f) for n, f in table.model_fields.items() if not table_type(f)]:
                header = f"[[{inner}]]" if holds_entries(field) else f"[{inner}]"
                keys = tuple(_key(inner, n, f) for n, f in own)
                yield Section(inner, header, may_miss, (table.__doc__ or "").strip(), keys)
            yield from _sections(table, inner, may_miss)


def _key(table: str, name: str, field: FieldInfo) -> Key:
    unit = dimension_of(field)
    held = alternatives(field)
    choices = [name for a in held for name in typing.get_args(a) if _is_literal(a)]
    types_held = [TYPES[a] for a in held if not _is_literal(a)] if not unit else []
    kind = " or ".join(["name"] * bool(choices) + types_held) or units.KINDS[unit]
    return Key(
        table=table,
        name=name,
        kind=kind,
        unit=unit,
        choices=tuple(choices),
        bounds=tuple(_bounds(field, unit)),
        optional=not field.is_required(),
        default="" if field.is_required() or field.default is None else literal(field.default),
        example=literal(example_of(field)),
        meaning=field.description or "",
    )


def _is_literal(annotation: object) -> bool:
    return typing.get_origin(annotation) is typing.Literal


def _bounds(field: FieldInfo, unit: str) -> Iterator[str]:
    for mark in field.metadata:
        if isinstance(mark, MinLen):
            yield f"at least {mark.min_length} entries"
        for name in LIMITS:
            if hasattr(mark, name):
                yield limit_text(name, getattr(mark, name), unit)
