"""Joules of a decision and of a training: of tissue, of chips, of computers.

    Effort       what was done: spikes, synaptic events, multiply-adds, seconds
    account      a row for each way to do it, with the range of its joules and what is missing
    sources      the figures that joules are counted with, of energy.toml
    published_chips   what neuromorphic chips took for an image, of published_chips.toml
    Meter        what the processor has used, where it says so (RAPL)

A range is what the figures of the literature leave open; it is no interval of confidence.
"""

import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from spikinggrid.network.culture import Culture
from spikinggrid.utils.missing import DASH

#: Where Linux has the counters of energy (uJ).
POWERCAP = Path("/sys/class/powercap")


class Range(NamedTuple):
    """A range of joules, or of what they are counted with."""

    low: float
    high: float

    def __mul__(self, factor: object) -> "Range":
        """Return the range of so many."""
        assert isinstance(factor, float | int)
        return Range(self.low * factor, self.high * factor)

    def __add__(self, other: object) -> "Range":
        """Return the range of a sum."""
        assert isinstance(other, Range)
        return Range(self.low + other.low, self.high + other.high)


@dataclass(frozen=True)
class Effort:
    """What something took; NaN where it does not apply.

    Attributes
    ----------
    duration : float
        Biological time, s.
    cells : float
        Neurons, and interneurons that relay inhibition.
    spikes, events : float
        Of all cells; an event is a spike that arrives at a synapse between cells.
    multiply_adds : float
        Of networks.
    seconds : float
        Of one processor of the computer that did it.
    measured : float
        Joules that all processors used meanwhile, whatever they did; NaN where nothing says it.
    """

    duration: float = math.nan
    cells: float = math.nan
    spikes: float = math.nan
    events: float = math.nan
    multiply_adds: float = math.nan
    seconds: float = math.nan
    measured: float = math.nan

    def as_dict(self) -> dict[str, float]:
        """Return all numbers by name."""
        return asdict(self)

    @classmethod
    def mean(cls, efforts: "Sequence[Effort]") -> "Effort":
        """Return the mean of some."""
        return cls(*np.mean([list(asdict(effort).values()) for effort in efforts], axis=0).tolist())


@dataclass(frozen=True)
class Account:
    """Joules of one way to do something.

    Attributes
    ----------
    name : str
    joules : Range
        NaN where it does not apply.
    figures : tuple of str
        Names of the figures in energy.toml that it is counted with.
    left_out : str
        What is not counted.
    """

    name: str
    joules: Range
    figures: tuple[str, ...]
    left_out: str

    def as_dict(self) -> dict[str, Any]:
        """Return name, joules, what is left out, and the figures with their sources, for JSON."""
        return {
            "name": self.name,
            "joules": list(self.joules),
            "left_out": self.left_out,
            "figures": {name: dict(sources()[name]) for name in self.figures},
        }


def sources() -> Mapping[str, Mapping[str, float | str]]:
    """Return low and high end, unit and source of each figure."""
    return _sources()


@cache
def _sources() -> Mapping[str, Mapping[str, float | str]]:
    return _toml("energy.toml")


def _toml(name: str) -> dict[str, Any]:
    return tomllib.loads(resources.files(__package__).joinpath(name).read_text(encoding="utf-8"))


@dataclass(frozen=True)
class PublishedChip:
    """What a neuromorphic chip took for an image of MNIST, as published.

    Attributes
    ----------
    name, network, study : str
    accuracy : float
        On test images, 0 to 1.
    decision, training : float
        J, to tell an image, and to learn from one; NaN where the chip did not learn.
    """

    name: str
    network: str
    study: str
    accuracy: float
    decision: float
    training: float = math.nan


def published_chips() -> list[PublishedChip]:
    """Return the chips of published_chips.toml."""
    return [PublishedChip(**entry) for entry in _toml("published_chips.toml")["chip"]]


def figure(name: str) -> Range:
    """Return the range of a figure of energy.toml."""
    entry = sources()[name]
    return Range(float(entry["low"]), float(entry["high"]))


def account(effort: Effort, watts: float | None = None) -> list[Account]:
    """Return the joules of everything that could have done what was done.

    Parameters
    ----------
    effort : Effort
    watts : float, optional
        What a busy core of this computer takes; the assumption of energy.toml unless given.
    """
    core = figure("processor") if watts is None else Range(watts, watts)
    tissue = (
        figure("neuron_at_rest") * (effort.cells * effort.duration)
        + figure("spike") * effort.spikes
        + figure("synaptic_event") * effort.events
    )
    rows = [
        Account(
            "living tissue",
            tissue,
            ("neuron_at_rest", "spike", "synaptic_event"),
            "growth and upkeep of the cells, pulses, recording and readout",
        ),
        Account(
            "dish with incubator",
            figure("dish") * effort.duration,
            ("dish",),
            "people, medium, and time between images that is not simulated",
        ),
        Account(
            "neuromorphic chip",
            figure("synaptic_operation") * effort.events,
            ("synaptic_operation",),
            "neurons, learning, idle power and what feeds the chip",
        ),
        Account(
            "arithmetic of a network",
            figure("multiply_add") * effort.multiply_adds,
            ("multiply_add",),
            "memory, which can cost a hundred times as much, and idle power",
        ),
        Account(
            "this computer",
            core * effort.seconds,
            ("processor",) if watts is None else (),
            "memory, power supply, idle cores",
        ),
        Account(
            "this computer, measured",
            Range(effort.measured, effort.measured),
            (),
            "memory, power supply; what else ran is counted",
        ),
    ]
    return [row for row in rows if not math.isnan(row.joules.low)]


def joules_text(joules: Range) -> str:
    """Return a range in words, such as "1.2 to 3.4 uJ".

    Examples
    --------
    >>> joules_text(Range(1.2e-6, 3.4e-6)), joules_text(Range(30.0, 30.0))
    ('1.2 to 3.4 uJ', '30 J')
    """
    prefixes = {1e9: "GJ", 1e6: "MJ", 1e3: "kJ", 1.0: "J", 1e-3: "mJ", 1e-6: "uJ", 1e-9: "nJ"}
    scale = next((factor for factor in prefixes if joules.high >= factor), 1e-12)
    unit = prefixes.get(scale, "pJ")
    ends = dict.fromkeys(f"{end / scale:.2g}" for end in joules)
    return f"{' to '.join(_plain(end) for end in ends)} {unit}"


def accounts_text(decision: Sequence[Account], training: Sequence[Account]) -> list[str]:
    """Return a line for each way to do it, with a heading; nothing if there is none."""
    of_training = {entry.name: joules_text(entry.joules) for entry in training}
    lines = [f"{'energy':<26} {'of a decision':>22}   of the training"] if decision else []
    for entry in decision:
        taught = of_training.get(entry.name, DASH)
        lines.append(f"  {entry.name:<24} {joules_text(entry.joules):>22}   {taught}")
    return lines


def _plain(number: str) -> str:
    return f"{float(number):g}"


# --- cultures ----------------------------------------------------------------------------


def outgoing_synapses(culture: Culture) -> np.ndarray:
    """Return the number of synapses of each neuron onto others, relays included, (n_neurons,)."""
    numbers = np.zeros(culture.n_neurons)
    for name in ("excitatory", "inhibitory"):
        projection, first = getattr(culture, name), culture.first_source(name)
        pre, _ = projection.pairs()
        numbers[first : first + projection.n_pre] += np.bincount(pre, minlength=projection.n_pre)
    return numbers


def effort_of_response(culture: Culture, spikes: np.ndarray, duration: float) -> Effort:
    """Return what a culture does in some time.

    Parameters
    ----------
    culture : Culture
    spikes : ndarray, shape (n_neurons,)
        Mean number of spikes of each neuron in that time; a relay fires as its neuron does.
    duration : float
        s
    """
    cells_of_neuron = 2 if culture.relay else 1
    return Effort(
        duration=duration,
        cells=float(cells_of_neuron * culture.n_neurons),
        spikes=float(cells_of_neuron * spikes.sum()),
        events=float(spikes @ outgoing_synapses(culture)),
    )


def effort_of_training(
    culture: Culture,
    responses: tuple[np.ndarray, np.ndarray],
    presentation: float,
    duration: float,
) -> Effort:
    """Return what a culture does while it is taught, as if it fired as it does without the label.

    Parameters
    ----------
    culture : Culture
    responses : tuple of ndarray, shape (n_neurons,)
        Mean number of spikes of each neuron in response to an image, before and after.
    presentation, duration : float
        How long an image is shown, and how long all of them were, s.
    """
    mean = (responses[0] + responses[1]) / 2
    return effort_of_response(culture, mean * (duration / presentation), duration)


# --- computers ---------------------------------------------------------------------------


class Meter:
    """Joules that the processors have used since it was made.

    Parameters
    ----------
    folder : Path
        Where the counters are.
    """

    def __init__(self, folder: Path = POWERCAP):
        self._begin = {path: _counted(path) for path in sorted(folder.glob("intel-rapl:?"))}

    def joules(self) -> float:
        """Return joules of all processors; NaN where there is no counter that may be read."""
        used = [self._used(path, begin) for path, begin in self._begin.items()]
        return float(sum(used)) if used else math.nan

    def _used(self, path: Path, begin: float) -> float:
        used = _counted(path) - begin
        if used < 0:  # counted beyond its end
            used += _read(path / "max_energy_range_uj")
        return used * 1e-6


def _counted(path: Path) -> float:
    return _read(path / "energy_uj")


def _read(path: Path) -> float:
    try:
        return float(path.read_text())
    except (OSError, ValueError):
        return math.nan
