"""Directives that show what the package or its scripts say, so that nothing is typed by hand.

`results FILE.json` shows a table that a script has written into docs/results/, and its command.
"""

import json
from pathlib import Path

from docutils import nodes
from results import Table
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
        table = Table(**{key: content[key] for key in ("title", "columns", "rows", "notes")})
        lines = [":::{table} " + table.title, ":class: results", str(table).partition("\n\n")[0]]
        made = nodes.container(classes=["provenance"])
        made += self.parse_text_to_nodes(f"{table.notes}\n\n{_provenance(content)}")
        return [*self.parse_text_to_nodes("\n".join([*lines, ":::"])), made]


def _provenance(content: dict) -> str:
    versions = ", ".join(f"{name} {number}" for name, number in content["versions"].items())
    details = [content["date"], f"commit {content['commit']}", content["machine"], versions]
    return f"Made by `{content['command']}` ({'; '.join(filter(None, details))})."


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive."""
    app.add_directive("results", Results)
    return {"parallel_read_safe": True}
