"""Stimuli as files and notebooks ask for them, and the protocols that were published."""

import brian2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spikinggrid.mea.array import Mea
from spikinggrid.mea.stimuli import Stimulation, burst, poisson, pulses, regular, tetanus
from spikinggrid.parameters.files import load
from spikinggrid.utils import memory
from spikinggrid.utils.errors import InputError

pytestmark = pytest.mark.filterwarnings("error")

DT = 1e-3


def steps(stimulus, electrode=None):
    """Time steps of the pulses, of one electrode only if it is given."""
    chosen = slice(None) if electrode is None else stimulus.electrodes == electrode
    return np.floor(stimulus.times[chosen] / DT + 1e-9).astype(int)


def triples(stimulus):
    return list(zip(stimulus.times, stimulus.electrodes, stimulus.amplitudes, strict=True))


# --- protocols ---------------------------------------------------------------------------


def entry(kind, start="1 s", electrodes='"L"', **keys):
    given = {"duration": '"0.4 s"', "rate": '"250 Hz"'}
    needed = {"pulse": (), "burst": ("duration",)}.get(kind, ("duration", "rate"))
    keys = {name: given[name] for name in needed} | keys
    more = "".join(f", {name} = {value}" for name, value in keys.items())
    return f'{{kind = "{kind}", start = "{start}", electrodes = {electrodes}{more}}}'


def made(*entries, duration="60 s", seed=1):
    dish = ["culture.width=5 mm", "culture.height=3 mm", "mea.layout=6x10-500um"]
    overrides = [f"simulation.duration={duration}", f"simulation.seed={seed}"]
    overrides.append(f"stimulation=[{', '.join(entries)}]")
    parameters = load("culture", dish + overrides)
    stimulation = Stimulation(tuple(parameters.stimulation))
    return stimulation.on(Mea.place(parameters), parameters, parameters.simulation.duration)


def test_without_entries_there_is_no_pulse():
    assert len(made()) == 0


def test_the_tetanus_of_ruaro2005():
    stimulus = made(
        entry("tetanus", repeats="40", interval='"1 s"'),
    )
    assert len(set(stimulus.electrodes)) == 15
    assert len(stimulus) == 15 * 40 * 100
    train = np.floor(stimulus.times + 1e-9).astype(int)
    assert set(train) == set(range(1, 41))
    for number in (1, 17, 40):
        for electrode in set(stimulus.electrodes):
            pulse = steps(stimulus, electrode)
            pulse = pulse[(pulse >= 1000 * number) & (pulse < 1000 * (number + 1))]
            assert len(pulse) == 100  # at 250 Hz
            assert set(np.diff(pulse)) == {4}
            assert pulse[0] == 1000 * number  # all electrodes together


def test_the_test_stimulus_of_lagani2021():
    stimulus = made(entry("burst", "50 ms", duration='"10 ms"'), duration="400 ms")
    assert len(stimulus) == 15 * 10
    assert set(steps(stimulus)) == set(range(50, 60))


def test_single_pulses_repeat():
    stimulus = made(entry("pulse", "2 s", "[3, 5]", repeats="3", interval='"7 s"', amplitude="0.5"))
    times = [2.0, 2.0, 9.0, 9.0, 16.0, 16.0]
    assert triples(stimulus) == list(zip(times, [3, 5] * 3, [0.5] * 6, strict=True))


def test_poisson_trains_repeat_with_other_pulses():
    stimulus = made(entry("poisson", "1 s", "[3]", repeats="2", interval='"1 s"'))
    train = steps(stimulus)
    first, second = train[train < 2000] - 1000, train[train >= 2000] - 2000
    assert list(first) != list(second)
    for one in (first, second):
        assert len(one) == pytest.approx(100, abs=4 * np.sqrt(75))
        assert one.max() < 400


def test_entries_are_given_together():
    first, second = entry("pulse", "2 s", "[3]"), entry("burst", "1 s", '"all"', duration='"1 ms"')
    together = made(first, second)
    assert sorted(triples(together)) == sorted(triples(made(first)) + triples(made(second)))
    assert np.all(np.diff(together.times) >= 0)


def test_an_entry_does_not_change_the_random_numbers_of_another():
    second = entry("poisson", "30 s", "[7]")
    for first in (entry("pulse", "1 s", "[3]"), entry("poisson", "1 s", "[3]", duration='"9 s"')):
        stimulus = made(first, second)
        found = stimulus.times[stimulus.electrodes == 7]
        expected = made(entry("tetanus", "9 s", "[3]"), second)
        np.testing.assert_array_equal(found, expected.times[expected.electrodes == 7])


def test_entries_alike_have_random_numbers_of_their_own():
    stimulus = made(entry("poisson", "1 s", "[3]"), entry("poisson", "2 s", "[3]"))
    train = steps(stimulus)
    assert list(train[train < 2000] - 1000) != list(train[train >= 2000] - 2000)


def test_the_seed_decides():
    trains = [triples(made(entry("poisson"), seed=seed)) for seed in (1, 1, 2)]
    assert trains[0] == trains[1]
    assert trains[0] != trains[2]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (entry("pulse", "60 s"), "start: .* 60 s, but the recording ends at 60 s"),
        (entry("pulse", "61 s"), "start: .* 61 s, .* simulation.duration"),
        (entry("pulse", repeats="3", interval='"30 s"'), "start: .* 61 s"),
        (entry("burst", "59.7 s"), "start: .* 60.1 s"),
        (entry("regular", repeats="100", interval='"1 s"'), "start: .* 100.4 s"),
        (entry("pulse", electrodes="[60]"), "electrodes: found 60, .* 0 to 59"),
        (entry("pulse", electrodes="[]"), "electrodes: none given"),
        (entry("pulse", electrodes='"l"'), 'electrodes: found "l"; .* inverted-L'),
        (entry("poisson", rate='"1001 Hz"'), "rate: found 1001 Hz, .* 1000 Hz"),
        (entry("tetanus", rate='"2000 Hz"'), "rate: found 2000 Hz"),
    ],
)
def test_an_entry_that_cannot_be_given_is_named(wrong, message):
    with pytest.raises(InputError, match=rf"^stimulation\.1\.{message}") as raised:
        made(entry("pulse"), wrong)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("start", [100, 70, 10, 1])
def test_a_train_may_end_with_the_recording(start):
    # 0.1 + 0.2 > 0.3 in binary arithmetic
    for end in range(start + 1, 400):
        keys = {"duration": f'"{end - start} ms"'}
        stimulus = made(entry("burst", f"{start} ms", "[0]", **keys), duration=f"{end} ms")
        assert list(steps(stimulus)) == list(range(start, end))


@given(st.integers(0, 30_000) | st.integers(28_900, 30_000))
def test_every_pulse_falls_on_a_step_of_the_recording(start):
    try:
        stimulus = made(entry("pulse", f"{start} us", "[0]"), duration="30 ms")
    except InputError as error:
        assert str(error).startswith("stimulation.0.start: ")
        assert start >= 30_000
    else:
        assert 0 <= steps(stimulus)[0] < 30


@pytest.mark.parametrize("start", ["0.5 ms", "1.5 ms", "0.3 ms"])
def test_a_burst_that_begins_between_steps_still_uses_each_step_once(start):
    stimulus = made(entry("burst", start, "[0]", duration='"10 ms"'))
    assert set(np.diff(steps(stimulus))) == {1}


# --- makers in Python --------------------------------------------------------------------


def on_array(stimulation, *overrides, duration=60.0):
    dish = ["culture.width=5 mm", "culture.height=3 mm", "mea.layout=6x10-500um"]
    parameters = load("culture", [*dish, "simulation.seed=1", *overrides])
    return stimulation.on(Mea.place(parameters), parameters, duration)


TRAIN = {"duration": "0.4 s", "start": "1 s", "repeats": 3, "interval": "2 s"}
TWICE = {"repeats": "3", "interval": '"2 s"'}


@pytest.mark.parametrize(
    ("stimulation", "line"),
    [
        (pulses("L", "1 s", repeats=3, interval="2 s"), entry("pulse", **TWICE)),
        (pulses("L", 1, repeats=3, interval=2.0), entry("pulse", **TWICE)),
        (
            pulses("L", brian2.second, repeats=3, interval=2000 * brian2.ms),
            entry("pulse", **TWICE),
        ),
        (burst("L", **TRAIN), entry("burst", **TWICE)),
        (tetanus("L", "250 Hz", **TRAIN), entry("tetanus", **TWICE)),
        (poisson("L", 250, **TRAIN), entry("poisson", **TWICE)),
        (regular("L", "250 Hz", **TRAIN), entry("regular", **TWICE)),
        (
            pulses("L", 1) + poisson("centre", "250 Hz", "0.4 s", 1),
            f"{entry('pulse')}, {entry('poisson', electrodes=chr(34) + 'centre' + chr(34))}",
        ),
    ],
)
def test_python_asks_for_what_a_file_asks_for(stimulation, line):
    stimulus = on_array(stimulation)
    assert len(stimulus) > 14
    assert triples(stimulus) == triples(made(line))


@pytest.mark.parametrize(
    "electrodes",
    [[0, 10, 20], ["c1r1", "c1r2", "c1r3"], ["c1r1", 10, "c1r3"], np.array([0, 10, 20])],
)
def test_electrodes_have_numbers_and_names(electrodes):
    assert on_array(pulses(electrodes)).electrodes.tolist() == [0, 10, 20]
    quoted = [f'"{each}"' if isinstance(each, str) else str(each) for each in electrodes]
    assert made(entry("pulse", electrodes=f"[{', '.join(quoted)}]")).electrodes.tolist() == [
        0,
        10,
        20,
    ]


@pytest.mark.parametrize("electrodes", [7, "c8r1", ["c8r1"], np.int64(7)])
def test_one_electrode_needs_no_list(electrodes):
    assert on_array(pulses(electrodes, amplitude=0.5)).electrodes.tolist() == [7]


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda: pulses("L", -1), "start: found -1 s"),
        (lambda: pulses("L", "20 mV"), "start: '20 mV' is in mV"),
        (lambda: pulses("L", repeats=2), "interval is missing"),
        (lambda: pulses("L", repeats=0, interval=1), "repeats: found 0"),
        (lambda: pulses([1.5]), "electrodes: neither numbers nor a name"),
        (lambda: pulses(None), "electrodes: neither numbers nor a name"),
        (lambda: pulses("L", amplitude=-1.0), "amplitude: found -1.0"),
        (lambda: tetanus("L", 0, 1), "rate: found 0"),
        (lambda: burst("L", "2 s", repeats=2, interval="1 s"), "interval must not be shorter"),
    ],
)
def test_what_cannot_be_given_is_refused_at_once(ask, message):
    with pytest.raises(InputError) as raised:
        ask()
    assert str(raised.value).startswith(message)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("stimulation", "message"),
    [
        (pulses("l"), r'found "l"; .* inverted-L'),
        (pulses(["c11r1"]), "found 'c11r1', but .* names such as c1r1"),
        (pulses(60), "found 60, .* 0 to 59"),
        (pulses("L", "60 s"), "the recording ends at 60 s"),
        (poisson("L", "1001 Hz", 1), "found 1001 Hz"),
    ],
)
def test_what_the_array_does_not_have_is_named(stimulation, message):
    with pytest.raises(InputError, match=rf"^stimulation\.1\..*{message}"):
        on_array(pulses("all") + stimulation)


def test_short_descriptions():
    stimulation = pulses("L", repeats=3, interval=1) + tetanus(range(9), 100, 1)
    assert repr(stimulation) == (
        "<Stimulation: pulse on L, 3 times + tetanus on electrodes 0, 1, 2, 3, 4, 5, ...>"
    )
    assert repr(Stimulation()) == "<Stimulation: none>"


# --- more than there is room for ---------------------------------------------------------


@pytest.mark.parametrize(
    ("many", "message"),
    [
        (pulses("all", "1 s", repeats=10**9, interval="10 ns"), "repeats: 60,000,000,000 pulses"),
        (pulses("L", "1 s", repeats=10**12, interval="1 h"), "repeats: 15,000,000,000,000 pulses"),
        (burst([0], "90 h", "1 s"), "duration: 324,000,000 pulses"),
        (tetanus("all", "100 kHz", "1000 s", "1 s"), "duration: 6,000,000,000 pulses"),
        (poisson("all", "1 Hz", "10 h", "1 s"), "duration: 2,160,000,000 random numbers"),
        (regular("all", "500 Hz", "10 h", "1 s"), "duration: 1,080,000,000 pulses"),
    ],
    ids=str,
)
def test_more_pulses_than_fit_into_memory_are_one_line(many, message, monkeypatch):
    monkeypatch.setattr(memory, "available", lambda: 1e10)
    parameters = load("lagani2021/240_bio")
    with pytest.raises(InputError, match=r"^stimulation\.0\.[^\n]*[GTP]B of memory") as raised:
        many.on(Mea.place(parameters), parameters)
    assert message in str(raised.value)


def test_many_repeats_take_a_time_that_grows_with_them():
    parameters = load("culture")
    many = burst([0], "1 ms", "1 s", repeats=20_000, interval="2 ms")
    stimulus = (many + many).on(Mea.place(parameters), parameters)
    assert len(stimulus) == 40_000
    assert np.all(np.diff(stimulus.times) >= 0)
