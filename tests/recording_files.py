"""Files of recordings as others write them, for tests."""

from pathlib import Path

import h5py
import numpy as np


def published(path: Path, **changes) -> Path:
    """A file in the published format, two electrodes; None leaves a dataset out."""
    values = {
        "spikes": [0.5, 1.5, 1.0],
        "sCount": [2, 1],
        "names": np.array([b"ch_12", b"ch_37"]),
        "epos": [[200.0, 600.0], [1400.0, 400.0]],
        "recordingtime": [0.0, 2.0],
        "array": np.array([b"MCS_8x8_200um"]),
    }
    with h5py.File(path, "w") as file:
        for name, value in (values | changes).items():
            if value is not None:
                file[name] = value
    return path
