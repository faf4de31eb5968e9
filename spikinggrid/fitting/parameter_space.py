"""Parameters that vary in a fit, each between bounds.

    Bound.parse("noise.drive = 2 mV : 9 mV")                on a linear scale
    Bound.parse("neuron.adaptation = 0.1 mV : 1 mV : log")  on a logarithmic scale
    read_bounds(parameters)                                 those of the table [calibration.bounds]
    ParameterSpace(parameters, bounds)                      parameters at any point between bounds

A point has one number from 0 (low) to 1 (high) for each bound.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from spikinggrid.parameters import reference, units
from spikinggrid.parameters.model import Parameters
from spikinggrid.parameters.tables.mea import READOUT_KEYS
from spikinggrid.utils.errors import InputError, quoted, shortened

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

    @classmethod
    def parse(cls, entry: str) -> "Bound":
        """Read a key and its bounds, such as "noise.drive = 2 mV : 9 mV" or "... : log".

        Raises
        ------
        InputError
            If there is no such key, it is not a number or a quantity, or the bounds are not two
            that rise; one line that names the key.
        """
        key, _, text = entry.partition("=")
        key, text = key.strip(), text.strip()
        described = reference.key(key)
        if not described.varies:
            raise InputError(
                f"{key}: holds no number that could vary; neuron.tau_m, for example, does"
            )
        ends = [end.strip() for end in text.split(":")]
        log = ends[2:] == ["log"]
        if len(ends) != 2 + log:
            raise InputError(f"{key}: found bounds {quoted(text)}; right would be like {EXAMPLE}")
        unit = described.unit
        try:
            low, high = (units.parse(end, unit) if unit else float(end) for end in ends[:2])
        except ValueError as error:
            raise InputError(
                f"{key}: bounds: {shortened(str(error), 120)}; right would be like {EXAMPLE}"
            ) from None
        if not (np.isfinite([low, high]).all() and low < high):
            raise InputError(
                f"{key}: found bounds {quoted(text)}; the first must be below the second"
            )
        if log and low <= 0:
            raise InputError(
                f"{key}: found bounds {quoted(text)}; on a logarithmic scale both must be above 0"
            )
        return cls(key, low, high, log, unit, described.kind == "whole number")

    @property
    def is_readout(self) -> bool:
        """Whether the key is about electrodes alone, so that `Dish.hear` can change it."""
        table, _, name = self.key.partition(".")
        return table == "mea" and name in READOUT_KEYS

    def value(self, share: float) -> float:
        """Return the value that lies this far (0-1) between the bounds."""
        if self.log:
            value = self.low * (self.high / self.low) ** share
        else:
            value = self.low + (self.high - self.low) * share
        return round(value) if self.whole else float(value)

    def share(self, value: float) -> float:
        """Return how far between the bounds a value lies: 0 at the low, 1 at the high one."""
        if self.log:
            return float(np.log(value / self.low) / np.log(self.high / self.low))
        return (value - self.low) / (self.high - self.low)

    def text(self, value: float) -> str:
        """Return a value as a parameter file has it, without the quotes."""
        if self.whole:
            return str(round(value))
        return units.format_quantity(value, self.dimension) if self.dimension else repr(value)

    def __str__(self) -> str:
        """Return it as `parse` reads it."""
        scale = ":log" if self.log else ""
        return f"{self.key}={self.text(self.low)}:{self.text(self.high)}{scale}"


def read_bounds(parameters: Parameters, entries: Sequence[str] = ()) -> tuple[Bound, ...]:
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
    if not entries and parameters.calibration is not None:
        entries = [f"{key}={text}" for key, text in parameters.calibration.bounds.items()]
    bounds = tuple(map(Bound.parse, entries))
    if len({bound.key for bound in bounds}) < len(bounds):
        raise InputError("--vary: a key is there twice; give each once")
    if len(bounds) < 2:
        raise InputError(
            f"--vary: found {len(bounds)} keys; right would be two or more, for example"
            f" --vary {EXAMPLE}"
        )
    return bounds


@dataclass(frozen=True)
class ParameterSpace:
    """Parameters of which some vary.

    Attributes
    ----------
    parameters : Parameters
        Everything that does not vary, and where a search starts.
    bounds : tuple of Bound
        What varies.
    """

    parameters: Parameters
    bounds: tuple[Bound, ...]

    @property
    def start(self) -> np.ndarray:
        """Where the parameters lie between their bounds, shape (n_bounds,).

        Raises
        ------
        InputError
            If one is off, or lies outside; the message names the key.
        """
        return np.array([self._start_of(bound) for bound in self.bounds])

    def at(self, point: Sequence[float] | np.ndarray) -> Parameters:
        """Return the parameters at a point.

        Parameters
        ----------
        point : ndarray, shape (n_bounds,)
            Shares (0-1) of the bounds.

        Raises
        ------
        InputError
            If keys contradict one another there; the message names them.
        """
        return self.parameters.replace(
            {bound.key: bound.value(share) for bound, share in zip(self.bounds, point, strict=True)}
        )

    def _start_of(self, bound: Bound) -> float:
        value = self.parameters.value(bound.key)
        if value is None:
            raise InputError(
                f"{bound.key}: is off in the parameters; give it a value to start from"
            )
        if not bound.low <= value <= bound.high:
            raise InputError(
                f"{bound.key}: starts at {bound.text(value)}, outside its bounds {bound}; widen"
                " them or change the start with --set"
            )
        return bound.share(value)
