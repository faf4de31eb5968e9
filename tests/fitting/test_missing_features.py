"""Averages over cultures leave out those that do not have a feature, and say how many had it."""

import numpy as np
import pytest

from spikinggrid.assays.spontaneous import SPONTANEOUS
from spikinggrid.fitting import targets
from spikinggrid.fitting.search_plan import SearchPlan
from spikinggrid.fitting.search_result import SearchResult
from spikinggrid.fitting.sweep import SweepCell
from spikinggrid.parameters.files import load

AIMS = targets.load("cortex_div21")


def cultures(*durations: float) -> list[dict[str, float]]:
    """Cultures with these durations of bursts, all else as it should be."""
    centres = {name: target.centre for name, target in AIMS.features.items()}
    return [centres | {"burst.dur": duration} for duration in durations]


def line_of(name: str, text: str) -> str:
    (line,) = (line for line in text.splitlines() if line.startswith(name))
    return line


@pytest.mark.parametrize(
    ("durations", "shown", "said"),
    [
        ((0.4, np.nan, 0.6), "0.5", "(of 2 of 3)"),
        ((0.4, 0.5, 0.6), "0.5", ""),
        ((np.nan, np.nan), "-", "(of 0 of 2)"),
    ],
)
def test_fit_says_of_how_many_cultures_a_median_is(durations, shown, said):
    measured = cultures(*durations)
    fitted = SPONTANEOUS.summarise(measured)
    plan = SearchPlan(load("culture"), (), AIMS)
    summary = SearchResult(plan, np.zeros(0), 0.0, None, fitted, measured, {}, 1, 1.0).summary()
    line = line_of("burst.dur (s)", summary)
    assert f" {shown} {said}".rstrip() in line and ("(of" in line) == bool(said)
    assert "(of" not in line_of("burst.rate", summary)


def test_sweep_leaves_out_cultures_without_a_feature():
    cell = SweepCell({}, dict(enumerate(cultures(0.4, np.nan, 0.6))), {})
    assert cell.existing("burst.dur") == [0.4, 0.6]
    assert cell.mean("burst.dur") == pytest.approx(0.5)
    assert cell.sd("burst.dur") == pytest.approx(np.std([0.4, 0.6], ddof=1))
    none = SweepCell({}, dict(enumerate(cultures(np.nan))), {})
    assert np.isnan(none.mean("burst.dur")) and np.isnan(none.sd("burst.dur"))
