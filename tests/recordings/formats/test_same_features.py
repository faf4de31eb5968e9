"""One dish gives the same features from every format.

Its times are whole milliseconds, which every format holds exactly; all electrodes fire, and the
last spike ends the recording, so that no format has to assume anything that others say.
"""

from dataclasses import replace
from pathlib import Path

import neo
import numpy as np
import pytest

from spikinggrid.recordings import Recording, read
from spikinggrid.recordings.formats import registry
from spikinggrid.recordings.formats.content import opened
from tests import format_files
from tests.recording_files import published

DURATION = 40.0

ELECTRODES = (*range(12, 18), *range(21, 29), 64)


def dish() -> dict[int, np.ndarray]:
    """Spikes (s) of 15 electrodes: bursts of all of them, and single spikes in between."""
    generator = np.random.default_rng(7)
    onsets = np.arange(1500, 39_000, 2500)
    trains = {}
    for electrode in ELECTRODES:
        bursts = [onset + generator.choice(150, 12, replace=False) for onset in onsets]
        single = generator.choice(np.arange(1, 40_000), 40, replace=False)
        trains[electrode] = np.unique(np.concatenate([*bursts, single])) / 1e3
    trains[ELECTRODES[0]] = np.append(trains[ELECTRODES[0]], DURATION)
    return trains


TRAINS = dish()


def recording() -> Recording:
    names = list(map(str, ELECTRODES))
    return Recording.from_spike_trains(list(TRAINS.values()), DURATION, names=names)


def rows(separator: str, header: str, factor: float) -> str:
    times, electrodes = format_files.in_order(TRAINS)
    lines = (
        f"{factor * time:.10g}{separator}{number}"
        for time, number in zip(times, electrodes, strict=True)
    )
    return "\n".join([header, *lines])


def text(separator: str, header: str, factor: float = 1.0, decimal: str = "."):
    def write(path: Path, trains) -> Path:
        path.write_text(rows(separator, header, factor).replace(".", decimal))
        return path

    return write


def nix(path: Path, trains) -> Path:
    with neo.NixIO(str(path), "ow") as file:
        file.write_block(recording().to_neo())
    return path


def saved(path: Path, trains) -> Path:
    recording().save(path)
    return path


def charlesworth(path: Path, trains) -> Path:
    return published(
        path,
        spikes=np.concatenate(list(trains.values())),
        sCount=list(map(len, trains.values())),
        names=np.array([f"ch_{number}".encode() for number in trains]),
        epos=np.zeros((2, len(trains))),
        recordingtime=[0.0, DURATION],
        array=None,
    )


#: By name of the file: how it is written, and what its reader has to be told.
FILES = {
    "own.h5": (saved, {}),
    "own.nwb": (saved, {}),
    "own.csv": (saved, {}),
    "charlesworth.h5": (charlesworth, {}),
    "semicolons.csv": (text(";", "Time (s);Electrode", decimal=","), {}),
    "tabs.txt": (text("\t", "Time [ms]\tChannel", 1e3), {}),
    "bare.txt": (text(" ", "", 1e6), {"columns": "time,electrode", "time_unit": "us"}),
    "nest.dat": (text("\t", "time_ms\tsender", 1e3), {}),
    "brian2.csv": (text(",", "t/ms,i", 1e3), {}),
    "mc_datatool.txt": (format_files.mc_datatool, {}),
    "nex_table.txt": (format_files.nex_table, {}),
    "mcs.h5": (format_files.mcs, {}),
    "maxwell.h5": (lambda path, trains: format_files.maxwell(path, trains, DURATION), {}),
    "old_maxwell.h5": (lambda path, trains: format_files.old_maxwell(path, trains, 800_000), {}),
    "old.bxr": (lambda path, trains: format_files.old_bxr(path, trains, DURATION), {}),
    "new.bxr": (lambda path, trains: format_files.bxr(path, trains, DURATION), {}),
    "cells.mat": (format_files.matlab_cells, {}),
    "v73.mat": (format_files.matlab_v73, {}),
    "matrix.mat": (lambda path, trains: format_files.matlab_matrix(path, trains, 800_001), {}),
    "mea_nap.mat": (
        lambda path, trains: format_files.mea_nap(path, trains, "ms", duration=DURATION),
        {},
    ),
    "neuro_explorer.nex": (
        lambda path, trains: format_files.neuro_explorer(path, trains, DURATION),
        {},
    ),
    "plexon.plx": (format_files.plexon, {}),
    "dish.nix": (nix, {}),
    "cortical_labs.h5": (
        lambda path, trains: format_files.cortical_labs(path, trains, DURATION, n_channels=0),
        {},
    ),
    "phy": (format_files.phy, {}),
    "sorting": (format_files.sorting, {}),
}


@pytest.mark.parametrize("name", FILES)
def test_features_are_the_same_from_every_format(tmp_path, name):
    write, options = FILES[name]
    copy = read(write(tmp_path / name, TRAINS), **options)
    assert (copy.t_start, copy.n_electrodes) == (0, len(ELECTRODES))
    assert copy.t_stop == pytest.approx(DURATION, rel=2e-6)  # of a matrix: a sample more
    grid = np.arange(len(ELECTRODES)) * 2e-4
    features = replace(copy, x=grid % 8e-4, y=grid // 8e-4 * 2e-4, t_stop=DURATION).features()
    original = replace(recording(), x=grid % 8e-4, y=grid // 8e-4 * 2e-4).features()
    assert np.isfinite(list(original.values())).all()
    assert features == pytest.approx(original, rel=1e-9)


def test_every_format_is_among_them(tmp_path):
    forms = set()
    for name, (write, _) in FILES.items():
        with opened(write(tmp_path / name, TRAINS)) as content:
            forms.add(registry.format_of(content).__name__)
    known = {form.__name__ for form in (*registry.FORMATS, *registry.FOLDERS)}
    assert forms == known
