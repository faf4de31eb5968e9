"""What a report tells of dishes before and after a treatment: the change in each of them."""

from collections.abc import Mapping, Sequence

import numpy as np

from spikinggrid.digits.readouts import mean_and_interval
from spikinggrid.plotting import pages
from spikinggrid.plotting.style import many
from spikinggrid.recordings import Recording
from spikinggrid.reporting.page import Cell, Definitions, Row, Section, Table, Text
from spikinggrid.reporting.pictures import picture
from spikinggrid.statistics.feature_glossary import FEATURES
from spikinggrid.utils.errors import InputError
from spikinggrid.utils.missing import number_text

TITLE = "Before and after"


def section(recordings: Mapping[str, Recording]) -> Section:
    """Return the features of dishes before and after, and the mean change in a dish.

    Parameters
    ----------
    recordings : mapping of str to Recording
        The first before, the second after, both of one dish; then those of the next dish.

    Raises
    ------
    InputError
        If there are not two recordings of each dish.
    """
    names = list(recordings)
    if len(names) < 2 or len(names) % 2:
        raise InputError(
            f"--paired: found {many(len(names), 'recording')}; right would be two of each dish: the"
            " first before, the second after, then those of the next dish"
        )
    features = [recording.features() for recording in recordings.values()]
    before, after = features[::2], features[1::2]
    several = len(before) > 1
    columns = ["feature", "before", "after", "change in a dish"]
    columns += ["95 % interval", "dishes"] if several else []
    rows = [_row(name, before, after) for name in FEATURES]
    pairs = {
        f"Dish {number}": f"{one}, then {other}"
        for number, (one, other) in enumerate(zip(names[::2], names[1::2], strict=True), 1)
    }
    text = (
        "Means over the dishes that have the feature both times; Student's t interval of the"
        " change over dishes, not corrected for how many features there are."
        if several
        else "One dish says nothing of others: give pairs of several for an interval."
    )
    first = [recordings[name] for name in names[:2]]
    figure = picture(pages.compare(first[0], first[1], (names[0], names[1])))
    table = Table("Features before and after", columns, rows)
    return Section(TITLE, [Text(text), Definitions(pairs), table, figure])


def _row(
    name: str, before: Sequence[Mapping[str, float]], after: Sequence[Mapping[str, float]]
) -> Row:
    feature = FEATURES[name]
    values = np.array([[row[name] for row in rows] for rows in (before, after)])
    values = values[:, ~np.isnan(values).any(axis=0)]
    means = [number_text(float(mean)) for mean in values.mean(axis=1)] if values.size else ["-"] * 2
    change, interval = mean_and_interval(values[1] - values[0]) if values.size else (np.nan, None)
    cells = [*means, number_text(change, "+.4g")]
    if len(before) > 1:
        ends = "-" if interval is None else " to ".join(f"{end:+.4g}" for end in interval)
        cells += [ends, f"{values.shape[1]}"]
    return Row(feature.label_with_unit, feature.aggregate, [Cell(cell) for cell in cells])
