"""All of it on one page, in one call."""

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from spikinggrid.fitting import targets as target_files
from spikinggrid.fitting.targets import Targets
from spikinggrid.reporting import writing
from spikinggrid.reporting.writing import Source

if TYPE_CHECKING:
    pass


def report(
    sources: Source | Sequence[Source],
    path: str | os.PathLike = "report.html",
    *,
    targets: Targets | str | os.PathLike | None = None,
    paired: bool = False,
) -> None:
    """Write one HTML page on recordings, fits or benchmarks, which needs nothing beside itself.

    Parameters
    ----------
    sources : Recording, Twin, Fit, Benchmark, str or path-like, or sequence of these
        Results, also a `GroupComparison`, or files: recordings, fitted parameters, `result.h5` of
        a benchmark. Fitted parameters are shown beside the recording before them.
    path : path-like
        An existing file is replaced.
    targets : Targets, str or path-like, optional
        Bands to show features beside, such as "cortex_div21"; unless given those of the region and
        age that a recording says.
    paired : bool
        Whether each dish has two recordings: the first before, the second after a treatment.

    Raises
    ------
    InputError
        If a file cannot be used, or the page cannot be written.

    Examples
    --------
    >>> sg.report("my_dish.h5", targets="cortex_div21")                    # doctest: +SKIP
    >>> sg.report(["my_dish.h5", "my_dish-twin.toml"], "twin.html")        # doctest: +SKIP
    """
    several = [sources] if isinstance(sources, Source) else list(sources)
    if targets is not None and not isinstance(targets, Targets):
        targets = target_files.load(targets)
    writing.write(path, several, targets, paired=paired)
