"""Pages that are made of what the package or its scripts say, so that no figure is typed by hand.

    ```{results} speed.json      a table that a script has written into docs/results/
    ```
"""

import json
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective


class Results(SphinxDirective):
    """A table of results with the command that made it."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        path = Path(self.env.srcdir, "results", self.arguments[0])
        self.env.note_dependency(str(path))
        content = json.loads(path.read_text(encoding="utf-8"))
        head = "| " + " | ".join(content["columns"]) + " |"
        rule = "|" + "---|" * len(content["columns"])
        rows = ["| " + " | ".join(map(_cell, row)) + " |" for row in content["rows"]]
        made = (
            f"Made by `{content['command']}`, {content['date']}, commit {content['commit']},"
            f" {content['machine']}, Python {content['versions']['python']},"
            f" NumPy {content['versions']['numpy']}."
        )
        lines = [head, rule, *rows, "", content["notes"], "", made]
        return self.parse_text_to_nodes("\n".join(lines))


def _cell(value: str | float | None) -> str:
    if value is None:
        return "–"
    return str(value).replace("|", "\\|") if isinstance(value, str) else f"{value:g}"


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive."""
    app.add_directive("results", Results)
    return {"parallel_read_safe": True}
