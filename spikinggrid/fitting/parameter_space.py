"""Parameters that vary in a fit, each between bounds: points of a cube and parameter files.

    parse("noise.drive", "2 mV : 9 mV")               a bound, on a linear scale
    parse("neuron.adaptation", "0.1 mV : 1 mV : log")    the same on a logarithmic scale
    of_parameters(parameters)                         those of the table [calibration.bounds]
    varied(parameters, entries)                       those, or others that entries name
    start(parameters, bounds)                         where the parameters lie between their bounds
    moved(parameters, bounds, point)                  the parameters at another point

A point has one number from 0 (low) to 1 (high) for each bound.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from spikinggrid.parameters import reference, units
from spikinggrid.parameters.model import Parameters
from spikinggrid.utils.errors import InputError

EXAMPLE = "noise.drive=2 mV:9 mV, or with a logarithmic scale neuron.adaptation=0.1 mV:1 mV:log"


@dataclass(frozen=True)
class Bound:
    """A parameter that varies.

    Attributes
    ----------
    key : str
        Table and key, such as "neuron.tau_m".
    low, high : float
        In SI base units.
    log : bool
        Whether equal steps are equal ratios.
    dimension : str
        SI unit of the key, "" for a plain number.
    whole : bool
        Whether the key holds whole numbers alone.
    """

    key: str
    low: float
    high: float
    log: bool
    dimension: str
    whole: bool = False

    def value(self, share: float) -> float:
        """Return the value that lies this far (0-1) between the bounds."""
        if self.log:
            value = self.low * (self.high / self.low) ** share
        else:
            value = self.low + (self.high - self.low) * share
        return round(value) if self.whole else float(value)

    def share(self, value: float) -> float:
        """How far between the bounds a value lies: 0 at the low, 1 at the high one."""
        if self.log:
            return float(np.log(value / self.low) / np.log(self.high / self.low))
        return (value - self.low) / (self.high - self.low)

    def text(self, value: float) -> str:
        """Return a value as a parameter file has it, without the quotes."""
        if self.whole:
            return str(round(value))
        return units.format_quantity(value, self.dimension) if self.dimension else repr(value)

    def __str__(self) -> str:
        """As `parse` reads it, the key in front."""
        scale = ":log" if self.log else ""
        return f"{self.key}={self.text(self.low)}:{self.text(self.high)}{scale}"


def parse(key: str, text: str) -> Bound:
    """Read the bounds of one key, such as "2 mV : 9 mV" or "0.1 : 0.9 : log".

    Raises
    ------
    InputError
        If there is no such key, it is not a number or a quantity, or the bounds are not two
        that rise; one line that names the key.
    """
    described = reference.key(key)
    if not described.varies:
        raise InputError(f"{key}: holds no number that could vary; neuron.tau_m, for example, does")
    dimension = described.unit
    parts = [part.strip() for part in text.split(":")]
    log = parts[2:] == ["log"]
    if len(parts) != 2 + log:
        raise InputError(f"{key}: found bounds {text!r}; right would be like {EXAMPLE}")
    try:
        low, high = (
            units.parse(part, dimension) if dimension else float(part) for part in parts[:2]
        )
    except ValueError as error:
        raise InputError(f"{key}: bounds: {error}; right would be like {EXAMPLE}") from None
    if not (np.isfinite([low, high]).all() and low < high):
        raise InputError(f"{key}: found bounds {text!r}; the first must be below the second")
    if log and low <= 0:
        raise InputError(
            f"{key}: found bounds {text!r}; on a logarithmic scale both must be above 0"
        )
    return Bound(key, low, high, log, dimension, described.kind == "whole number")


def of_parameters(parameters: Parameters) -> dict[str, Bound]:
    """Bounds of the table [calibration.bounds], by key."""
    if parameters.calibration is None:
        return {}
    return {key: parse(key, text) for key, text in parameters.calibration.bounds.items()}


def varied(parameters: Parameters, entries: Sequence[str] = ()) -> tuple[Bound, ...]:
    """Read what varies.

    Parameters
    ----------
    parameters : Parameters
    entries : sequence of str
        Such as "noise.drive=2 mV:9 mV"; the table [calibration.bounds] counts if there are none.

    Raises
    ------
    InputError
        If an entry is wrong, a key comes twice, or there are fewer than two.
    """
    bounds = of_parameters(parameters)
    if entries:
        pairs = [entry.partition("=") for entry in entries]
        bounds = {key.strip(): parse(key.strip(), text) for key, _, text in pairs}
        if len(bounds) < len(entries):
            raise InputError("--vary: a key is there twice; give each once")
    if len(bounds) < 2:
        raise InputError(
            f"--vary: found {len(bounds)} keys; right would be two or more, for example"
            f" --vary {EXAMPLE}"
        )
    return tuple(bounds.values())


def start(parameters: Parameters, bounds: Sequence[Bound]) -> np.ndarray:
    """Where the parameters lie between their bounds, shape (n_bounds,).

    Raises
    ------
    InputError
        If one is off, or lies outside; the message names the key.
    """
    point = []
    for bound in bounds:
        value = parameters.value(bound.key)
        if value is None:
            raise InputError(
                f"{bound.key}: is off in the parameters; give it a value to start from"
            )
        if not bound.low <= value <= bound.high:
            raise InputError(
                f"{bound.key}: starts at {bound.text(value)}, outside its bounds {bound}; widen"
                " them or change the start with --set"
            )
        point.append(bound.share(value))
    return np.array(point)


def moved(parameters: Parameters, bounds: Sequence[Bound], point: np.ndarray) -> Parameters:
    """Return the parameters with every varied one at its place on a point, shape (n_bounds,).

    Raises
    ------
    InputError
        If keys then contradict one another; the message names them.
    """
    return parameters.replace(
        {bound.key: bound.value(share) for bound, share in zip(bounds, point, strict=True)}
    )
