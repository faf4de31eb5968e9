"""What formats of others have no place for: seed, versions, history and notes, as JSON."""

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

import numpy as np

from spikinggrid.recordings.history import History
from spikinggrid.recordings.spike_data import SpikeData


def provenance(data: SpikeData) -> str:
    """Return as JSON what formats of others have no place for."""
    history = None
    if data.history is not None:
        history = {
            name: value.tolist() if isinstance(value, np.ndarray) else value
            for name, value in asdict(data.history).items()
        }
    return json.dumps(
        {
            "source": data.source,
            "well": data.well,
            "seed": data.seed,
            "versions": data.versions,
            "n_sites": data.n_sites,
            "span": [data.t_start, data.t_stop],
            "history": history,
            "notes": list(data.notes),
        }
    )


def span_of(text: str) -> tuple[float, float]:
    """Return the span (s) of the recording whose `provenance` this is."""
    t_start, t_stop = json.loads(text)["span"]
    return t_start, t_stop


def with_provenance(
    data: SpikeData, text: str, parameters: str, stimuli: Mapping[str, np.ndarray]
) -> SpikeData:
    """Return a recording with what `provenance` wrote of it.

    Parameters
    ----------
    data : SpikeData
        Its spikes and electrodes.
    text : str
        What `provenance` returned.
    parameters : str
        The parameter file, as TOML.
    stimuli : mapping of str to ndarray
        The attributes of `SpikeData` that are of stimuli.
    """
    values: dict[str, Any] = json.loads(text)
    del values["span"]
    if values["history"] is not None:
        arrays: dict[str, Any] = {
            name: np.array(value) if isinstance(value, list) else value
            for name, value in values["history"].items()
        }
        arrays["frozen"] = np.reshape(arrays["frozen"], (-1, 2))
        arrays["stimulus_electrodes"] = arrays["stimulus_electrodes"].astype(int)
        values["history"] = History(**arrays)
    values["notes"] = [*values["notes"], *data.notes]
    return replace(data, **(values | {"parameters": parameters} | dict(stimuli)))
