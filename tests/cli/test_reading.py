"""What a spike list does not say is said on the command line, and what was assumed is told."""

import json
from pathlib import Path

import numpy as np
import pytest

from spikinggrid.cli.main import main
from spikinggrid.fitting.targets import OF_POSITIONS
from spikinggrid.recordings import Recording
from tests.trains import poisson


@pytest.fixture(autouse=True)
def files(tmp_path, monkeypatch):
    """A dish in ms without a unit, one without a header, a plate, and one in HDF5."""
    monkeypatch.chdir(tmp_path)
    trains = [poisson(3, 30, seed) for seed in range(6)]
    spikes = sorted((time, f"ch_{n}") for n, train in enumerate(trains) for time in train)
    rows = [f"{1e3 * time:.2f},{name}" for time, name in spikes]
    tmp_path.joinpath("ms.csv").write_text("\n".join(["Time,Channel", *rows]))
    tmp_path.joinpath("bare.txt").write_text("\n".join(rows).replace(",", "\t"))
    wells = [f"{time},A{1 + n % 2}_{11 + n}" for n, (time, _) in enumerate(spikes[:8])]
    tmp_path.joinpath("plate.csv").write_text("\n".join(["Time (s),Electrode", *wells]))
    Recording.from_spike_trains(trains, 30, source="dish.h5").save("dish.h5")
    places = [f"ch_{n},{300 * (n % 3)},{300 * (n // 3)}" for n in range(8)]
    tmp_path.joinpath("map.csv").write_text("\n".join(["name,x (um),y (um)", *places]))


def run(capsys, *arguments: str) -> tuple[int, str, str]:
    code = main(arguments)
    told = capsys.readouterr()
    return code, told.out, told.err


def test_unit_of_times(capsys):
    code, _, told = run(capsys, "statistics", "ms.csv", "--json")
    assert code == 2 and told.startswith("ms.csv: the times have no unit ('Time')")
    assert told.count("\n") == 1
    for unit in (["ms"], ["samples", "--sampling-rate", "1000"]):
        code, out, told = run(capsys, "statistics", "ms.csv", "--json", "--time-unit", *unit)
        assert code == 0
        assert json.loads(out)[0]["features"]["fir.rate"] == pytest.approx(3, rel=0.1)
        assert "ms.csv: the length of the recording is not given" in told


def test_list_without_a_header(capsys):
    options = ["--columns", "time_ms,electrode"]
    code, out, told = run(capsys, "statistics", "bare.txt", *options, "--json")
    assert code == 0
    (row,) = json.loads(out)
    assert row["features"]["n_electrodes"] == 6
    assert [f"bare.txt: {note}" for note in row["notes"]] == told.splitlines()


def test_wells_of_a_plate(capsys):
    code, out, told = run(capsys, "statistics", "plate.csv", "--json")
    assert code == 0
    assert [row["well"] for row in json.loads(out)] == ["A1", "A2"]
    assert told.count("the length of the recording") == 1
    _, table, _ = run(capsys, "statistics", "plate.csv")
    assert "plate.csv A1" in table and "plate.csv A2" in table
    code, out, _ = run(capsys, "statistics", "plate.csv", "--json", "--well", "A2")
    assert [row["well"] for row in json.loads(out)] == ["A2"]


@pytest.mark.parametrize(
    "command",
    [
        ["plot", "plate.csv", "raster"],
        ["fit", "culture", "plate.csv"],
        ["infer", "posterior", "plate.csv"],
        ["targets", "plate.csv"],
    ],
)
def test_commands_that_take_one_dish_ask_for_the_well(capsys, command):
    code, out, told = run(capsys, *command)
    assert (code, out) == (2, "")
    assert told.startswith("plate.csv: holds 2 wells") and "--well A1" in told


def test_figure_and_targets_of_a_list(capsys, tmp_path):
    assert run(capsys, "plot", "ms.csv", "raster", "--time-unit", "ms")[0] == 0
    assert (tmp_path / "ms-raster.png").is_file()
    code, out, _ = run(capsys, "targets", "bare.txt", "--columns", "time_ms,electrode")
    assert code == 0 and '[features."fir.rate"]' in out


def test_options_go_to_the_files_that_take_them(capsys):
    files = ["dish.h5", "ms.csv"]
    code, out, _ = run(capsys, "statistics", *files, "--time-unit", "ms", "--json")
    first, second = (row["features"]["fir.rate"] for row in json.loads(out))
    assert code == 0 and first == pytest.approx(second, rel=0.05)
    compare = ["plot", "dish.h5", "compare", "--with", "ms.csv", "--time-unit", "ms"]
    assert run(capsys, *compare)[0] == 0
    code, _, told = run(capsys, "statistics", "dish.h5", "dish.h5", "--time-unit", "ms")
    assert code == 2 and told == "--time-unit: none of the files needs it\n"


LAYOUT = ["--time-unit", "ms", "--layout", "map.csv"]


@pytest.mark.parametrize(
    "command",
    [
        ["plot", "ms.csv", "rates", "--output", "rates.png"],
        ["plot", "ms.csv", "raster", "--output", "raster.png"],
        ["plot", "ms.csv", "bursts", "--output", "bursts.png"],
        ["plot", "ms.csv", "compare", "--with", "ms.csv", "--output", "both.png"],
        ["targets", "ms.csv"],
    ],
)
def test_every_command_that_reads_recordings_takes_a_layout(capsys, command):
    code, out, _ = run(capsys, *command, *LAYOUT)
    assert code == 0
    if "--output" in command:
        assert Path(command[-1]).is_file()
    else:
        assert '[features."corr.near"]' in out


def test_a_layout_says_where_electrodes_lie(capsys):
    unknown, known = (
        json.loads(run(capsys, "statistics", "ms.csv", "--json", *options)[1])[0]["features"]
        for options in (LAYOUT[:2], LAYOUT)
    )
    of_positions = {name for name in unknown if unknown[name] is None and known[name] is not None}
    assert of_positions <= set(OF_POSITIONS)
    assert of_positions >= {"corr.near", "corr.far"}


def test_a_layout_goes_to_recordings_without_positions_or_else_to_all(capsys):
    here = Recording.from_spike_trains([[1.0], [2.0]], 30, positions=[[0, 0], [1e-3, 0]])
    here.save("elsewhere.h5")
    code, out, _ = run(capsys, "statistics", "elsewhere.h5", "ms.csv", "--json", *LAYOUT)
    assert code == 0 and json.loads(out)[1]["features"]["corr.near"] is not None
    compare = ["plot", "ms.csv", "compare", "--with", "elsewhere.h5", "--output", "both.png"]
    assert run(capsys, *compare, *LAYOUT)[0] == 0
    code, _, told = run(capsys, "statistics", "elsewhere.h5", "--layout", "map.csv")
    assert code == 2 and told.startswith("layout map.csv: lacks the electrode '0'")


@pytest.mark.parametrize("options", [["--time-unit", "ms"], LAYOUT])
def test_a_file_that_is_given_twice_is_read_twice(capsys, options):
    code, out, _ = run(capsys, "statistics", "ms.csv", "ms.csv", "--json", *options)
    assert code == 0 and len(json.loads(out)) == 2


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (["statistics", "ms.csv", "--layout", "no.csv"], "no.csv: cannot be read"),
        (["statistics", "ms.csv", "--layout", "ms.csv"], "ms.csv: line 1: lacks the column name"),
        (["plot", "culture", "wiring", "--layout", "map.csv"], "--layout: goes with recordings"),
        (["fit", "culture", "cortex_div21", "--layout", "map.csv"], "--layout: goes with"),
        (["simulate", "culture", "--layout", "map.csv"], "--layout: no such option"),
        (["statistics", "dish.h5", "--time-unit", "ms"], "--time-unit: does not go with HDF5"),
        (["statistics", "ms.csv", "--time-unit", "min"], "found 'min'; right would be s, ms, us"),
        (["statistics", "ms.csv", "--sampling-rate", "fast"], "--sampling-rate: 'fast' is not"),
        (["statistics", "ms.csv", "--sampling-rate", "-1"], "found -1 Hz"),
        (["fit", "culture", "cortex_div21", "--well", "A1"], "--well: goes with recordings"),
        (["targets", "--columns", "time,electrode"], "--columns: goes with recordings"),
        (["infer", "posterior", "--check", "--time-unit", "s"], "--time-unit: goes with"),
        (["plot", "culture", "wiring", "--well", "A1"], "--well: goes with recordings"),
        (["simulate", "culture", "--time-unit", "s"], "--time-unit: no such option"),
    ],
)
def test_options_that_are_not_used_are_refused(capsys, command, message):
    code, out, told = run(capsys, *command)
    assert (code, out) == (2, "")
    assert message in told and told.count("\n") == 1


def test_values_that_do_not_exist(capsys):
    np.savetxt(
        "calm.csv",
        [[1.0, 1], [9.0, 2]],
        delimiter=",",
        header="x",
        comments="Time (s),Electrode\n#",
    )
    _, out, _ = run(capsys, "statistics", "calm.csv", "--json")
    assert json.loads(out)[0]["features"]["burst.dur"] is None
    _, out, _ = run(capsys, "statistics", "calm.csv")
    (line,) = (line for line in out.splitlines() if line.startswith("burst.dur (s)"))
    assert line.split()[2] == "-"
