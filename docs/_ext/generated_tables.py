"""Directives that show what the package or its scripts say, so that nothing is typed by hand.

`results FILE.json` shows a table that a script has written into docs/results/, and its command.
"""

import json
import re
from dataclasses import replace
from pathlib import Path

from docutils import nodes
from results import Cell, Table
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective


class Results(SphinxDirective):
    """A table of results with the command that made it."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return the table, its notes, and how it came about."""
        path = Path(self.env.srcdir, "results", self.arguments[0])
        self.env.note_dependency(str(path))
        content = json.loads(path.read_text(encoding="utf-8"))
        table = _shown(content)
        lines = [":::{table} " + table.title, ":class: results", str(table).partition("\n\n")[0]]
        made = nodes.container(classes=["provenance"])
        made += self.parse_text_to_nodes(f"{table.notes}\n\n{_provenance(content)}")
        return [*self.parse_text_to_nodes("\n".join([*lines, ":::"])), made]


def _shown(content: dict) -> Table:
    """Return the table without columns in which nothing exists, numbers kept on one line."""
    table = Table(**{key: content[key] for key in ("title", "columns", "rows", "notes")})
    cells = zip(*table.rows, strict=True)
    columns = [
        pair for pair in zip(table.columns, cells, strict=True) if pair[1] != (None,) * len(pair[1])
    ]
    rows = zip(*([_on_one_line(cell) for cell in column] for _, column in columns), strict=True)
    return replace(table, columns=[name for name, _ in columns], rows=list(rows))


def _on_one_line(cell: Cell) -> Cell:
    is_number = isinstance(cell, str) and re.match(r"[-+]?\d", cell)
    return cell.replace(" ", "\N{NO-BREAK SPACE}") if is_number else cell


def _provenance(content: dict) -> str:
    versions = ", ".join(f"{name} {number}" for name, number in content["versions"].items())
    details = [content["date"], f"commit {content['commit']}", content["machine"], versions]
    return f"Made by `{content['command']}` ({'; '.join(filter(None, details))})."


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive."""
    app.add_directive("results", Results)
    return {"parallel_read_safe": True}
