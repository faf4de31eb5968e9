"""What varies in a fit."""

from typing import Annotated, Any

from pydantic import BeforeValidator

from spikinggrid.parameters.tables.base import Table, key


def _flat(table: Any) -> Any:
    """Return tables within tables as one: `neuron.tau_m` may be written with quotes or without.

    What is "none" does not vary after all: so a file says that it extends another one that does.
    """
    if not isinstance(table, dict):
        return table
    flat: dict[str, object] = {}
    for name, value in table.items():
        if isinstance(value, dict):
            flat |= {f"{name}.{inner}": entry for inner, entry in _flat(value).items()}
        elif value != "none":
            flat[name] = value
    return flat


class CalibrationTable(Table):
    """How a culture is fitted to recordings."""

    bounds: Annotated[dict[str, str], BeforeValidator(_flat)] = key(
        'what varies, as KEY = "LOW : HIGH" or "LOW : HIGH : log" for a logarithmic scale',
        {"noise.drive": "2 mV : 9 mV"},
    )
