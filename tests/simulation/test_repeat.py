"""Every recording can be made again from its own file, however it came about."""

import tempfile
from pathlib import Path

import h5py
import numpy as np
import pytest

from spikinggrid.assays import spontaneous
from spikinggrid.mea.array import Mea
from spikinggrid.mea.pulse_trains import Stimulus
from spikinggrid.mea.stimuli import poisson, pulses, tetanus
from spikinggrid.parameters.files import load, loads
from spikinggrid.recordings import load_parameters, read
from spikinggrid.simulation.dish import Dish
from spikinggrid.utils.errors import InputError
from tests.simulation.test_dish import PROTOCOL, SMALL, assert_equal, differ

LEARNING = [
    "plasticity.rule=online",
    "plasticity.trace=set",
    "plasticity.tau_pre=20 ms",
    "plasticity.tau_post=20 ms",
    "plasticity.normalise=false",
    "plasticity.excitatory.nu_pre=0.2 mV",
    "plasticity.excitatory.nu_post=0.5 mV",
]


def small(*overrides):
    return load("culture", [*SMALL, *overrides])


def protocol_of_the_file():
    return Dish(small(PROTOCOL), seed=4).record()


def stimulus_in_python():
    stimulation = pulses("L", "0.2 s", repeats=3, interval="0.3 s") + poisson(
        ["c4r4", 7], "40 Hz", "0.5 s", 1.0
    )
    return Dish(small(PROTOCOL), seed=4).record("2 s", stimulation)


def pulses_by_number():
    stimulus = Stimulus.of([0.1, 0.5004, 0.50041], [3, 8, 8], [1.0, 0.3, 0.7])
    return Dish(small(PROTOCOL)).record("1 s", stimulus)


def later():
    """After other runs of the same dish, of lengths that are no whole number of steps."""
    dish = Dish(small(PROTOCOL, *LEARNING), seed=4)
    dish.record("300.7 ms", pulses("all", "0.1 s"))
    dish.run(1 / 60, tetanus("L", "250 Hz", "10 ms"), plastic=False)
    dish.run("300 ms", plastic=False)
    dish.run("299.5 ms", pulses("centre", "299.2 ms"))
    return dish.record("0.8001 s", pulses("centre", "0.1 s"))


def frozen_in_parts():
    dish = Dish(small(*LEARNING))
    dish.record("0.2 s", plastic=False)
    dish.run("0.2 s")
    return dish.record("0.5 s", plastic=False)


def closed_loop():
    loop = Dish(small(*LEARNING), seed=4).closed_loop("1 s", every="7.3 ms")
    for step in loop:
        if len(step.spikes) > 3:
            step.stimulate("centre", amplitude=0.9)
            step.stimulate(poisson("L", "100 Hz", "20 ms"))
    return loop.recording()


def stopped_loop():
    loop = Dish(small()).closed_loop("10 s", every="5 ms")
    for step in loop:
        if step.time > 0.4:
            step.stop()
    return loop.recording()


def array_of_your_own():
    array = Mea(("a", "b", "c"), x=[0.5e-3, 0.8e-3, 1.1e-3], y=[0.7e-3, 0.8e-3, 0.9e-3])
    return Dish(small("mea.radius=200 um"), array=array).record("1 s", pulses("b", "0.5 s"))


def array_from_a_file():
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "array.csv"
        path.write_text("name,x,y\na,0,0\nb,300,100\nc,200,400\n")
        return Dish(small("mea.radius=200 um", f"mea.layout={path}")).record("1 s")


def assay():
    return spontaneous.record(small("simulation.duration=12.5 s"), 5)


WAYS = [
    protocol_of_the_file,
    stimulus_in_python,
    pulses_by_number,
    later,
    frozen_in_parts,
    closed_loop,
    stopped_loop,
    array_of_your_own,
    array_from_a_file,
    assay,
]

#: Their parameters tell all.
PLANNED = {protocol_of_the_file, stimulus_in_python, array_from_a_file, assay}


@pytest.fixture(params=WAYS, ids=lambda way: way.__name__)
def way(request):
    return request.param


@pytest.fixture
def made(way):
    return way()


def test_a_recording_is_repeated_from_its_file(way, made, tmp_path):
    assert made.n_spikes > 10
    made.save(tmp_path / "dish.h5")
    stored = read(tmp_path / "dish.h5")
    assert (stored.history is None) == (way in PLANNED)
    again = Dish.repeat(stored)
    assert_equal(again, made)
    assert again.source == made.source
    assert again.parameters == made.parameters
    assert again.electrode_names == made.electrode_names
    assert_equal(Dish.repeat(again), made)


def test_a_recording_names_its_seed(made):
    assert loads(made.parameters).simulation.seed == made.seed
    other = Dish.repeat(made, load_parameters(made).replace({"simulation.seed": 99}))
    assert other.seed == 99
    assert differ(other, made)
    assert other.t_stop == made.t_stop


def test_a_recording_is_repeated_on_the_other_engine(numpy_target):
    made = Dish(small("simulation.precision=float64", *LEARNING))
    made.run("50 ms", pulses("centre", "10 ms"), plastic=False)
    made = made.record("100 ms", Stimulus.of([0.02, 0.04], [3, 5]))
    changes = {"simulation.engine": "brian2", "simulation.precision": None}
    again = Dish.repeat(made, load_parameters(made).replace(changes))
    assert made.n_spikes > 5
    assert_equal(again, made)


@pytest.mark.parametrize(
    ("do", "what"),
    [
        (lambda s: s.present(Stimulus.none(), 0.01), "a presentation"),
        (lambda s: s.evaluate([Stimulus.none()], 0.01), "an evaluation"),
        (lambda s: s.reset(), "a reset"),
        (lambda s: s.set_strengths("excitatory", s.strengths("excitatory")), "a change of"),
        (lambda s: s.skip(100), "skipped time"),
    ],
)
def test_what_no_recording_tells_is_said_in_it(do, what, tmp_path):
    dish = Dish(small())
    before = dish.record("100 ms")
    do(dish.simulator)
    dish.record("100 ms").save(tmp_path / "dish.h5")
    with pytest.raises(InputError, match=f"cannot be repeated, because of {what}"):
        Dish.repeat(read(tmp_path / "dish.h5"))
    assert_equal(Dish.repeat(before), before)


def test_another_plan_is_refused_where_it_would_change_nothing():
    made, planned = closed_loop(), protocol_of_the_file()
    for changes in (
        {"simulation.duration": 5.0},
        {"simulation.warmup": 0.0},
        {"mea.layout": "8x8-200um"},
        {"stimulation": [{"kind": "pulse", "electrodes": "L", "start": 0.1}]},
    ):
        with pytest.raises(InputError, match=f"^{next(iter(changes))}: the recording is repeated"):
            Dish.repeat(made, load_parameters(made).replace(changes))
    shorter = load_parameters(planned).replace({"simulation.duration": 2.5})
    assert Dish.repeat(planned, shorter).t_stop == 2.5


def test_real_recordings_cannot_be_repeated():
    made = protocol_of_the_file()
    real = type(made).from_spike_trains(made.spike_trains, made.t_stop)
    with pytest.raises(InputError, match="real recording"):
        Dish.repeat(real)


def test_files_of_the_first_version_are_read_and_repeated(tmp_path):
    made = protocol_of_the_file()
    made.save(tmp_path / "dish.h5")
    with h5py.File(tmp_path / "dish.h5", "a") as file:
        file.attrs["format_version"] = 1
    assert_equal(Dish.repeat(read(tmp_path / "dish.h5")), made)


def test_a_history_survives_its_file(tmp_path):
    made = later()
    made.save(tmp_path / "dish.h5")
    history, stored = made.history, read(tmp_path / "dish.h5").history
    for name in ("t_start", "unknown"):
        assert getattr(stored, name) == getattr(history, name)
    for name in ("stimulus_times", "stimulus_electrodes", "stimulus_amplitudes", "frozen"):
        np.testing.assert_array_equal(getattr(stored, name), getattr(history, name), strict=True)
    assert history.t_start == pytest.approx(0.5 + 0.3007 + 1 / 60 + 0.3 + 0.2995, abs=1e-3)
    assert len(history.frozen) == 1
    assert np.diff(history.frozen) == pytest.approx(0.3 + 1 / 60, abs=1e-3)
