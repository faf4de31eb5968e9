"""Published bands of features: which targets go with a recording, by its region and age."""

import re

from spikinggrid.fitting import targets
from spikinggrid.fitting.targets import Targets
from spikinggrid.recordings import Recording

#: Regions as the published files call them, and as target files do.
REGIONS = {"ctx": "cortex", "cortex": "cortex", "hpc": "hippocampus", "hippocampus": "hippocampus"}


def bands_of(recording: Recording) -> Targets | None:
    """Return the published targets of a recording that says its region and age, if there are any.

    Examples
    --------
    >>> dish = Recording.from_spike_trains([[0.1]], 1.0, source="a.h5, ctx, DIV 21")
    >>> bands_of(dish).name
    'cortex_div21'
    """
    details = recording.source.lower().split(", ")
    regions = [REGIONS[detail] for detail in details if detail in REGIONS]
    ages = [match[1] for detail in details if (match := re.fullmatch(r"div (\d+)", detail))]
    if len(regions) != 1 or len(ages) != 1:
        return None
    name = f"{regions[0]}_div{int(ages[0]):02}"
    return targets.load(name) if name in targets.shipped() else None
