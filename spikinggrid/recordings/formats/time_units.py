"""Times in files that may not say their unit.

PER_SECOND         how many of a unit make a second
check_seconds      refuse times that were taken as seconds, if they cannot be
"""

from collections.abc import Mapping

import numpy as np

from spikinggrid.utils.errors import InputError

PER_SECOND = {"s": 1, "ms": 1_000, "us": 1_000_000}

#: Times without a unit are not of seconds if they last longer than this (s), ...
LONGEST = 48 * 3600

#: ... if the electrodes fire less often (Hz), ...
SLOWEST = 0.005

#: ... or if so many of them are whole numbers.
MANY = 100


def check_seconds(trains: Mapping[str, np.ndarray], duration: float, heading: str) -> None:
    """Refuse times whose unit was assumed if they cannot be seconds.

    Parameters
    ----------
    trains : mapping of str to (n_spikes,) ndarray
        Times taken as s, by electrode.
    duration : float
        From the first to the last of them.
    heading : str
        What the file calls the times.

    Raises
    ------
    InputError
        If they last longer than any recording, come too seldom, or are all whole numbers.
    """
    n_spikes = sum(train.size for train in trains.values())
    rate = n_spikes / (len(trains) * duration) if duration else np.inf
    whole = n_spikes >= MANY and all(np.all(train % 1 == 0) for train in trains.values())
    if duration <= LONGEST and rate >= SLOWEST and not whole:
        return
    why = "all are whole numbers" if whole else f"electrodes fire at {rate:.2g} Hz"
    raise InputError(
        f"the times have no unit ({heading!r}) and are hardly in s: they last"
        f" {duration / 3600:,.3g} h and {why}; say the unit by --time-unit: ms would make"
        f" {duration / 1e3:,.4g} s of it, us {duration / 1e6:,.4g} s; or samples, with"
        " --sampling-rate; or s if it is right"
    )
