"""Directives that show what the package says of itself, so that nothing is typed by hand.

interface       the Python reference of the names of `import spikinggrid`
room PACKAGE    the Python reference of the modules of a package
commands        what --help prints, command by command
"""

import argparse
import importlib
import inspect
import os
import pkgutil
import re
from unittest.mock import patch

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

import spikinggrid
from spikinggrid.cli.main import COMMANDS, command_line


class Commands(SphinxDirective):
    """Every command of the command line: a heading, and what --help prints."""

    def run(self) -> list[nodes.Node]:
        """Return headings and texts."""
        of_all = command_line()
        (commands,) = (a for a in of_all._actions if isinstance(a, argparse._SubParsersAction))
        names = [command.NAME for command in COMMANDS]
        with patch.dict(os.environ, COLUMNS="82", NO_COLOR="1"):
            texts = [commands.choices[name].format_help() for name in names]
        blocks = [
            f"## {name}\n\n```text\n{text}```" for name, text in zip(names, texts, strict=True)
        ]
        return self.parse_text_to_nodes("\n\n".join(blocks), allow_section_headings=True)


class Interface(SphinxDirective):
    """The names of `import spikinggrid as sg`."""

    def run(self) -> list[nodes.Node]:
        """Return what autodoc makes of each."""
        blocks = []
        for name in spikinggrid.__all__:
            value = getattr(spikinggrid, name)
            if inspect.isclass(value):
                options = "   :members:\n   :inherited-members: BaseModel\n"
                blocks.append(f"```{{eval-rst}}\n.. autoclass:: spikinggrid.{name}\n{options}```")
            elif inspect.isfunction(value):
                blocks.append(f"```{{eval-rst}}\n.. autofunction:: spikinggrid.{name}\n```")
        return self.parse_text_to_nodes("\n\n".join(blocks))


class Room(SphinxDirective):
    """The docstrings of all modules of a package, each under a heading."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return what autodoc makes of all modules."""
        package = importlib.import_module(self.arguments[0])
        prefix = f"{package.__name__}."
        names = [module.name for module in pkgutil.walk_packages(package.__path__, prefix)]
        blocks = [f"## {name.removeprefix(prefix)}\n\n{_automodule(name)}" for name in names]
        return self.parse_text_to_nodes("\n\n".join(blocks), allow_section_headings=True)


def _automodule(name: str) -> str:
    # `set` is what Matplotlib writes into every subclass of its artists
    options = "   :members:\n   :exclude-members: set\n"
    return f"```{{eval-rst}}\n.. automodule:: {name}\n{options}```"


def _lay_out(app: Sphinx, what: str, name: str, obj: object, options: object, lines: list) -> None:
    """Keep the tables of contents in docstrings of modules: lines with gaps between columns."""
    if what != "module":
        return
    laid_out: list[str] = []
    inside = False
    for line in lines:
        if line in ("Contents", "-" * 8):
            continue
        is_row = bool(re.search(r"\S {2,}\S", line))
        if is_row and not inside:
            laid_out += ["", "::", ""]
        elif inside and not is_row:
            laid_out.append("")
        laid_out.append(f"   {line}" if is_row else line)
        inside = is_row
    lines[:] = laid_out


def _skip_foreign(
    app: Sphinx, what: str, name: str, obj: object, skip: bool, options: object
) -> bool | None:
    """Skip what a module imports from elsewhere; None leaves the decision to autodoc."""
    origin = getattr(obj, "__module__", None) or "spikinggrid"
    return None if origin.partition(".")[0] == "spikinggrid" else True


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directives."""
    app.add_directive("interface", Interface)
    app.add_directive("room", Room)
    app.add_directive("commands", Commands)
    app.connect("autodoc-skip-member", _skip_foreign)
    app.connect("autodoc-process-docstring", _lay_out, priority=400)
    return {"parallel_read_safe": True}
