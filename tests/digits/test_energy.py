"""Joules, against published sums, and counters of the processor."""

import numpy as np
import pytest

from spikinggrid.digits.energy import (
    Effort,
    Meter,
    Range,
    account,
    effort_of_response,
    effort_of_training,
    joules_text,
    outgoing_synapses,
    sources,
)
from spikinggrid.parameters.files import load
from spikinggrid.simulation.dish import Dish


def joules(effort, watts=None):
    return {entry.name: entry.joules for entry in account(effort, watts)}


def test_a_cortical_neuron_takes_what_was_published():
    """3.29e9 ATP/s at 4 Hz, which is 0.17 to 0.27 nW; 2,000 vesicles a spike."""
    effort = Effort(duration=1.0, cells=1.0, spikes=4.0, events=8000.0)
    low, high = joules(effort)["living tissue"]
    assert 0.7 * 0.17e-9 < low < 0.17e-9
    assert high == pytest.approx(0.27e-9, rel=0.05)


def test_a_decision_of_a_network_is_its_multiply_adds():
    effort = Effort(multiply_adds=784 * 400 + 400 * 10)
    assert joules(effort) == {"arithmetic of a network": pytest.approx([1.46e-6] * 2, rel=1e-3)}


def test_watts_replace_the_assumption():
    effort = Effort(seconds=2.0)
    assert joules(effort, watts=7.0) == {"this computer": Range(14.0, 14.0)}
    low, high = joules(effort)["this computer"]
    assert low < high


def test_every_figure_has_a_range_a_unit_and_a_source():
    named = {name for entry in account(Effort(*[1.0] * 7)) for name in entry.figures}
    assert named == set(sources())
    for entry in sources().values():
        assert 0 < entry["low"] <= entry["high"]
        assert entry["unit"] and entry["source"]


@pytest.mark.parametrize("preset", ["digits/two", "digits/two_dale"])
def test_events_are_spikes_at_synapses(preset):
    culture = Dish(load(preset, ["culture.n_neurons=80"]), seed=1).culture
    exist = np.zeros((80, 80))
    for name in ("excitatory", "inhibitory"):
        projection, first = getattr(culture, name), culture.first_source(name)
        exist[first : first + projection.n_pre] += projection.matrix() > 0
    assert np.array_equal(outgoing_synapses(culture), exist.sum(axis=1))
    spikes = np.arange(80.0)
    effort = effort_of_response(culture, spikes, 0.3)
    cells = 160 if preset == "digits/two" else 80  # with a private interneuron each
    assert (effort.cells, effort.duration) == (cells, 0.3)
    assert effort.spikes == spikes.sum() * cells / 80
    assert effort.events == (spikes[:, None] * exist).sum()
    training = effort_of_training(culture, (0 * spikes, 2 * spikes), 0.3, 6.0)
    assert training.events == pytest.approx(20 * effort.events)


def test_the_counters_of_the_processor_are_read(tmp_path):
    for name, end in (("intel-rapl:0", 10**9), ("intel-rapl:1", 5000)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "energy_uj").write_text("4000\n")
        (tmp_path / name / "max_energy_range_uj").write_text(f"{end}\n")
    meter = Meter(tmp_path)
    (tmp_path / "intel-rapl:0" / "energy_uj").write_text("2004000\n")
    (tmp_path / "intel-rapl:1" / "energy_uj").write_text("1000\n")  # beyond its end
    assert meter.joules() == pytest.approx(2 + 2000e-6)
    assert np.isnan(Meter(tmp_path / "intel-rapl:0").joules())


def test_joules_are_written_with_the_prefix_that_fits():
    assert joules_text(Range(1.2e-5, 3.4e-4)) == "12 to 340 uJ"
    assert joules_text(Range(29.6, 330.0)) == "30 to 330 J"
    assert joules_text(Range(0.0, 0.0)) == "0 pJ"
