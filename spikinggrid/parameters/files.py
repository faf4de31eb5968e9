"""Parameter files: found by name, combined, checked, and written out again.

    load("culture")                                  a preset of the folder `parameters/`
    load("my.toml", ["neuron.tau_m=15 ms"])          a file, with some keys changed
    override(parameters, ["neuron.tau_m=15 ms"])     the same of parameters
    dumps(parameters)                                the whole resolved file as text

A file may begin with `extends = "NAME"` and then holds only what differs. All mistakes of
a file are reported at once, each with its table and key and an example that is right.
"""

import codecs
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
from spikinggrid.parameters.arrays import FILES
from spikinggrid.parameters.changes import with_key
from spikinggrid.parameters.fields import dimension_of, table_type
from spikinggrid.parameters.mistakes import checked, literal
from spikinggrid.parameters.model import Parameters
from spikinggrid.parameters.tables.base import AnyTable, Table
from spikinggrid.utils.errors import InputError, path_text, quoted, shortened
from spikinggrid.utils.files import shipped_folder

#: Bytes of the largest file that is read.
LARGEST = 1_000_000

#: So many files may extend one another.
LONGEST_CHAIN = 20

#: Reading keys of many parts takes a time that grows with their square.
MOST_DOTS = 200

#: Tables and arrays may be nested so deeply within a table.
DEEPEST = 10


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
    name = path_text(name)
    near_names = difflib.get_close_matches(name, shipped, n=1, cutoff=0.4)
    hint = f'; did you mean the preset "{near_names[0]}"?' if near_names else ""
    raise InputError(
        f"{name}: no such parameter file or preset{hint}"
        " (`spikinggrid parameters` lists the presets)"
    )


def _find_layout(content: dict, path: Traversable) -> None:
    """Let the file of an electrode layout lie beside the parameter file that names it."""
    table = content.get("mea")
    if not isinstance(table, dict) or not isinstance(path, Path):
        return
    layout = table.get("layout")
    if isinstance(layout, str) and layout.endswith(FILES):
        table["layout"] = str(Path(path).parent / layout)


def _with_extended(path: Traversable, seen: tuple[Traversable, ...]) -> dict:
    seen = (*seen, path)
    if path in seen[:-1]:
        circle = " -> ".join(p.name for p in seen)
        raise InputError(f"{path}: extends runs in a circle: {circle}")
    if len(seen) > LONGEST_CHAIN:
        raise InputError(f"{path}: extends: more than {LONGEST_CHAIN} files extend one another")
    content = _parsed(_text(path), str(path))
    extended = content.pop("extends", None)
    _find_layout(content, path)
    if extended is None:
        return content
    if not isinstance(extended, str):
        raise InputError(
            f'{path}: extends: found {quoted(extended)}; for example extends = "culture"'
        )
    try:
        base = _find(extended, near=path.parent if isinstance(path, Path) else None)
    except InputError as error:
        raise InputError(f"{path}: extends: {error}") from None
    return _merged(_with_extended(base, seen), content)


def _text(path: Traversable) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except OSError as error:
        raise InputError(f"{path_text(path)}: cannot be read: {error.strerror}") from error
    if len(content) > LARGEST:
        raise InputError(f"{path}: has more than {LARGEST:,} bytes, which no parameter file needs")
    in_utf16 = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        return content.decode("utf-16" if in_utf16 else "utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise InputError(f"{path}: is not a text file in UTF-8: line {line}") from error


def _parsed(text: str, name: str) -> dict:
    """Read TOML, refusing early what takes long to read or overflows the stack."""
    line, n_dots = _line_with_most(text, ".")
    if n_dots > MOST_DOTS:
        raise InputError(f"{name}: line {line} has {n_dots:,} dots; is it a key?")
    try:
        content = tomllib.loads(text.removeprefix("\ufeff"))
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{name}: is not valid TOML: {shortened(str(error), 200)}") from error
    except RecursionError:
        line, _ = _line_with_most(text, "[{")
        raise InputError(f"{name}: line {line} is nested too deeply") from None
    except ValueError:  # Python reads no integers of thousands of digits
        line, _ = _line_with_most(text, "0123456789")
        raise InputError(f"{name}: line {line} has a number of too many digits") from None
    for key, value in content.items():
        if _is_deeper(value, DEEPEST):
            raise InputError(f"{name}: {shortened(key)}: is nested too deeply")
    return content


def _line_with_most(text: str, characters: str) -> tuple[int, int]:
    """Return the number of the line that has the most of some characters, and how many."""
    lines = ("" if line.lstrip().startswith("#") else line for line in text.splitlines())
    counts = [sum(map(line.count, characters)) for line in lines] or [0]
    most = max(counts)
    return counts.index(most) + 1, most


def _is_deeper(value: object, depth: int) -> bool:
    """Return whether tables and arrays are nested deeper than a depth."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(depth == 0 or _is_deeper(each, depth - 1) for each in inner)


def _merged(base: dict, changes: dict) -> dict:
    """Return `base` with `changes` on top, table by table."""
    both = base | changes
    for name in base.keys() & changes.keys():
        if isinstance(base[name], dict) and isinstance(changes[name], dict):
            both[name] = _merged(base[name], changes[name])
    return both


def _overridden(content: Any, overrides: Iterable[str]) -> Any:
    for override in overrides:
        where = f"--set {shortened(override)}"
        key, equals, text = override.partition("=")
        names = key.strip().split(".")
        if not equals or not all(names):
            raise InputError(f'{where}: should be like --set neuron.tau_m="15 ms"')
        try:
            content = with_key(content, names, _value(text, where), _as_in_file)
        except InputError as error:
            raise InputError(f"{where}: {error}") from None
    return content


def _value(text: str, where: str) -> object:
    """Read a value in TOML, or text without its quotes."""
    try:
        return _parsed(f"value = {text}", where)["value"]
    except InputError:
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
