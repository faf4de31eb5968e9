"""Values that do not exist: NaN in Python, null in JSON, a dash in tables.

number_text    one number for a table
of_text        how many of all have a value, for averages that leave the others out
json_text      anything as JSON
"""

import json
import math
from collections.abc import Iterable, Mapping
from typing import Any

DASH = "-"


def number_text(value: float, style: str = ".4g") -> str:
    """Write a number in a format such as ".4g"; a dash for NaN.

    Examples
    --------
    >>> number_text(0.12345), number_text(float("nan"))
    ('0.1235', '-')
    """
    return DASH if math.isnan(value) else format(value, style)


def of_text(values: Iterable[float]) -> str:
    """Say how many of some values exist; nothing if all do.

    Examples
    --------
    >>> of_text([0.5, float("nan"), 0.7]), of_text([0.5, 0.7])
    (' (of 2 of 3)', '')
    """
    exist = [not math.isnan(value) for value in values]
    return "" if all(exist) else f" (of {sum(exist)} of {len(exist)})"


def json_text(value: Any) -> str:
    """Write a value as JSON, NaN and infinity as null, which JSON has no numbers for.

    Examples
    --------
    >>> print(json_text({"burst.dur": float("nan"), "n_spikes": 3.0}))
    {
      "burst.dur": null,
      "n_spikes": 3.0
    }
    """
    return json.dumps(_finite(value), indent=2, allow_nan=False)


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: _finite(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(each) for each in value]
    return value
