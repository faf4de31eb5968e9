"""Recordings as blocks of Neo, and back: what `Recording.to_neo` and files that Neo reads share.

A block has one segment, with a spike train for each electrode, its name and its position (um),
and an event for the pulses, with the name of the electrode of each, its number and the amplitude.
What else a recording holds stands in the annotation `spikinggrid` of the block, as JSON, and
`parameters`.
"""

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from spikinggrid.recordings.formats.assembly import assembled
from spikinggrid.recordings.formats.provenance import provenance, with_provenance
from spikinggrid.recordings.spike_data import SpikeData
from spikinggrid.utils.errors import InputError
from spikinggrid.utils.extras import check_installed

if TYPE_CHECKING:
    from neo import Block

STIMULI = "stimuli"


def to_block(data: SpikeData) -> "Block":
    """Return a recording as a block of Neo.

    Raises
    ------
    InputError
        If `neo` is not installed.
    """
    check_installed("a block of Neo", "formats", "neo")
    import neo
    from quantities import s

    block = neo.Block(name=data.source, spikinggrid=provenance(data), parameters=data.parameters)
    segment = neo.Segment(name=data.source)
    block.segments.append(segment)
    for row, (name, train) in enumerate(zip(data.electrode_names, data.spike_trains, strict=True)):
        place = {"x_um": data.x[row] * 1e6, "y_um": data.y[row] * 1e6}
        known = place if np.isfinite(data.positions[row]).all() else {}
        segment.spiketrains.append(
            neo.SpikeTrain(
                train, units=s, t_start=data.t_start, t_stop=data.t_stop, name=name, **known
            )
        )
    if data.stimulus_times.size:
        segment.events.append(
            neo.Event(
                data.stimulus_times * s,
                labels=[data.stimulated_name(k) for k in data.stimulus_electrodes],
                name=STIMULI,
                array_annotations={
                    "electrode": data.stimulus_electrodes,
                    "amplitude": data.stimulus_amplitudes,
                },
            )
        )
    return block


def of_block(block: "Block", source: str) -> SpikeData:
    """Return the recording in the first segment of a block.

    Raises
    ------
    InputError
        If there are no spike trains, or something does not add up.
    """
    segments = [segment for segment in block.segments if len(segment.spiketrains)]
    if not segments:
        raise InputError("holds no spike trains that Neo finds")
    segment, notes = segments[0], []
    if len(segments) > 1:
        notes.append(f"holds {len(segments)} segments: the first is read")
    trains = [_loaded(train) for train in segment.spiketrains]
    names = _names(trains)
    ours = "spikinggrid" in block.annotations
    if not ours and (n_events := sum(len(_loaded(event)) for event in segment.events)):
        notes.append(f"{n_events:,} events are not read: no stimuli")
    positions = {
        name: (train.annotations["x_um"] / 1e6, train.annotations["y_um"] / 1e6)
        for name, train in zip(names, trains, strict=True)
        if {"x_um", "y_um"} <= train.annotations.keys()
    }
    data = assembled(
        source,
        {name: _seconds(train) for name, train in zip(names, trains, strict=True)},
        t_start=min(float(train.t_start.rescale("s")) for train in trains),
        t_stop=max(float(train.t_stop.rescale("s")) for train in trains),
        positions=positions,
        notes=notes,
    )
    if not ours:
        return data
    parameters = str(block.annotations.get("parameters", ""))
    return with_provenance(
        data, str(block.annotations["spikinggrid"]), parameters, _stimuli(segment)
    )


def _loaded(proxy: Any) -> Any:
    """Return what stands for values in a file, with its values."""
    return proxy.load() if hasattr(proxy, "load") else proxy


def _seconds(train: Any) -> np.ndarray:
    return np.array(train.rescale("s").magnitude, float)


def _names(trains: list[Any]) -> list[str]:
    """Return a name for each spike train, told apart by a number where names are equal."""
    names = [
        str(train.name or train.annotations.get("id", number))
        for number, train in enumerate(trains)
    ]
    counts = Counter(names)
    return [name if counts[name] == 1 else f"{name}_{number}" for number, name in enumerate(names)]


def _stimuli(segment: Any) -> dict[str, np.ndarray]:
    for event in segment.events:
        if event.name == STIMULI:
            return {
                "stimulus_times": np.array(event.times.rescale("s").magnitude, float),
                "stimulus_electrodes": np.array(event.array_annotations["electrode"], int),
                "stimulus_amplitudes": np.array(event.array_annotations["amplitude"], float),
            }
    return {}
