"""What a report tells of groups of dishes."""

from spikinggrid.plotting import groups as figures
from spikinggrid.plotting.style import many
from spikinggrid.reporting.page import Cell, Definitions, Row, Section, Table, Text
from spikinggrid.reporting.pictures import picture
from spikinggrid.statistics.feature_glossary import FEATURES
from spikinggrid.statistics.groups import CORRECTION, INTERVAL, TEST, GroupComparison
from spikinggrid.utils.missing import number_text

#: Adjusted p below which a feature is said to differ.
LEVEL = 0.05


def section(name: str, comparison: GroupComparison) -> Section:
    """Return how groups of dishes differ, feature by feature.

    Parameters
    ----------
    name : str
    comparison : GroupComparison
    """
    differing = comparison.tests[comparison.tests["p_adjusted"] <= LEVEL]["feature"]
    labels = ", ".join(FEATURES[feature].label for feature in differing)
    count = f"{len(differing)} of {many(len(comparison.features), 'feature')}"
    verdict = f"{count} differ between groups at an adjusted p of {LEVEL:g}" + (
        f": {labels}." if labels else "."
    )
    rows = {
        "Test": TEST,
        "Adjusted p": CORRECTION,
        "Intervals": INTERVAL,
        **{group: _counts(comparison, group) for group in comparison.groups},
    }
    parts = [
        Section("Differences", [_pairs(comparison)]),
        Section("All dishes", [picture(figures.groups(comparison))]),
    ]
    return Section(name, [Text(verdict, is_verdict=True), Definitions(rows)], parts)


def _counts(comparison: GroupComparison, group: str) -> str:
    dishes = comparison.dishes[comparison.dishes["group"] == group]
    n = len(dishes)
    return f"{n} dish{'es' * (n > 1)} of {many(dishes['culture'].nunique(), 'culture')}"


def _pairs(comparison: GroupComparison) -> Table:
    """Return a row for each feature and pair of groups."""
    medians = comparison.summary.set_index(["feature", "group"])["median"]
    rows = []
    for pair in comparison.pairs.itertuples():
        feature = FEATURES[pair.feature]
        of_groups = [medians[pair.feature, group] for group in (pair.reference, pair.group)]
        cells = [
            *(number_text(value, ".3g") for value in of_groups),
            number_text(pair.difference, "+.3g"),
            _ends(pair.difference_low, pair.difference_high),
            number_text(pair.delta, "+.2f"),
            _ends(pair.delta_low, pair.delta_high),
            number_text(pair.p, ".2g"),
            number_text(pair.p_adjusted, ".2g"),
        ]
        small = f"{pair.group} against {pair.reference}"
        rows.append(Row(feature.label_with_unit, small, [Cell(cell) for cell in cells]))
    columns = [
        "feature",
        "median of the first",
        "median of the second",
        "difference",
        "interval",
        "Cliff's delta",
        "interval",
        "p",
        "adjusted p",
    ]
    return Table("Differences of the second group from the first, over cultures", columns, rows)


def _ends(low: float, high: float) -> str:
    return " to ".join(number_text(end, "+.3g") for end in (low, high))
