"""Reports of fits that are at hand: a twin, and a search."""

import itertools

import numpy as np
import pytest

import spikinggrid as sg
from spikinggrid.fitting import targets
from spikinggrid.fitting.search_plan import SearchPlan
from spikinggrid.fitting.search_result import SearchResult
from spikinggrid.fitting.twin import fit_twin
from spikinggrid.parameters.files import load
from tests.reporting.pages import check, sections
from tests.small_dishes import small_pool, small_space


def page_about(result, folder):
    """The report of a result, as a tree, and its sections."""
    sg.report(result, folder / "page.html")
    root = check((folder / "page.html").read_text(encoding="utf-8"))
    return root, sections(root)


def verdict(root):
    """The sentence that stands out."""
    (sentence,) = (p.text for p in root.all("p") if p.attributes.get("class") == "verdict")
    return sentence


def test_a_twin_is_told_beside_its_recording(tmp_path):
    recording = sg.Dish(small_space().parameters, 7).record("120 s")
    clock = itertools.count().__next__
    twin = fit_twin(recording, small_pool(), minutes=0.02, jobs=1, clock=clock)
    root, parts = page_about(twin, tmp_path)
    assert verdict(root) == twin.verdict()
    assert len(parts["Side by side"].all("canvas")) == 4  # of two players
    rows = {row.all("th")[0].text: row for row in parts["Features"].all("tr")[1:]}
    assert len(rows) == len(twin.table)
    (rate,) = (row for heading, row in rows.items() if heading.startswith("burst rate"))
    cells = [cell.text for cell in rate.all("td")]
    assert float(cells[0]) == pytest.approx(recording.features(t_stop=60.0)["burst.rate"], rel=1e-3)
    assert float(cells[2]) == pytest.approx(twin.twin["burst.rate"], rel=1e-2)
    keys = [row.all("th")[0].text for row in parts["Parameters"].all("tr")[1:]]
    assert keys == [bound.key for bound in twin.dish.space.bounds]


def test_a_search_is_told_with_its_tables(tmp_path):
    aims = targets.load("cortex_div21")
    fitted = {name: target.centre for name, target in aims.features.items()}
    short = load("culture", ["simulation.duration=10 s", "culture.n_neurons=300"])
    result = SearchResult(
        SearchPlan(short, (), aims), np.zeros(0), 0.0, None, fitted, [fitted] * 2, {}, 1, 1.0
    )
    root, parts = page_about(result, tmp_path)
    assert "12 of 12 features" in verdict(root)
    assert result.summary() in parts["What the search says"].all("pre")[0].text
    assert parts["Side by side"].all("canvas")
