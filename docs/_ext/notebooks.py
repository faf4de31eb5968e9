"""Tutorials as notebooks to download, and their cache.

notebook    a link to the page as a Jupyter notebook, which is written beside the page
"""

import hashlib
from pathlib import Path

import jupytext
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.util.docutils import SphinxDirective

ROOT = Path(__file__).resolve().parents[2]


class Notebook(SphinxDirective):
    """A link to the page as a notebook."""

    def run(self) -> list[nodes.Node]:
        """Return the link; `_write` makes what it leads to."""
        name = Path(self.env.docname).name
        self.env.metadata[self.env.docname]["notebook"] = True
        link = nodes.reference("", f"{name}.ipynb", refuri=f"{name}.ipynb")
        return [nodes.paragraph("", "", nodes.Text("This page as a notebook: "), link)]


def _write(app: Sphinx, error: Exception | None) -> None:
    """Write all tutorials as notebooks, without outputs."""
    if error is not None or app.builder.format != "html":
        return
    for name, metadata in app.env.metadata.items():
        if "notebook" in metadata:
            notebook = jupytext.read(Path(app.env.doc2path(name)), fmt="md:myst")
            jupytext.write(notebook, Path(app.outdir, f"{name}.ipynb"))


def _choose_cache(app: Sphinx, config: Config) -> None:
    """Keep outputs apart by the state of the package, so that a change runs notebooks again."""
    checksum = hashlib.sha256()
    for path in sorted([*ROOT.glob("spikinggrid/**/*.py"), *ROOT.glob("parameters/**/*.toml")]):
        checksum.update(path.read_bytes())
    folder = ROOT / "docs" / "_build" / "notebooks" / checksum.hexdigest()[:16]
    config.nb_execution_cache_path = str(folder)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive, and what happens around it."""
    app.add_directive("notebook", Notebook)
    app.connect("config-inited", _choose_cache)
    app.connect("build-finished", _write)
    return {"parallel_read_safe": True}
