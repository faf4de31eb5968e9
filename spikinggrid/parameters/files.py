"""Parameter files: found by name, combined, checked, and written out again.

    load("culture")                                  a preset of the folder `parameters/`
    load("my.toml", ["neuron.tau_m=15 ms"])          a file, with some keys changed
    override(parameters, ["neuron.tau_m=15 ms"])     the same of parameters
    dumps(parameters)                                the whole resolved file as text

A file may begin with `extends = "NAME"` and then holds only what differs. All mistakes of
a file are reported at once, each with its table and key and an example that is right.
"""

import difflib
import json
import os
import tomllib
import typing
from collections.abc import Iterable, Iterator
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from pydantic.fields import FieldInfo

from spikinggrid.parameters import units
from spikinggrid.parameters.changes import with_key
from spikinggrid.parameters.fields import dimension_of, table_type
from spikinggrid.parameters.mistakes import checked, literal
from spikinggrid.parameters.model import Parameters
from spikinggrid.parameters.tables.base import AnyTable, Table
from spikinggrid.utils.errors import InputError
from spikinggrid.utils.files import shipped_folder


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
    content = _overridden(_with_extended(path, seen=()), overrides)
    return checked(content, Parameters, str(path))


def load_table(path: str | os.PathLike, model: type[AnyTable]) -> AnyTable:
    """Read a file of its own that holds one table, such as that of `slurm`.

    Raises
    ------
    InputError
        If it cannot be read, is not TOML, or its content is wrong. One line for every mistake.
    """
    return checked(_parsed(_text(Path(path)), str(path)), model, str(path))


def loads(text: str, name: str = "parameters", overrides: Iterable[str] = ()) -> Parameters:
    """Read the resolved text that `dumps` wrote; `name` stands for the file in messages."""
    return checked(_overridden(_parsed(text, name), overrides), Parameters, name)


def override(
    parameters: Parameters, overrides: Iterable[str], name: str = "parameters"
) -> Parameters:
    """Return parameters with changes such as `"neuron.tau_m=15 ms"`.

    What a parameter file would not accept is refused, such as a quantity without a unit; from
    Python, `Parameters.replace` is easier. `name` stands for the file in messages.

    Raises
    ------
    InputError
        If a change is wrong. One line for every mistake.
    """
    return checked(_overridden(parameters, overrides), Parameters, name)


def presets() -> dict[str, str]:
    """Return name and first comment line of every preset."""
    return {name: _first_comment(path) for name, path in sorted(_preset_files().items())}


def dumps(parameters: Parameters, comments: bool = False) -> str:
    """Return the whole parameter file as TOML text, from which `loads` makes an equal object.

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


def _find(name: str, near: Path | None) -> Traversable:
    if near is not None:
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
        found = _find(extended, near=path.parent if isinstance(path, Path) else None)
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
    """Return `base` with `changes` on top, table by table."""
    both = base | changes
    for name in base.keys() & changes.keys():
        if isinstance(base[name], dict) and isinstance(changes[name], dict):
            both[name] = _merged(base[name], changes[name])
    return both


def _overridden(content: Any, overrides: Iterable[str]) -> Any:
    for override in overrides:
        key, equals, text = override.partition("=")
        names = key.strip().split(".")
        if not equals or not all(names):
            raise InputError(f'--set {override}: should be like --set neuron.tau_m="15 ms"')
        try:
            content = with_key(content, names, _value(text), _as_in_file)
        except InputError as error:
            raise InputError(f"--set {override}: {error}") from None
    return content


def _value(text: str) -> object:
    """Read a value in TOML, or text without its quotes."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text.strip()


# --- writing ---------------------------------------------------------------------------


def _as_in_file(table: Table) -> dict[str, object]:
    """Return the content of a table with quantities as text, and tables in it as they are."""
    fields = type(table).model_fields
    return {name: _in_toml(value, fields[name]) for name, value in table if value is not None}


def _in_toml(value: Any, field: FieldInfo) -> object:
    dimension = dimension_of(field)
    return units.format_quantity(value, dimension) if dimension else value


def _is_table(field: FieldInfo) -> bool:
    """Return whether a field is written as a table of its own, or several."""
    return bool(table_type(field)) or typing.get_origin(field.annotation) is dict


def _toml_lines(table: Table, path: str, comments: bool) -> Iterator[str]:
    fields = type(table).model_fields
    content = _as_in_file(table)
    for name, value in content.items():
        if not _is_table(fields[name]):
            line = f"{name} = {literal(value)}"
            yield f"{line:<42} # {fields[name].description}" if comments else line
    for name, value in content.items():
        inner = f"{path}.{name}" if path else name
        if isinstance(value, Table):
            if not all(map(_is_table, type(value).model_fields.values())):
                yield from ("", f"[{inner}]")
            yield from _toml_lines(value, inner, comments)
        elif isinstance(value, dict):
            yield from ("", f"[{inner}]")
            yield from (f"{json.dumps(key)} = {json.dumps(text)}" for key, text in value.items())
        elif isinstance(value, list) and _is_table(fields[name]):
            for entry in value:
                yield from ("", f"[[{inner}]]")
                yield from _toml_lines(entry, inner, comments)


def _first_comment(path: Traversable) -> str:
    first_line = path.read_text(encoding="utf-8").partition("\n")[0]
    return first_line.lstrip("# ") if first_line.startswith("#") else ""
