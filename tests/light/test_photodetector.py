"""Calcium against SciPy's integration of NAOMi's equations, and spikes inferred from it."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.optimize import nnls

from spikinggrid.light.calcium import fluorescence, one_spike
from spikinggrid.light.deconvolution import deconvolved
from spikinggrid.light.photostimulation import LightWarning
from spikinggrid.parameters.files import load
from spikinggrid.parameters.indicators import indicators
from spikinggrid.parameters.reference import key
from spikinggrid.simulation.dish import Dish
from spikinggrid.utils.errors import InputError

DT = 1e-3
TWO = load("digits/two_light").replace({"simulation.warmup": "0 s", "light.expressing": 1.0})


@pytest.mark.parametrize("name", indicators())
def test_fluorescence_is_that_of_the_published_equations(name):
    i, spikes = indicators()[name], (0, 40, 45, 300)
    kappa, lam = i.off, i.off + i.on

    def slope(t, state):
        calcium, bound, speed = state
        buffers = 1 + i.buffer + i.indicator * i.half / (calcium + i.half) ** 2
        above = calcium - i.rest
        return (
            -i.clearance * above / buffers,
            speed,
            i.amplitude * (lam - kappa) * above - (kappa + lam) * speed - kappa * lam * bound,
        )

    state, traces = np.array([i.rest, 0.0, 0.0]), []
    for begin, end in zip(spikes, (*spikes[1:], 1000), strict=True):
        state[0] += i.spike / (1 + i.buffer + i.indicator * i.half / (state[0] + i.half) ** 2)
        times = np.arange(begin + 1, end + 1) * DT
        solved = solve_ivp(
            slope, (begin * DT, end * DT), state, "LSODA", times, rtol=1e-9, atol=1e-9
        )
        traces.append(solved.y[1])
        state = solved.y[:, -1].copy()
    active = i.rest + np.concatenate(traces)
    shines, resting = (
        1 + i.maximum / (1 + (i.half / calcium) ** i.hill) for calcium in (active, i.rest)
    )
    expected = shines / resting - 1
    steps = np.array(spikes)
    shown = fluorescence(i, steps, np.zeros(4, np.int64), 1, DT, np.arange(1001))[:, 0]
    assert shown == pytest.approx(expected, rel=0.01, abs=1e-4)


@pytest.mark.parametrize(("name", "measured"), [("GCaMP6f", 0.735 * 0.133), ("GCaMP6s", 0.133)])
def test_one_spike_is_about_as_bright_as_measured(name, measured):
    peak, _ = one_spike(indicators()[name])
    assert peak == pytest.approx(measured, rel=0.15)  # Zhang et al. 2023, Dana et al. 2019


def test_frames_are_means_of_steps():
    steps, neurons = np.array([3, 3, 20]), np.array([0, 2, 0])
    indicator = indicators()["GCaMP6s"]
    fine = fluorescence(indicator, steps, neurons, 3, DT, np.arange(61))
    coarse = fluorescence(indicator, steps, neurons, 3, DT, np.array([0, 20, 60]))
    assert coarse == pytest.approx(np.stack([fine[:20].mean(axis=0), fine[20:].mean(axis=0)]))
    assert not fine[:, 1].any()


def test_deconvolution_finds_the_best_jumps():
    rng, decay, n = np.random.default_rng(3), 0.9, 60
    traces = rng.normal(0, 0.3, (n, 4))
    traces[10:] += 2 * decay ** np.arange(n - 10)[:, None]
    lags = np.arange(n)[:, None] - np.arange(n)
    kernel = np.where(lags >= 0, decay ** np.maximum(lags, 0), 0.0)
    for trace, jumps in zip(traces.T, deconvolved(traces, decay).T, strict=True):
        best, error = nnls(kernel, trace)
        assert np.linalg.norm(kernel @ jumps - trace) == pytest.approx(error, rel=1e-9)
        assert jumps == pytest.approx(best, abs=1e-9)


def test_photodiodes_tell_how_much_the_neurons_under_them_fire():
    dish = Dish(TWO.replace({"photodetector.noise": 0.01}), seed=3)
    light = dish.screen.spots(dish.array, dish.array.select("L"), 0.0, 0.3)
    spikes = dish.run(0.5, light=light)
    traces = dish.fluorescence(spikes)
    detector = dish.photodetector
    assert traces.shape == (30, 60)
    assert detector.n_seen.sum() == pytest.approx(480 * np.pi / 4, rel=0.1)  # discs in squares
    told = detector.spikes(traces).sum(axis=0)
    positions = np.column_stack([dish.culture.x, dish.culture.y])[spikes.neurons]
    distance = np.hypot(*(positions[:, None] - dish.array.positions).transpose(2, 0, 1))
    true = (distance <= 250e-6).sum(axis=0)
    assert len(spikes) > 200
    assert np.corrcoef(told, true)[0, 1] > 0.9


def test_a_camera_sees_each_neuron_in_one_pixel():
    camera = {"sites": "camera", "rows": 6, "columns": 10, "pitch": 5e-4, "diameter": None}
    changes = {f"photodetector.{name}": value for name, value in camera.items()}
    detector = Dish(TWO.replace(changes), seed=3).photodetector
    assert detector.n_seen.sum() == 480
    assert detector.shape == (6, 10)


def test_noise_falls_with_time_and_with_neurons():
    def noise(**changes):
        keys = {f"photodetector.{name}": value for name, value in changes.items()}
        dish = Dish(TWO.replace(keys), seed=3)
        silence = np.empty(0, np.int64)
        traces = dish.photodetector.traces(silence, silence, 2000, np.random.default_rng(1))
        return traces.std(axis=0) * np.sqrt(np.maximum(dish.photodetector.n_seen, 1))

    assert noise().mean() == pytest.approx(0.038, rel=0.02)
    assert noise(frame_rate=15.0).mean() == pytest.approx(0.019, rel=0.05)


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"photodetector.diameter": None}, "diameter is missing"),
        ({"photodetector.rows": 3}, 'rows means nothing with sites = "electrodes"'),
        ({"photodetector": None, "digits.output": "light"}, "photodetector: is missing"),
        ({"light": None}, 'light: is missing, which digits.input = "light" needs'),
    ],
)
def test_keys_that_do_not_agree_are_refused(changes, text):
    with pytest.raises(InputError, match=text):
        TWO.replace(changes)


def test_photodetectors_that_see_no_neuron_are_warned_of():
    with pytest.warns(LightWarning, match="photodetector: no site sees a neuron"):
        _ = Dish(TWO.replace({"photodetector.expressing": 0.0}), seed=3).photodetector


def test_frames_shorter_than_a_step_or_longer_than_the_recording_are_refused():
    for rate in (2000.0, 1.0):
        dish = Dish(TWO.replace({"photodetector.frame_rate": rate}), seed=3)
        with pytest.raises(InputError, match=r"photodetector\.frame_rate"):
            dish.fluorescence(dish.run(0.1))


def test_parameter_files_know_all_indicators():
    assert list(key("photodetector.indicator").choices) == list(indicators())
