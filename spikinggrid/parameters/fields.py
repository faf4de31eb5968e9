"""Fields of tables found by key, such as `neuron.tau_m`, and what they hold."""

import difflib
import types
import typing
from collections.abc import Sequence
from typing import Any

from pydantic.fields import FieldInfo

from spikinggrid.parameters import units
from spikinggrid.parameters.tables.base import Quantity, Table
from spikinggrid.utils.errors import InputError, shortened

#: How limits are said, by the name that pydantic has for them.
LIMITS = {"gt": "above", "ge": "at least", "lt": "below", "le": "at most"}


def field_at(
    location: Sequence[str | int], model: type[Table]
) -> tuple[FieldInfo | None, list[str]]:
    """Return the field at a location and the names of the fields beside it.

    Parameters
    ----------
    location : sequence
        Names of fields from the outermost table inwards; numbers of entries are passed over.
    model : type of Table
        The outermost table.

    Returns
    -------
    field : FieldInfo or None
        None where there is no such field.
    siblings : list of str
        Empty where not even a table is there.
    """
    field: FieldInfo | None = None
    table: type[Table] | None = model
    siblings = list(model.model_fields)
    for name in location:
        if isinstance(name, int) or (name.isdecimal() and field and holds_entries(field)):
            continue
        siblings = list(table.model_fields) if table else []
        field = table.model_fields.get(name) if table else None
        table = table_type(field) if field else None
    return field, siblings


def field_of(key: str, model: type[Table]) -> FieldInfo:
    """Return the field of a key such as "neuron.tau_m".

    Raises
    ------
    InputError
        If there is no such key; the message names one that may have been meant.
    """
    names = key.split(".")
    for depth, name in enumerate(names, start=1):
        field, siblings = field_at(names[:depth], model)
        if field is None:
            hint = nearest(name, siblings) if siblings else f"{names[depth - 2]} is not a table"
            raise InputError(f"{shortened(key)}: unknown key; {hint}")
    assert field is not None
    return field


def nearest(name: str, siblings: Sequence[str]) -> str:
    """Say which name was probably meant, or which there are."""
    near = difflib.get_close_matches(name[:80], siblings, n=1)
    return f"did you mean {near[0]}?" if near else f"known here: {', '.join(siblings)}"


def alternatives(field: FieldInfo) -> list[Any]:
    """Return the types that a field may hold, None apart."""
    if typing.get_origin(field.annotation) in (types.UnionType, typing.Union):
        return [a for a in typing.get_args(field.annotation) if a is not types.NoneType]
    return [field.annotation]


def holds_entries(field: FieldInfo) -> bool:
    """Return whether a field holds a list."""
    return typing.get_origin(field.annotation) is list


def table_type(field: FieldInfo) -> type[Table] | None:
    """Return the table that a field holds, be it alone, optional or in a list."""
    held = typing.get_args(field.annotation) if holds_entries(field) else alternatives(field)
    tables = (t for t in held if isinstance(t, type) and not typing.get_origin(t))
    return next((table for table in tables if issubclass(table, Table)), None)


def dimension_of(field: FieldInfo) -> str:
    """Return the SI unit of the quantity that a field holds, "" if it holds something else."""
    marks = list(field.metadata)
    for alternative in typing.get_args(field.annotation):  # an optional one is within a union
        marks.extend(getattr(alternative, "__metadata__", ()))
    return next((mark.dimension for mark in marks if isinstance(mark, Quantity)), "")


def limit_text(name: str, limit: float, dimension: str) -> str:
    """Say a limit, such as "above 0 s"."""
    if dimension:
        return f"{LIMITS[name]} {units.format_quantity(limit, dimension)}"
    return f"{LIMITS[name]} {f'{limit:,}' if isinstance(limit, int) else f'{limit:g}'}"
