"""Receptive fields: what label neurons receive and respond to, and what every neuron does."""

from dataclasses import replace

import numpy as np
import pytest

from spikinggrid.cli.main import main
from spikinggrid.digits.images import load
from spikinggrid.plotting import fields
from spikinggrid.utils.errors import InputError
from tests.figures import named, said


def label_neurons(measured: dict, k: int) -> np.ndarray:
    """Neurons whose nearest electrode stands for a class, one by one."""
    task, neurons = measured["task"], []
    for neuron, (x, y) in enumerate(zip(task["x"], task["y"], strict=True)):
        distances = (task["electrode_x"] - x) ** 2 + (task["electrode_y"] - y) ** 2
        if task["labels"][np.argmin(distances)] == k:
            neurons.append(neuron)
    return np.array(neurons)


def shown(axes) -> np.ndarray:
    return axes.images[0].get_array().filled(np.nan)


@pytest.mark.parametrize("k", [0, 1])
def test_fields_are_means_over_the_label_neurons_of_a_class(result, k):
    measured = result.seeds[3]
    images = np.random.default_rng(k).random((60, 6, 6))
    neurons = label_neurons(measured, k)
    images[neurons[0]] = np.nan  # as of a neuron that never fired
    taught = measured | {"after": measured["after"] | {"triggered": images}}
    axes = named(fields.learned(replace(result, seeds={3: taught})))
    pixels = measured["task"]["shown"]
    after, before = (1e3 * measured[stage]["excitatory"] for stage in ("after", "before"))
    for row, column in ((0, 0), (2, 3), (5, 5)):
        electrode = pixels[row, column]
        expected = after[electrode, neurons].mean()
        assert shown(axes[f"after {k}"])[row, column] == pytest.approx(expected, rel=1e-5)
        expected -= before[electrode, neurons].mean()
        assert shown(axes[f"change {k}"])[row, column] == pytest.approx(expected, abs=1e-5)
    expected = images[neurons[1:]].mean(axis=0) - measured["task"]["mean_image"]
    assert shown(axes[f"response {k}"]) == pytest.approx(expected)
    label = axes[f"digit {k}"].get_xlabel()
    assert label == f"{len(neurons)} neurons, {len(neurons) - 1} fired"


def test_the_mean_digits_are_those_of_the_images(result):
    axes = named(fields.learned(result))
    images = load("bundled", "validation").showing([1]).resized(6, 6)
    expected = images.pixels.mean(axis=0) / 255
    assert shown(axes["digit 1"]) == pytest.approx(expected)
    mean_image = result.seeds[3]["task"]["mean_image"]
    assert shown(axes["difference 1"]) == pytest.approx(expected - mean_image)
    assert axes["digit 1"].get_ylabel() == "1"


def test_all_fields_have_one_diverging_scale_with_a_bar(result):
    axes = named(fields.learned(result))
    for names, label in (
        (("difference", "response"), "share of white"),
        (("after", "change", "single"), "excitatory strength by pixel (mV)"),
    ):
        norms = [axes[f"{name} {k}"].images[0].norm for name in names for k in (0, 1)]
        assert len({(norm.vmin, norm.vmax) for norm in norms}) == 1
        assert norms[0].vmin == -norms[0].vmax
        assert label in [panel.get_xlabel() for panel in axes.values()]


def test_learned_fields_say_what_they_are_of(result):
    text = said(fields.learned(result, "benchmark-two/result.h5"))
    accuracy = result.accuracy
    assert f"{100 * accuracy:.1f} % of the validation images" in text
    assert "benchmark-two/result.h5; preset digits/bundled with 6 keys changed" in text
    assert "seed 3 of 3, 4" in text


def test_a_class_without_label_neurons_is_grey(result):
    measured = result.seeds[3]
    far = measured["task"] | {"x": np.full(60, 0.0), "y": np.full(60, 0.0)}
    alone = replace(result, seeds={3: measured | {"task": far}})
    axes = named(fields.learned(alone))
    assert np.isnan(shown(axes["after 0"])).all()
    assert np.isnan(shown(axes["response 0"])).all()
    assert axes["digit 0"].get_xlabel() == "0 neurons, 0 fired"


def test_every_neuron_is_shown(result):
    measured = result.seeds[3]
    figure = fields.every_neuron(result)
    axes = named(figure)
    fired = ~np.isnan(measured["after"]["triggered"][:, 0, 0])
    assert axes["response after"].images[0].get_array().count() == 36 * fired.sum()
    assert f"never fired ({(~fired).sum()} after" in said(figure)
    strengths = axes["excitatory before"].images[0].get_array()
    assert strengths.count() == 60 * 60
    assert strengths.sum() == pytest.approx(1e3 * measured["before"]["excitatory"].sum(), rel=1e-5)
    labels = fields.neurons_under(measured["task"])
    classes = measured["task"]["labels"][labels]
    written = [text.get_text() for text in axes["excitatory after"].texts]
    assert sorted(written) == ["0"] * (classes == 0).sum() + ["1"] * (classes == 1).sum()
    assert "input after" not in axes  # these synapses do not learn


def test_synapses_from_electrodes_are_shown_where_they_learn(result):
    measured = result.seeds[3]
    learned = measured["after"] | {"input": measured["after"]["input"] + 1e-3}
    other = replace(result, seeds={3: measured | {"after": learned}})
    assert "input after" in named(fields.every_neuron(other))


def test_tiles_keep_the_order_of_neurons():
    task = {"x": np.array([0.0, 1, 0, 1]), "y": np.array([1.0, 1, 0, 0])}
    tiles = fields._arranged(np.arange(4.0)[:, None, None] * np.ones((4, 2, 2)), task)
    assert tiles[:, :, 0, 0].tolist() == [[2, 3], [0, 1]]


def test_joined_tiles_have_lines_between_them():
    tiles = np.arange(6.0).reshape(1, 3, 1, 2)
    assert fields._joined(tiles) == pytest.approx(
        np.array([[0, 1, np.nan, 2, 3, np.nan, 4, 5]]), nan_ok=True
    )


def test_a_result_without_mean_digits_is_refused(result):
    measured = result.seeds[3]
    task = {key: value for key, value in measured["task"].items() if key != "mean_digits"}
    old = replace(result, seeds={3: measured | {"task": task}})
    with pytest.raises(InputError, match=r"old\.h5: lacks mean digits; measure again"):
        fields.learned(old, "old.h5")


def test_the_command_draws_label_neurons_or_all(result, tmp_path, capsys):
    result.save(tmp_path / "result.h5")
    words = ["plot", str(tmp_path / "result.h5"), "receptive-fields", "--output"]
    for output, more in ((tmp_path / "a.svg", []), (tmp_path / "b.svg", ["--all"])):
        assert main([*words, str(output), *more]) == 0, capsys.readouterr().err
    assert (tmp_path / "a.svg").read_bytes() != (tmp_path / "b.svg").read_bytes()
