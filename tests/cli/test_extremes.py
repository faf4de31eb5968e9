"""Values that nobody means: far too long, far too large. Each is one short line at once."""

import numpy as np
import pytest

from spikinggrid.cli.main import COMMANDS, main
from spikinggrid.cli.options import Parser
from spikinggrid.recordings import Recording

LONG = "x" * 5000


@pytest.fixture
def dish(tmp_path, monkeypatch):
    """A recording in the working folder."""
    monkeypatch.chdir(tmp_path)
    trains = [np.linspace(0.1 * k, 29, 60) for k in range(1, 4)]
    Recording.from_spike_trains(trains, 30.0).save("dish.h5")
    Recording.from_spike_trains(trains, 30.0).save("dish.csv")


def refused(capsys, *arguments: str) -> str:
    code = main(arguments)
    told = capsys.readouterr()
    assert (code, told.out) == (2, "")
    assert told.err.count("\n") == 1
    return told.err


@pytest.mark.parametrize(
    "command",
    [
        "LONG",
        "--LONG",
        "advise LONG",
        "advise digits/two_dale --like LONG",
        "advise digits/two_dale --simulations LONG",
        "benchmark LONG",
        "benchmark --classes LONG",
        "benchmark --output LONG",
        "benchmark --seeds LONG",
        "benchmark --set LONG",
        "data fetch LONG",
        "data where LONG",
        "fit LONG cortex_div21",
        "fit culture LONG",
        "fit culture dish.h5 --cluster LONG",
        "fit culture dish.h5 --cluster LONG.toml",
        "fit culture dish.h5 --cluster tcp://LONG",
        "fit culture dish.h5 --duration LONG",
        "fit culture dish.h5 --generations LONG",
        "fit culture dish.h5 --output LONG.toml",
        "fit culture dish.h5 --step LONG",
        "fit culture dish.h5 --vary LONG",
        "fit culture dish.h5 --vary noise.drive=LONG:1mV",
        "fit culture dish.h5 --vary neuron.LONG=1mV:2mV",
        "infer LONG dish.h5",
        "infer posterior LONG",
        "infer posterior LONG.h5",
        "parameters show LONG",
        "plot LONG confusion",
        "plot LONG raster",
        "plot LONG wiring",
        "plot dish.h5 LONG",
        "plot dish.h5 compare --with LONG",
        "plot dish.h5 raster --electrodes LONG",
        "plot dish.h5 raster --from LONG",
        "plot dish.h5 raster --output LONG.png",
        "simulate LONG",
        "simulate culture --LONG",
        "simulate culture --csv LONG.csv",
        "simulate culture --engine LONG",
        "simulate culture --seed LONG",
        "simulate culture --set LONG",
        "simulate culture --set LONG=1",
        "simulate culture --set neuron.LONG=1",
        "simulate culture --set neuron.tau_m=LONG",
        "simulate culture --set mea.layout=LONG.csv",
        "statistics LONG",
        "statistics LONG.csv.gz",
        "statistics dish.csv --columns LONG",
        "statistics dish.csv --layout LONG",
        "statistics dish.csv --sampling-rate LONG",
        "statistics dish.csv --time-unit LONG",
        "statistics dish.csv --well LONG",
        "sweep LONG",
        "targets LONG",
    ],
)
def test_messages_are_short_whatever_was_given(dish, capsys, command):
    told = refused(capsys, *command.replace("LONG", LONG).split())
    assert len(told) < 600 and "x" * 301 not in told


def numbers_of_options():
    """Each option that takes a whole number, with numbers that it does not take."""
    for command in COMMANDS:
        parser = Parser()
        command.add_arguments(parser)
        for action in parser._actions:
            if getattr(action.type, "__qualname__", "").startswith("whole."):
                for number in ("-1", "1e3", str(10**19), "9" * 5000):
                    yield command.NAME, action.option_strings[-1], number


@pytest.mark.parametrize(("command", "option", "number"), list(numbers_of_options()))
def test_whole_numbers_that_nobody_means_are_refused(capsys, command, option, number):
    told = refused(capsys, command, option, number)
    assert f"{option}: found" in told and "right would be a whole number" in told
    assert len(told) < 300
