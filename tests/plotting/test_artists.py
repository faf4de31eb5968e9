"""What is drawn on axes: on hand-made recordings, hand-made cultures and bare arrays."""

import numpy as np
import pytest
from matplotlib.colors import LogNorm

from spikinggrid.network.connectivity import ABSENT, Projection
from spikinggrid.network.culture import Culture
from spikinggrid.plotting import pages
from spikinggrid.plotting import recordings as plots
from spikinggrid.plotting.artists.comparison import COMPARED
from spikinggrid.statistics.features import published_features
from tests.figures import PITCH, dish, drawn, named, nowhere, pulses, said, stairs

# Rasters


def test_raster_shows_every_spike_in_the_row_of_its_electrode():
    # Given from the bottom right to the top left; the raster begins at the top left.
    trains = [[9.0], [1.0, 2.0], [], [5.0]]
    recording = dish(trains, x=[PITCH, 0, PITCH, 0], y=[PITCH, PITCH, 0, 0])
    axes = named(pages.raster(recording))
    spikes = drawn(axes["raster"], "spikes")
    assert spikes.get_xdata().tolist() == [5.0, 1.0, 2.0, 9.0]
    assert spikes.get_ydata().tolist() == [0, 2, 2, 3]
    assert axes["raster"].yaxis_inverted()
    assert [tick.get_text() for tick in axes["raster"].get_yticklabels()] == ["0", "200"]


@pytest.mark.parametrize(
    ("length", "bins"), [(911.2, "1 s bins"), (30.0, "50 ms bins"), (1.0, "1 ms bins")]
)
def test_raster_states_its_bins(length, bins):
    axes = named(pages.raster(dish([[0.5]], t_stop=length)))
    assert f"(Hz, {bins})" in axes["rate"].get_ylabel()
    _, edges = stairs(axes["rate"])
    stated = {"1 s bins": 1, "50 ms bins": 0.05, "1 ms bins": 0.001}[bins]
    assert np.diff(edges) == pytest.approx(stated, rel=0.01)


def test_raster_without_places_names_electrodes():
    axes = named(pages.raster(nowhere(dish([[1.0], [2.0], [3.0], [4.0]]))))
    assert [tick.get_text() for tick in axes["raster"].get_yticklabels()] == [
        "e0",
        "e1",
        "e2",
        "e3",
    ]
    assert axes["raster"].get_ylabel() == "electrode"


# Electrodes on the dish


def test_rates_lie_where_their_electrodes_lie():
    axes = named(plots.rates(dish([[1.0, 2.0], [], [3.0]])).figure)
    fired, silent = (drawn(axes["electrodes"], label) for label in ("fired", "silent"))
    assert fired.get_array().tolist() == [0.2, 0.1]
    assert fired.get_offsets().tolist() == [[0, 0], [0, pytest.approx(200)]]
    assert silent.get_offsets().tolist() == [[pytest.approx(200), 0]]
    assert silent.get_facecolor().size == 0 or silent.get_facecolor()[0, 3] == 0
    assert axes["electrodes"].yaxis_inverted()
    assert isinstance(fired.norm, LogNorm)
    assert (fired.norm.vmin, fired.norm.vmax) == (0.1, 0.2)
    assert axes["<colorbar>"].get_ylabel() == "firing rate (Hz)"


def test_linear_rates_begin_at_zero():
    axes = named(plots.rates(dish([[1.0, 2.0], [3.0]]), log=False).figure)
    norm = drawn(axes["electrodes"], "fired").norm
    assert not isinstance(norm, LogNorm)
    assert (norm.vmin, norm.vmax) == (0, 0.2)


@pytest.mark.parametrize("log", [True, False])
def test_rates_without_places_are_bars_by_name(log):
    axes = plots.rates(nowhere(dish([[1.0, 2.0], [], [3.0]])), log=log)
    assert [bar.get_width() for bar in axes.patches] == [0.2, 0, 0.1]
    assert [tick.get_text() for tick in axes.get_yticklabels()] == ["e0", "e1", "e2"]
    assert drawn(axes, "silent").get_ydata().tolist() == [1]
    assert axes.get_xlabel() == "firing rate (Hz)"


def test_electrodes_without_a_place_are_left_out_and_counted():
    recording = dish([[1.0], [2.0], [3.0, 4.0]], x=[0, np.nan, PITCH], y=[0, 0, 0])
    figure = pages.rates(recording)
    assert drawn(named(figure)["electrodes"], "fired").get_array().tolist() == [0.1, 0.2]
    assert "1 without a position left out" in said(figure)


def test_a_suppressed_electrode_responds_negatively():
    recording = dish([[4.95, 4.96], [5.02]], **pulses([5.0], [1]))
    coloured = drawn(named(pages.psth(recording))["electrodes 0"], "fired")
    assert np.asarray(coloured.get_array()) == pytest.approx([-2, 1])
    assert (coloured.norm.vmin, coloured.norm.vmax) == (-2, 2)


def test_psth_without_places_has_bars():
    recording = nowhere(dish([[5.02], [5.01, 5.03]], **pulses([5.0], [1])))
    axes = named(pages.psth(recording))["electrodes 0"]
    assert [bar.get_width() for bar in axes.patches] == [1, 2]
    assert axes.get_xlabel() == "response (spikes per stimulus)"


# Wiring


def culture(excitatory: Projection, inhibitory: Projection, **changes) -> Culture:
    """Neurons at random places in 1 x 1 mm, the sources of `inhibitory` last."""
    n = excitatory.n_post
    x, y = np.random.default_rng(1).random((2, n)) * 1e-3
    values = {
        "width": 1e-3,
        "height": 1e-3,
        "x": x,
        "y": y,
        "n_excitatory": excitatory.n_pre,
        "relay": False,
        "v_threshold": np.zeros(n),
        "drive": np.zeros(n),
        "input": Projection.from_matrix(np.zeros((1, n))),
        "excitatory": excitatory,
        "inhibitory": inhibitory,
        "excitatory_delay": 1e-3,
        "inhibitory_delay": 1e-3,
        "excitatory_velocity": np.inf,
        "inhibitory_velocity": np.inf,
        "seed": 7,
    }
    return Culture(**(values | changes))


def random_matrix(n_pre: int, n_post: int, share: float) -> np.ndarray:
    generator = np.random.default_rng(n_pre)
    matrix = generator.uniform(1e-3, 2e-3, (n_pre, n_post))
    return matrix * (generator.random(matrix.shape) < share)


@pytest.mark.parametrize("share", [0.2, 0.9], ids=["sparse", "dense"])
def test_wiring_counts_every_pair(share):
    matrix = random_matrix(30, 40, share)
    matrix[np.arange(30), np.arange(30)] = 0
    excitatory = Projection.from_matrix(matrix)
    assert excitatory.is_dense == (share > 0.5)
    grown = culture(
        excitatory, Projection.from_matrix(np.ones((10, 40)) * ~np.eye(10, 40, 30, bool))
    )
    figure = pages.wiring(grown, electrodes=np.array([[5e-4, 5e-4]]))
    axes = named(figure)

    pre, post = np.nonzero(matrix)
    distance = 1e6 * np.hypot(grown.x[pre] - grown.x[post], grown.y[pre] - grown.y[post])
    dots = drawn(axes["strength"], "excitatory, single connections")
    points = np.column_stack(dots.get_data())
    expected = np.column_stack([distance, 1e3 * matrix[pre, post]])
    assert np.sort(points, axis=0) == pytest.approx(np.sort(expected, axis=0), rel=1e-6)

    every, others = np.nonzero(~np.eye(30, 40, dtype=bool))
    apart = 1e6 * np.hypot(grown.x[every] - grown.x[others], grown.y[every] - grown.y[others])
    fractions, edges = stairs(axes["connected"])
    n_pairs, _ = np.histogram(apart, edges)
    assert np.sum(fractions * n_pairs) == pytest.approx(pre.size)
    inhibitory = axes["connected"].patches[1].get_data()
    assert inhibitory.values == pytest.approx(1)  # each connects to all but itself
    assert "30 sources" in said(figure) and "10 sources" in said(figure)

    assert axes["strength"].get_ylabel() == "strength (mV)"
    assert axes["connected"].get_xlabel() == "distance between neurons (µm)"
    labels = [text.get_text() for text in axes["dish"].get_legend().get_texts()]
    assert labels == ["excitatory (30)", "inhibitory (10)", "electrode (1)"]
    assert axes["dish"].lines[0].get_xdata() == pytest.approx(1e6 * grown.x[:30])
    assert axes["dish"].lines[2].get_xydata().tolist() == [[500, 500]]


def test_wiring_mean_strength_follows_distance():
    n = 200
    everybody = Projection.from_matrix(np.ones((n, n)))
    grown = culture(everybody, everybody, relay=True)
    pre, post = grown.excitatory.pairs()
    falling = np.float32(1e-3 * np.exp(-grown.distances("excitatory", pre, post) / 2e-4))
    figure = pages.wiring(grown.with_strengths(excitatory=falling))
    distance, mean = drawn(named(figure)["strength"], "excitatory").get_data()
    seen = np.isfinite(mean)
    assert seen.sum() > 20
    assert mean[seen] == pytest.approx(np.exp(-distance[seen] / 200), rel=0.05)


def test_wiring_of_a_large_culture_looks_at_some_sources():
    n, n_out = 10140, 80
    generator = np.random.default_rng(3)
    step = generator.permutation(n - 1)[:n_out] + 1
    post = np.sort((np.arange(n)[:, None] + step) % n, axis=1).astype(np.int32).ravel()
    weights = np.full(post.size, 1e-3, np.float32)
    projection = Projection(n, n, weights, np.arange(n + 1) * n_out, post)
    grown = culture(projection, projection, relay=True)
    figure = pages.wiring(grown)
    fractions, _ = stairs(named(figure)["connected"])
    well_known = fractions[5:15]  # many pairs in each bin
    assert well_known == pytest.approx(n_out / (n - 1), rel=0.15)
    assert "811,200 connections; curves from 197 of 10,140 sources, drawn with seed 0" in said(
        figure
    )
    assert (
        drawn(named(figure)["strength"], "excitatory, single connections").get_xdata().size == 2000
    )
    labels = [text.get_text() for text in named(figure)["dish"].get_legend().get_texts()]
    assert labels == ["neuron, excites and by its relay inhibits (10,140)"]
    again = pages.wiring(grown)
    assert stairs(named(again)["connected"])[0].tolist() == fractions.tolist()


def test_wiring_without_inhibition_and_with_strengths_of_zero():
    weights = np.full((3, 3), ABSENT, np.float32)
    weights[0, 1:] = 0, 1e-3
    figure = pages.wiring(culture(Projection(3, 3, weights), Projection(0, 3, weights[:0])))
    assert "No inhibitory connections." in said(figure)
    assert "(1 of 0 mV cannot be seen)" in said(figure)
    figure.draw_without_rendering()


# Features


def test_every_published_feature_is_drawn():
    assert set(COMPARED) == set(published_features([[1.0]], 0, 10))
