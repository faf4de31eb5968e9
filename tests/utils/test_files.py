"""Files are written whole or not at all, and the package finds its own."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from spikinggrid.fit import targets
from spikinggrid.parameters import files as parameter_files
from spikinggrid.utils import files
from spikinggrid.utils.errors import InputError


def test_finished_file_replaces_the_old_one(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")
    with files.written_beside(path) as beside:
        beside.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("mistake", [KeyboardInterrupt, ValueError, OSError(28, "No space left")])
def test_nothing_is_left_of_a_file_that_failed(tmp_path, mistake):
    path = tmp_path / "a.txt"
    path.write_text("old")
    expected = InputError if isinstance(mistake, OSError) else mistake
    with pytest.raises(expected), files.written_beside(path) as beside:
        beside.write_text("half")
        raise mistake
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_missing_folder_is_named_before_the_work(tmp_path):
    with pytest.raises(InputError, match=r"a\.h5: cannot be written: No such file or directory"):
        files.check_writable(tmp_path / "nowhere" / "a.h5")
    with pytest.raises(InputError, match="is a folder"):
        files.check_writable(tmp_path)
    files.check_writable(tmp_path / "a.h5")
    assert not list(tmp_path.iterdir())


def test_folder_is_made_or_told_why_not(tmp_path):
    made = files.make_folder(tmp_path / "a" / "b")
    assert made.is_dir() and files.make_folder(made) == made
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="file: cannot be made: File exists"):
        files.make_folder(tmp_path / "file")


def test_shipped_files_are_found_in_the_checkout():
    folder = files.shipped_folder("spikinggrid.recordings", "shipped", "recordings")
    assert folder == Path(__file__).parents[2] / "recordings"


def test_shipped_files_that_are_missing_are_one_line(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "__file__", str(tmp_path / "spikinggrid" / "utils" / "files.py"))
    with pytest.raises(InputError, match="install SpikingGrid again"):
        files.shipped_folder("spikinggrid.recordings", "no such folder", "recordings")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel of this checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    source = shutil.copytree(
        Path(__file__).parents[2],
        folder / "source",
        ignore=shutil.ignore_patterns(".*", "build", "results", "*.egg-info", "__pycache__"),
    )
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*command, "--wheel-dir", folder, source], check=True, timeout=120)
    return next(folder.glob("*.whl"))


@pytest.mark.parametrize("unpacked", [True, False])
def test_shipped_files_are_found_in_a_folder_and_in_a_zip(wheel, unpacked, tmp_path):
    """A wheel is a zip file; `pip install --target` unpacks it into a folder."""
    place = wheel
    if unpacked:
        place = tmp_path / "target"
        shutil.unpack_archive(wheel, place, "zip")
    program = (
        f"import sys; sys.path.insert(0, {str(place)!r})\n"
        "import spikinggrid; from spikinggrid.parameters import files\n"
        "from spikinggrid.fit import targets; from spikinggrid.recordings import datasets\n"
        "print(spikinggrid.__file__, files.load('digits/two').digits.classes, len(files.presets()),"
        " len(targets.shipped()), targets.load('cortex_div21').name, len(datasets.recordings()))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    n_presets = len(parameter_files.presets())
    assert answer.stdout.startswith(str(place)), answer.stderr
    assert answer.stdout.endswith(f" [0, 1] {n_presets} {len(targets.shipped())} cortex_div21 12\n")
