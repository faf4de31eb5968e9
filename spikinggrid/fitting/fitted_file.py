"""Parameter files that say at their head where they come from."""

import os

from spikinggrid.parameters import files as parameter_files
from spikinggrid.parameters.model import Parameters
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
