"""Figures of a benchmark: they show what the result holds, and say what they leave out."""

import numpy as np
import pytest

from spikinggrid.cli import plot
from spikinggrid.cli.main import main
from spikinggrid.digits import benchmark
from spikinggrid.parameters.files import dumps, load
from spikinggrid.plotting import digits as digit_plots
from tests.figures import named, said

SMALL = [
    "culture.n_neurons=60",
    "digits.presentation=50 ms",
    "digits.n_presentations=30",
    "digits.evaluation_interval=10",
    "digits.evaluation_images=10",
    "digits.n_images=100",
]


@pytest.fixture(scope="module")
def result():
    parameters = load("digits/bundled", SMALL)
    seeds = {seed: benchmark.measure(parameters, seed, "validation") for seed in (3, 4)}
    return benchmark.BenchmarkResult(dumps(parameters), "validation", seeds)


def test_the_learning_curve_is_the_mean_over_cultures(result):
    axes = named(digit_plots.learning_curve(result))["accuracy"]
    lines = {line.get_label(): line for line in axes.lines}
    values = [each["evaluations"]["label"] for each in result.seeds.values()]
    assert lines["label"].get_xdata().tolist() == [10, 20, 30]
    assert np.allclose(lines["label"].get_ydata(), np.mean(values, axis=0))
    pixels = benchmark.summary(result)["controls"]["pixels_logistic"]
    assert set(lines["pixels_logistic"].get_ydata()) == {pixels}
    assert {*benchmark.READOUTS, "label, untrained", "shuffled_labels"} <= set(lines)


def test_the_confusion_is_written_in_percent(result):
    figure = digit_plots.confusion(result)
    written = [int(text.get_text()) for text in named(figure)["confusion"].texts]
    expected = 100 * benchmark.confusion(result).ravel()
    assert np.allclose(written, expected, atol=0.5)
    accuracy = benchmark.summary(result)["readouts"]["label"]["final_mean"]
    assert f"accuracy {accuracy:.3f}" in said(figure)


def test_receptive_fields_show_every_neuron(result):
    figure = digit_plots.receptive_fields(result)
    axes = named(figure)
    assert len(axes) == 12
    measured = result.seeds[3]
    shown = axes["triggered after"].images[0].get_array()
    fired = ~np.isnan(measured["after"]["triggered"][:, 0, 0])
    assert shown.count() == 36 * fired.sum()
    assert f"{(~fired).sum()} neurons never fired" in said(figure)
    strengths = axes["excitatory before"].images[0].get_array()
    assert strengths.count() == 60 * 60
    digits = [text.get_text() for text in axes["input after, mean"].texts]
    assert digits == ["0"] * 12 + ["1"] * 12
    assert "seed 3" in said(figure)


def test_tiles_keep_the_order_of_neurons():
    x, y = np.array([0.0, 1, 0, 1]), np.array([1.0, 1, 0, 0])
    fields = np.arange(4.0)[:, None, None] * np.ones((4, 2, 2))
    tiles = digit_plots._arranged(fields, x, y)
    assert [[tile[0, 0] for tile in line] for line in tiles] == [[2, 3], [0, 1]]


def test_all_strengths_are_counted(result):
    axes = named(digit_plots.weights(result))
    for name in ("excitatory", "inhibitory"):
        before = result.seeds[3]["before"][f"{name}_counts"]
        values = axes[name].patches[0].get_data().values
        assert values.sum() + before[0] == before.sum()
        assert f"{before[0]:,} below" in axes[name].get_legend().get_texts()[0].get_text()
    change = axes["excitatory change"].images[0].get_array()
    labels = result.seeds[3]["task"]["labels"] >= 0
    assert np.abs(change[:, labels]).max() > 0
    assert np.abs(change[:, ~labels]).max() == pytest.approx(0, abs=1e-9)


def test_responses_to_known_unknown_and_random_patterns(result):
    axes = named(digit_plots.responses(result))
    after = result.seeds[3]["after"]["patterns"]
    expected = {"digit 0": after[0], "unknown digits": after[2:10].mean(axis=0)}
    for name, patterns in expected.items():
        line = axes[f"{name} over time"].lines[1]
        assert np.allclose(line.get_ydata(), patterns.mean(axis=1))
    first = axes["random images 0"].images[0].get_array()
    assert np.allclose(first.ravel(), after[10][:1].mean(axis=0))


def test_output_of_each_class_to_each_pattern(result):
    axes = named(digit_plots.output_distributions(result))
    for stage in ("before", "after"):
        markers = [line for line in axes[stage].lines if line.get_marker().startswith("$")]
        shown = np.array([line.get_ydata() for line in markers]).T
        assert np.allclose(shown, result.seeds[3][stage]["scores_mean"])


@pytest.mark.parametrize("kind", plot.BENCHMARK_KINDS)
def test_every_kind_is_drawn_from_a_file(kind, result, tmp_path):
    benchmark.save(result, tmp_path / "result.h5")
    output = tmp_path / "figure.svg"
    assert main(["plot", str(tmp_path / "result.h5"), kind, "--output", str(output)]) == 0
    assert output.stat().st_size > 10_000


def test_a_recording_is_no_result(tmp_path, capsys):
    assert main(["plot", str(tmp_path / "none.h5"), "confusion"]) == 2
    assert "no such file" in capsys.readouterr().err
