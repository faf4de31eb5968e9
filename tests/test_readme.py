"""The Python of the README runs as it stands, next to a recording in a published format."""

import re
from pathlib import Path

from tests.published import write_published

README = Path(__file__).parents[1] / "README.md"


def test_the_python_of_the_readme_runs(tmp_path, monkeypatch):
    (program,) = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    write_published(tmp_path / "my_dish.h5", n_electrodes=8, duration=10.0)
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
