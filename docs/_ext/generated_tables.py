"""Directives that show what the package or its scripts say, so that nothing is typed by hand.

results FILE.json    a table that a script has written into docs/results/, and its command
parameter-keys       every key of a parameter file, table by table
features             the glossary of all features of a recording
measures             that of all measures of a graph of electrodes
presets              the parameter files that come with the package
layouts              the electrode layouts that have a name
units                the units that a parameter file may use
drugs                what drugs block, and at which dose
"""

import json
import re
from dataclasses import replace
from pathlib import Path

from docutils import nodes
from results import Cell, Table
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from spikinggrid.parameters import files, reference, units
from spikinggrid.parameters.arrays import CATALOGUE
from spikinggrid.parameters.drugs import DRUGS
from spikinggrid.statistics.feature_glossary import FEATURES
from spikinggrid.statistics.graphs import MEASURES


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


class ParameterKeys(SphinxDirective):
    """Every key of a parameter file: a heading and a table for each of its tables."""

    def run(self) -> list[nodes.Node]:
        """Return headings, what each table is about, and its keys."""
        blocks = []
        for section in reference.sections():
            rows = [
                [f"`{key.name}`", _holds(key), f"`{key.example}`", key.meaning]
                for key in section.keys
            ]
            table = Table("", ["key", "holds", "example", "meaning"], rows)
            about = f"{section.meaning} {'May be left out.' if section.optional else ''}"
            blocks.append(f"## `{section.header}`\n\n{about}\n\n{table}")
        return self.parse_text_to_nodes("\n\n".join(blocks), allow_section_headings=True)


def _holds(key: reference.Key) -> str:
    """Say what a key may hold and whether it may be left out."""
    kind = " or ".join(f"`{choice}`" for choice in key.choices) or key.kind
    if key.choices and key.kind != "name":
        kind += key.kind.removeprefix("name")
    default = f"default `{key.default}`" if key.default else "off unless given"
    return "; ".join(filter(None, [kind, ", ".join(key.bounds), default if key.optional else ""]))


class Features(SphinxDirective):
    """Every feature of a recording: a term and what it means."""

    glossary = FEATURES

    def run(self) -> list[nodes.Node]:
        """Return a definition list."""
        terms = [
            f"**{feature.label}**, `{name}` ({feature.unit})\n: {feature.definition}\n"
            f"  {feature.aggregate.capitalize()}. *{_linked(feature.source)}*"
            for name, feature in self.glossary.items()
        ]
        return self.parse_text_to_nodes("\n\n".join(terms))


class Measures(Features):
    """Every measure of a graph of electrodes, likewise."""

    glossary = MEASURES


def _linked(source: str) -> str:
    return re.sub(r"doi:([^\s,;]+)", r"[doi:\1](https://doi.org/\1)", source)


class Presets(SphinxDirective):
    """The parameter files that come with the package."""

    def run(self) -> list[nodes.Node]:
        """Return a table of names and first lines."""
        rows = [[f"`{name}`", about] for name, about in files.presets().items()]
        return self.parse_text_to_nodes(str(Table("", ["preset", "what it is"], rows)))


class Layouts(SphinxDirective):
    """The electrode layouts that have a name."""

    def run(self) -> list[nodes.Node]:
        """Return a table of what they are, their size, pitch and source."""
        rows = [
            [
                f"`{name}`",
                array.about,
                len(array.electrodes()),
                units.format_quantity(array.pitch, "m"),
                _linked(array.source),
            ]
            for name, array in CATALOGUE.items()
        ]
        columns = ["`mea.layout`", "what it is", "electrodes", "pitch", "source"]
        return self.parse_text_to_nodes(str(Table("", columns, rows)))


class Units(SphinxDirective):
    """The units that a parameter file may use."""

    def run(self) -> list[nodes.Node]:
        """Return a table of quantities, units and examples."""
        rows = [
            [kind, f"`{unit}`", f'`"{units.EXAMPLES[unit]}"`'] for unit, kind in units.KINDS.items()
        ]
        return self.parse_text_to_nodes(str(Table("", ["quantity", "unit", "example"], rows)))


class Drugs(SphinxDirective):
    """The drugs that a parameter file may have."""

    def run(self) -> list[nodes.Node]:
        """Return a table of receptors, doses and sources."""
        rows = [
            [
                f"`{name}`",
                f"`{drug.receptor}`",
                units.format_quantity(drug.ic50, "M"),
                drug.hill,
                drug.source,
            ]
            for name, drug in DRUGS.items()
        ]
        columns = ["drug", "receptor", "IC50", "Hill coefficient", "source"]
        return self.parse_text_to_nodes(str(Table("", columns, rows)))


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directives."""
    app.add_directive("results", Results)
    app.add_directive("parameter-keys", ParameterKeys)
    app.add_directive("features", Features)
    app.add_directive("measures", Measures)
    app.add_directive("presets", Presets)
    app.add_directive("layouts", Layouts)
    app.add_directive("units", Units)
    app.add_directive("drugs", Drugs)
    return {"parallel_read_safe": True}
