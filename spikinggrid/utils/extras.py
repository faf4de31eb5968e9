"""Packages that are not always installed."""

from importlib.util import find_spec

from spikinggrid.utils.errors import InputError


def check_installed(what: str, extra: str, *packages: str) -> None:
    """Refuse in one line what needs packages that are not installed.

    Parameters
    ----------
    what : str
        What needs them, to begin the message.
    extra : str
        The extra of SpikingGrid that brings them.
    *packages : str
        Names of the packages.

    Raises
    ------
    InputError
        If one of them is missing.
    """
    for package in packages:
        if find_spec(package) is None:
            raise InputError(
                f"{what} needs the package {package}, which is not installed:"
                f" pip install 'spikinggrid[{extra}]' (see the page on installation)"
            )
