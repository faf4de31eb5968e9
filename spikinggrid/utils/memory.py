"""Memory: how much there is, asked before a large amount of it is taken."""

import psutil

from spikinggrid.utils.errors import InputError

UNITS = ("bytes", "kB", "MB", "GB", "TB", "PB")


def available() -> int:
    """Return the bytes that programs on this machine may still take, swap included."""
    return psutil.virtual_memory().available + psutil.swap_memory().free


def require(n_bytes: float, what: str) -> None:
    """Refuse work that needs more memory than there is.

    Parameters
    ----------
    n_bytes : float
        A rough estimate.
    what : str
        The key to change and what needs the memory: the beginning of the message.

    Raises
    ------
    InputError
        If so much is not available.
    """
    free = available()
    if n_bytes > free:
        raise InputError(
            f"{what} would take about {in_units(n_bytes)} of memory, but {in_units(free)} are free"
        )


def in_units(n_bytes: float) -> str:
    """Write an amount of memory with two digits, such as "1.5 GB"."""
    unit = 0
    while n_bytes >= 999.5 and unit < len(UNITS) - 1:
        n_bytes, unit = n_bytes / 1000, unit + 1
    digits = 1 if n_bytes < 9.95 and unit else 0
    return f"{n_bytes:,.{digits}f} {UNITS[unit]}"
