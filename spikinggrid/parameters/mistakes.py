"""Checking the content of a parameter file, and one clear line for each mistake in it."""

import json
import re
from typing import Any

from pydantic import ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from spikinggrid.parameters import units
from spikinggrid.parameters.fields import (
    LIMITS,
    alternatives,
    dimension_of,
    field_at,
    holds_entries,
    limit_text,
    nearest,
    table_type,
)
from spikinggrid.parameters.tables.base import SI_NUMBERS, AnyTable, Table
from spikinggrid.utils.errors import InputError, quoted

#: So many mistakes are told, the others counted.
N_TOLD = 10

Location = tuple[str | int, ...]


def checked(
    content: object, model: type[AnyTable], file: str = "", *, si_numbers: bool = False
) -> AnyTable:
    """Return the content of a table as the object that it describes.

    Parameters
    ----------
    content : dict
        As TOML has it. Tables that are objects already are taken as they are.
    model : type of Table
    file : str, optional
        Stands at the beginning of each mistake.
    si_numbers : bool
        Whether a quantity may also be a number in SI base units or of Brian2.

    Raises
    ------
    InputError
        If there are mistakes. One line for each.
    """
    try:
        return model.model_validate(content, context=SI_NUMBERS if si_numbers else None)
    except ValidationError as error:
        mistakes = error.errors(include_url=False)
    by_place: dict[Location, ErrorDetails] = {}
    for mistake in mistakes:
        by_place.setdefault(_place(mistake["loc"], model), mistake)
    told = list(by_place.items())[:N_TOLD]
    lines = [_explain(mistake, place, model) for place, mistake in told]
    if len(by_place) > N_TOLD:
        lines.append(f"and {len(by_place) - N_TOLD} more")
    begin = f"{file}: " if file else ""
    raise InputError("\n".join(f"{begin}{line}" for line in lines))


def literal(value: object) -> str:
    """Write a value that is no quantity in TOML, a table in one line."""
    if isinstance(value, dict):
        pairs = (f"{json.dumps(name)} = {json.dumps(text)}" for name, text in value.items())
        return f"{{ {', '.join(pairs)} }}"
    return json.dumps(value)


def _place(location: Location, model: type[Table]) -> Location:
    """Return where a mistake is: pydantic reports each alternative, the user made one mistake."""
    for depth in range(1, len(location)):
        field, _ = field_at(location[:depth], model)
        if field is not None and len(alternatives(field)) > 1:
            return location[:depth]
    return location


def _explain(mistake: ErrorDetails, place: Location, model: type[Table]) -> str:
    """Say in one line where a mistake is, what was found and what would be right."""
    where, kind = _dotted(place), mistake["type"]
    field, siblings = field_at(place, model)
    if len(place) < len(mistake["loc"]):
        return f"{where}: neither numbers nor a name{_example(place, field)}"
    if kind == "extra_forbidden":
        among_tables = len(place) == 1 and all(map(table_type, model.model_fields.values()))
        what = "table" if among_tables else "key"
        return f"{where}: unknown {what}; {nearest(str(place[-1]), siblings)}"
    if kind == "missing":
        return f"{where}: is missing{_example(place, field)}"
    message = mistake["msg"].removeprefix("Value error, ")
    if field is None or (kind == "value_error" and table_type(field)):
        return f"{where}: {message}" if where else message
    if not message.startswith(quoted(mistake["input"])):
        message = f"found {_found(mistake['input'], field)}: {_wanted(mistake, field)}"
    return f"{where}: {message}{_example(place, field)}"


def _wanted(mistake: ErrorDetails, field: FieldInfo) -> str:
    """Say what a value should be."""
    for name, limit in mistake.get("ctx", {}).items():
        if name in LIMITS:
            return f"should be {limit_text(name, limit, dimension_of(field))}"
    if table_type(field) and not holds_entries(field):
        return "should be a table"
    message = mistake["msg"].removeprefix("Value error, ").replace("Input should", "should")
    return f"{message[0].lower()}{message[1:]}"


def _dotted(location: Location) -> str:
    """Write a place as a key, with names that no key has in quotes."""
    return ".".join(
        str(part) if re.fullmatch(r"[\w-]{1,80}", str(part)) else quoted(part) for part in location
    )


def _found(value: object, field: FieldInfo) -> str:
    """Write a wrong value as the user did, also where it has been converted already."""
    dimension = dimension_of(field)
    if dimension and isinstance(value, float):
        return units.format_quantity(value, dimension)
    return "none" if value is None else quoted(value)


def _example(location: Location, field: FieldInfo | None) -> str:
    if field is None or table_type(field):
        begin = f"[{'.'.join(part for part in location if isinstance(part, str))}]"
        if field is not None and holds_entries(field):
            begin = f"[{begin}]"
        return f'; for example begin with {begin} or extends = "culture"'
    name = next(part for part in reversed(location) if isinstance(part, str))
    return f"; for example {name} = {literal(example_of(field))}"


def example_of(field: FieldInfo) -> Any:
    """Return the example of a key, as TOML has it."""
    assert field.examples, "every key has an example"
    return field.examples[0]
