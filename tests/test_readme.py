"""The Python of the README runs as it stands, next to a recording in a published format."""

import re
from pathlib import Path

import h5py
import numpy as np

README = Path(__file__).parents[1] / "README.md"


def test_the_python_of_the_readme_runs(tmp_path, monkeypatch):
    (program,) = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    write_my_dish(tmp_path / "my_dish.h5")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MPLBACKEND", "agg")
    names = {}
    exec(compile(program, "README.md", "exec"), names)
    assert names["recording"].stimulus_times.size == 5 * len(names["dish"].array.select("L"))
    assert names["axes"].get_ylabel()
    assert 4e-3 <= names["fit"].parameters.noise.drive <= 7e-3
    assert 0 <= names["result"].accuracy <= 1
    assert (tmp_path / "fields.png").stat().st_size > 10_000


def test_the_readme_is_short():
    assert len(README.read_text(encoding="utf-8").splitlines()) <= 150


def write_my_dish(path: Path) -> None:
    """Write ten seconds in the layout of Charlesworth et al. 2015: 8 electrodes burst together."""
    generator = np.random.default_rng(1)
    bursts = np.arange(0.5, 10, 1.5)
    trains = [
        np.sort((bursts[:, None] + generator.uniform(0, 0.1, (len(bursts), 12))).ravel())
        for _ in range(8)
    ]
    with h5py.File(path, "w") as file:
        file["spikes"] = np.concatenate(trains)
        file["sCount"] = [len(train) for train in trains]
        file["names"] = np.array([f"ch_1{row}" for row in range(1, 9)], "S")
        file["epos"] = [[200.0] * 8, [200.0 * row for row in range(1, 9)]]
        file["recordingtime"] = [0.0, 10.0]
        file["array"] = np.array([b"MCS_8x8_200um"])
