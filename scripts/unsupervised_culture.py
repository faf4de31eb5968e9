#!/usr/bin/env python3
"""Does learning without labels improve what a culture's electrodes tell a linear readout?

Cultures are shown images of four digits without any label or teaching signal, while some of their
synapses learn; a linear readout of all electrodes, and one of all neurons, is fitted to as many
labelled images before and after. Each change is paired with the same culture untrained; the table
has what it makes of the accuracy, with the 95 % interval over cultures. Inhibition that reaches far
and is strong makes neurons compete, so that few win each image; thresholds that follow each
neuron's rate, in blocks of presentations, keep the same ones from winning always.
"""

import argparse
import dataclasses
import json
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import results
from scipy.signal import lfilter

from spikinggrid.cli.options import add_workers
from spikinggrid.digits.readouts import linear_accuracy, mean_and_interval
from spikinggrid.digits.task import DigitTask, load_images
from spikinggrid.parallel.client import gather
from spikinggrid.parameters import files as parameter_files
from spikinggrid.parameters.model import Parameters
from spikinggrid.simulation.dish import Dish
from spikinggrid.simulation.simulator import Simulator, Spikes
from spikinggrid.utils.errors import exit_code
from spikinggrid.utils.files import make_folder, written_beside
from spikinggrid.utils.progress import Progress
from spikinggrid.utils.randomness import random_generator

UNLABELLED = [
    "digits.teaching=taught",
    "digits.free_signal=none",
    "digits.only_errors=none",
    "digits.final_signal=none",
]
STATIC = ["plasticity={rule = 'static'}"]
ONLINE = [
    "plasticity.rule=online",
    "plasticity.trace=set",
    "plasticity.tau_pre=20 ms",
    "plasticity.tau_post=20 ms",
    "plasticity.normalise=true",
]
PROJECTIONS = ("input", "excitatory", "inhibitory")

#: Presentations between two changes of thresholds, and how far they go: V for each spike that an
#: image elicits more than the mean neuron's.
BLOCK, HOMEOSTASIS = 100, 2e-4

#: Time constant of the traces of soft-bounded plasticity (s).
TAU = 20e-3


def pair_rule(*projections: str, nu_post: str = "40 uV", nu_pre: str = "4 uV") -> list[str]:
    """Pair STDP of some projections, with synaptic scaling after each presentation."""
    overrides = list(ONLINE)
    for name in PROJECTIONS:
        if name in projections:
            overrides += [
                f"plasticity.{name}.nu_pre={nu_pre}",
                f"plasticity.{name}.nu_post={nu_post}",
                f"plasticity.{name}.plastic=all",
            ]
        else:
            overrides.append(f"plasticity.{name}=none")
    return overrides


def pairs_of_presentations(nu_post: str = "1 uV") -> list[str]:
    """Pairs before and after of all excitatory and inhibitory synapses, with scaling."""
    return [
        "plasticity.normalise=true",
        *(f"plasticity.{name}.plastic=all" for name in ("excitatory", "inhibitory")),
        *(f"plasticity.{name}.nu_post={nu_post}" for name in ("excitatory", "inhibitory")),
    ]


def inhibition(incoming: str) -> list[str]:
    """Strength of inhibition, which reaches 1.8 mm."""
    return [f"synapses.inhibitory.incoming={incoming}"]


@dataclasses.dataclass(frozen=True)
class Change:
    """How cultures learn without labels: parameters, what pairs are worth, and homeostasis.

    `soft` has the rates (V) of projections with soft bounds, which no engine has: `learn_softly`.
    """

    overrides: list[str]
    signal: float | None = None
    homeostatic: bool = False
    soft: Mapping[str, float] = dataclasses.field(default_factory=dict)


CHANGES = {
    "excitatory synapses": Change(pair_rule("excitatory")),
    "all three kinds of synapses": Change(pair_rule("input", "excitatory", "inhibitory")),
    "synapses from electrodes": Change(pair_rule("input")),
    "from electrodes, ten times faster": Change(pair_rule("input", nu_post="400 uV")),
    "from electrodes, depression as strong": Change(pair_rule("input", nu_pre="40 uV")),
    "from electrodes, inhibition 3 times": Change([*pair_rule("input"), *inhibition("240 mV")]),
    "from electrodes, inhibition 10 times": Change([*pair_rule("input"), *inhibition("800 mV")]),
    "from electrodes, inhibition 10 times, homeostatic thresholds": Change(
        [*pair_rule("input"), *inhibition("800 mV")], homeostatic=True
    ),
    "from electrodes, the same, input reaches 0.5 mm": Change(
        [*pair_rule("input"), *inhibition("800 mV"), "synapses.input.reach=0.5 mm"],
        homeostatic=True,
    ),
    "homeostatic thresholds alone": Change(STATIC, homeostatic=True),
    "pairs of an image strengthen": Change(pairs_of_presentations(), signal=1.0),
    "pairs of an image weaken": Change(pairs_of_presentations(), signal=-1.0),
    "soft bounds, excitatory synapses": Change(STATIC, soft={"excitatory": 40e-6}),
    "soft bounds, from electrodes": Change(STATIC, soft={"input": 40e-6}),
    "soft bounds, from electrodes, ten times slower": Change(STATIC, soft={"input": 4e-6}),
    "soft bounds, from electrodes, inhibition 10 times, homeostatic thresholds": Change(
        [*STATIC, *inhibition("800 mV")], homeostatic=True, soft={"input": 40e-6}
    ),
}


def main() -> None:
    """Measure all changes."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--parameters", default="digits/four", help="preset or file")
    parser.add_argument(
        "--changes",
        nargs="+",
        choices=CHANGES,
        default=list(CHANGES),
        metavar="CHANGE",
        help="some of: " + "; ".join(CHANGES),
    )
    parser.add_argument("--seeds", type=int, default=5, help="number of cultures (default 5)")
    parser.add_argument("--images", type=int, default=1000, help="presentations (default 1,000)")
    parser.add_argument("--labels", type=int, default=600, help="labelled images (default 600)")
    parser.add_argument("--tested", type=int, default=1000, help="validation images")
    parser.add_argument(
        "--output",
        type=Path,
        default=Path("results/unsupervised"),
        metavar="FOLDER",
        help="keeps every culture, which is not measured again (default results/unsupervised)",
    )
    add_workers(parser)
    results.add_argument(parser)
    arguments = parser.parse_args()
    changed = {
        name: (parameter_files.load(arguments.parameters, [*UNLABELLED, *change.overrides]), change)
        for name, change in CHANGES.items()
        if name in arguments.changes
    }
    sizes = (arguments.images, arguments.labels, arguments.tested)
    kept = make_folder(arguments.output)
    numbers = {name: number for number, name in enumerate(CHANGES)}
    tasks = [
        (
            parameters,
            change,
            parameters.simulation.seed + k,
            sizes,
            kept / f"{numbers[name]}-{k}.json",
        )
        for name, (parameters, change) in changed.items()
        for k in range(arguments.seeds)
    ]
    with Progress(len(tasks), "culture") as progress:
        measured = gather(kept_or_measured, tasks, arguments.cluster, arguments.jobs, progress)
    measured = np.reshape(measured, (len(changed), arguments.seeds, 3, 2))
    rows = [row(name, values) for name, values in zip(changed, measured, strict=True)]
    title = (
        f"Learning without labels: {arguments.parameters}, {arguments.seeds} cultures,"
        f" {arguments.images:,} images; linear readouts of {arguments.labels:,} labelled images"
    )
    columns = [
        "what learns",
        "electrodes, untrained",
        "trained: difference (95 % interval)",
        "neurons, untrained",
        "trained: difference (95 % interval) ",
        "spikes a neuron, before and after",
    ]
    results.show(results.Table(title, columns, rows), arguments.json, ["scikit-learn"])


def kept_or_measured(
    parameters: Parameters, change: Change, seed: int, sizes: tuple[int, int, int], file: Path
) -> list[tuple[float, float]]:
    """What `measure` returns, from a file of the same change if there is one."""
    how = dataclasses.asdict(change) | {"overrides": parameter_files.dumps(parameters)}
    identity = [how, *sizes]
    if file.is_file() and (content := json.loads(file.read_text()))["identity"] == identity:
        return content["measured"]
    measured = measure(parameters, change, seed, sizes)
    with written_beside(file) as beside:
        beside.write_text(json.dumps({"identity": identity, "measured": measured}))
    return measured


def measure(
    parameters: Parameters, change: Change, seed: int, sizes: tuple[int, int, int]
) -> list[tuple[float, float]]:
    """Electrodes' and neurons' accuracy, and spikes a neuron, each before and after."""
    images = load_images(parameters, "validation")
    task = DigitTask(dish := Dish(parameters, seed))
    simulator = dish.simulator
    n_shown, n_labels, n_tested = sizes
    labelled, tested = images.training[:n_labels], images.final[:n_tested]

    def told() -> tuple[float, float, float]:
        fitted = task.respond(simulator, labelled, "labelled")
        asked = task.respond(simulator, tested, "tested")
        electrodes, neurons = (
            linear_accuracy(
                getattr(fitted, name), fitted.truth, getattr(asked, name), asked.truth, 0.01
            )
            for name in ("electrodes", "neurons")
        )
        return electrodes, neurons, float(asked.neurons.mean())

    before = told()
    order = random_generator(seed, "training order").permutation(len(images.training))
    signal = None if change.signal is None else (lambda spikes: change.signal)
    shown = images.training[np.resize(order, n_shown)]
    largest = {name: simulator.strengths(name).max() for name in change.soft}
    for begin in range(0, len(shown), BLOCK):
        for pixels in shown.pixels[begin : begin + BLOCK]:
            generator = random_generator(seed, "unlabelled", simulator.n_steps, begin)
            if change.soft or not change.homeostatic or parameters.plasticity.rule != "static":
                spikes = simulator.present(
                    task.image(pixels, generator), task.duration, signal=signal
                )
                for name, rate in change.soft.items():
                    learn_softly(simulator, name, rate, largest[name], spikes)
        if change.homeostatic:
            some = shown[begin : begin + BLOCK]
            spikes = task.respond(simulator, some, "block", begin).neurons.mean(axis=0)
            simulator = with_thresholds(simulator, spikes)
    return list(zip(before, told(), strict=True))


def learn_softly(
    simulator: Simulator, name: str, rate: float, largest: float, spikes: Spikes
) -> None:
    """Change the strengths w of a projection by the pairs of a presentation, then scale them.

    A pair that potentiates adds `rate` (V) times the trace times 1 - w / largest, one that
    depresses takes `rate` times the trace times w / largest: soft bounds at 0 and `largest` (V).
    Strengths change at the end of a presentation; each neuron's then sum up to what they were.
    """
    culture = simulator.culture
    projection, strengths = getattr(culture, name), simulator.strengths(name)
    pre, post = projection.pairs()
    post_spikes = spikes.counts(culture.n_neurons, spikes.dt)
    if name == "input":
        pre_spikes = np.zeros((spikes.n_steps, projection.n_pre))
        steps = np.floor(spikes.stimulus.times / spikes.dt + 1e-9).astype(int)
        pre_spikes[steps, spikes.stimulus.electrodes] = 1
    else:  # which arrive a step later
        pre_spikes = np.roll(post_spikes[:, : projection.n_pre], 1, axis=0)
        pre_spikes[0] = 0
    before, after = _traces(pre_spikes, spikes.dt), _traces(post_spikes, spikes.dt) - post_spikes
    potentiation = (before.T @ post_spikes)[pre, post] * (1 - strengths / largest)
    depression = (pre_spikes.T @ after)[pre, post] * strengths / largest
    changed = np.clip(strengths + rate * (potentiation - depression), 0, largest)
    sums, had = (np.bincount(post, some, culture.n_neurons) for some in (changed, strengths))
    simulator.set_strengths(name, changed * (had / np.where(sums > 0, sums, 1))[post])


def _traces(counts: np.ndarray, dt: float) -> np.ndarray:
    """Traces that each spike raises by 1, shape (n_steps, n_cells)."""
    return lfilter([1], [1, -np.exp(-dt / TAU)], counts, axis=0)


def with_thresholds(simulator: Simulator, spikes: np.ndarray) -> Simulator:
    """The same culture with higher thresholds of neurons that fire more than others."""
    culture = simulator.culture
    thresholds = culture.v_threshold + HOMEOSTASIS * (spikes - spikes.mean())
    return Simulator(dataclasses.replace(culture, v_threshold=thresholds), simulator.parameters)


def row(name: str, values: np.ndarray) -> list[results.Cell]:
    """A row of the table, from accuracies of each culture before and after."""
    cells: list[results.Cell] = [name]
    for before, after in values[:, :2].transpose(1, 2, 0):
        difference, interval = mean_and_interval(after - before)
        within = "" if interval is None else f" ({interval[0]:+.3f} to {interval[1]:+.3f})"
        cells += [f"{before.mean():.3f}", f"{difference:+.3f}{within}"]
    before, after = values[:, 2].mean(axis=0)
    return [*cells, f"{before:.1f}, {after:.1f}"]


if __name__ == "__main__":
    sys.exit(exit_code(main, "interrupted; nothing was written"))
