"""NWB as SpikingGrid writes it, through `pynwb` (the extra `spikinggrid[formats]`).

/units has one unit for each electrode, silent ones too, with the span that was recorded as its
obs_intervals; /general/extracellular_ephys/electrodes the names and positions. Each pulse is an
interval of /intervals/stimuli and a value of /stimulus/presentation/pulses, each stimulus, of
pulses given together, a trial. What NWB has no place for stands in /scratch: `parameters`, the
parameter file, and `spikinggrid`, seed, versions, history and the rest, as JSON.

The subject of a simulated recording is a "synthetic construct" of the NCBI taxonomy, whose age is
the biological time before the recording; what real recordings do not say is left out.
"""

import hashlib
import io
import os
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np

from spikinggrid.parameters import files as parameter_files
from spikinggrid.parameters.model import Parameters
from spikinggrid.recordings.formats.provenance import provenance
from spikinggrid.recordings.spike_data import UNKNOWN_ELECTRODE, SpikeData
from spikinggrid.statistics.evoked import group_pulses
from spikinggrid.utils.errors import InputError
from spikinggrid.utils.extras import check_installed
from spikinggrid.utils.files import written_beside

if TYPE_CHECKING:
    from pynwb import NWBFile
    from pynwb.file import Subject

#: Taxa of NCBI: "synthetic construct" for what is no animal, "unidentified" for what nobody tells.
SYNTHETIC = "http://purl.obolibrary.org/obo/NCBITaxon_32630"
UNIDENTIFIED = "http://purl.obolibrary.org/obo/NCBITaxon_32644"

#: A duration of ISO 8601 without an upper end.
AGE_UNKNOWN = "P0D/"


def write(path: str | os.PathLike, data: SpikeData) -> None:
    """Write a recording, from which `nwb.read` gives back all of it.

    Raises
    ------
    InputError
        If `pynwb` is not installed, there are no electrodes, or the file cannot be written; an
        existing file is then left as it was.
    """
    check_installed(f"{path}: NWB", "formats", "pynwb")
    if not data.n_electrodes:
        raise InputError(f"{path}: NWB cannot be written of a recording without electrodes")
    from pynwb import NWBHDF5IO

    content = io.BytesIO()
    with h5py.File(content, "w") as file, NWBHDF5IO(file=file, mode="w") as writer:
        writer.write(_nwb(data))
    with written_beside(path) as beside:
        beside.write_bytes(content.getbuffer())


def _nwb(data: SpikeData) -> "NWBFile":
    from pynwb import NWBFile

    simulated = bool(data.parameters)
    parameters = _parameters(data)
    what = "A culture of neurons on a multi-electrode array"
    known: dict[str, Any] = {}
    if simulated:
        known = {
            "experimenter": "SpikingGrid, Simulation",
            "institution": "none: simulated on a computer",
        }
    file = NWBFile(
        session_description=f"{what}{', simulated: no animal' if simulated else ''}. {data.source}",
        identifier=_identifier(data),
        session_start_time=datetime.now(UTC),
        experiment_description=f"{what}: spikes by electrode, and electrical stimuli.",
        keywords=["multi-electrode array", "neuronal culture", *["simulation"] * simulated],
        notes="session_start_time is when this file was written.",
        **known,
    )
    file.subject = _subject(data, parameters)
    _add_electrodes(file, data)
    rate = parameters.mea.sampling_rate if parameters and parameters.mea else None
    if data.n_spikes:  # NWB has no place for units without any spike at all
        _add_units(file, data, rate)
    if data.stimulus_times.size:
        _add_pulses(file, data, parameters.simulation.dt if parameters else 0.0)
        _add_trials(file, data)
    if simulated:
        file.add_scratch(data.parameters, "parameters", "parameter file of SpikingGrid, TOML")
    file.add_scratch(provenance(data), "spikinggrid", "what else SpikingGrid knows of it, JSON")
    return file


def _identifier(data: SpikeData) -> str:
    """Return a name that only a recording with the same spikes and provenance has."""
    times, electrodes = data.events()
    digest = hashlib.sha256(data.parameters.encode() + provenance(data).encode())
    digest.update(times.tobytes() + electrodes.tobytes() + data.stimulus_times.tobytes())
    return digest.hexdigest()


def _parameters(data: SpikeData) -> Parameters | None:
    """Return the parameters of a simulated recording that this version of SpikingGrid can read."""
    try:
        return parameter_files.loads(data.parameters, data.source) if data.parameters else None
    except InputError:
        return None


def _subject(data: SpikeData, parameters: Parameters | None) -> "Subject":
    from pynwb.file import Subject

    if not data.parameters:
        return Subject(
            subject_id="dish",
            species=UNIDENTIFIED,
            sex="U",
            age=AGE_UNKNOWN,
            description="Unknown.",
        )
    age = AGE_UNKNOWN
    if data.history is not None:
        age = f"PT{data.history.t_start:.10g}S"
    elif parameters is not None:
        age = f"PT{parameters.simulation.warmup:.10g}S"
    return Subject(
        subject_id="simulated",
        species=SYNTHETIC,
        sex="U",
        age=age,
        description="Simulated: a culture of model neurons, no animal. Its age is biological time.",
    )


def _add_electrodes(file: "NWBFile", data: SpikeData) -> None:
    from pynwb.ecephys import ElectrodesTable

    device = file.create_device("MEA", description="multi-electrode array")
    group = file.create_electrode_group(
        "array", description="electrodes of the array", location="culture", device=device
    )
    n = data.n_electrodes
    columns = [
        _column("location", "where the electrode records", ["culture"] * n),
        _column("group", "electrode group", [group] * n),
        _column("group_name", "name of the electrode group", ["array"] * n),
        _column("label", "name of the electrode", list(data.electrode_names)),
    ]
    if np.isfinite(data.positions).any():
        columns += [
            _column("rel_x", "position on the array, to the right (um)", data.x * 1e6),
            _column("rel_y", "position on the array, downwards (um)", data.y * 1e6),
        ]
    file.electrodes = ElectrodesTable(columns=columns, id=np.arange(n))


def _add_units(file: "NWBFile", data: SpikeData, rate: float | None) -> None:
    from pynwb.misc import Units

    n = data.n_electrodes
    times, _ = data.events()
    sizes = [train.size for train in data.spike_trains]
    spans = np.tile([[data.t_start, data.t_stop]], (n, 1))
    file.units = Units(
        name="units",
        description="What each electrode detects, unsorted",
        columns=[
            *_ragged("spike_times", "times of the spikes (s)", times, sizes),
            *_ragged("obs_intervals", "what was recorded (s)", spans, [1] * n),
            *_electrodes(file, "electrode of the unit", np.arange(n), [1] * n),
        ],
        id=np.arange(n),
        resolution=None if rate is None else 1 / rate,
    )


def _add_pulses(file: "NWBFile", data: SpikeData, length: float) -> None:
    """Add pulses, as intervals of this length (s) and as a series of values."""
    from pynwb import TimeSeries
    from pynwb.epoch import TimeIntervals

    times, amplitudes = data.stimulus_times, data.stimulus_amplitudes
    known = data.stimulus_electrodes != UNKNOWN_ELECTRODE
    rows = data.stimulus_electrodes[known]
    amplitude = "amplitude, relative to the nominal pulse"
    columns = [
        _column("start_time", "start (s)", times),
        _column("stop_time", "end (s)", times + length),
        *_electrodes(file, "electrode of the pulse", rows, known),
        _column("amplitude", amplitude, amplitudes),
    ]
    file.add_time_intervals(
        TimeIntervals(
            name="stimuli",
            description="electrical pulses, each on one electrode",
            columns=columns,
            id=np.arange(times.size),
        )
    )
    file.add_stimulus(
        TimeSeries(
            name="pulses",
            description=f"pulses on all electrodes: {amplitude}",
            data=amplitudes,
            unit="nominal pulses",
            timestamps=times,
        )
    )


def _add_trials(file: "NWBFile", data: SpikeData) -> None:
    """Add a trial for each stimulus, where there is more than one."""
    from pynwb.epoch import TimeIntervals

    stimuli = group_pulses(data.stimulus_times, data.stimulus_electrodes)
    if stimuli.onsets.size < 2:
        return
    patterns = [sorted(pattern - {UNKNOWN_ELECTRODE}) for pattern in stimuli.patterns]
    rows = np.array([electrode for pattern in patterns for electrode in pattern], int)
    ends = np.append(stimuli.onsets[1:], data.t_stop)
    columns = [
        _column("start_time", "start (s)", stimuli.onsets),
        _column("stop_time", "end (s)", ends),
        *_electrodes(file, "electrodes that are pulsed", rows, list(map(len, patterns))),
    ]
    file.trials = TimeIntervals(
        name="trials",
        description="from the first pulse of each stimulus to the next stimulus, or to the end",
        columns=columns,
        id=np.arange(ends.size),
    )


def _column(name: str, description: str, values: Any) -> Any:
    from pynwb.core import VectorData

    return VectorData(name=name, description=description, data=values)


def _ragged(name: str, description: str, values: np.ndarray, sizes: Sequence[int]) -> list[Any]:
    """Return a column with so many values in each row, and its index."""
    from pynwb.core import VectorIndex

    column = _column(name, description, values)
    return [column, VectorIndex(name=f"{name}_index", target=column, data=np.cumsum(sizes))]


def _electrodes(
    file: "NWBFile", description: str, rows: np.ndarray, sizes: Sequence[int] | np.ndarray
) -> list[Any]:
    """Return a column `electrodes` with so many rows of the electrode table in each row."""
    from pynwb.core import DynamicTableRegion, VectorIndex

    column = DynamicTableRegion(
        name="electrodes", description=description, data=rows, table=file.electrodes
    )
    return [column, VectorIndex(name="electrodes_index", target=column, data=np.cumsum(sizes))]
