"""What would a recorded dish reach in a digit task? What its twins reach.

`predict`      fit twins of a recording, teach each the task -> Prediction
`plausible`    dishes that could be the recorded one

A recording does not tell everything about its dish: cultures of other wirings and other parameters
measure alike. So the task is put onto several of them, and the spread of what they reach is what is
unknown about the dish. It holds chance (wiring, noise of the task) and ignorance alike.
"""

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit, logit
from scipy.stats import t as student

from spikinggrid.digits.benchmark import measure_each
from spikinggrid.digits.benchmark_result import BenchmarkResult
from spikinggrid.digits.task import with_task
from spikinggrid.fitting.aim import GOOD
from spikinggrid.fitting.pool import Pool, shipped
from spikinggrid.fitting.recorded_array import RecordedArray
from spikinggrid.fitting.recorded_dish import prepared
from spikinggrid.fitting.twin import MINUTES, fit_twin
from spikinggrid.fitting.twin_result import Twin, electrodes_beside, write_electrodes
from spikinggrid.parameters.model import Parameters
from spikinggrid.recordings import Recording
from spikinggrid.utils.errors import InputError
from spikinggrid.utils.files import make_folder, written_beside
from spikinggrid.utils.progress import Progress, hidden_progress
from spikinggrid.utils.randomness import random_generator

#: Twins that take the task, unless told, and at least.
N_TWINS, FEWEST_TWINS = 10, 3

#: File of the folder that names the twins of the prediction, and what was asked for.
TWINS = "twins.json"

#: The interval that is told holds this share of dishes like the recorded one.
SHARE = 0.8

#: What is predicted: where `BenchmarkResult.seeds` has it, and what it is.
READOUTS = {
    "untrained_electrodes": ("controls", "linear readout of the electrodes, untrained"),
    "label": ("final", "label electrodes, trained"),
    "electrodes": ("final", "linear readout of the electrodes, trained"),
}

#: What stands beside it.
CONTROLS = {
    "untrained": ("controls", "label electrodes, untrained"),
    "shuffled_labels": ("controls", "label electrodes, taught shuffled labels"),
    "no_neurons": ("controls", "electrodes without neurons"),
    "artefacts": ("controls", "electrodes without neurons, artefacts left in"),
    "spontaneous": ("controls", "electrodes blanked by the image, nothing shown"),
    "pixels_logistic": ("controls", "pixels without a culture, linear"),
    "largest_class": ("controls", "always the largest class"),
}


@dataclass(frozen=True, eq=False)
class Prediction:
    """What the twins of a dish reach in a digit task.

    Attributes
    ----------
    twin : Twin
        The nearest one, and the verdict on it.
    distances : ndarray, shape (n_twins,)
        Of each twin from the recording, in the stretch that was fitted.
    results : list of BenchmarkResult
        Of each twin.
    """

    twin: Twin
    distances: np.ndarray
    results: list[BenchmarkResult]

    @property
    def is_near(self) -> bool:
        """Whether all twins are about as near to the dish as it is to itself."""
        return bool((self.distances <= GOOD).all())

    def values(self, name: str) -> np.ndarray:
        """Return the accuracy of each twin by a readout or control.

        Parameters
        ----------
        name : str
            Of `READOUTS` or `CONTROLS`.

        Returns
        -------
        ndarray, shape (n_twins,)
        """
        group, _ = (READOUTS | CONTROLS)[name]
        return np.array(
            [float(culture[group][name]) for r in self.results for culture in r.seeds.values()]
        )

    @property
    def table(self) -> pd.DataFrame:
        """Readouts and controls: mean over twins, and between what one more dish would reach.

        Columns are `what` it is, `mean`, and `low` and `high`, which hold `SHARE` of dishes.
        """
        rows = {}
        for name, (_, what) in (READOUTS | CONTROLS).items():
            values = self.values(name)
            low, high = one_more(values)
            rows[name] = {"what": what, "mean": values.mean(), "low": low, "high": high}
        return pd.DataFrame.from_dict(rows, orient="index").rename_axis("readout")

    def nearness(self) -> str:
        """Return in a sentence how near the twins are."""
        n, near = len(self.distances), int((self.distances <= GOOD).sum())
        return (
            f"{near} of {n} twins are about as near to the dish as it is to itself (distance"
            f" {GOOD:g} or less in the stretch that was fitted; they are"
            f" {self.distances.min():.2f} to {self.distances.max():.2f})"
        )

    def as_dict(self) -> dict[str, Any]:
        """Return everything as numbers and text, for JSON."""
        first = self.results[0]
        return {
            "recording": self.twin.dish.recording.source,
            "verdict": self.twin.verdict(),
            "good": self.twin.is_good,
            "classes": first.classes,
            "split": first.split,
            "share": SHARE,
            "accuracy": self.table.to_dict("index"),
            "twins": [
                {
                    "seed": int(seed),
                    "distance": float(distance),
                    **{name: float(self.values(name)[place]) for name in READOUTS},
                }
                for place, (distance, result) in enumerate(
                    zip(self.distances, self.results, strict=True)
                )
                for seed in result.seeds
            ],
        }

    def page(self, picture: str = "") -> str:
        """Return the prediction on one page, in Markdown.

        Parameters
        ----------
        picture : str
            File of the figure, seen from the page; "" for none.
        """
        first, share = self.results[0], f"{100 * SHARE:.0f} %"
        digits = ", ".join(map(str, first.classes))
        lines = [
            f"# What this dish would reach on digits {digits}",
            "",
            f"Recording: {self.twin.dish.recording.source}. {self.twin.verdict()}.",
            "",
            f"{self.nearness()}.",
            "",
            f"| accuracy on {first.split} images | mean | {share} of such dishes |",
            "|---|---|---|",
        ]
        lines += [
            f"| {row.what} | {row.mean:.3f} | {row.low:.3f} to {row.high:.3f} |"
            for row in self.table.itertuples()
        ]
        lines += [
            "",
            f"From {len(self.results)} simulated dishes, each with a wiring and parameters of its"
            " own, that measure like the recording; each took the task. The interval is that of"
            " one more such dish (Student's, on log odds): it holds chance, and what the"
            " recording does not tell. It does not hold what the model has wrong.",
        ]
        if picture:
            lines += ["", f"![Accuracy of each twin]({picture})"]
        return "\n".join(lines) + "\n"


def predict(
    recording: Recording,
    task: Parameters,
    folder: str | os.PathLike,
    pool: Pool | None = None,
    *,
    n_twins: int = N_TWINS,
    minutes: float = MINUTES,
    store: str | os.PathLike | None = None,
    split: str = "validation",
    restart: bool = False,
    where: str | None = None,
    jobs: int | None = None,
    show: Callable[..., Progress] = hidden_progress,
) -> Prediction:
    """Predict what a recorded dish would reach in a digit task.

    Parameters
    ----------
    recording : Recording
    task : Parameters
        Its tables `digits` and `plasticity` are put onto each twin.
    folder : path-like
        Keeps every twin that has taken the task, with which an interrupted prediction goes on.
    pool : Pool, optional
        As for `fit_twin`.
    n_twins : int
        Dishes that take the task.
    minutes : float
        How long to look for twins.
    store : path-like, optional
        File that keeps the dishes of the fit; that of an earlier fit of the recording serves.
    split : {"validation", "test"}
        Which images the accuracies are of.
    restart : bool
        Whether to start over, whatever the files hold.
    where, jobs : optional
        Who does the work; see `parallel.client.connected`.
    show : callable
        Make what shows the progress of a part of the work, such as the class `Progress`.

    Raises
    ------
    RefusalError
        If the recording has nothing to fit.
    InputError
        If the task does not fit the array, or as `fit_twin` and `benchmark`.
    """
    pool = shipped() if pool is None else pool
    folder = make_folder(folder)
    place = prepared(recording, pool).place
    with_task(_on_array(pool.space.parameters.replace(dict(place.changes)), place, folder), task)
    with show(60 * minutes, "s") as progress:
        twin = fit_twin(
            recording,
            pool,
            minutes=minutes,
            path=store,
            restart=restart,
            where=where,
            jobs=jobs,
            progress=progress,
        )
    rows = _chosen(twin, n_twins, minutes, folder / TWINS, restart)
    if len(rows) < FEWEST_TWINS:
        raise InputError(
            f"{recording.source}: {len(rows)} dishes of different wiring were found; right would be"
            f" {FEWEST_TWINS} or more: give the fit more --minutes, or a larger --pool"
        )
    cultures = {
        parameters.simulation.seed: with_task(_on_array(parameters, place, folder), task)
        for parameters in (twin.dishes.parameters(row) for row in rows)
    }
    results = measure_each(
        cultures, split, folder, restart=restart, where=where, jobs=jobs, show=show
    )
    of_seed = {seed: result for result in results for seed in result.seeds}
    return Prediction(
        twin,
        twin.dish.aim.distances(twin.dishes.coordinates[rows]),
        [of_seed[seed] for seed in cultures],
    )


def plausible(twin: Twin, n: int) -> np.ndarray:
    """Return dishes that could be the recorded one, each of another wiring.

    Of those that are as near as a dish is to itself, any could be, so they are drawn at random;
    if there are too few of these, the nearest are taken.

    Parameters
    ----------
    twin : Twin
        With all dishes of its fit.
    n : int
        How many, at most.

    Returns
    -------
    ndarray of int
        Rows of `twin.dishes`, the nearest first.
    """
    dishes, aim = twin.dishes, twin.dish.aim
    order = np.argsort(aim.costs(dishes.coordinates), kind="stable")
    _, first = np.unique(dishes.seeds[order], return_index=True)
    order = order[np.sort(first)]
    n_near = int((aim.distances(dishes.coordinates[order]) <= GOOD).sum())
    if n_near <= n:
        return order[:n]
    seed = dishes.space.parameters.simulation.seed
    drawn = random_generator(seed, "plausible", n_near).permutation(n_near)[:n]
    return order[np.sort(drawn)]


def _chosen(twin: Twin, n: int, minutes: float, path: Path, restart: bool) -> np.ndarray:
    """Return plausible dishes, or those that the same prediction has chosen before.

    A fit that goes on finds other dishes, and twins that have taken the task would be for nothing.
    """
    aim = [None if np.isnan(value) else value for value in twin.dish.aim.target.tolist()]
    asked = {"twins": n, "minutes": minutes, "aim": aim}
    dishes = twin.dishes
    places = {
        (int(seed), *point.tolist()): row
        for row, (seed, point) in enumerate(zip(dishes.seeds, dishes.points, strict=True))
    }
    if path.is_file() and not restart:
        kept = _choice(path)
        keys = [(seed, *point) for seed, point in kept["dishes"]]
        if kept["asked"] == asked and places.keys() >= set(keys):
            return np.array([places[key] for key in keys])
    rows = plausible(twin, n)
    chosen = [(int(dishes.seeds[row]), dishes.points[row].tolist()) for row in rows]
    with written_beside(path) as beside:
        beside.write_text(json.dumps({"asked": asked, "dishes": chosen}), "utf-8")
    return rows


def twins_in(folder: str | os.PathLike) -> list[int] | None:
    """Return the seeds of the twins of the prediction in a folder; None if there is none.

    Raises
    ------
    InputError
        If the file that names them is damaged.
    """
    path = Path(folder) / TWINS
    return [seed for seed, _ in _choice(path)["dishes"]] if path.is_file() else None


def _choice(path: Path) -> dict[str, Any]:
    """Read which dishes a prediction has chosen, and what was asked for."""
    try:
        kept = json.loads(path.read_text("utf-8"))
        return {"asked": kept["asked"], "dishes": [(seed, point) for seed, point in kept["dishes"]]}
    except (ValueError, KeyError, TypeError):
        raise InputError(
            f"{path}: does not name the twins of a prediction; predict again by --restart"
        ) from None


def one_more(accuracies: Sequence[float] | np.ndarray, share: float = SHARE) -> tuple[float, float]:
    """Return between what one more dish of the same kind reaches.

    Student's prediction interval of a normal distribution of log odds; an accuracy of 0 or 1
    counts as half a mistake in a thousand images.

    Parameters
    ----------
    accuracies : sequence of float
        Of two dishes at least.
    share : float
        Of dishes that the interval holds.
    """
    least = 0.5e-3
    odds = logit(np.clip(accuracies, least, 1 - least))
    n = len(odds)
    half = student.ppf((1 + share) / 2, n - 1) * odds.std(ddof=1) * np.sqrt(1 + 1 / n)
    return float(expit(odds.mean() - half)), float(expit(odds.mean() + half))


def _on_array(parameters: Parameters, place: RecordedArray, folder: Path) -> Parameters:
    """Return parameters with the recording's array, written into the folder if it has no name."""
    if place.array is None:
        return parameters
    layout = electrodes_beside(folder / "array")
    write_electrodes(layout, place)
    return parameters.replace({"mea.layout": str(layout.resolve())})
