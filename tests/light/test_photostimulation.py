"""Light in engines: the exact membrane, equal spikes on both, and nothing where there is none."""

import numpy as np
import pytest
from PIL import Image
from scipy.integrate import quad, solve_ivp

from spikinggrid.light.illumination import Illumination, illuminated, pictured
from spikinggrid.light.photostimulation import LightWarning, Photostimulation
from spikinggrid.parameters.files import load
from spikinggrid.simulation.dish import Dish
from spikinggrid.simulation.engines.kernels import lit_gain
from spikinggrid.utils.errors import InputError

LIGHT = dict(load("digits/two_light").light) | {"expressing": 1.0, "spot": 0.2e-3}
CULTURE = load("culture").replace(
    {
        "culture.n_neurons": 80,
        "neuron.membrane_resistance": "236 MOhm",
        "neuron.v_lower_bound": "-90 mV",
        "synapses.excitatory.synapses_per_neuron": 10.0,
        "synapses.inhibitory.synapses_per_neuron": 10.0,
        "light": LIGHT | {"rows": 16, "columns": 16},
        "simulation.precision": "float64",
        "simulation.warmup": "0 s",
    }
)
SHOWN = illuminated("centre", 0.02, 0.05) + illuminated("L", 0.04, 0.1, brightness=0.3)


def fired(parameters, light=SHOWN, duration=0.25):
    spikes = Dish(parameters, seed=2).run(duration, light=light)
    return spikes.steps.tolist(), spikes.neurons.tolist()


@pytest.mark.parametrize(
    "changes",
    [
        {"light.opsin": "GtACR2", "light.wavelength": "470 nm", "noise.drive": "15 mV"},
        {
            "light.opsin": "ChR2-PyRhO-three",
            "light.wavelength": "470 nm",
            "simulation.dt": "0.5 ms",
        },
    ],
)
def test_both_engines_fire_equally_under_light(numpy_target, changes):
    parameters = CULTURE.replace(changes)
    native = fired(parameters)
    assert native == fired(parameters.replace({"simulation.engine": "brian2"}))
    dark = fired(parameters, None)
    assert len(native[0]) > 30
    assert native != dark


def test_the_membrane_under_light_is_that_of_its_equation():
    parameters = load("digits/two_light").replace(
        {
            "culture.n_neurons": 1,
            "noise.drive": "2 mV",
            "light.expressing": 1.0,
            "light.irradiance": "200 uW/mm2",
            "simulation.dt": "1 ms",
            "simulation.precision": "float64",
            "neuron.v_threshold": "-45 mV",
        }
    )
    dish = Dish(parameters, seed=1)
    neuron, resting = parameters.neuron, parameters.neuron.v_rest
    lit = Photostimulation(dish.culture, dish.parameters)
    picture = np.ones(lit.screen.shape)
    light = dish.screen.image(picture, 0.0, 1.0)
    lit.show(light)
    openings = lit.next(60)[:, 0]
    v = resting
    for opening in openings:
        slope = lambda t, v, a=opening: (resting - v + 2e-3 - a * v) / neuron.tau_m  # noqa: E731
        v = solve_ivp(slope, (0, 1e-3), [v], rtol=1e-10, atol=1e-14).y[0, -1]
        if v >= neuron.v_threshold:
            break
    first = int(np.argmax(openings == opening))
    assert 3 < first < 59
    assert dish.run(0.2, light=light).steps[0] == first


@pytest.mark.parametrize("rate_lit", [0.02, 0.2, 0.2 + 1e-7, 3.0])
def test_a_current_under_light_adds_the_integral_of_its_step(rate_lit):
    rate, rate_v = 0.2, 0.05
    integral = rate_v * quad(lambda s: np.exp(-(1 - s) * rate_lit - s * rate), 0, 1)[0]
    assert lit_gain.py_func(np.exp(-rate), rate, rate_lit, rate_v) == pytest.approx(integral)


def test_without_light_nothing_changes():
    with_table, without = fired(CULTURE, None), fired(CULTURE.replace({"light": None}), None)
    assert with_table == without
    shown = fired(CULTURE.replace({"light.irradiance": 0.0}))
    assert shown == without


def test_a_run_in_pieces_under_light_is_one_run():
    whole = fired(CULTURE, SHOWN, 0.24)
    dish, steps, neurons = Dish(CULTURE, seed=2), [], []
    light = SHOWN.on(dish.screen, dish.array)
    for number in range(16):  # of 15 ms each, less than the light lasts
        spikes = dish.run(0.015, light=light if number == 0 else None)
        steps += (spikes.steps + spikes.first_step).tolist()
        neurons += spikes.neurons.tolist()
    assert (steps, neurons) == whole


def test_presentations_under_light_do_not_depend_on_one_another():
    dish = Dish(CULTURE, seed=2)
    light = SHOWN.on(dish.screen, dish.array)
    dark = Illumination().on(dish.screen, dish.array)
    nothing = dish.run(0.001).stimulus
    alone = dish.simulator.evaluate([nothing] * 2, 0.2, [dark, light])
    again = dish.simulator.evaluate([nothing] * 3, 0.2, [light, light, dark])
    assert len(alone[1]) != len(alone[0])
    assert [len(s) for s in again] != [0, 0, 0]
    assert np.array_equal(alone[0].steps[:5], dish.simulator.evaluate([nothing], 0.2)[0].steps[:5])


def test_a_recording_under_light_can_be_repeated():
    parameters = CULTURE.replace({"simulation.duration": "0.3 s"})
    planned = Dish(parameters, seed=2).record(light=SHOWN)
    assert 'kind = "pattern"' in planned.parameters
    again = Dish.repeat(planned)
    assert [t.tolist() for t in again.spike_trains] == [t.tolist() for t in planned.spike_trains]
    assert again.n_spikes != Dish(parameters, seed=2).record().n_spikes
    dish = Dish(parameters, seed=2)
    dish.run(0.1, light=illuminated("L", 0.0, 0.05))
    with pytest.raises(InputError, match="because of light"):
        Dish.repeat(dish.record("0.1 s"))


def test_a_closed_loop_can_show_light():
    counts = []
    for brightness in (None, 1.0):
        dish = Dish(CULTURE, seed=2)
        loop = dish.closed_loop(0.2, every=0.02)
        for number, step in enumerate(loop):
            if number == 1 and brightness:
                step.illuminate(illuminated("all", 0.0, 0.05))
        recording = loop.recording()
        counts.append(recording.n_spikes)
        assert (recording.history and recording.history.unknown) == (
            "light" if brightness else None
        )
    assert counts[1] > 1.5 * counts[0]


def test_pictures_come_from_files(tmp_path):
    dish = Dish(CULTURE)
    pixels = np.zeros((32, 32), np.uint8)
    pixels[:16] = 255
    pictures = [Image.fromarray(p) for p in (pixels, 255 - pixels)]
    pictures[0].save(tmp_path / "half.png")
    pictures[0].save(tmp_path / "both.gif", save_all=True, append_images=pictures[1:])
    image = pictured(str(tmp_path / "half.png"), 0.0, 0.1).on(dish.screen, dish.array)
    assert image.pictures[0, :8].all()
    assert not image.pictures[0, 8:].any()
    movie = pictured(str(tmp_path / "both.gif"), 0.0, 0.2, rate=10).on(dish.screen, dish.array)
    assert movie.at(np.array([0.15]))[0] == pytest.approx(1 - image.pictures[0])
    with pytest.raises(InputError, match=r"illumination.0.file: .*none.png: No such file"):
        pictured(str(tmp_path / "none.png"), 0.0, 0.1).on(dish.screen, dish.array)
    (tmp_path / "text.png").write_text("no picture")
    with pytest.raises(InputError, match=r"text.png: no picture"):
        pictured(str(tmp_path / "text.png"), 0.0, 0.1).on(dish.screen, dish.array)


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        (
            {"light.opsin": "ChR2", "light.wavelength": "470 nm", "light.irradiance": "5 uW/mm2"},
            r"lifts the membrane .* ordinary LED screen .* it would do with .*Chrimson \(590 nm\)",
        ),
        ({"light.irradiance": "1 nW/mm2"}, r"no opsin here would do; Chrimson takes about"),
        ({"light.irradiance": "200 mW/mm2"}, "harms neurons"),
        ({"light.expressing": 0.0}, "none of the neurons that the screen lights has Chrimson"),
        ({"light.rows": 1, "light.columns": 1, "light.pitch": "1 um"}, "so that it does nothing"),
    ],
)
def test_light_that_does_nothing_or_harm_is_warned_of(changes, text):
    dish = Dish(CULTURE.replace(changes))
    with pytest.warns(LightWarning, match=text):
        dish.run(0.001)


def test_a_picture_without_a_time_is_refused():
    with pytest.raises(InputError, match="light: found array"):
        Dish(CULTURE).run(0.001, light=np.ones((2, 2)))


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"light.wavelength": "700 nm"}, "Chrimson is known from 470 nm to 630 nm"),
        ({"light.distance": "1 mm"}, 'distance means nothing with source = "projector"'),
        ({"neuron.membrane_resistance": None}, "neuron.membrane_resistance is missing"),
        ({"light": None, "illumination": list(SHOWN.entries)}, "light: is missing"),
    ],
)
def test_keys_that_do_not_agree_are_refused(changes, text):
    with pytest.raises(InputError, match=text):
        CULTURE.replace(changes)


def test_light_that_ends_after_the_recording_is_refused():
    with pytest.raises(
        InputError, match=r"illumination.0.start: the last light would end at 1.1 s"
    ):
        Dish(CULTURE).record("1 s", light=illuminated("L", 1.0, 0.1))
    light = Dish(CULTURE.replace({"light.rows": 3})).screen.image(np.ones((3, 16)), 0.0, 0.1)
    with pytest.raises(InputError, match="the screen has 16 rows"):
        Dish(CULTURE).run(0.1, light=light)
    with pytest.raises(InputError, match="light: is missing"):
        Dish(CULTURE.replace({"light": None})).run(0.1, light=SHOWN)
