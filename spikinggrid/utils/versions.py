"""Versions of the packages that results depend on."""

import platform
from functools import cache
from importlib.metadata import version

#: Packages whose versions can change the numbers in a recording.
PACKAGES = ("spikinggrid", "numpy", "scipy", "brian2", "numba")


def versions(*more: str) -> dict[str, str]:
    """Return the versions of what can change the numbers of a simulation.

    Parameters
    ----------
    *more : str
        Other packages that a result depends on, such as "scikit-learn".

    Returns
    -------
    dict of str to str
        Versions by name: "python" first, then packages.
    """
    return {"python": platform.python_version()} | {
        name: _installed(name) for name in (*PACKAGES, *more)
    }


@cache
def _installed(package: str) -> str:
    """Return the version of a package; looking it up takes milliseconds."""
    return version(package)


def comparable_versions(*more: str) -> dict[str, str]:
    """Return the versions that must be equal for equal results: of Python without the last part.

    Parameters
    ----------
    *more : str
        Other packages that a result depends on.

    Returns
    -------
    dict of str to str
        Versions by name.
    """
    every = versions(*more)
    return every | {"python": ".".join(every["python"].split(".")[:2])}
