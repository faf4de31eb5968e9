"""Fixtures shared by all tests."""

import os
import signal
from pathlib import Path

import pytest
from hypothesis import settings

from tests.published import write_published

#: What a test takes depends on what else a machine does.
settings.register_profile("spikinggrid", deadline=None)
settings.load_profile("spikinggrid")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--no-skips",
        action="store_true",
        help="a test that lacks data or a package fails; those that other systems skip may",
    )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item):
    report = yield
    by_system = any(item.iter_markers("skipif"))
    if report.skipped and item.config.getoption("--no-skips") and not by_system:
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped: {report.longrepr[-1]}"
    return report


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """The folder with real recordings and the oracle run; tests that need it skip without it."""
    folder = os.environ.get("SPIKINGGRID_DATA")
    if not folder or not Path(folder, "recordings").is_dir():
        pytest.skip("SPIKINGGRID_DATA does not name a folder with recordings")
    return Path(folder)


@pytest.fixture(scope="session")
def published_files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Published recordings, or without the data a file of our own in their layout."""
    folder = Path(os.environ.get("SPIKINGGRID_DATA", "."), "recordings")
    files = sorted(folder.glob("*DIV21*.h5"))
    return files or [write_published(tmp_path_factory.mktemp("published") / "our_DIV21.h5")]


@pytest.fixture(scope="session")
def oracle_file() -> Path:
    """A run of an independent simulator: all of it with the data, else its first three parts."""
    runs = Path(os.environ.get("SPIKINGGRID_DATA", "."), "oracle").glob("*.npz")
    return next(runs, Path(__file__).parent / "data" / "oracle.npz")


@pytest.fixture(scope="session")
def client():
    """Two processes for all tests that need workers and do no harm to them."""
    from spikinggrid.parallel import client as cluster

    with cluster.connected(jobs=2) as client:
        yield client


@pytest.fixture(scope="session")
def numpy_target() -> None:
    """Have Brian2 interpret its code with NumPy: small networks are not worth compiling."""
    import brian2

    brian2.prefs.codegen.target = "numpy"


@pytest.fixture
def usual_signals():
    """Answer Ctrl-C as Python does, whoever changed that: Brian2, or a shell in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)
