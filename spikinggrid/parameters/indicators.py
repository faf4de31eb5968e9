"""The catalogue of calcium indicators, `indicators.toml`."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import NamedTuple


class Indicator(NamedTuple):
    """A calcium indicator; `indicators.toml` says what each constant is. Concentrations in nM."""

    half: float
    hill: float
    maximum: float
    amplitude: float
    on: float
    off: float
    rest: float
    spike: float
    buffer: float
    indicator: float
    clearance: float
    noise: float


@cache
def indicators() -> Mapping[str, Indicator]:
    """Return all of them by name."""
    text = resources.files(__package__).joinpath("indicators.toml").read_text("utf-8")
    return {
        name: Indicator(**{key: entry[key] for key in Indicator._fields})
        for name, entry in tomllib.loads(text).items()
    }
