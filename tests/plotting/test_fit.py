"""Figures of fits: every feature against its target, and responses beside living ones."""

import numpy as np
import pytest

from spikinggrid.assays import tetanization
from spikinggrid.fitting import targets
from spikinggrid.fitting.search_plan import SearchPlan
from spikinggrid.fitting.search_result import SearchResult
from spikinggrid.parameters.files import load
from spikinggrid.plotting import fit as figures
from tests.figures import dish, drawn, named, said

AIMS = targets.load("cortex_div21")


def result(aims=AIMS, spreads: float = 0.0, start=None, cultures=()) -> SearchResult:
    """A fit whose features are all so many spreads above their centres."""
    fitted = {name: t.centre + spreads * (t.high - t.centre) for name, t in aims.features.items()}
    plan = SearchPlan(load("culture", ["simulation.seed=3"]), (), aims)
    cultures = list(cultures) or [fitted] * 2
    return SearchResult(plan, np.zeros(0), 0.0, start, fitted, cultures, {}, 1, 1.0)


@pytest.mark.parametrize(("spreads", "shown"), [(0.5, 0.5), (-2, -2), (40, 6)])
def test_deviations_are_drawn_in_spreads_up_to_the_edge(spreads, shown):
    made = result(spreads=abs(spreads) * np.sign(spreads))
    axes = named(figures.fit(made, {"real": dish([[1.0]]), "fitted": dish([[2.0]])}))
    expected = np.clip(list(AIMS.deviations(made.fitted).values()), -6, 6)
    assert drawn(axes["features"], "fitted").get_xdata() == pytest.approx(expected)
    if spreads > 0:
        assert expected == pytest.approx(shown)


def test_features_have_readable_names_and_values():
    start = dict.fromkeys(AIMS.features, np.nan)
    axes = named(figures.fit(result(start=start), {"real": dish([[1.0]])}))
    labels = [tick.get_text() for tick in axes["features"].get_yticklabels()]
    assert labels[0] == "burst rate (/min)"
    texts = [text.get_text() for text in axes["values"].texts]
    assert texts[:4] == ["target", "band", "start", "fitted"]
    target = AIMS.features["burst.rate"]
    assert texts[4] == f"{target.centre:.3g}"
    assert texts[6:8] == ["-", f"{target.centre:.3g}"]
    weights = [text.get_fontweight() for text in axes["values"].texts]
    assert weights[7] == "bold"
    assert weights[4] == "normal"


def test_recordings_are_drawn_and_the_start_and_seeds_named():
    recordings = {"real": dish([[1.0]]), "fitted": dish([[2.0], [3.0]])}
    figure = figures.fit(result(), recordings)
    axes = named(figure)
    assert drawn(axes["raster fitted"], "spikes").get_xdata().tolist() == [2.0, 3.0]
    text = said(figure)
    assert "12 of 12 features within the band, on 2 cultures" in text
    assert "Start: preset culture; fitted cultures have seeds 7 to 11" in text


def test_responses_of_a_tetanization_are_means_over_cultures():
    living = tetanization.living()
    responses = np.zeros((3, 4, 40))
    responses[:, :, tetanization.SHOWN] = living.mean + np.arange(3)[:, None, None]
    cultures = [{"responses": each} for each in responses]
    axes = named(figures.fit(result(targets.load("ruaro2005"), cultures=cultures), {}))
    for number, case in enumerate(tetanization.CASES):
        panel = axes[" ".join(case)]
        line = drawn(panel, "simulated, 3 cultures")
        assert line.get_ydata() == pytest.approx(living.mean[number] + 1)
        assert drawn(panel, "living (Ruaro et al. 2005)").get_ydata() == pytest.approx(
            living.mean[number]
        )
    assert "inverted L" in axes["after inverted-L"].get_title(loc="left")
    labels = [tick.get_text() for tick in axes["features"].get_yticklabels()]
    assert labels[0] == "ratio L (after / before)"


def test_time_courses_say_where_they_come_from():
    figure = figures.time_courses(np.zeros((2, 4, 40)), "Responses", "preset tetanization; seed 1")
    assert said(figure).endswith("preset tetanization; seed 1")
