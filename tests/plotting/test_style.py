"""Frames and words of figures, how a notebook shows them, and their files."""

import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure

from spikinggrid import plotting
from spikinggrid.parameters.files import load
from spikinggrid.plotting import recordings as plots
from spikinggrid.plotting import style
from spikinggrid.plotting.excerpt import Excerpt
from spikinggrid.simulation.dish import Dish
from spikinggrid.utils.errors import InputError
from tests.figures import dish, pulses, said


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.003, "3 ms"),
        (0.0125, "12.5 ms"),
        (0.25, "250 ms"),
        (1.0, "1 s"),
        (911.2, "911.2 s"),
        (18224.0, "5.06 h"),
    ],
)
def test_times_have_a_unit_that_suits_them(seconds, text):
    assert style.time_text(seconds) == text


def test_recordings_in_words():
    recording = dish([[1.0, 2.0], [], [5.0]], **pulses([2.0, 7.0], [0, 1]))
    assert Excerpt.of(recording).spikes_text() == (
        "3 spikes on 3 electrodes (1 silent), 2 pulses, all 10 s"
    )
    assert Excerpt.of(recording, 2, 5).spikes_text() == (
        "2 spikes on 3 electrodes (1 silent), 1 pulse, 3 s of 10 s"
    )
    assert Excerpt.of(recording, electrodes=["e0"]).spikes_text() == (
        "2 spikes on 1 of 3 electrodes, 2 pulses, all 10 s"
    )
    assert Excerpt.of(dish([[1.0]])).electrodes_text() == "1 electrode"


@pytest.mark.parametrize(
    ("few", "labels"), [(True, ["0.1", "1", "10"]), (False, ["0.1", "0.2", "0.5", "1", "2", "5"])]
)
def test_logarithmic_axes_have_plain_numbers(few, labels):
    figure = style.new_figure((4, 4))
    axes = style.new_axes(figure, [["a"]])["a"]
    axes.set(yscale="log", ylim=(0.1, 10 if few else 5))
    style.plain_numbers(axes.yaxis, few)
    low, high = axes.get_ylim()
    ticks = [tick for tick in axes.yaxis.get_ticklocs() if 0.999 * low <= tick <= 1.001 * high]
    assert axes.yaxis.get_major_formatter().format_ticks(ticks) == labels


@pytest.mark.parametrize(("n_lines", "step"), [(1, 1), (20, 1), (200, 7)])
def test_lines_are_labelled_as_space_allows(n_lines, step):
    # 77 % of 4 inches are 222 points, in which 30 labels of 1.2 times 6 points find place.
    axes = style.new_axes(style.new_figure((4, 4)), [["a"]])["a"]
    assert style.height(axes) == pytest.approx(0.77 * 4 * 72)
    names = [f"e{number}" for number in range(n_lines)]
    style.label_lines(axes, np.arange(n_lines), names, 6)
    assert axes.get_yticks().tolist() == list(range(0, n_lines, step))
    assert [tick.get_text() for tick in axes.get_yticklabels()] == names[::step]


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_labels_of_ends_keep_their_order_and_do_not_overlap(ends):
    ends = np.array(ends)
    places = style._apart(ends, 0.1, 1.0)
    order = np.argsort(-ends, kind="stable")
    assert (-np.diff(places[order]) > 0.1 - 1e-9).all()
    assert places.max() <= 1 + 1e-9


def test_labels_that_do_not_overlap_stay_where_they_are():
    assert style._apart(np.array([0.5, 0.9, 0.1]), 0.1, 1.0).tolist() == [0.5, 0.9, 0.1]
    assert style._apart(np.array([0.5, 0.52]), 0.1, 1.0) == pytest.approx([0.46, 0.56])


# Notebooks


def test_what_a_notebook_draws_is_offered_by_the_package():
    assert plotting.raster is plots.raster
    assert {*plotting.__all__} < {*dir(plotting)}
    with pytest.raises(AttributeError, match="no attribute 'rastre'"):
        plotting.rastre  # noqa: B018


def test_the_wiring_of_a_dish_and_of_its_culture():
    grown = Dish(load("culture", ["culture.n_neurons=400"]), seed=4)
    of_dish, of_culture = plots.wiring(grown), plots.wiring(grown.culture)
    assert of_dish.lines[1].get_ydata() == pytest.approx(
        of_culture.lines[1].get_ydata(), nan_ok=True
    )
    assert "preset culture with culture.n_neurons = 400; seed 4" in said(of_dish.figure)
    assert "400 neurons; seed 4" in said(of_culture.figure)


def test_a_notebook_shows_axes_and_figures_as_pictures():
    axes = plots.raster(dish([[1.0]]))
    for shown in (axes, axes.figure):
        assert shown._repr_png_().startswith(b"\x89PNG\r\n")
    assert (
        "matplotlib.pyplot" not in sys.modules or not sys.modules["matplotlib.pyplot"].get_fignums()
    )


@pytest.mark.slow
@pytest.mark.parametrize("first", ["", "import matplotlib.pyplot as plt\n", "%matplotlib inline\n"])
def test_axes_are_shown_in_the_kernel_of_a_notebook(first):
    nbclient, nbformat = pytest.importorskip("nbclient"), pytest.importorskip("nbformat")
    code = (
        f"{first}from spikinggrid.plotting import recordings as plots\n"
        "from tests.figures import dish\n"
        "plots.raster(dish([[1.0]]))"
    )
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
    nbclient.NotebookClient(notebook, timeout=120).execute()
    pictures = [o for o in notebook.cells[0].outputs if "image/png" in o.get("data", {})]
    assert len(pictures) == 1


# Files


@pytest.mark.parametrize(
    ("name", "begins"),
    [("a.png", b"\x89PNG\r\n"), ("a.pdf", b"%PDF-"), ("a.b.svg", b"<?xml"), ("A.PNG", b"\x89PNG")],
)
def test_save_writes_the_kind_that_the_suffix_names(name, begins, tmp_path):
    style.save(plots.rates(dish([[1.0]])).figure, tmp_path / name)
    assert (tmp_path / name).read_bytes().startswith(begins)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_save_takes_axes_as_well(tmp_path):
    style.save(plots.rates(dish([[1.0]])), tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("name", ["a.jpg", "a", "a.png.gz", ".png"])
def test_save_refuses_other_kinds(name, tmp_path):
    with pytest.raises(InputError, match=rf"{name}: .*right would be \.png, \.pdf, \.svg"):
        style.save(Figure(), tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_save_into_a_folder_that_does_not_exist(tmp_path):
    with pytest.raises(InputError, match="cannot be written"):
        style.save(Figure(), tmp_path / "nowhere" / "a.png")
