"""A file in the layout of Charlesworth et al. 2015, whose own licence keeps theirs out of here."""

from pathlib import Path

import h5py
import numpy as np

#: Places (column, row) of the electrodes of MCS_8x8_200um: none in the corners.
PLACES = [
    (column, row)
    for column in range(1, 9)
    for row in range(1, 9)
    if not (column in (1, 8) and row in (1, 8))
]


def write_published(path: Path, n_electrodes: int = 59, duration: float = 60.0) -> Path:
    """Write electrodes that burst together every 1.5 s or so, with single spikes between."""
    generator = np.random.default_rng(1)
    bursts = np.cumsum(generator.uniform(1, 2, int(duration)))
    bursts = bursts[bursts < duration - 1]
    trains = []
    for _ in range(n_electrodes):
        joined = bursts[generator.random(len(bursts)) < 0.8]
        spikes = np.cumsum(generator.uniform(2e-3, 2e-2, (len(joined), 15)), axis=1)
        single = generator.uniform(0, duration, int(duration / 5))
        train = np.sort(np.concatenate([(joined[:, None] + spikes).ravel(), single]))
        apart = np.concatenate([[True], np.diff(train) > 2e-3])  # the dead time of the array
        trains.append(np.round(train[apart], 5))
    places = PLACES[:n_electrodes]
    with h5py.File(path, "w") as file:
        file["spikes"] = np.concatenate(trains)
        file["sCount"] = [len(train) for train in trains]
        file["names"] = np.array([f"ch_{column}{row}A_unit_0" for column, row in places], "S")
        x, y = ([200.0 * place[axis] for place in places] for axis in (0, 1))
        file["epos"] = [x, [1800.0 - down for down in y]]  # upwards, unlike the names
        file["recordingtime"] = [0.0, duration]
        file["array"] = np.array([b"MCS_8x8_200um"])
    return path
