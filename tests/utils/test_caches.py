"""Compiled code and downloads find a place, whoever the user is."""

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from spikinggrid.utils import caches
from spikinggrid.utils.errors import InputError

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="users differ")


@pytest.fixture(autouse=True)
def temporary(tmp_path, monkeypatch):
    """An empty temporary folder, and an empty home."""
    for name in ("temporary", "home"):
        (tmp_path / name).mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    return tmp_path / "temporary"


def test_downloads_are_kept_at_home(tmp_path, temporary):
    path = caches.keep(b"1", "mnist", "a.gz")
    assert path == tmp_path / "home" / ".cache" / "spikinggrid" / "mnist" / "a.gz"
    assert path.read_bytes() == b"1"
    assert path.parent in caches.cache_folders("mnist")
    assert not list(temporary.iterdir())


def test_without_a_home_there_is_a_folder_for_this_user_alone(temporary, monkeypatch):
    def no_home():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", no_home)
    with pytest.warns(UserWarning, match="neither the home folder"):
        path = caches.keep(b"1", "mnist", "a.gz")
    (folder,) = temporary.iterdir()
    assert path.parent == folder / "mnist" == caches.cache_folders("mnist")[-1]
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert caches.keep(b"2", "mnist", "a.gz") == path  # said once


@pytest.mark.parametrize("planted", ["open folder", "file", "link"])
def test_what_others_have_put_there_is_not_used(planted, temporary, tmp_path):
    place = caches._temporary_path()
    if planted == "open folder":
        place.mkdir()
        place.chmod(0o777)
    elif planted == "file":
        place.touch()
    else:
        place.symlink_to(tmp_path / "home")
    folder = caches.temporary_folder()
    assert folder != place
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_no_place_at_all_is_one_line(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "file"))
    with pytest.raises(InputError, match="cannot be written"):
        caches.keep(b"1", "mnist", "a.gz")


@pytest.mark.slow
@pytest.mark.parametrize("temporary_is_writable", [True, False])
def test_kernels_are_compiled_where_nothing_can_be_written(tmp_path, temporary_is_writable):
    """Neither beside the package nor in the home folder; this holds for root as well."""
    root = Path(__file__).parents[2]
    package = shutil.copytree(
        root / "spikinggrid", tmp_path / "spikinggrid", ignore=shutil.ignore_patterns("__pycache__")
    )
    for name in ("setup.cfg", "parameters", "recordings"):
        (tmp_path / name).symlink_to(root / name)
    for folder in ("simulation/engines", "mea"):
        (package / folder / "__pycache__").touch()
    temporary = tmp_path / "temporary"
    small = ["culture.n_neurons=60", "synapses.excitatory.synapses_per_neuron=10"]
    small += ["synapses.inhibitory.synapses_per_neuron=2", "simulation.duration=0.1 s"]
    command = [sys.executable, "-m", "spikinggrid", "simulate", "culture", "--output", "x.h5"]
    for line in (*small, "simulation.warmup=0 s"):
        command += ["--set", line]
    environment = os.environ | {"PYTHONPATH": str(tmp_path), "HOME": "/dev/null"}
    environment["TMPDIR"] = str(temporary)
    if not temporary_is_writable:
        (temporary / f"spikinggrid-{os.getuid()}").touch()
    runs = [
        subprocess.run(
            command + force, cwd=tmp_path, env=environment, capture_output=True, text=True
        )
        for force in ([], ["--force"])
    ]
    for run in runs:
        assert run.returncode == 0, run.stderr
        assert "Traceback" not in run.stderr
    said = [run.stderr.count("keeps compiled code") for run in runs]
    assert said == [int(temporary_is_writable), 0]
    for kernel in ("kernels.run-", "detection._detect-"):
        assert list(temporary.glob(f"**/{kernel}*.nbc"))
