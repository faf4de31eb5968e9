"""Published recordings by name, with files and servers of this machine only."""

import hashlib
import http.server
import threading
from pathlib import Path

import pytest

from spikinggrid.recordings import datasets, read
from spikinggrid.utils.errors import InputError

NAME = "dish_DIV21_A"
CONTENT = bytes(range(256)) * 1000


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch) -> Path:
    """An empty cache, no data folder and no proxy."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.delenv("SPIKINGGRID_DATA", raising=False)
    return tmp_path / "cache" / "spikinggrid" / "recordings"


@pytest.fixture
def source(tmp_path, monkeypatch) -> Path:
    """A folder from which one recording can be fetched by a file address."""
    folder = tmp_path / "source"
    folder.mkdir()
    (folder / f"{NAME}.h5").write_bytes(CONTENT)
    write_index(tmp_path, monkeypatch, f"{folder.as_uri()}/")
    return folder


def write_index(tmp_path, monkeypatch, address: str) -> None:
    index = f"""
        address = "{address}"
        licence = "none"
        citation = "nobody"
        [[recordings]]
        name = "{NAME}"
        region = "ctx"
        div = 21
        bytes = {len(CONTENT)}
        sha256 = "{hashlib.sha256(CONTENT).hexdigest()}"
    """
    (tmp_path / datasets.INDEX).write_text(index)
    monkeypatch.setattr(datasets, "shipped_data", lambda: tmp_path)


def refused(function, *arguments) -> str:
    with pytest.raises(InputError) as error:
        function(*arguments)
    assert "\n" not in str(error.value)
    return str(error.value)


def test_index_describes_the_published_files(data_folder):
    entries = datasets.recordings()
    files = {path.name: path for path in (data_folder / "recordings").glob("*.h5")}
    assert {entry.file_name for entry in entries} == set(files)
    for entry in entries:
        content = files[entry.file_name].read_bytes()
        assert entry.bytes == len(content)
        assert entry.sha256 == hashlib.sha256(content).hexdigest()
        assert f"{entry.region}, DIV {entry.div}," in read(files[entry.file_name]).source


def test_index_names_source_licence_and_citation():
    entries = datasets.recordings()
    assert len({entry.name for entry in entries}) == len(entries) == 12
    for entry in entries:
        assert entry.address == (
            "https://raw.githubusercontent.com/sje30/g2chvcdata/"
            f"a179233b9779f6b3c112c1877e320f9744588cc1/inst/extdata/{entry.name}.h5"
        )
        assert entry.licence == "GPL (>= 2)"
        assert "10.1186/s13064-014-0028-0" in entry.citation


def test_readme_lists_the_whole_index():
    readme = Path(__file__).parents[2].joinpath("recordings", "README.md").read_text()
    for entry in datasets.recordings():
        row = f"| `{entry.name}` | {entry.region} | {entry.div} | {entry.bytes / 1000:.0f} |"
        assert row in readme


def test_data_folder_comes_first(data_folder, monkeypatch):
    monkeypatch.setenv("SPIKINGGRID_DATA", str(data_folder))
    for entry in datasets.recordings():
        path = data_folder / "recordings" / entry.file_name
        assert datasets.where(entry.name) == datasets.fetch(entry.file_name) == path


def test_fetch_downloads_once(source, cache):
    assert datasets.where(NAME) is None
    path = datasets.fetch(NAME)
    assert path == cache / f"{NAME}.h5" and path.read_bytes() == CONTENT
    assert [file.name for file in cache.iterdir()] == [f"{NAME}.h5"]
    (source / f"{NAME}.h5").unlink()
    assert datasets.fetch(NAME) == datasets.where(NAME) == path


def test_data_folder_without_the_recording_is_passed_over(source, cache, tmp_path, monkeypatch):
    monkeypatch.setenv("SPIKINGGRID_DATA", str(tmp_path))
    assert datasets.fetch(NAME) == cache / f"{NAME}.h5"


def test_home_holds_the_cache_by_default(source, tmp_path, monkeypatch):
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    path = tmp_path / ".cache" / "spikinggrid" / "recordings" / f"{NAME}.h5"
    assert datasets.fetch(NAME) == path


def test_fetch_over_http_tells_its_progress(tmp_path, monkeypatch, source):
    class Quiet(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *arguments):
            super().__init__(*arguments, directory=source)

        def log_message(self, *_):
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Quiet) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        write_index(tmp_path, monkeypatch, f"http://127.0.0.1:{server.server_port}/")
        (source / f"{NAME}.h5").rename(source / "away")
        assert "cannot be downloaded: File not found" in refused(datasets.fetch, NAME)
        (source / "away").rename(source / f"{NAME}.h5")
        steps = []

        class Steps:
            def to(self, done: int) -> None:
                steps.append(done)

        path = datasets.fetch(NAME, Steps())
        server.shutdown()
    assert path.read_bytes() == CONTENT
    assert steps == sorted(steps) and len(steps) > 1
    assert steps[-1] == len(CONTENT)
    assert refused(datasets.fetch, "other").startswith("'other': no such published recording")


def test_no_network(tmp_path, monkeypatch, cache):
    with http.server.HTTPServer(("127.0.0.1", 0), None) as server:
        closed = server.server_port
    write_index(tmp_path, monkeypatch, f"http://127.0.0.1:{closed}/")
    message = refused(datasets.fetch, NAME)
    assert f"http://127.0.0.1:{closed}/{NAME}.h5: cannot be downloaded" in message
    assert "refused" in message
    assert not cache.exists()


@pytest.mark.parametrize("content", [CONTENT[:-1], CONTENT + b"x" * 10_000_000, b""])
def test_download_with_a_wrong_checksum(source, cache, content):
    (source / f"{NAME}.h5").write_bytes(content)
    assert "is not the published file" in refused(datasets.fetch, NAME)
    assert not cache.exists()


@pytest.mark.parametrize("function", [datasets.where, datasets.fetch])
def test_file_with_a_wrong_checksum(source, cache, function):
    path = datasets.fetch(NAME)
    path.write_bytes(CONTENT[:-1])
    message = refused(function, NAME)
    assert message.startswith(f"{path}: is not the published file")


@pytest.mark.parametrize("function", [datasets.where, datasets.fetch])
def test_unknown_name_suggests_the_nearest(function):
    message = refused(function, "C57_TC192_G2CEPHYS1_DIV22_A")
    assert "C57_TC192_G2CEPHYS1_DIV2" in message.partition("nearest")[2]
    assert "TC107-NB-C57-DIV21_A" in refused(function, "tc107")


def test_a_cache_that_cannot_be_made_is_replaced(source, tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    (tmp_path / "temporary").mkdir()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    with pytest.warns(UserWarning, match="neither the home folder nor the installation"):
        path = datasets.fetch(NAME)
    assert path.is_relative_to(tmp_path / "temporary")
    assert datasets.where(NAME) == path
