"""Files are written whole or not at all, and the package finds its own."""

from pathlib import Path

import pytest

from spikinggrid import datasets, files, parameter_files
from spikinggrid.errors import InputError


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
    with pytest.raises(InputError, match="a.h5: cannot be written: No such file or directory"):
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


def test_package_folders_are_found_in_checkout_and_after_installation(tmp_path, monkeypatch):
    checkout = Path(__file__).parent.parent
    assert files.package_folder("recordings") == checkout / "recordings"
    monkeypatch.setattr(files, "__file__", str(tmp_path / "site-packages" / "spikinggrid" / "f"))
    nowhere = str(tmp_path / "none")
    for variable in ("prefix", "userbase"):
        monkeypatch.setattr(files.sys, "prefix", nowhere)
        monkeypatch.setattr(files.site, "getuserbase", lambda: nowhere)
        with pytest.raises(InputError, match="install SpikingGrid again"):
            datasets.recordings()
        base = tmp_path / variable
        for name in ("recordings", "parameters"):
            (base / "share" / "spikinggrid" / name).mkdir(parents=True)
        installed = base / "share" / "spikinggrid"
        index = (checkout / "recordings" / datasets.INDEX).read_bytes()
        (installed / "recordings" / datasets.INDEX).write_bytes(index)
        (installed / "parameters" / "mine.toml").write_text("# My preset\n")
        if variable == "prefix":
            monkeypatch.setattr(files.sys, "prefix", str(base))
        else:
            monkeypatch.setattr(files.site, "getuserbase", lambda base=base: str(base))
        assert len(datasets.recordings()) == 12
        assert parameter_files.presets() == {"mine": "My preset"}
