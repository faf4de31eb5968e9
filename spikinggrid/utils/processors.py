"""How many processors this process may use."""

import os

#: Where it is set, so many: a worker among others leaves them theirs.
VARIABLE = "SPIKINGGRID_PROCESSORS"


def n_processors() -> int:
    """Those that the system lets this process use, or as many as the variable says."""
    if os.environ.get(VARIABLE, "").isdecimal():
        return max(1, int(os.environ[VARIABLE]))
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
