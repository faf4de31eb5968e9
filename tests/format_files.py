"""One dish in the files of vendors and programs, for tests.

Each function writes spike trains (s), by name or number of the electrode, in one format.
"""

import json
from collections.abc import Mapping
from itertools import zip_longest
from pathlib import Path

import h5py
import numpy as np
from scipy import io, sparse

Trains = Mapping[int, np.ndarray]

#: Whole milliseconds on a grid of 20 kHz.
RATE = 20_000


def in_order(trains: Trains) -> tuple[np.ndarray, np.ndarray]:
    """Times (s) and electrodes of all spikes in order of time."""
    times = np.concatenate([np.empty(0), *trains.values()])
    electrodes = np.repeat(list(trains), [len(train) for train in trains.values()])
    order = np.argsort(times, kind="stable")
    return times[order], electrodes[order]


def frames_of(times: np.ndarray, rate: float = RATE) -> np.ndarray:
    return np.rint(np.asarray(times) * rate).astype(np.int64)


def mcs(path: Path, trains: Trains, duration: float | None = None, events=()) -> Path:
    """HDF5 of Multi Channel DataManager, entities in another order than labels."""
    label = h5py.string_dtype("ascii")
    columns = [("TimeStampEntityID", "<i4"), ("SourceChannelLabels", label), ("Label", label)]
    rows = [(k, f"{name}          \r\n".encode(), b"") for k, name in enumerate(trains)][::-1]
    with h5py.File(path, "w") as file:
        file.attrs["McsHdf5ProtocolType"] = "RawData"
        recording = file.create_group("Data/Recording_0")
        if duration is not None:
            recording.attrs["Duration"] = round(duration * 1e6)
        stream = recording.create_group("TimeStampStream/Stream_0")
        stream["InfoTimeStamp"] = np.array(rows, columns)
        for k, train in enumerate(trains.values()):
            stream[f"TimeStampEntity_{k}"] = frames_of(train, 1e6)[None]
        if len(events):
            times = frames_of(events, 1e6)
            recording["EventStream/Stream_0/EventEntity_0"] = np.array([times, 0 * times])
    return path


def maxwell(
    path: Path,
    trains: Trains,
    duration: float | None = None,
    first: int = 5_000_000,
    wells: int = 0,
) -> Path:
    """HDF5 of MaxWell, new layout; channels are other numbers than electrodes."""
    spikes, mapping = _maxwell_tables(trains, first)
    with h5py.File(path, "w") as file:
        for well in range(max(wells, 1)):
            name = f"wells/well{well:03}/rec0000" if wells else "data_store/data0000"
            group = file.create_group(name)
            group["spikes"] = spikes
            group["settings/sampling"] = [float(RATE)]
            group["settings/mapping"] = mapping
            if duration is not None:
                frames = np.arange(first, first + frames_of(duration), 100)
                group["groups/routed/frame_nos"] = [*frames, first + frames_of(duration) - 1]
    return path


def old_maxwell(path: Path, trains: Trains, n_frames: int, first: int = 5_000_000) -> Path:
    """HDF5 of MaxWell, old layout, with the frame number in the last two rows of the signals."""
    spikes, mapping = _maxwell_tables(trains, first)
    with h5py.File(path, "w") as file:
        file["proc0/spikeTimes"] = spikes
        file["mapping"] = mapping
        signals = file.create_dataset("sig", (10, n_frames), "u2", compression="gzip")
        signals[-2, 0], signals[-1, 0] = first & 0xFFFF, first >> 16
    return path


def _maxwell_tables(trains: Trains, first: int) -> tuple[np.ndarray, np.ndarray]:
    times, electrodes = in_order(trains)
    channel = {electrode: 3 * k + 1 for k, electrode in enumerate(trains)}
    columns = [("frameno", "<i8"), ("channel", "<i4"), ("amplitude", "<f4")]
    spikes = np.zeros(times.size, columns)
    spikes["frameno"] = frames_of(times) + first
    spikes["channel"] = [channel[electrode] for electrode in electrodes.tolist()]
    of_mapping = [("channel", "<i4"), ("electrode", "<i4"), ("x", "<f8"), ("y", "<f8")]
    mapping = [(channel[e], e, 17.5 * (e % 220), 17.5 * (e // 220)) for e in trains]
    return spikes, np.array([*mapping, (1000, -1, 0.0, 0.0)], of_mapping)


def old_bxr(path: Path, trains: Trains, duration: float | None = None, rate: float = RATE) -> Path:
    """HDF5 of 3Brain, old layout."""
    times, channels = in_order(trains)
    with h5py.File(path, "w") as file:
        file["3BResults/3BChEvents/SpikeTimes"] = frames_of(times, rate)
        file["3BResults/3BChEvents/SpikeChIDs"] = channels.astype("i4")
        file["3BRecInfo/3BRecVars/SamplingRate"] = [rate]
        if duration is not None:
            file["3BRecInfo/3BRecVars/NRecFrames"] = [frames_of(duration, rate)]
    return path


def bxr(
    path: Path,
    trains: Trains,
    duration: float | None = None,
    wells=("A1",),
    in_json: bool = False,
    stored=None,
) -> Path:
    """HDF5 of 3Brain, new layout."""
    times, channels = in_order(trains)
    with h5py.File(path, "w") as file:
        if in_json:
            settings = json.dumps({"TimeConverter": {"FrameRate": RATE}})
            file["ExperimentSettings"] = np.array([settings], h5py.string_dtype())
        else:
            file.attrs["SamplingRate"] = float(RATE)
        if duration is not None:
            file["TOC"] = [[0, 100], [100, frames_of(duration)]]
        for well in wells:
            group = file.create_group(f"Well_{well}")
            group["SpikeTimes"] = frames_of(times)
            group["SpikeChIdxs"] = channels.astype("i4")
            if stored is not None:
                group["StoredChIdxs"] = stored
    return path


def cortical_labs(
    path: Path,
    trains: Trains,
    duration: float,
    pulses: Trains | None = None,
    n_channels: int = 64,
) -> Path:
    """HDF5 of Cortical Labs."""
    with h5py.File(path, "w") as file:
        for name, events in (("spikes", trains), ("stims", pulses or {})):
            times, channels = in_order(events)
            table = np.zeros(times.size, [("timestamp", "<i8"), ("channel", "u1")])
            table["timestamp"], table["channel"] = frames_of(times, 25_000), channels
            file[name] = table
        file.attrs.update(frames_per_second=25_000, channel_count=n_channels)
        file.attrs["duration_frames"] = frames_of(duration, 25_000)
    return path


def matlab_cells(path: Path, trains: Trains, **more) -> Path:
    """MATLAB v5: a cell for each electrode."""
    cells = np.empty((1, len(trains)), dtype=object)
    for k, train in enumerate(trains.values()):
        cells[0, k] = np.array(train)[None]
    io.savemat(path, {"spikeTimes": cells, "channels": np.array([list(trains)], float)} | more)
    return path


def mea_nap(
    path: Path, trains: Trains, unit: str = "s", fs: float = RATE, duration: float = 30.0
) -> Path:
    """MATLAB v5 of MEA-NAP: in each cell a struct with a field for each method."""
    cells = np.empty((1, len(trains)), dtype=object)
    for k, train in enumerate(trains.values()):
        times = np.asarray(train) * {"s": 1, "ms": 1e3, "frames": fs}[unit]
        cells[0, k] = {"bior1p5": times, "thr4": times[:1]}
    channels = np.array([list(trains)], float)
    result = {"params": {"fs": fs, "unit": unit, "duration": duration}}
    variables = {"spikeTimes": cells, "channels": channels, "spikeDetectionResult": result}
    io.savemat(path, variables)
    return path


def matlab_matrix(path: Path, trains: Trains, n_samples: int, is_sparse: bool = True) -> Path:
    """MATLAB v5: samples x electrodes."""
    times, electrodes = in_order(trains)
    columns = [list(trains).index(electrode) for electrode in electrodes]
    matrix = sparse.coo_matrix(
        (np.ones(times.size), (frames_of(times), columns)), (n_samples, len(trains))
    ).tocsc()
    variables = {"spikeMatrix": matrix if is_sparse else matrix.toarray(), "fs": float(RATE)}
    io.savemat(path, variables | {"channels": np.array([list(trains)], float)})
    return path


def matlab_v73(path: Path, trains: Trains) -> Path:
    """MATLAB v7.3: a cell array as MATLAB saves it, transposed, behind its header of 512 bytes."""
    with h5py.File(path, "w", userblock_size=512) as file:
        references = file.create_group("#refs#")
        cells = np.empty((len(trains), 1), h5py.ref_dtype)
        for k, train in enumerate(trains.values()):
            cell = references.create_dataset(f"cell{k}", data=np.reshape(train, (-1, 1)))
            cell.attrs["MATLAB_class"] = np.bytes_(b"double")
            if not len(train):
                del references[f"cell{k}"]
                cell = references.create_dataset(f"cell{k}", data=np.array([0, 0], "u8"))
                cell.attrs["MATLAB_empty"] = np.uint8(1)
            cells[k, 0] = cell.ref
        file.create_dataset("spikeTimes", data=cells).attrs["MATLAB_class"] = np.bytes_(b"cell")
        text = np.array([list(map(ord, "Mine"))], "u2").T
        file.create_dataset("experiment", data=text).attrs["MATLAB_class"] = np.bytes_(b"char")
        file.create_dataset("channels", data=np.reshape(list(trains), (-1, 1)).astype(float))
        file["channels"].attrs["MATLAB_class"] = np.bytes_(b"double")
    header = b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(124) + b"\x00\x02IM"
    with path.open("r+b") as file:
        file.write(header)
    return path


def mc_datatool(path: Path, trains: Trains) -> Path:
    """Text of MC_DataTool, in Latin-1 with the line ends of Windows."""
    lines = ["MC_DataTool ASCII conversion", ""]
    for name, train in trains.items():
        lines += [f"t           \tSpikes 2 {name} \tUnit", "[ms]        \t[µV]"]
        lines += [f"{1e3 * time:.3f}   \t-31.45       \t0" for time in train] + ["", ""]
    path.write_bytes("\r\n".join(lines).encode("latin-1"))
    return path


def nex_table(path: Path, trains: Trains) -> Path:
    """NeuroExplorer's table of time stamps: a column for each unit, cells apart by tabs."""
    columns = [[f"sig{name}", *map(repr, map(float, times))] for name, times in trains.items()]
    rows = zip_longest(*columns, fillvalue="")
    path.write_text("\n".join(map("\t".join, rows)) + "\n", encoding="utf-8")
    return path


def neuro_explorer(path: Path, trains: Trains, duration: float, rate: float = 40_000) -> Path:
    """NeuroExplorer: neurons (type 0) and an event (type 1)."""
    header = [
        ("signature", "S4"), ("version", "i4"), ("comment", "S256"), ("freq", "f8"),
        ("tbeg", "i4"), ("tend", "i4"), ("nvar", "i4"), ("padding", "S260"),
    ]  # fmt: skip
    variable = [("type", "i4"), ("version", "i4"), ("name", "S64"), ("offset", "i4"), ("n", "i4")]
    events = {f"sig{number:03}": times for number, times in trains.items()} | {"Start": [0.0]}
    ticks = {name: frames_of(times, rate).astype("<i4") for name, times in events.items()}
    content = np.zeros(1, header)
    content["signature"], content["version"], content["freq"] = b"NEX1", 104, rate
    content["tend"], content["nvar"] = frames_of(duration, rate), len(ticks)
    assert content.nbytes == 544
    table, offset = b"", 544 + 208 * len(ticks)
    for name, values in ticks.items():
        row = np.zeros(1, variable)
        row["type"], row["name"] = (1 if name == "Start" else 0), name.encode()
        row["offset"], row["n"] = offset, values.size
        table += row.tobytes().ljust(208, b"\0")
        offset += values.nbytes
    path.write_bytes(content.tobytes() + table + b"".join(v.tobytes() for v in ticks.values()))
    return path


def plexon(path: Path, trains: Trains, rate: int = 40_000) -> Path:
    """Plexon .plx: headers as Neo has them, and a block of 16 bytes for each spike."""
    from neo.rawio import plexonrawio

    header = np.zeros(1, plexonrawio.GlobalHeader)
    header["MagicNumber"], header["Version"], header["ADFrequency"] = 0x58454C50, 106, rate
    header["NumDSPChannels"], header["WaveformFreq"] = len(trains), rate
    for name, value in {"Year": 2020, "Month": 1, "Day": 1}.items():
        header[name] = value
    channels = np.zeros(len(trains), plexonrawio.DspChannelHeader)
    channels["Channel"] = channels["SIG"] = list(trains)
    channels["Name"] = [f"sig{number:03}".encode() for number in trains]
    channels["Gain"] = 1
    times, electrodes = in_order(trains)
    blocks = np.zeros(times.size, plexonrawio.DataBlockHeader)
    blocks["Type"], blocks["Unit"], blocks["Channel"] = 1, 1, electrodes
    blocks["TimeStamp"] = frames_of(times, rate)
    for number, count in zip(*np.unique(electrodes, return_counts=True), strict=True):
        header["TSCounts"][0, 5 * int(number) + 1] = count
    path.write_bytes(header.tobytes() + channels.tobytes() + blocks.tobytes())
    return path


def phy(folder: Path, trains: Trains) -> Path:
    """A folder of Phy whose templates are largest on a channel of their own."""
    folder.mkdir()
    times, clusters = in_order(trains)
    np.save(folder / "spike_times.npy", frames_of(times).astype("u8")[:, None])
    np.save(folder / "spike_clusters.npy", clusters.astype("i4"))
    rows = [list(trains).index(cluster) for cluster in clusters]
    np.save(folder / "spike_templates.npy", np.array(rows, "u4"))
    templates = np.zeros((len(trains), 5, len(trains)), "f4")
    for k in range(len(trains)):
        templates[k, 2, k] = -1
    np.save(folder / "templates.npy", templates)
    np.save(folder / "channel_positions.npy", 100.0 * np.arange(2 * len(trains)).reshape(-1, 2))
    (folder / "params.py").write_text(f"dat_path = 'x.dat'\nsample_rate = {RATE}.0\n")
    return folder


def sorting(folder: Path, trains: Trains, cached: bool = False) -> Path:
    """A folder to which SpikeInterface saved a sorting, of either kind."""
    folder.mkdir()
    times, units = in_order(trains)
    if cached:
        np.savez(
            folder / "sorting_cached.npz", unit_ids=np.array(list(trains)), num_segment=[1],
            sampling_frequency=[float(RATE)], spike_indexes_seg0=frames_of(times),
            spike_labels_seg0=units,
        )  # fmt: skip
        return folder
    columns = ("sample_index", "unit_index", "segment_index")
    spikes = np.zeros(times.size, [(name, "<i8") for name in columns])
    spikes["sample_index"] = frames_of(times)
    spikes["unit_index"] = [list(trains).index(unit) for unit in units]
    np.save(folder / "spikes.npy", spikes)
    info = {"sampling_frequency": float(RATE), "unit_ids": list(trains), "num_segments": 1}
    (folder / "numpysorting_info.json").write_text(json.dumps(info))
    return folder
