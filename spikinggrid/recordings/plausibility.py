"""What looks wrong in a recording: spikes that are there twice, and artefacts."""

import numpy as np

from spikinggrid.recordings.spike_data import SpikeData

#: Spikes on at least this share of the electrodes that fire, and on at least so many, ...
SHARE, FEWEST = 0.8, 5

#: ... within this time (s) are no spikes of neurons.
AT_ONCE = 1e-6

#: No recording lasts longer (s).
LONGEST = 48 * 3600


def oddities(data: SpikeData) -> list[str]:
    """Return what looks wrong in a real recording, one line for each kind."""
    notes = []
    if n_repeated := sum(int(np.sum(np.diff(train) == 0)) for train in data.spike_trains):
        notes.append(
            f"{n_repeated:,} intervals between spikes of one electrode are 0 s: rows that are there"
            " twice? each counts as a spike"
        )
    if n_artefacts := _n_artefacts(data):
        notes.append(
            f"at {n_artefacts:,} moments nearly all electrodes have a spike at once: artefacts?"
            " each counts as a spike"
        )
    if data.duration > LONGEST:
        notes.append(f"lasts {data.duration / 3600:,.0f} h: is the unit of its times right?")
    return notes


def _n_artefacts(data: SpikeData) -> int:
    """Return at how many moments nearly all electrodes that fire have a spike."""
    trains = [train for train in data.spike_trains if train.size]
    least = max(FEWEST, SHARE * len(trains))
    if len(trains) < least:
        return 0
    moments = [np.unique(np.round((train - data.t_start) / AT_ONCE)) for train in trains]
    _, n_electrodes = np.unique(np.concatenate(moments), return_counts=True)
    return int(np.sum(n_electrodes >= least))
