"""Read keys such as `neuron.tau_m` in tables, and set them in content to be checked."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from spikinggrid.parameters.fields import field_of
from spikinggrid.parameters.tables.base import Table
from spikinggrid.utils.errors import InputError, quoted, shortened

#: A key has fewer parts.
MOST_PARTS = 10


def value_at(table: Table, key: str) -> Any:
    """Return what a key holds, None if it or its table is off.

    Raises
    ------
    InputError
        If there is no such key or entry.
    """
    field_of(key, type(table))
    value: Any = table
    try:
        for name in key.split("."):
            if value is None:
                return None
            value = value[_place(value, name)] if isinstance(value, list) else getattr(value, name)
    except InputError as error:
        raise InputError(f"{shortened(key)}: {error}") from None
    return value


def with_key(
    content: Table | dict | list,
    names: Sequence[str],
    value: object,
    opened: Callable[[Table], dict] = dict,
) -> dict | list:
    """Return the content of a table with another value at a key; whatever changes is copied.

    Parameters
    ----------
    content : Table, dict or list
        What the key is in: a table, its content, or entries.
    names : sequence of str
        The parts of the key, from this table inwards. Whether there is such a key is not checked.
    value : object
    opened : callable
        Returns the content of a table, with tables in it as they are.

    Raises
    ------
    InputError
        If something on the way is no table, or there is no such entry.
    """
    if len(names) > MOST_PARTS:
        raise InputError("has too many parts for a key")
    name, *inner = names
    if isinstance(content, list):
        entries = list(content)
        place = _place(entries, name)
        if inner:
            value = with_key(entries[place], inner, value, opened)
        entries[place] = value
        return entries
    if isinstance(content, Table):
        content = opened(content)
    if inner:
        value = with_key(_table_in(content, name), inner, value, opened)
    return content | {name: value}


def _table_in(content: dict, name: str) -> Table | dict | list:
    table = content.get(name)
    if table is None or (isinstance(table, str) and table == "none"):
        return {}
    if not isinstance(table, Table | dict | list):
        raise InputError(f"{name} is not a table with keys")
    return table


def plain(value: Any) -> Any:
    """Return a value with its mappings as dict, and its tuples and NumPy arrays as list."""
    if isinstance(value, Mapping):
        return {name: plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    if hasattr(value, "tolist") and not hasattr(value, "dim"):  # of NumPy, but not of Brian2
        return value.tolist()
    return value


def _place(entries: list, name: str) -> int:
    if not name.isdecimal() or int(name) >= len(entries):
        raise InputError(f"{quoted(name)} is no entry; there are {len(entries)}, counted from 0")
    return int(name)
