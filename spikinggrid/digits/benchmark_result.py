"""What a benchmark measured: accuracies, controls, tables and files.

`BenchmarkResult`   all cultures of a benchmark
`load`              a result that `BenchmarkResult.save` wrote
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import h5py
import numpy as np
import pandas as pd

from spikinggrid.digits.energy import Account, Effort, account, accounts_text
from spikinggrid.digits.readouts import accuracy_and_interval
from spikinggrid.digits.training import READOUTS
from spikinggrid.utils.hdf5 import opened, written
from spikinggrid.utils.missing import number_text
from spikinggrid.utils.versions import versions

FORMAT = "SpikingGrid benchmark"

CONTROLS = (
    "untrained",
    "untrained_electrodes",
    "pixels_logistic",
    "pixels_centroid",
    "shuffled_labels",
    "no_neurons",
    "artefacts",
    "spontaneous",
    "largest_class",
)

#: When it is counted how much a culture fires.
STAGES = ("untrained", "trained")

#: An unstable culture shows in the spread of so many last evaluations.
LAST = 10


@dataclass(frozen=True, eq=False)
class BenchmarkResult:
    """What a benchmark measured.

    Attributes
    ----------
    parameters : str
        The resolved parameter file as TOML.
    split : str
        Which images the final figures are of: "validation" or "test".
    seeds : dict of int to dict
        For each culture what `benchmark.measure` returns.
    """

    parameters: str
    split: str
    seeds: dict[int, dict[str, Any]]

    @property
    def accuracy(self) -> float:
        """Final accuracy (0-1) of the label electrodes, the mean over cultures."""
        return self._final("label")[0]

    @property
    def interval(self) -> tuple[float, float] | None:
        """95 % interval of the accuracy, as `accuracy_and_interval` says; None for one culture."""
        return self._final("label")[1]

    @property
    def classes(self) -> list[int]:
        """The digits that were to be told apart."""
        return next(iter(self.seeds.values()))["task"]["classes"].tolist()

    @property
    def table(self) -> pd.DataFrame:
        """Accuracies (0-1): a row for each readout and each control.

        Columns are the final accuracy (mean over cultures), the ends of its 95 % interval (NaN for
        one culture), and mean and standard deviation of the last ten evaluations, which are on
        fewer images (NaN for controls).
        """
        rows = {}
        for name in READOUTS:
            last = [culture["evaluations"][name][-LAST:] for culture in self.seeds.values()]
            rows[name] = {
                **self._row(*self._final(name)),
                "last10_mean": float(np.mean([np.mean(values) for values in last])),
                "last10_sd": float(np.mean([np.std(values) for values in last])),
            }
        for name in CONTROLS:
            values = [culture["controls"].get(name, np.nan) for culture in self.seeds.values()]
            rows[name] = self._row(*accuracy_and_interval(values))
        return pd.DataFrame.from_dict(rows, orient="index").rename_axis("readout")

    @property
    def confusion(self) -> pd.DataFrame:
        """Share of the images of each class (rows) that are taken for each class (columns).

        By the label electrodes, over all cultures.
        """
        classes = self.classes
        counts = np.zeros((len(classes), len(classes)))
        for culture in self.seeds.values():
            np.add.at(counts, (culture["answers"]["truth"], culture["answers"]["label"]), 1)
        shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
        return pd.DataFrame(shares, index=classes, columns=classes).rename_axis("shown")

    def energy(self, watts: float | None = None) -> dict[str, list[Account]]:
        """Return the joules of a "decision" and of the "training", as means over cultures.

        Parameters
        ----------
        watts : float, optional
            What a busy core of this computer takes; the assumption of energy.toml unless given.

        Returns
        -------
        dict
            Empty lists for files that do not say what cultures did.
        """
        return {what: account(self._effort(what), watts) for what in ("decision", "training")}

    def _effort(self, what: str) -> Effort:
        efforts = [culture.get("effort", {}).get(what, {}) for culture in self.seeds.values()]
        return Effort.mean([Effort(**effort) for effort in efforts])

    def as_dict(self, watts: float | None = None) -> dict[str, Any]:
        """Return means over cultures as numbers and text, for JSON; see `table` and `energy`."""
        table = self.table
        readouts = {
            name: {
                "final_mean": float(table.loc[name, "final"]),
                "final_ci95": self._final(name)[1],
                "last10_mean": float(table.loc[name, "last10_mean"]),
                "last10_sd": float(table.loc[name, "last10_sd"]),
            }
            for name in READOUTS
        }
        return {
            "split": self.split,
            "classes": self.classes,
            "seeds": list(self.seeds),
            "readouts": readouts,
            "controls": {name: float(table.loc[name, "final"]) for name in CONTROLS},
            "spikes_per_neuron": {when: self._spikes_per_neuron(when) for when in STAGES},
            "energy": {
                what: [entry.as_dict() for entry in entries]
                for what, entries in self.energy(watts).items()
            },
            "seconds": float(sum(culture["seconds"] for culture in self.seeds.values())),
        }

    def summary(self, watts: float | None = None) -> str:
        """Return accuracies, controls, joules and confusion as text."""
        digits, numbers = ", ".join(map(str, self.classes)), ", ".join(map(str, self.seeds))
        n_images = len(next(iter(self.seeds.values()))["answers"]["truth"])
        lines = [
            f"digits {digits}; seeds {numbers}; {n_images} {self.split} images; accuracy",
            f"{'':<26} {'final':>7} {'95 % interval':>15} {'last ten evaluations':>22}",
        ]
        for row in self.table.itertuples():
            interval = "" if np.isnan(row.low) else f"{row.low:.3f} - {row.high:.3f}"
            if row.Index == CONTROLS[0]:
                lines.append("controls")
            name, last = f"  {row.Index}", ""
            if row.Index in READOUTS:
                name, last = row.Index, f"{row.last10_mean:.3f} +- {row.last10_sd:.3f}"
            lines.append(
                f"{name:<26} {number_text(row.final, '.3f'):>7} {interval:>15} {last:>22}".rstrip()
            )
        spikes = [number_text(self._spikes_per_neuron(when), ".2f") for when in STAGES]
        lines.append(f"spikes of a neuron per image: {spikes[0]} untrained, {spikes[1]} trained")
        lines += accounts_text(**self.energy(watts))
        lines.append("confusion (rows: shown, columns: answered by the label electrodes)")
        lines.append("      " + "".join(f"{digit:>6}" for digit in self.classes))
        for shown, shares in self.confusion.iterrows():
            lines.append(f"{shown:>6}" + "".join(f"{share:>6.2f}" for share in shares))
        return "\n".join(lines)

    def save(self, path: str | os.PathLike) -> None:
        """Write the result to an HDF5 file, from which `load` makes an equal one.

        Raises
        ------
        InputError
            If the file cannot be written.
        """
        with written(path, FORMAT) as file:
            file.attrs["parameters"], file.attrs["split"] = self.parameters, self.split
            for name, version in versions("scikit-learn").items():
                file.attrs[f"version of {name}"] = version
            for seed, measured in self.seeds.items():
                _write(file.create_group(f"seeds/{seed}"), measured)

    def _spikes_per_neuron(self, when: str) -> float:
        """Return spikes of a neuron in response to an image; NaN in files that lack them."""
        found = [culture.get("spikes_per_neuron", {}) for culture in self.seeds.values()]
        return float(np.mean([each.get(when, np.nan) for each in found]))

    def _final(self, readout: str) -> tuple[float, tuple[float, float] | None]:
        return accuracy_and_interval([culture["final"][readout] for culture in self.seeds.values()])

    @staticmethod
    def _row(mean: float, interval: tuple[float, float] | None) -> dict[str, float]:
        low, high = interval or (np.nan, np.nan)
        return {"final": mean, "low": low, "high": high}


def load(path: str | os.PathLike) -> BenchmarkResult:
    """Read a result that `BenchmarkResult.save` wrote.

    Raises
    ------
    InputError
        If the file is missing, damaged or not a result.
    """
    return load_with_versions(path)[0]


def load_with_versions(path: str | os.PathLike) -> tuple[BenchmarkResult, dict[str, str]]:
    """Read a result, and the versions of the packages that it was made with.

    Raises
    ------
    InputError
        As `load`.
    """
    with opened(path, FORMAT, "the result of a benchmark") as file:
        seeds = {int(seed): _read(group) for seed, group in file["seeds"].items()}
        result = BenchmarkResult(
            file.attrs["parameters"], file.attrs["split"], dict(sorted(seeds.items()))
        )
        prefix = "version of "
        return result, {
            name.removeprefix(prefix): str(value)
            for name, value in file.attrs.items()
            if name.startswith(prefix)
        }


def merged(parameters: str, split: str, results: Iterable[BenchmarkResult]) -> BenchmarkResult:
    """Make one result of several, each of other cultures."""
    seeds = {seed: culture for result in results for seed, culture in result.seeds.items()}
    return BenchmarkResult(parameters, split, dict(sorted(seeds.items())))


def _write(group: h5py.Group, content: dict) -> None:
    for name, value in content.items():
        if isinstance(value, dict):
            _write(group.create_group(name), value)
        else:
            group[name] = value


def _read(group: h5py.Group) -> dict:
    return {
        name: _read(value) if isinstance(value, h5py.Group) else value[()]
        for name, value in group.items()
    }
