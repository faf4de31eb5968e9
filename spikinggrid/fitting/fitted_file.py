"""Parameter files that say at their head where they come from.

write_fitted   write one
read_head      the lines at the head of one
verdict_of     the sentence among them that says how good the fit is
targets_of     the name of the targets among them
"""

import os
import re
from collections.abc import Sequence
from itertools import takewhile
from pathlib import Path

from spikinggrid.parameters import files as parameter_files
from spikinggrid.parameters.model import Parameters
from spikinggrid.utils.errors import InputError, path_text
from spikinggrid.utils.files import written_beside


def write_fitted(
    path: str | os.PathLike, parameters: Parameters, header: str, made_by: str = ""
) -> None:
    """Write a parameter file with comments at its head.

    Parameters
    ----------
    path : path-like
        An existing file is replaced.
    parameters : Parameters
    header : str
        Lines without "#".
    made_by : str
        The command that makes the file again; "" if there is none.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    lines = header.splitlines() + (["", f"Made by: {made_by}"] if made_by else [])
    comments = "\n".join(f"# {line}".rstrip() for line in lines)
    text = parameter_files.dumps(parameters, comments=True)
    with written_beside(path) as beside:
        beside.write_text(f"{comments}\n\n{text}", encoding="utf-8")


def read_head(path: str | os.PathLike) -> list[str]:
    """Return the comment lines at the head of a parameter file, without "#"; none if it has none.

    Raises
    ------
    InputError
        If the file cannot be read.
    """
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path_text(path)}: cannot be read: {error}") from error
    comments = takewhile(lambda line: line.startswith("#"), lines)
    return [line.removeprefix("#").removeprefix(" ") for line in comments]


def verdict_of(head: Sequence[str]) -> str:
    """Return the sentence that says how good a fit is; "" in the head of any other file.

    Examples
    --------
    >>> verdict_of(["culture fitted to mine: 9 of 12 features within the band, distance 0.4"])
    'culture fitted to mine: 9 of 12 features within the band, distance 0.4'
    """
    return next(
        (line for line in head if re.match(r"(A|Not a) good twin: |.* fitted to ", line)), ""
    )


def targets_of(head: Sequence[str]) -> str:
    """Return the name of the targets that a file was fitted to; "" for a twin or any other file.

    Examples
    --------
    >>> targets_of(["culture fitted to cortex_div21: 9 of 12 features within the band"])
    'cortex_div21'
    """
    match = re.match(r".* fitted to (\S+): ", head[0]) if head else None
    return match[1] if match else ""
