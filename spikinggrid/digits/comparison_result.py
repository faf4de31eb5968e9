"""What a comparison measured: accuracies against labels, and joules.

`ComparisonResult`   all networks and cultures of a comparison
`Subject`            a network or a culture with a readout, at a size of images
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from spikinggrid.digits.energy import (
    Account,
    Effort,
    PublishedChip,
    account,
    accounts_text,
    published_chips,
    sources,
)
from spikinggrid.digits.readouts import accuracy_and_interval
from spikinggrid.parameters import files as parameter_files

#: Readouts that are drawn and whose joules are printed: one of each network.
MAIN_READOUTS = ("linear", "end to end", "electrodes", "label electrodes")


class Subject(NamedTuple):
    """A network or a culture with a readout, at a size of images (rows, columns)."""

    name: str
    readout: str
    size: tuple[int, int]

    def __str__(self) -> str:
        """Return it in words."""
        return f"{self.name}, {self.readout}"


@dataclass(frozen=True, eq=False)
class ComparisonResult:
    """What a comparison measured.

    Attributes
    ----------
    parameters : str
        The resolved parameter file as TOML.
    split : str
        Which images the accuracies are of: "validation" or "test".
    rows : list of dict
        One for each subject, readout, size, number of labels and draw: "subject", "readout",
        "size", "labels", "draw" (the seed of a culture), "accuracy", and what a "decision" and
        the whole "training" took, as `Effort.as_dict` returns it.
    """

    parameters: str
    split: str
    rows: list[dict[str, Any]]

    @property
    def labels(self) -> list[int]:
        """Numbers of labelled images."""
        return sorted({row["labels"] for row in self.rows})

    @property
    def subjects(self) -> list[Subject]:
        """Networks and cultures with each of their readouts, in the order of the rows."""
        return list(dict.fromkeys(_subject(row) for row in self.rows))

    @property
    def table(self) -> pd.DataFrame:
        """Accuracies (0-1): a row for each subject, readout, size and number of labels.

        Columns are the mean over draws, the ends of its 95 % interval (NaN for one draw), standard
        deviation and number of draws, and seconds of one processor for the training (NaN: none).
        """
        rows = []
        for subject in self.subjects:
            for n in self.labels:
                some, values = self._of(subject, n), self.accuracies(subject, n)
                if not values:
                    continue
                mean, interval = accuracy_and_interval(values)
                low, high = interval or (np.nan, np.nan)
                sd = float(np.std(values, ddof=1)) if len(values) > 1 else np.nan
                seconds = _mean_effort(some, "training").seconds
                what = (_size_text(subject.size), subject.name, subject.readout, n)
                rows.append((*what, mean, low, high, sd, len(values), seconds))
        columns = ["size", "subject", "readout", "labels"]
        columns += ["accuracy", "low", "high", "sd", "n_draws", "seconds"]
        return pd.DataFrame(rows, columns=columns)

    def accounts(
        self, subject: Subject, n_labels: int, watts: float | None = None
    ) -> dict[str, list[Account]]:
        """Return the joules of a "decision" and of the "training" of a subject.

        Parameters
        ----------
        subject : Subject
        n_labels : int
            Number of labelled images.
        watts : float, optional
            What a busy core of this computer takes.
        """
        some = self._of(subject, n_labels)
        return {what: account(_mean_effort(some, what), watts) for what in ("decision", "training")}

    def accuracies(self, subject: Subject, n_labels: int) -> list[float]:
        """Return the accuracy of each draw."""
        return [row["accuracy"] for row in self._of(subject, n_labels)]

    @property
    def chips(self) -> list[PublishedChip]:
        """Published chips that told the same images: all ten digits of MNIST; else none."""
        digits = parameter_files.loads(self.parameters).digits
        same = digits is not None and digits.dataset == "mnist" and len(digits.classes) == 10
        return published_chips() if same else []

    def as_dict(self, watts: float | None = None) -> dict[str, Any]:
        """Return means over draws and joules as numbers and text, for JSON."""
        entries = []
        for row in self.table.to_dict("records"):
            subject = Subject(row["subject"], row["readout"], _size(row["size"]))
            accounts = self.accounts(subject, row["labels"], watts)
            energy = {
                what: {entry.name: list(entry.joules) for entry in entries_of}
                for what, entries_of in accounts.items()
            }
            entries.append({str(name): value for name, value in row.items()} | {"joules": energy})
        return {"split": self.split, "accuracies": entries, "energy_sources": dict(sources())}

    def summary(self, watts: float | None = None) -> str:
        """Return accuracies and joules as text."""
        lines = [f"accuracy on {self.split} images, mean over draws +- half the 95 % interval"]
        table, width = self.table, max(len(str(subject)) for subject in self.subjects)
        for size in dict.fromkeys(table["size"]):
            header = "".join(f"{n:>15,}" for n in self.labels)
            lines += ["", f"{size:<{width}}{header}   labelled images"]
            for subject in self.subjects:
                if _size_text(subject.size) == size:
                    lines.append(f"{subject!s:<{width}}{self._cells(subject)}".rstrip())
        return "\n".join([*lines, "", *self._energy_lines(watts)])

    def _cells(self, subject: Subject) -> str:
        cells = []
        for n in self.labels:
            values = self.accuracies(subject, n)
            mean, interval = accuracy_and_interval(values) if values else (np.nan, None)
            half = f" +- {(interval[1] - interval[0]) / 2:.3f}" if interval else ""
            cells.append(f"{mean:.3f}{half}" if values else "-")
        return "".join(f"{cell:>15}" for cell in cells)

    def _energy_lines(self, watts: float | None) -> list[str]:
        n = self.labels[-1]
        lines = [f"with {n:,} labelled images"]
        for subject in self.subjects:
            if subject.readout not in MAIN_READOUTS or not self._of(subject, n):
                continue
            heading, *entries = accounts_text(**self.accounts(subject, n, watts))
            if not lines[1:]:
                lines.append(heading)
            lines += [f"{subject}, {_size_text(subject.size)}", *entries]
        return lines

    def _of(self, subject: Subject, n_labels: int) -> list[dict[str, Any]]:
        return [row for row in self.rows if _subject(row) == subject and row["labels"] == n_labels]


def _subject(row: dict[str, Any]) -> Subject:
    return Subject(row["subject"], row["readout"], (row["size"][0], row["size"][1]))


def _mean_effort(rows: list[dict[str, Any]], what: str) -> Effort:
    numbers = [
        {name: np.nan if value is None else value for name, value in row[what].items()}
        for row in rows
    ]
    return Effort.mean([Effort(**each) for each in numbers])


def _size_text(size: tuple[int, int]) -> str:
    return f"{size[0]}x{size[1]}"


def _size(text: str) -> tuple[int, int]:
    n_rows, n_columns = map(int, text.split("x"))
    return n_rows, n_columns
