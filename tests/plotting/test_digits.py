"""Figures of a benchmark: they show what the result holds, and say what they leave out."""

import dataclasses

import numpy as np
import pytest

from spikinggrid.cli import plot
from spikinggrid.cli.main import main
from spikinggrid.digits.training import READOUTS
from spikinggrid.plotting import digits as digit_plots
from spikinggrid.plotting import fields
from spikinggrid.utils.errors import InputError
from tests.figures import named, said


def test_the_learning_curve_is_the_mean_over_cultures(result):
    axes = named(digit_plots.learning_curve(result))["accuracy"]
    lines = {line.get_label(): line for line in axes.lines}
    values = [culture["evaluations"]["label"] for culture in result.seeds.values()]
    assert lines["label electrodes"].get_xdata().tolist() == [10, 20, 30]
    assert np.allclose(lines["label electrodes"].get_ydata(), np.mean(values, axis=0))
    pixels = result.as_dict()["controls"]["pixels_logistic"]
    assert set(lines["control: pixels, linear"].get_ydata()) == {pixels}
    assert {"untrained", "control: shuffled labels", "control: largest class"} <= set(lines)


def test_the_learning_curve_goes_from_chance_to_one(result):
    axes = named(digit_plots.learning_curve(result))["accuracy"]
    low, high = axes.get_ylim()
    assert 0 < low <= 0.5
    assert high == 1
    assert all(low <= y <= high for line in axes.lines for y in line.get_ydata())


def test_every_curve_is_labelled_at_its_end_with_its_final_accuracy(result):
    axes = named(digit_plots.learning_curve(result))["accuracy"]
    texts = [text.get_text() for text in axes.texts]
    outcome = result.as_dict()
    for name, (label, _) in digit_plots.READOUTS.items():
        assert f"{label}: {outcome['readouts'][name]['final_mean']:.3f}" in texts
    assert len(texts) == len(digit_plots.READOUTS) + len(digit_plots.CONTROLS) + 1
    assert set(digit_plots.READOUTS) == set(READOUTS)


def test_the_confusion_is_written_in_percent(result):
    figure = digit_plots.confusion(result)
    written = [int(text.get_text()) for text in named(figure)["confusion"].texts]
    expected = 100 * result.confusion.to_numpy().ravel()
    assert np.allclose(written, expected, atol=0.5)
    accuracy = result.accuracy
    assert f"label electrodes {accuracy:.3f}" in said(figure)


def test_electrodes_are_drawn_with_their_classes_and_what_they_hear(result):
    axes = named(figure := digit_plots.electrodes(result))
    task = result.seeds[3]["task"]
    labels = task["labels"][task["labels"] >= 0]
    for panel in ("roles", "probing"):
        written = [int(text.get_text()) for text in axes[panel].texts]
        assert written == task["classes"][labels].tolist()
    heard = axes["probing"].images[0].get_array()
    assert np.ma.allclose(np.sort(heard.compressed()), np.sort(task["probed"]))
    n_heard = int((task["probed"][task["labels"] >= 0] > 0).sum())
    assert f"{len(labels)} for labels, of which {n_heard} answer" in said(figure)


def test_a_result_of_before_says_that_it_lacks_what_electrodes_hear(result):
    task = {name: value for name, value in result.seeds[3]["task"].items() if name != "probed"}
    old = dataclasses.replace(result, seeds={3: result.seeds[3] | {"task": task}})
    with pytest.raises(InputError, match="lacks what electrodes hear"):
        digit_plots.electrodes(old)


def test_all_strengths_are_counted(result):
    axes = named(digit_plots.weights(result))
    for name in ("excitatory", "inhibitory"):
        before = result.seeds[3]["before"][f"{name}_counts"]
        values = axes[name].patches[0].get_data().values
        assert values.sum() + before[0] == before.sum()
        assert f"{before[0]:,} below" in axes[name].get_legend().get_texts()[0].get_text()


def test_strengths_onto_label_electrodes_change_and_those_from_the_image(result):
    axes = named(digit_plots.weights(result))
    task = result.seeds[3]["task"]
    labels = fields.on_array(task["labels"] >= 0, task) > 0
    incoming = axes["excitatory incoming"].images[0].get_array()
    assert np.abs(incoming[labels]).max() > 0
    assert np.abs(incoming[~labels]).max() == pytest.approx(0, abs=1e-4)
    outgoing = axes["excitatory outgoing"].images[0].get_array()
    assert np.abs(outgoing[labels]).max() == pytest.approx(0, abs=1e-4)
    written = [text.get_text() for text in axes["excitatory incoming"].texts]
    assert written == ["0"] * 12 + ["1"] * 12


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
        others, own = (markers[k::2] for k in (0, 1))
        means = result.seeds[3][stage]["scores_mean"]
        for digit in (0, 1):
            assert own[digit].get_ydata() == pytest.approx(means[[digit], digit])
            assert others[digit].get_ydata() == pytest.approx(np.delete(means[:, digit], digit))


@pytest.mark.parametrize("kind", plot.BENCHMARK_KINDS)
def test_every_kind_is_drawn_from_a_file(kind, result, tmp_path):
    result.save(tmp_path / "result.h5")
    output = tmp_path / "figure.svg"
    assert main(["plot", str(tmp_path / "result.h5"), kind, "--output", str(output)]) == 0
    assert output.stat().st_size > 10_000


def test_a_recording_is_no_result(tmp_path, capsys):
    assert main(["plot", str(tmp_path / "none.h5"), "confusion"]) == 2
    assert "no such file" in capsys.readouterr().err
