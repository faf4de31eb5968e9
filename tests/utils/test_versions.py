"""Versions name what a result depends on."""

import platform

import numpy

from spikinggrid.utils.versions import versions


def test_versions_are_those_that_are_imported():
    found = versions()
    assert found["python"] == platform.python_version()
    assert found["numpy"] == numpy.__version__
    assert set(found) == {"python", "spikinggrid", "numpy", "scipy", "brian2", "numba"}


def test_more_packages_can_be_asked_for():
    assert set(versions("h5py")) - set(versions()) == {"h5py"}
