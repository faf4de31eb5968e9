"""Checking the content of a parameter file, and one clear line for each mistake in it."""

import json
import typing
from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from spikinggrid.parameters import units
from spikinggrid.parameters.fields import dimension_of, field_at, nearest, table_type
from spikinggrid.parameters.tables.base import SI_NUMBERS, AnyTable, Table
from spikinggrid.utils.errors import InputError, quoted

#: So many mistakes are told, the others counted.
N_TOLD = 10

#: What pydantic calls the alternatives of a key that is a name or numbers.
ALTERNATIVES = (
    "str",
    "list[union[int,str]]",
    "literal['beside-image']",
    "list[list[union[int,str]]]",
)

Location = Sequence[str | int]


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
    except ValidationError as errors:
        lines = list(dict.fromkeys(_explain(error, model) for error in errors.errors()))
    begin = f"{file}: " if file else ""
    told = lines[:N_TOLD]
    if len(lines) > N_TOLD:
        told.append(f"and {len(lines) - N_TOLD} more")
    raise InputError("\n".join(f"{begin}{line}" for line in told))


def literal(value: object) -> str:
    """Write a value that is no quantity in TOML, a table in one line."""
    if isinstance(value, dict):
        pairs = (f"{json.dumps(name)} = {json.dumps(text)}" for name, text in value.items())
        return f"{{ {', '.join(pairs)} }}"
    return json.dumps(value)


def _explain(error: ErrorDetails, model: type[Table]) -> str:
    """Say in one line where a mistake is, what was found and what would be right."""
    location = list(error["loc"])
    either = next((n for n, part in enumerate(location) if part in ALTERNATIVES), None)
    if either is not None:  # pydantic reports each alternative, the user made one mistake
        field, _ = field_at(location[:either], model)
        return f"{_dotted(location[:either])}: neither numbers nor a name" + _example(
            location[:either], field
        )
    where = _dotted(location)
    field, siblings = field_at(location, model)
    kind = error["type"]
    if kind == "extra_forbidden":
        among_tables = len(location) == 1 and all(map(table_type, model.model_fields.values()))
        what = "table" if among_tables else "key"
        return f"{where}: unknown {what}; {nearest(str(location[-1]), siblings)}"
    if kind == "missing":
        return f"{where}: is missing{_example(location, field)}"
    message = error["msg"].removeprefix("Value error, ")
    if field is None or (kind == "value_error" and table_type(field)):
        return f"{where}: {message}" if where else message
    if not message.startswith(quoted(error["input"])):
        message = f"found {_found(error['input'], field)}: {message[0].lower()}{message[1:]}"
    return f"{where}: {message}{_example(location, field)}"


def _dotted(location: Location) -> str:
    return ".".join(str(part) if len(str(part)) <= 80 else quoted(part) for part in location)


def _found(value: object, field: FieldInfo) -> str:
    """Write a wrong value as the user did, also where it has been converted already."""
    dimension = dimension_of(field)
    if dimension and isinstance(value, float):
        return units.format_quantity(value, dimension)
    return "none" if value is None else quoted(value)


def _example(location: Location, field: FieldInfo | None) -> str:
    if field is None or table_type(field):
        begin = f"[{'.'.join(part for part in location if isinstance(part, str))}]"
        if field is not None and typing.get_origin(field.annotation) is list:
            begin = f"[{begin}]"
        return f'; for example begin with {begin} or extends = "culture"'
    name = next(part for part in reversed(location) if isinstance(part, str))
    return f"; for example {name} = {literal(example_of(field))}"


def example_of(field: FieldInfo) -> Any:
    """Return the example of a key, as TOML has it."""
    assert field.examples, "every key has an example"
    return field.examples[0]
