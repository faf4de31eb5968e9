"""What a notebook does in one call: look recordings up side by side.

Everything else that `import spikinggrid as sg` offers is defined where it belongs; see
`spikinggrid/__init__.py`.
"""

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

from spikinggrid.recordings import Recording, read

if TYPE_CHECKING:
    import pandas as pd


def table(recordings: Iterable[Recording | str | os.PathLike]) -> "pd.DataFrame":
    """Measure recordings and show their features side by side.

    Parameters
    ----------
    recordings : iterable of Recording, str or path-like
        Recordings, or files that `read` can read.

    Returns
    -------
    pandas.DataFrame
        One row for each recording, named by its source; one column for each feature, in the units
        that `spikinggrid.statistics.features.FEATURES` gives.

    Raises
    ------
    InputError
        If a file cannot be read.

    Examples
    --------
    >>> import spikinggrid as sg
    >>> mine = sg.Recording.from_spike_trains([[0.1, 0.3], [0.2]], 1.0, source="mine")
    >>> sg.table([mine])["n_spikes"]
    mine    3.0
    Name: n_spikes, dtype: float64
    """
    import pandas as pd

    loaded = [each if isinstance(each, Recording) else read(each) for each in recordings]
    return pd.DataFrame(
        [recording.features() for recording in loaded],
        index=[recording.source for recording in loaded],
    )
