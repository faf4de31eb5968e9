"""Files are written whole or not at all, and the package finds its own."""

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from spikinggrid.fitting import targets
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


@pytest.mark.parametrize("target", ["data.h5", "../data.h5", "elsewhere/data.h5"])
@pytest.mark.parametrize("exists", [True, False])
def test_a_symbolic_link_is_written_through(target, exists, tmp_path):
    home = tmp_path / "home"
    (home / "elsewhere").mkdir(parents=True)
    link, place = home / "link.h5", home / target
    if exists:
        place.write_text("old")
    link.symlink_to(target)
    with files.written_beside(link) as beside:
        beside.write_text("new")
    assert link.is_symlink()
    assert place.read_text() == link.read_text() == "new"
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 2


@pytest.mark.skipif(sys.platform == "win32", reason="has no such files")
def test_what_is_no_regular_file_is_never_replaced(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("/dev/null")
    (tmp_path / "folder").mkdir()
    (tmp_path / "link to folder").symlink_to("folder")
    (tmp_path / "round").symlink_to("round")
    before = sorted(tmp_path.iterdir())
    for path in ("/dev/null", *before):
        for attempt in (files.check_writable, files.check_outputs, write):
            with pytest.raises(InputError, match=r"device or a pipe|is a folder|cannot be"):
                attempt(path)
    assert sorted(tmp_path.iterdir()) == before
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)


def write(path):
    with files.written_beside(path) as beside:
        beside.write_text("new")


@pytest.mark.parametrize("name", ["a" * 256, "b" * 5000, "a/" * 3000 + "c", "é" * 200 + ".h5"])
def test_names_that_are_too_long_are_one_short_line(name, tmp_path):
    for attempt in (files.check_writable, files.check_outputs, write, files.make_folder):
        with pytest.raises(InputError, match=r"File name too long|No such file") as caught:
            attempt(tmp_path / name)
        assert len(str(caught.value)) < 360


def test_the_longest_name_can_be_written(tmp_path):
    for name in ("a" * 252 + ".h5", "é" * 126 + ".h5", ".".join("abc" * 40) + ".h5"):
        write(tmp_path / name)
        assert (tmp_path / name).read_text() == "new"


def test_outputs_replace_nothing(tmp_path):
    for name in ("old.h5", "input.csv"):
        (tmp_path / name).write_text("old")
    (tmp_path / "link.h5").symlink_to("new.h5")
    old, new, link = (tmp_path / name for name in ("old.h5", "new.h5", "link.h5"))
    files.check_outputs(new, tmp_path / "other.h5", inputs=[old, "preset"])
    with pytest.raises(InputError, match=r"old\.h5: exists; give another name, or --force"):
        files.check_outputs(new, old)
    files.check_outputs(new, old, force=True)
    for same in (new, tmp_path / "." / "new.h5", tmp_path / ".." / tmp_path.name / "new.h5", link):
        with pytest.raises(InputError, match=r"is the same file as .*new\.h5"):
            files.check_outputs(new, same, force=True)
    for given in (tmp_path / "input.csv", tmp_path / ".." / tmp_path.name / "input.csv"):
        with pytest.raises(InputError, match="would be overwritten by what is made of it"):
            files.check_outputs(given, inputs=[tmp_path / "input.csv"], force=True)
    (tmp_path / "hard.csv").hardlink_to(tmp_path / "input.csv")
    with pytest.raises(InputError, match="would be overwritten by what is made of it"):
        files.check_outputs(tmp_path / "hard.csv", inputs=[tmp_path / "input.csv"], force=True)


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
        "from spikinggrid.fitting import targets; from spikinggrid.recordings import datasets\n"
        "print(spikinggrid.__file__, files.load('digits/two').digits.classes, len(files.presets()),"
        " len(targets.shipped()), targets.load('cortex_div21').name, len(datasets.recordings()))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    n_presets = len(parameter_files.presets())
    assert answer.stdout.startswith(str(place)), answer.stderr
    assert answer.stdout.endswith(f" [0, 1] {n_presets} {len(targets.shipped())} cortex_div21 12\n")
