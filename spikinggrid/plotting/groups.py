"""Groups of dishes side by side, a panel for each feature.

groups    a page of all features that were compared
"""

from collections.abc import Sequence

from matplotlib.figure import Figure

from spikinggrid.plotting.artists.groups import draw_groups
from spikinggrid.plotting.style import entitle, feature_text, many, new_axes, new_figure, note
from spikinggrid.statistics.feature_glossary import FEATURES
from spikinggrid.statistics.groups import (
    CORRECTION,
    INTERVAL,
    TEST,
    GroupComparison,
)
from spikinggrid.utils.missing import number_text

#: Panels in a row, and their size (inches).
N_COLUMNS, PANEL = 5, (2.6, 2.3)


def groups(comparison: GroupComparison, features: Sequence[str] | None = None) -> Figure:
    """Draw each feature of all dishes by group, with medians, intervals and p.

    Parameters
    ----------
    comparison : GroupComparison
    features : sequence of str, optional
        Which to draw; all that a dish has unless given.

    Returns
    -------
    Figure
    """
    exists = comparison.values[list(comparison.features)].notna().any()
    names = [name for name in comparison.features if exists[name]]
    names = names if features is None else list(features)
    n_columns = min(N_COLUMNS, max(len(names), 1))
    n_rows = -(-max(len(names), 1) // n_columns)
    figure = new_figure((max(n_columns * PANEL[0], 6.5), n_rows * PANEL[1] + 1.3))
    places = [*names, *["."] * (n_rows * n_columns - len(names))]
    mosaic = [places[n_columns * row : n_columns * (row + 1)] for row in range(n_rows)]
    panels = new_axes(figure, mosaic)
    tests = comparison.tests.set_index("feature")
    for name in names:
        axes = panels[name]
        draw_groups(axes, comparison, name)
        unit = FEATURES[name].unit if name in FEATURES else ""
        axes.set_title(feature_text(name, unit).removesuffix(" ()"), fontsize=8, loc="left")
        p, adjusted = (number_text(tests.loc[name, key], ".2g") for key in ("p", "p_adjusted"))
        axes.set_xlabel(f"p {p}, adjusted {adjusted}", fontsize=8)
    sizes = [comparison.size_of(group) for group in comparison.groups]
    counts = [
        f"{group}: {many(n_dishes, 'dish')} of {many(n_cultures, 'culture')}"
        for group, (n_dishes, n_cultures) in zip(comparison.groups, sizes, strict=True)
    ]
    entitle(figure, "; ".join(counts))
    smallest = comparison.tests["smallest_p"].min()
    note(
        figure,
        "Open circles: dishes; dots: cultures (median of their dishes), joined where a culture has"
        " dishes in several groups; bars: median over cultures and its 95 % interval.",
        f"p: {TEST}; adjusted: {CORRECTION}. Interval: {INTERVAL}.",
        f"So few cultures cannot give a p below {smallest:.2g}." if smallest > 0.05 else "",
    )
    return figure
