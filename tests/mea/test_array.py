"""Electrode layouts against their data sheets, and the names of electrodes and patterns."""

import json

import numpy as np
import pytest

from spikinggrid.mea.array import Mea
from spikinggrid.parameters.arrays import CATALOGUE
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


@pytest.mark.parametrize(
    ("layout", "n_electrodes", "first", "last"),
    [
        ("mcs-60-200", 60, {"21", "12"}, {"78", "87"}),
        ("mcs-120-200", 120, {"D1", "A4"}, {"M9", "J12"}),
        ("mcs-252-200", 252, {"B1", "A2"}, {"R15", "P16"}),
        ("axion-6", 64, {"11", "21"}, {"88", "78"}),
        ("axion-48", 16, {"11", "12"}, {"44", "34"}),
        ("axion-96", 8, {"11", "12"}, {"33", "23"}),
        ("biocam-4096", 4096, {"0", "64"}, {"4095", "4031"}),
        ("cl1-64", 64, {"0", "1"}, {"63", "55"}),
    ],
)
def test_vendors_call_electrodes_so(layout, n_electrodes, first, last):
    array = Mea.read(layout)
    assert array.n_electrodes == n_electrodes
    from_corner = np.argsort(array.x + array.y, kind="stable")
    assert first <= names(array, from_corner[:5]) and last <= names(array, from_corner[-5:])
    no_i_or_q = [name for name in array.names if name[0] in "IQ"]
    assert array.layout == layout and not no_i_or_q


def test_names_of_columns_and_rows():
    array = Mea.read("mcs-120-200")
    (k,) = array.select("K11")
    assert (array.x[k], array.y[k]) == pytest.approx((9 * 200e-6, 10 * 200e-6))
    array = Mea.read("cl1-64")
    (k,) = array.select("8")  # 8 x column + row
    assert (array.x[k], array.y[k]) == pytest.approx((200e-6, 0))


def test_files_of_probeinterface(tmp_path):
    probe = {"si_units": "um", "contact_positions": [[0.0, 0.0], [50.0, 20.0]]}
    path = tmp_path / "probe.json"
    path.write_text(json.dumps({"probes": [probe | {"contact_ids": ["a", "b"]}]}))
    array = Mea.read(path)
    assert array.names == ("a", "b")
    np.testing.assert_allclose(array.positions, [[0, 0], [50e-6, 20e-6]])
    path.write_text(json.dumps({"probes": [probe | {"contact_ids": ["", ""], "si_units": "mm"}]}))
    array = Mea.read(path)
    assert array.names == ("0", "1") and array.x[1] == pytest.approx(50e-3)
    for content in ("{}", "nonsense", '{"probes": [{}]}', '{"probes": []}'):
        path.write_text(content)
        with pytest.raises(InputError, match="is not a file of probeinterface"):
            Mea.read(path)


def test_an_array_that_nobody_knows():
    with pytest.raises(InputError, match=r"layout: found 'mcs-61'; .* mcs-60-200"):
        Mea.read("mcs-61")


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


@pytest.mark.parametrize("layout", CATALOGUE)
def test_the_array_lies_in_the_middle_of_the_dish(layout):
    mea = high_density() if layout.startswith("hd") else place(layout)
    assert (mea.x.min() + mea.x.max()) / 2 == pytest.approx(3e-3)
    assert (mea.y.min() + mea.y.max()) / 2 == pytest.approx(2.5e-3)


def test_the_array_may_fill_the_dish_but_not_more():
    mea = place("8x8-200um", "culture.width=1.4 mm", "culture.height=1.4 mm")
    assert mea.x.min() == pytest.approx(0, abs=1e-9)
    for smaller in ("culture.width=1.39 mm", "culture.height=1.39 mm"):
        with pytest.raises(InputError, match=r"mea\.layout: .* 1\.4 mm x 1\.4 mm, .* larger"):
            place("8x8-200um", smaller)


# --- arrays of one's own -----------------------------------------------------------------

NAMES, X, Y = ["A1", "B2", "ref"], [0.0, 200.0, 400.0], [0.0, 100.0, 300.0]


@pytest.mark.parametrize(
    "text",
    [
        "name,x,y\nA1,0,0\nB2,200,100\nref,400,300\n",
        "\ufeffname;x (um);y (um)\r\nA1;0;0\r\nB2;200;100\r\n\r\nref;400;300",
        "Name\tX [mm]\tY [mm]\nA1\t0\t0\nB2\t0.2\t0.1\nref\t0.4\t0.3\n",
        "name;x (mm);y (mm)\nA1;0,0;0\nB2;0,2;0,1\nref;0,4;3,0e-1\n",
        "type,y_µm,x_µm,name\n1,0,0,A1\n1,1e2,2e2,B2\n2,300,400,ref\n",
        'name,x (m),y (m)\n"A1",0,0\n"B2",2e-4,1e-4\n"ref",4e-4,3e-4\n',
    ],
)
def test_an_array_is_read_from_a_table(text, tmp_path):
    path = tmp_path / "array.csv"
    path.write_text(text, "utf-8")
    array = Mea.read(path)
    assert list(array.names) == NAMES
    np.testing.assert_allclose(array.x, np.array(X) * 1e-6, rtol=1e-12)
    np.testing.assert_allclose(array.y, np.array(Y) * 1e-6, rtol=1e-12)
    placed = place(str(path))
    assert list(placed.names) == NAMES
    assert placed.layout == str(path)
    np.testing.assert_allclose(placed.x, np.array(X) * 1e-6 + 2.8e-3)
    np.testing.assert_allclose(placed.y, np.array(Y) * 1e-6 + 2.35e-3)
    assert placed.select(["ref", 0]).tolist() == [2, 0]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "line 1: lacks the column name"),
        (b"name,x\na,1\n", "line 1: lacks the column y"),
        (b"name,x,y\n", "found 0 names"),
        (b"name,x,y\na,1,2\nb,1\n", "line 3: found 2 cells, not 3"),
        (b"name,x,y\na,1,2\nb,one,2\n", "line 3: found 'one', not a number in um"),
        (b"name,x,y\na,1,nan\n", "line 2: found 'nan'"),
        (b"name,x,y\na,1,1_000\n", "line 2: found '1_000'"),
        ("name,x,y\na,\u0661,1\n".encode(), "line 2: found '\u0661'"),
        (b"name,x,y\na,0,5,1\n", "line 2: found 4 cells, not 3"),
        (b'name,x,y\n"a,1,2\nb,1,3\n', "line 2: found 1 cells, not 3"),
        (b"name,x,y\na,1,2\na,3,4\n", "two electrodes have the name 'a'"),
        (b"name,x,y\na\xff,1,2\n", "cannot be read: is no text in UTF-8"),
        (None, "cannot be read: No such file"),
    ],
)
def test_tables_that_are_no_array_are_refused(content, message, tmp_path):
    path = tmp_path / "array.csv"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError) as raised:
        Mea.read(path)
    assert str(raised.value).startswith(f"{path}: ")
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_layout_lies_beside_the_parameter_file_that_names_it(tmp_path):
    (tmp_path / "array.csv").write_text("name,x,y\na,0,0\nb,500,0\n")
    (tmp_path / "own.toml").write_text('extends = "culture"\n[mea]\nlayout = "array.csv"\n')
    array = Mea.place(load(tmp_path / "own.toml"))
    np.testing.assert_allclose(array.x, [0.55e-3, 1.05e-3])


def test_an_array_that_is_larger_than_the_dish_is_refused(tmp_path):
    (tmp_path / "array.csv").write_text("name,x (mm),y (mm)\na,0,0\nb,500,0\n")
    with pytest.raises(InputError, match=r"mea\.layout: the electrodes span 500"):
        place(str(tmp_path / "array.csv"))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"names": ["a", "a", "b"]}, "two electrodes have the name 'a'"),
        ({"x": [0.0, 1.0]}, "found 3 names, x of shape \\(2,\\)"),
        ({"y": [0.0, 1.0, np.nan]}, "is NaN or infinite"),
    ],
)
def test_an_array_that_does_not_add_up_is_refused(changes, message):
    with pytest.raises(InputError, match=message):
        Mea(**({"names": NAMES, "x": X, "y": Y} | changes))


def test_lines_of_an_array_are_numbered_by_place():
    array = Mea(list("abcd"), x=[3e-3, 1e-3, 1e-3 + 1e-11, 2e-3], y=[0, 0, 1e-4, 1e-4])
    assert array.columns.tolist() == [2, 0, 0, 1]
    assert array.rows.tolist() == [0, 0, 1, 1]


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
@pytest.mark.parametrize("layout", [name for name in CATALOGUE if name != "axion-96"])
def test_no_pattern_is_empty(layout, pattern):
    mea = high_density() if layout.startswith("hd") else place(layout)
    assert 1 <= len(mea.select(pattern)) <= mea.n_electrodes


def test_electrodes_by_number():
    mea = place("6x10-500um")
    np.testing.assert_array_equal(mea.select("all"), np.arange(60))
    np.testing.assert_array_equal(mea.select([59, 0, 7]), [59, 0, 7])


@pytest.mark.parametrize("electrodes", [["c1r1", 10, "c3r1"], ("c1r1", "c1r2", 2)])
def test_electrodes_by_name(electrodes):
    np.testing.assert_array_equal(place("6x10-500um").select(electrodes), [0, 10, 2])


def test_a_pattern_without_an_electrode_is_refused():
    array = Mea(list("abc"), x=[0, 1e-3, 2e-3], y=[1e-3, 0, 2e-3])
    with pytest.raises(InputError, match='electrodes: "centre" has no electrode in the layout'):
        array.select("centre")


@pytest.mark.parametrize(
    ("electrodes", "message"),
    [
        (["c11r1"], "electrodes: found 'c11r1', .* names such as c1r1"),
        ([1.5], "electrodes: found 1.5; right would be the number or the name"),
        ([True], "electrodes: found True"),
        ([0, 60], "electrodes: found 60, .* 6x10-500um has the electrodes 0 to 59"),
        ([-1], "electrodes: found -1, .* 0 to 59"),
        ([], "electrodes: none given"),
        ("LL", 'electrodes: found "LL"; .* all, centre, L, inverted-L'),
    ],
)
def test_electrodes_that_do_not_exist(electrodes, message):
    with pytest.raises(InputError, match=message):
        place("6x10-500um").select(electrodes)
