"""Parameter files: found by name, combined, checked, and written out again.

    load("culture")                                  a preset of the folder `parameters/`
    load("my.toml", overrides=["neuron.tau_m=15 ms"])  a file, with some keys changed
    dumps(parameters)                                the whole resolved file as text

A file may begin with `extends = "NAME"` and then holds only what differs. All mistakes of
a file are reported at once, each with its table and key and an example that is right.
"""

import difflib
import json
import os
import tomllib
import types
import typing
from collections.abc import Iterable, Iterator
from importlib.resources.abc import Traversable
from pathlib import Path

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from spikinggrid.parameters import units
from spikinggrid.parameters.model import Parameters
from spikinggrid.parameters.tables import Quantity, Table
from spikinggrid.utils.errors import InputError
from spikinggrid.utils.files import shipped_folder

#: What pydantic calls the alternatives of a key that is a name or numbers.
ALTERNATIVES = ("str", "list[int]", "literal['beside-image']", "list[list[int]]")


def load(name: str | os.PathLike, overrides: Iterable[str] = ()) -> Parameters:
    """Read a parameter file or preset.

    Parameters
    ----------
    name : str or path-like
        A file, or the name of a preset as `presets` lists it.
    overrides : iterable of str
        Changes such as `"neuron.tau_m=15 ms"`, applied last.

    Raises
    ------
    InputError
        If there is no such file, it is not TOML, `extends` runs in a circle, or its
        content is wrong. One line for every mistake.
    """
    path = _find(str(name), near=Path.cwd())
    content = _with_extended(path, seen=())
    for override in overrides:
        _apply_override(content, override)
    return _checked(content, str(path))


def load_table(path: str | os.PathLike, model: type[Table]) -> Table:
    """Read a file of its own that holds one table, such as that of `slurm`.

    Raises
    ------
    InputError
        If it cannot be read, is not TOML, or its content is wrong. One line for every mistake.
    """
    return _checked(_parsed(_text(Path(path)), str(path)), str(path), model)


def loads(text: str, name: str = "parameters", overrides: Iterable[str] = ()) -> Parameters:
    """Read the resolved text that `dumps` wrote; `name` stands for the file in messages."""
    content = _parsed(text, name)
    for override in overrides:
        _apply_override(content, override)
    return _checked(content, name)


def presets() -> dict[str, str]:
    """Name and first comment line of every preset."""
    return {name: _first_comment(path) for name, path in sorted(_preset_files().items())}


def dimension_of(key: str) -> str:
    """SI unit of what a key such as "neuron.tau_m" holds, "" where it is a number without one.

    Raises
    ------
    InputError
        If there is no such key, or it holds something else.
    """
    location = key.split(".")
    field, siblings = _field_at(location)
    if field is None:
        near = difflib.get_close_matches(location[-1], siblings, n=1)
        hint = f"did you mean {near[0]}?" if near else f"known here: {', '.join(siblings)}"
        raise InputError(f"{key}: unknown key; {hint}")
    quantity = _quantity_of(field)
    if quantity:
        return quantity.dimension
    if not {float, int} & {field.annotation, *typing.get_args(field.annotation)}:
        raise InputError(
            f"{key}: holds no quantity that could vary; neuron.tau_m, for example, does"
        )
    return ""


def is_whole(key: str) -> bool:
    """Whether a key that `dimension_of` knows holds whole numbers alone, as culture.n_neurons."""
    field, _ = _field_at(key.split("."))
    return int in (field.annotation, *typing.get_args(field.annotation))


def meaning_of(key: str) -> str:
    """What a key that `dimension_of` knows means, as parameter files say it."""
    field, _ = _field_at(key.split("."))
    return field.description


def dumps(parameters: Parameters, comments: bool = False) -> str:
    """The whole parameter file as TOML text, from which `loads` makes an equal object.

    With `comments`, each key is followed by what it means.
    """
    return "\n".join(_toml_lines(parameters, "", comments)).strip() + "\n"


# --- finding and combining -------------------------------------------------------------


def _preset_files() -> dict[str, Traversable]:
    """File of every preset by its name, such as "digits/two"."""
    files = {}
    folders = [("", shipped_folder("spikinggrid.parameters", "presets", "parameters"))]
    for prefix, folder in folders:
        for path in folder.iterdir():
            if path.is_dir():
                folders.append((f"{prefix}{path.name}/", path))
            elif path.name.endswith(".toml"):
                files[prefix + path.name.removesuffix(".toml")] = path
    return files


def _find(name: str, near: Traversable) -> Traversable:
    if isinstance(near, Path):
        for path in (near / name, near / f"{name}.toml"):
            if os.path.isfile(path):  # unlike Path.is_file, False where a name is too long
                return Path(os.path.abspath(path))  # the same file by another way is the same
    shipped = _preset_files()
    if name in shipped:
        return shipped[name]
    near_names = difflib.get_close_matches(name, shipped, n=1, cutoff=0.4)
    hint = f'; did you mean the preset "{near_names[0]}"?' if near_names else ""
    raise InputError(
        f"{name}: no such parameter file or preset{hint}"
        " (`spikinggrid parameters` lists the presets)"
    )


def _with_extended(path: Traversable, seen: tuple[Traversable, ...]) -> dict:
    if path in seen:
        circle = " -> ".join(p.name for p in (*seen, path))
        raise InputError(f"{path}: extends runs in a circle: {circle}")
    content = _parsed(_text(path), str(path))
    extended = content.pop("extends", None)
    if extended is None:
        return content
    if not isinstance(extended, str):
        raise InputError(f'{path}: extends: found {extended!r}; for example extends = "culture"')
    try:
        found = _find(extended, near=path.parent)
    except InputError as error:
        raise InputError(f"{path}: extends: {error}") from None
    base = _with_extended(found, (*seen, path))
    return _merged(base, content)


def _text(path: Traversable) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: is not a text file in UTF-8") from error


def _parsed(text: str, name: str) -> dict:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{name}: is not valid TOML: {error}") from error


def _merged(base: dict, changes: dict) -> dict:
    """`base` with `changes` on top, table by table."""
    both = base | changes
    for name in base.keys() & changes.keys():
        if isinstance(base[name], dict) and isinstance(changes[name], dict):
            both[name] = _merged(base[name], changes[name])
    return both


def _apply_override(content: dict, override: str) -> None:
    path, equals, text = override.partition("=")
    *tables, last = path.strip().split(".")
    if not equals or not all(tables) or not last:
        raise InputError(f'--set {override}: should be like --set neuron.tau_m="15 ms"')
    for name in tables:
        content = content.setdefault(name, {})
        if not isinstance(content, dict):
            raise InputError(f"--set {override}: {name} is not a table with keys")
    try:
        content[last] = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        content[last] = text.strip()  # "15 ms" without quotes


# --- checking --------------------------------------------------------------------------


def _checked(content: dict, file: str, model: type[Table] = Parameters) -> Table:
    try:
        return model.model_validate(content)
    except ValidationError as errors:
        lines = [f"{file}: {_explain(error, model)}" for error in errors.errors()]
        raise InputError("\n".join(dict.fromkeys(lines))) from None


def _explain(error: dict, model: type[Table]) -> str:
    """One line for one pydantic error: where, what was found, what would be right."""
    location = list(error["loc"])
    either = next((n for n, part in enumerate(location) if part in ALTERNATIVES), None)
    if either is not None:  # pydantic reports each alternative, the user made one mistake
        where = ".".join(map(str, location[:either]))
        field, _ = _field_at(location[:either], model)
        return f"{where}: neither numbers nor a name; {_example(location[:either], field)}"
    where = ".".join(map(str, location))
    field, siblings = _field_at(location, model)
    kind = error["type"]
    if kind == "extra_forbidden":
        near = difflib.get_close_matches(str(location[-1]), siblings, n=1)
        what = "table" if model is Parameters and len(location) == 1 else "key"
        hint = f"did you mean {near[0]}?" if near else f"known here: {', '.join(siblings)}"
        return f"{where}: unknown {what}; {hint}"
    if kind == "missing":
        return f"{where}: is missing; {_example(location, field)}"
    message = error["msg"].removeprefix("Value error, ")
    if field is None or (kind == "value_error" and _is_table(field)):
        return f"{where}: {message}" if where else message
    if not message.startswith(repr(error["input"])):
        message = f"found {_found(error['input'], field)}: {message[0].lower()}{message[1:]}"
    return f"{where}: {message}; {_example(location, field)}"


def _found(value: object, field: FieldInfo) -> str:
    """A wrong value as the user wrote it, also where it has been converted already."""
    quantity = _quantity_of(field)
    if quantity and isinstance(value, float):
        return units.format_quantity(value, quantity.dimension)
    return "none" if value is None else repr(value)


def _example(location: list, field: FieldInfo | None) -> str:
    if field is None or _is_table(field):
        begin = f"[{'.'.join(part for part in location if isinstance(part, str))}]"
        if field is not None and typing.get_origin(field.annotation) is list:
            begin = f"[{begin}]"
        return f'for example begin with {begin} or extends = "culture"'
    name = next(part for part in reversed(location) if isinstance(part, str))
    return f"for example {name} = {_literal(field.examples[0])}"


def _field_at(
    location: list, model: type[Table] = Parameters
) -> tuple[FieldInfo | None, list[str]]:
    """The field that a location names, and the names of all fields beside it."""
    field, siblings = None, list(model.model_fields)
    for part in location:
        if isinstance(part, int):
            continue
        siblings = list(model.model_fields) if model else []
        field = model.model_fields.get(part) if model else None
        model = _table_type(field) if field else None
    return field, siblings


def _table_type(field: FieldInfo) -> type[Table] | None:
    """The table model that a field holds, be it alone, optional or in a list."""
    types_to_look_at = [field.annotation]
    while types_to_look_at:
        found = types_to_look_at.pop()
        if typing.get_origin(found) in (types.UnionType, typing.Union, list):
            types_to_look_at.extend(typing.get_args(found))
        elif isinstance(found, type) and issubclass(found, Table):
            return found
    return None


def _is_table(field: FieldInfo) -> bool:
    return _table_type(field) is not None


# --- writing ---------------------------------------------------------------------------


def _is_subtable(table: Table, name: str) -> bool:
    """Whether a field is written as a table of its own."""
    return _is_table(type(table).model_fields[name]) or isinstance(getattr(table, name), dict)


def _toml_lines(table: Table, path: str, comments: bool) -> Iterator[str]:
    fields = type(table).model_fields
    given = {name: getattr(table, name) for name in fields if getattr(table, name) is not None}
    for name, value in given.items():
        if not _is_subtable(table, name):
            line = f"{name} = {_toml_value(value, fields[name])}"
            yield f"{line:<42} # {fields[name].description}" if comments else line
    for name, value in given.items():
        inner = f"{path}.{name}" if path else name
        if isinstance(value, Table):
            if any(not _is_subtable(value, each) for each in type(value).model_fields):
                yield ""
                yield f"[{inner}]"
            yield from _toml_lines(value, inner, comments)
        elif isinstance(value, dict):
            yield ""
            yield f"[{inner}]"
            yield from (f"{json.dumps(key)} = {json.dumps(text)}" for key, text in value.items())
        elif _is_table(fields[name]):
            for entry in value:
                yield ""
                yield f"[[{inner}]]"
                yield from _toml_lines(entry, inner, comments)


def _toml_value(value: object, field: FieldInfo) -> str:
    quantity = _quantity_of(field)
    return _literal(units.format_quantity(value, quantity.dimension) if quantity else value)


def _literal(value: object) -> str:
    """A value that is no quantity in TOML, a table in one line."""
    if isinstance(value, dict):
        pairs = (f"{json.dumps(name)} = {json.dumps(text)}" for name, text in value.items())
        return f"{{ {', '.join(pairs)} }}"
    return json.dumps(value)


def _quantity_of(field: FieldInfo) -> Quantity | None:
    """The dimension of a field; an optional one keeps it inside its union."""
    marks = list(field.metadata)
    for alternative in typing.get_args(field.annotation):
        marks.extend(getattr(alternative, "__metadata__", ()))
    return next((mark for mark in marks if isinstance(mark, Quantity)), None)


def _first_comment(path: Traversable) -> str:
    first_line = path.read_text(encoding="utf-8").partition("\n")[0]
    return first_line.lstrip("# ") if first_line.startswith("#") else ""
