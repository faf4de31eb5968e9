"""Cultures beside other networks that learn from the same few labelled images.

    compare    networks and cultures, interrupted and resumed -> `ComparisonResult`

What is measured of each is told by `comparison_parts`.
"""

import json
import os
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from spikinggrid.digits.comparators import networks
from spikinggrid.digits.comparison_parts import (
    END_TO_END,
    CulturePart,
    NetworkPart,
    Part,
    images_of,
    measure,
)
from spikinggrid.digits.comparison_result import ComparisonResult
from spikinggrid.digits.images import SIDE
from spikinggrid.digits.task import load_images
from spikinggrid.digits.training import Training
from spikinggrid.parallel import client as parallel
from spikinggrid.parameters.files import dumps
from spikinggrid.parameters.model import Parameters
from spikinggrid.parameters.tables.base import needed
from spikinggrid.simulation.dish import Dish
from spikinggrid.utils.errors import InputError
from spikinggrid.utils.files import make_folder, written_beside
from spikinggrid.utils.missing import json_text
from spikinggrid.utils.progress import Progress, about, hidden_progress
from spikinggrid.utils.versions import versions

#: A network that has learned without labels is read out with so many draws.
TOGETHER = 5

#: Images that show how long a culture takes.
N_TRIED = 20

#: Processor time (s) of a part: of networks as a whole, and for each pixel.
SECONDS, SECONDS_A_PIXEL = 8.0, 0.015


def compare(
    parameters: Parameters,
    labels: Sequence[int],
    seeds: Iterable[int],
    draws: int = 10,
    split: str = "validation",
    folder: str | os.PathLike | None = None,
    *,
    restart: bool = False,
    where: str | None = None,
    jobs: int | None = None,
    show: Callable[..., Progress] = hidden_progress,
) -> ComparisonResult:
    """Measure cultures and networks that learn from a few labelled images.

    Parameters
    ----------
    parameters : Parameters
        With the table `digits`.
    labels : sequence of int
        Numbers of labelled images, each a multiple of the number of classes.
    seeds : iterable of int
        One for each culture; each is also the number of a draw.
    draws : int
        Draws of labelled images for each network.
    split : {"validation", "test"}
        Which images the accuracies are of.
    folder : path-like, optional
        Keeps every part that is done, with which an interrupted comparison goes on.
    restart : bool
        Whether to start over, whatever the folder holds.
    where, jobs : optional
        Who does the work; see `parallel.client.connected`. The result does not depend on it.
    show : callable
        Make what shows the progress, such as the class `Progress`.

    Raises
    ------
    InputError
        If the parameters, images or numbers of labels cannot be used, or the folder holds parts of
        another comparison.
    """
    labels = sorted(set(labels))
    text = dumps(parameters)
    identity = {
        "parameters": text,
        "labels": labels,
        "split": split,
        "versions": versions("scikit-learn"),
    }
    plan = list(_parts(parameters, labels, list(seeds), draws))
    check_labels(parameters, labels)
    store = None if folder is None else _Store(make_folder(folder).resolve() / "parts", identity)
    rows: dict[Part, list[dict[str, Any]]] = {}
    if store is not None and not restart:
        rows = {part: kept for part in plan if (kept := store.read(part)) is not None}
    missing = [part for part in plan if part not in rows]
    if missing:
        jobs = parallel.enough(len(missing)) if jobs is None else jobs
        with show(len(plan), "part") as progress, parallel.connected(where, jobs) as client:
            progress.skip(len(rows))
            progress.say(_expected(parameters, missing, parallel.n_workers(client)))
            tasks = [(parameters, labels, split, part) for part in missing]
            for place, measured in parallel.completed(client, measure, tasks):
                part = missing[place]
                rows[part] = measured
                if store is not None:
                    store.write(part, measured)
                progress.advance()
    return ComparisonResult(text, split, [row for part in plan for row in rows[part]])


def check_labels(parameters: Parameters, labels: Sequence[int]) -> None:
    """Refuse numbers of labelled images that no balanced draw has.

    Raises
    ------
    InputError
        If a number is no multiple of the number of classes, or there are not so many images.
    """
    digits = needed(parameters.digits, "digits", "the comparison", "digits/ten")
    n_classes = len(digits.classes)
    truth = images_of(digits.dataset, "training", tuple(digits.classes), None).labels
    most = n_classes * int(np.bincount(truth)[digits.classes].min())
    for n in labels:
        if n % n_classes or not 0 < n <= most:
            raise InputError(
                f"--labels: found {n}; right would be a multiple of {n_classes}, the number of"
                f" classes, up to {most:,}"
            )


def _parts(
    parameters: Parameters, labels: Sequence[int], seeds: Sequence[int], draws: int
) -> Iterable[Part]:
    """Yield what is to be measured: cheap things first."""
    for size in sizes(parameters):
        for name in (*networks.networks(*size), END_TO_END):
            for begin in range(0, draws, TOGETHER):
                together = tuple(range(begin, min(begin + TOGETHER, draws)))
                yield NetworkPart(name, size, together)
    yield from (CulturePart(seed, n) for seed in seeds for n in (0, *labels))


def sizes(parameters: Parameters) -> list[tuple[int, int]]:
    """Return rows and columns of images: those of the task, and those that the images have."""
    digits = needed(parameters.digits, "digits", "the comparison", "digits/ten")
    own = (SIDE, SIDE) if digits.dataset == "mnist" else (8, 8)
    return list(dict.fromkeys([(digits.image_rows, digits.image_columns), own]))


def _expected(parameters: Parameters, parts: Sequence[Part], n_workers: int) -> str:
    """Say how much is to be done, and about how long that takes."""
    seconds = 0.0
    for part in parts:
        if isinstance(part, NetworkPart):
            seconds += SECONDS + SECONDS_A_PIXEL * part.size[0] * part.size[1]
    taught = [part for part in parts if isinstance(part, CulturePart)]
    if taught:
        seconds += len(taught) * _seconds_of_culture(parameters, taught[0].seed)
    return about(len(parts), "part", seconds / len(parts), n_workers)


def _seconds_of_culture(parameters: Parameters, seed: int) -> float:
    """Show some images to a culture, and return how long a part of it takes about."""
    images = load_images(parameters, "validation")
    training = Training(Dish(parameters, seed), images, label_alone=True)
    some = images.training[:N_TRIED]
    training.task.respond(training.simulator, some, "early")  # compiles
    begin = time.process_time()
    training.task.respond(training.simulator, some, "early")
    seconds = (time.process_time() - begin) / len(some)
    # taught images take three times as long: they are shown freely and taught
    return seconds * (3 * training.n_presentations + len(images.final))


class _Store:
    """Parts of a comparison, a file of JSON for each.

    Parameters
    ----------
    folder : Path
    identity : dict
        All that a part depends on but what it is of.
    """

    def __init__(self, folder: Path, identity: dict[str, Any]):
        self.folder, self.identity = make_folder(folder), json.loads(json.dumps(identity))

    def read(self, part: Part) -> list[dict[str, Any]] | None:
        """Return the rows of a part, None if it is still to be measured."""
        path = self._path(part)
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            identity, rows = content["identity"], content["rows"]
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError):
            raise InputError(f"{path}: is damaged; delete it, or start over by --restart") from None
        if identity != self.identity:
            differs = [name for name in self.identity if identity.get(name) != self.identity[name]]
            raise InputError(
                f"{path}: is of other {', '.join(differs)}; give another folder by --output, or"
                " start over by --restart"
            )
        return rows

    def write(self, part: Part, rows: list[dict[str, Any]]) -> None:
        """Keep the rows of a part."""
        with written_beside(self._path(part)) as beside:
            beside.write_text(json_text({"identity": self.identity, "rows": rows}), "utf-8")

    def _path(self, part: Part) -> Path:
        return self.folder / f"{part.name}.json"
