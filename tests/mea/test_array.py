"""Electrode layouts against their data sheets, and the names of electrodes and patterns."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spikinggrid.mea.array import LAYOUTS, Mea
from spikinggrid.parameters.files import load
from spikinggrid.utils.errors import InputError

pytestmark = pytest.mark.filterwarnings("error")

DISH = ["culture.width=6 mm", "culture.height=5 mm"]


def place(layout="8x8-200um-59", *overrides):
    return Mea.place(load("culture", [*DISH, f"mea.layout={layout}", *overrides]))


def high_density(n_recorded=1024):
    return place("hd-26400", f"mea.n_recorded={n_recorded}")


def grid(rows, columns, pitch, *overrides):
    return place(
        "grid", f"mea.rows={rows}", f"mea.columns={columns}", f"mea.pitch={pitch}", *overrides
    )


def names(mea, electrodes):
    return {mea.names[number] for number in electrodes}


# --- layouts -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("layout", "n_electrodes", "n_rows", "n_columns", "pitch"),
    [
        ("6x10-500um", 60, 6, 10, 500e-6),
        ("6x10-200um", 60, 6, 10, 200e-6),
        ("8x8-200um", 60, 8, 8, 200e-6),
        ("8x8-200um-59", 59, 8, 8, 200e-6),
    ],
)
def test_layouts_are_as_documented(layout, n_electrodes, n_rows, n_columns, pitch):
    mea = place(layout)
    assert mea.n_electrodes == len(set(mea.names)) == n_electrodes
    assert mea.positions.shape == (n_electrodes, 2)
    np.testing.assert_allclose(np.diff(np.unique(mea.x.round(9))), pitch)
    np.testing.assert_allclose(np.diff(np.unique(mea.y.round(9))), pitch)
    assert np.ptp(mea.x) == pytest.approx((n_columns - 1) * pitch)
    assert np.ptp(mea.y) == pytest.approx((n_rows - 1) * pitch)


def test_corners_and_the_reference_electrode_are_missing():
    whole = {f"c{column}r{row}" for column in range(1, 9) for row in range(1, 9)}
    corners = {"c1r1", "c8r1", "c1r8", "c8r8"}
    assert set(place("8x8-200um").names) == whole - corners
    assert set(place("8x8-200um-59").names) == whole - corners - {"c1r5"}


def test_names_count_from_the_top_left_row_by_row():
    mea = place("6x10-500um")
    assert mea.names[0] == "c1r1"
    assert mea.names[10] == "c1r2"
    assert mea.names[-1] == "c10r6"
    assert mea.x[0] == mea.x.min() == mea.x[10]
    assert mea.y[0] == mea.y.min() < mea.y[10]


def test_a_grid_is_what_the_file_says():
    mea = grid(3, 5, "0.4 mm")
    assert mea.n_electrodes == 15
    np.testing.assert_allclose(np.unique(mea.x.round(9)), 3e-3 + 0.4e-3 * np.arange(-2, 3))
    np.testing.assert_allclose(np.unique(mea.y.round(9)), 2.5e-3 + 0.4e-3 * np.arange(-1, 2))


@pytest.mark.parametrize("n_recorded", [1024, 500, 100])
def test_high_density_sites_are_spread_evenly(n_recorded):
    mea = high_density(n_recorded)
    assert 0.95 * n_recorded <= mea.n_electrodes <= n_recorded
    assert np.ptp(mea.x) == pytest.approx(219 * 17.5e-6)
    assert np.ptp(mea.y) == pytest.approx(119 * 17.5e-6)
    steps = [np.diff(np.unique(place.round(9))) / 17.5e-6 for place in (mea.x, mea.y)]
    for sites in steps:
        np.testing.assert_allclose(sites, sites.round(), atol=1e-6)
        assert np.ptp(sites.round()) <= 1
    assert steps[0].mean() == pytest.approx(steps[1].mean(), rel=0.3)


@pytest.mark.parametrize("n_recorded", [1, 2, 4, 10, 1024])
def test_high_density_sites_surround_the_middle(n_recorded):
    mea = high_density(n_recorded)
    assert 1 <= mea.n_electrodes <= n_recorded
    assert mea.x.mean() == pytest.approx(3e-3, abs=17.5e-6)
    assert mea.y.mean() == pytest.approx(2.5e-3, abs=17.5e-6)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_array_lies_in_the_middle_of_the_dish(layout):
    mea = high_density() if layout.startswith("hd") else place(layout)
    assert (mea.x.min() + mea.x.max()) / 2 == pytest.approx(3e-3)
    assert (mea.y.min() + mea.y.max()) / 2 == pytest.approx(2.5e-3)


def test_the_array_may_fill_the_dish_but_not_more():
    mea = place("8x8-200um", "culture.width=1.4 mm", "culture.height=1.4 mm")
    assert mea.x.min() == pytest.approx(0, abs=1e-9)
    for smaller in ("culture.width=1.39 mm", "culture.height=1.39 mm"):
        with pytest.raises(InputError, match="mea.layout: .* 1.4 mm x 1.4 mm, .* larger"):
            place("8x8-200um", smaller)


# --- patterns ----------------------------------------------------------------------------


def test_the_patterns_of_ruaro2005():
    mea = place("6x10-500um")
    left_and_bottom = {f"c1r{row}" for row in range(1, 7)} | {f"c{c}r6" for c in range(1, 11)}
    top_and_right = {f"c10r{row}" for row in range(1, 7)} | {f"c{c}r1" for c in range(1, 11)}
    assert names(mea, mea.select("L")) == left_and_bottom
    assert names(mea, mea.select("inverted-L")) == top_and_right
    assert len(mea.select("L")) == len(mea.select("inverted-L")) == 15


@pytest.mark.parametrize(
    ("layout", "centre"),
    [
        ("6x10-500um", {"c5r3", "c6r3", "c5r4", "c6r4"}),
        ("8x8-200um-59", {"c4r4", "c5r4", "c4r5", "c5r5"}),
    ],
)
def test_the_centre_is_the_four_electrodes_in_the_middle(layout, centre):
    mea = place(layout)
    assert names(mea, mea.select("centre")) == centre


@pytest.mark.parametrize("pattern", ["all", "centre", "L", "inverted-L"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_no_pattern_is_empty(layout, pattern):
    mea = high_density() if layout.startswith("hd") else place(layout)
    assert 1 <= len(mea.select(pattern)) <= mea.n_electrodes


def test_electrodes_by_number():
    mea = place("6x10-500um")
    np.testing.assert_array_equal(mea.select("all"), np.arange(60))
    np.testing.assert_array_equal(mea.select([59, 0, 7]), [59, 0, 7])


@pytest.mark.parametrize(
    ("electrodes", "message"),
    [
        ([0, 60], "electrodes: found 60, .* 6x10-500um has the electrodes 0 to 59"),
        ([-1], "electrodes: found -1, .* 0 to 59"),
        ([], "electrodes: none given"),
        ("LL", 'electrodes: found "LL"; .* all, centre, L, inverted-L'),
    ],
)
def test_electrodes_that_do_not_exist(electrodes, message):
    with pytest.raises(InputError, match=message):
        place("6x10-500um").select(electrodes)
