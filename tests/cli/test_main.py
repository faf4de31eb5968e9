"""The four jobs as a user runs them, and what happens when the input is wrong."""

import gzip
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import h5py
import numpy as np
import pytest

from spikinggrid.cli.main import COMMANDS, main
from spikinggrid.fitting.targets import OF_POSITIONS
from spikinggrid.mea.stimuli import pulses
from spikinggrid.parameters import files as parameter_files
from spikinggrid.recordings import load_parameters, read
from spikinggrid.simulation.dish import Dish

pytestmark = pytest.mark.usefixtures("numpy_target")

#: A small culture that runs in about a second.
SMALL = (
    'extends = "culture"\n'
    "[culture]\nn_neurons = 250\n"
    "[synapses.excitatory]\nsynapses_per_neuron = 20\nstrength = '40 mV'\n"
    "[synapses.inhibitory]\nsynapses_per_neuron = 15\n"
    "[mea]\nradius = '90 um'\n"
    "[simulation]\nduration = '2 s'\nwarmup = '0.1 s'\n"
    "[[stimulation]]\nkind = 'pulse'\nelectrodes = 'centre'\nstart = '0.5 s'\nrepeats = 3\n"
    "interval = '0.4 s'\n"
)


@pytest.fixture(scope="module")
def simulated(tmp_path_factory, numpy_target) -> Path:
    """A recording made by the command line."""
    folder = tmp_path_factory.mktemp("simulated")
    (folder / "small.toml").write_text(SMALL)
    output = folder / "small.h5"
    arguments = ["simulate", str(folder / "small.toml"), "--seed", "3", "--json"]
    assert main([*arguments, "--output", str(output), "--csv", str(folder / "small.csv")]) == 0
    return output


def run(capsys, *arguments) -> tuple[int, str, str]:
    """Exit code and what was printed."""
    capsys.readouterr()
    code = main([str(argument) for argument in arguments])
    printed = capsys.readouterr()
    return code, printed.out, printed.err


# --- the jobs --------------------------------------------------------------------------


def test_simulation_is_recorded_with_everything_to_repeat_it(simulated):
    made = read(simulated)
    resolved = parameter_files.loads(made.parameters)
    assert made.duration == 2.0
    assert made.seed == resolved.simulation.seed == 3
    assert made.n_spikes > 100
    assert len(made.stimulus_times) == 3 * 4
    assert {"spikinggrid", "brian2", "numpy", "python"} <= set(made.versions)
    again = Dish(resolved).record()
    assert all(map(np.array_equal, again.spike_trains, made.spike_trains))


def test_a_recording_can_be_run_again(simulated, tmp_path, capsys):
    again = tmp_path / "again.h5"
    code, _, err = run(capsys, "simulate", simulated, "--output", again)
    assert code == 0, err
    trains = (read(path).spike_trains for path in (simulated, again))
    assert all(map(np.array_equal, *trains))
    code, _, err = run(capsys, "simulate", simulated, "--output", simulated)
    assert code == 2
    assert "would be overwritten by what is made of it" in err


def test_a_recording_of_python_is_repeated_as_it_was_made(simulated, tmp_path, capsys):
    dish = Dish(load_parameters(simulated), seed=2)
    dish.run("0.15 s")
    made = dish.record("0.3 s", pulses("L", "0.1 s"))
    made.save(tmp_path / "dish.h5")
    code, _, err = run(capsys, "simulate", tmp_path / "dish.h5", "--output", tmp_path / "again.h5")
    assert code == 0, err
    assert made.n_spikes > 10
    assert all(map(np.array_equal, read(tmp_path / "again.h5").spike_trains, made.spike_trains))
    changed = ["--set", "simulation.duration=1 s", "--output", tmp_path / "longer.h5"]
    code, _, err = run(capsys, "simulate", tmp_path / "dish.h5", *changed)
    assert code == 2
    assert "dish.h5: simulation.duration: the recording is repeated as it was made" in err
    assert not (tmp_path / "longer.h5").exists()


@pytest.mark.parametrize("engine", ["native", "brian2"])
def test_the_engine_can_be_chosen(tmp_path, capsys, engine):
    (tmp_path / "small.toml").write_text(SMALL)
    output = tmp_path / "x.h5"
    arguments = ["--engine", engine, "--set", "simulation.duration=1.5 s", "--output", output]
    code, _, err = run(capsys, "simulate", tmp_path / "small.toml", *arguments)
    assert code == 0, err
    made = read(output)
    assert parameter_files.loads(made.parameters).simulation.engine == engine
    assert made.n_spikes > 50


def test_a_silent_culture_is_warned_of_in_one_line(tmp_path, capsys):
    (tmp_path / "small.toml").write_text(SMALL)
    silent = ["--set", "noise.drive=-30 mV", "--set", "simulation.duration=11 s"]
    silent += ["--set", "stimulation=[]", "--output", tmp_path / "silent.h5"]
    code, _, err = run(capsys, "simulate", tmp_path / "small.toml", *silent)
    assert code == 0
    assert "warning: the culture is silent" in err
    assert len(err.splitlines()) == 2


def test_other_seed_other_culture(simulated):
    made = read(simulated)
    resolved = parameter_files.loads(made.parameters.replace("seed = 3", "seed = 4"))
    other = Dish(resolved).record()
    assert not all(map(np.array_equal, other.spike_trains, made.spike_trains))


def test_no_spike_in_the_blanked_time(simulated):
    made = read(simulated)
    middle = np.flatnonzero(np.hypot(made.x - 0.8e-3, made.y - 0.8e-3) < 0.3e-3)
    for electrode in middle:
        since = made.spike_trains[electrode][:, None] - np.unique(made.stimulus_times)
        assert not np.any((since >= 0) & (since < 2e-3))


def test_statistics_of_several_files_as_json(simulated, capsys):
    csv = simulated.with_suffix(".csv")
    code, out, _ = run(capsys, "statistics", simulated, csv, "--json")
    first, second = json.loads(out)
    assert code == 0
    assert first["file"] == str(simulated)
    assert first["features"]["fir.rate"] > 0
    assert first["features"]["n_spikes"] == read(simulated).n_spikes
    nowhere = dict.fromkeys(OF_POSITIONS)  # a spike list holds no places
    assert second["features"] == pytest.approx(first["features"] | nowhere)
    (response,) = first["responses"]
    assert response["electrodes"] == [25, 26, 32, 33]
    assert response["n_stimuli"] == 3
    made = read(simulated)
    spikes = np.concatenate(made.spike_trains)[:, None] - np.unique(made.stimulus_times)
    assert response["count"] == np.sum((spikes > 0.005) & (spikes < 0.1)) / 3
    assert "responses" not in second  # a spike list holds no stimuli


def test_statistics_as_a_table(simulated, capsys):
    code, out, _ = run(capsys, "statistics", simulated)
    assert code == 0
    assert "burst.rate (/min)" in out
    assert "fir.rate (Hz)" in out
    assert "3 stimuli on 4 electrodes (25, 26, 32, 33)" in out


def test_real_and_simulated_recordings_side_by_side(simulated, published_files, tmp_path, capsys):
    real = published_files[0]
    code, out, _ = run(capsys, "statistics", simulated, real, "--json")
    assert code == 0
    assert json.loads(out)[1]["features"]["num.n.s"] > 0
    picture = tmp_path / "compare.png"
    code, _, _ = run(capsys, "plot", simulated, "compare", "--with", real, "--output", picture)
    assert code == 0
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_figures_are_named_after_folder_file_and_kind(simulated, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "dish.h5").write_bytes(simulated.read_bytes())
    words = ("--from", "1 s", "--to", "2", "--electrodes", "c4r4, c5r4")
    assert run(capsys, "plot", "dish.h5", "raster", *words)[0] == 0
    assert run(capsys, "plot", simulated, "rates")[0] == 0
    folder, stem = simulated.parent.name, simulated.name.split(".")[0]
    pictures = {path.name for path in tmp_path.glob("*.png")}
    assert pictures == {"dish-raster.png", f"{folder}-{stem}-rates.png"}


@pytest.mark.parametrize("kind", ["raster", "rates", "bursts", "psth", "wiring"])
def test_every_kind_of_figure(simulated, tmp_path, capsys, kind):
    picture = tmp_path / f"{kind}.png"
    code, _, err = run(capsys, "plot", simulated, kind, "--output", picture)
    assert code == 0, err
    assert picture.stat().st_size > 10_000


@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("dish.h5", "dish-raster.png"),
        ("./dish.h5", "dish-raster.png"),
        ("div.21/dish.h5", "div.21-dish-raster.png"),
        ("../tuesday/dish.DIV21.h5", "tuesday-dish.DIV21-raster.png"),
        ("../dish.csv.gz", "FOLDER-dish-raster.png"),
    ],
)
def test_names_of_figures_hold_that_of_the_folder(name, made, simulated, tmp_path, monkeypatch):
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    Path(name).parent.mkdir(exist_ok=True)
    if name.endswith(".gz"):
        Path(name).write_bytes(gzip.compress(simulated.with_suffix(".csv").read_bytes()))
    else:
        shutil.copy(simulated, name)
    assert main(["plot", name, "raster"]) == 0
    made = made.replace("FOLDER", tmp_path.name)
    assert made in {path.name for path in here.iterdir()}


def test_files_are_overwritten_only_by_force(simulated, tmp_path, capsys):
    picture = tmp_path / "raster.png"
    assert main(["plot", str(simulated), "raster", "--output", str(picture)]) == 0
    before = picture.stat().st_mtime_ns
    code, _, err = run(capsys, "plot", simulated, "raster", "--output", picture)
    assert (code, picture.stat().st_mtime_ns) == (2, before)
    assert "--force to overwrite it" in err
    assert main(["plot", str(simulated), "raster", "--output", str(picture), "--force"]) == 0
    assert picture.stat().st_mtime_ns > before


def test_outputs_are_written_through_links(simulated, tmp_path, capsys):
    (tmp_path / "disk").mkdir()
    (tmp_path / "raster.png").symlink_to("disk/raster.png")
    code, _, err = run(capsys, "plot", simulated, "raster", "--output", tmp_path / "raster.png")
    assert code == 0, err
    assert (tmp_path / "raster.png").is_symlink()
    assert (tmp_path / "disk" / "raster.png").stat().st_size > 10_000


def test_parameters_are_listed_and_shown(capsys):
    code, out, _ = run(capsys, "parameters")
    assert code == 0
    assert "culture " in out
    assert "lagani2021/240_bio" in out
    code, out, _ = run(capsys, "parameters", "show", "culture", "--set", "neuron.tau_m=15 ms")
    assert code == 0
    shown = parameter_files.loads(out)
    assert shown == parameter_files.load("culture", ["neuron.tau_m=15 ms"])


def test_data_says_where_a_recording_is(data_folder, capsys):
    code, out, _ = run(capsys, "data", "where", "C57_TC192_G2CEPHYS1_DIV21_A")
    assert code == 0
    assert Path(out.strip()).is_file()
    code, out, _ = run(capsys, "data", "list", "--json")
    assert code == 0
    assert len(json.loads(out)) == 12


def test_help_teaches(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["simulate", "--help"])
    assert stop.value.code == 0
    assert "neuron.tau_m=" in capsys.readouterr().out


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_printed(shell, capsys):
    with pytest.raises(SystemExit) as stop:
        main(["--print-completion", shell])
    assert not stop.value.code
    script = capsys.readouterr().out
    assert all(command.NAME in script for command in COMMANDS)
    assert "print-completion" in script


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
@pytest.mark.parametrize(
    ("words", "completed"),
    [
        (["sim"], ["simulate"]),
        (["p"], ["parameters", "plot", "pool", "predict"]),
        (["simulate", "--eng"], ["--engine"]),
        (["simulate", "--engine", "nat"], ["native"]),
        (["data", "f"], ["fetch"]),
    ],
)
def test_bash_completes(words, completed, tmp_path):
    script = subprocess.run(
        [sys.executable, "-m", "spikinggrid", "--print-completion", "bash"],
        capture_output=True,
        check=True,
        text=True,
    ).stdout
    line = " ".join(map(shlex.quote, ["spikinggrid", *words]))
    ask = (
        f"COMP_WORDS=({line}); COMP_CWORD={len(words)}; COMP_LINE={line!r};"
        "COMP_POINT=${#COMP_LINE}; _shtab_spikinggrid; printf '%s\\n' \"${COMPREPLY[@]}\""
    )
    answer = subprocess.run(
        ["bash", "-c", f"{script}\n{ask}"], cwd=tmp_path, capture_output=True, text=True
    )
    assert sorted(map(str.strip, answer.stdout.split())) == completed, answer.stderr


def test_help_is_instant():
    """No heavy module is imported for it."""
    program = (
        "import sys; from spikinggrid.cli.main import command_line; command_line().format_help();"
        "print(*{'numpy', 'scipy', 'brian2', 'matplotlib', 'h5py', 'pydantic', 'distributed'}"
        " & set(sys.modules))"
    )
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert answer.stdout.split() == [], answer.stderr


# --- what goes wrong --------------------------------------------------------------------


def test_every_mistake_is_one_line_and_exit_code_2(simulated, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty.h5").touch()
    (tmp_path / "cut.h5").write_bytes(simulated.read_bytes()[:3000])
    (tmp_path / "text.h5").write_text("not a recording\n")
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["something"] = [1, 2, 3]
    (tmp_path / "nan.csv").write_text("Time (s),Electrode\n0.1,a\nnan,a\n")
    (tmp_path / "columns.csv").write_text("when,where\n0.1,a\n")
    (tmp_path / "picture.png").touch()
    (tmp_path / "folder.h5").mkdir()
    os.mkfifo(tmp_path / "pipe.h5")
    (tmp_path / "null.h5").symlink_to("/dev/null")
    cases = [
        (["simulate", "cultur"], 'did you mean the preset "culture"'),
        (["simulate", "culture", "--output", "nowhere/x.h5"], "nowhere/x.h5: cannot be written"),
        (["simulate", "culture", "--output", "folder.h5"], "folder.h5: is a folder"),
        (["simulate", "culture", "--output", "pipe.h5"], "pipe.h5: is a device or a pipe"),
        (["simulate", "culture", "--output", "null.h5"], "null.h5: is a device or a pipe"),
        (["simulate", "culture", "--output", "."], "right would be a name that ends in .h5"),
        (["simulate", "culture", "--output", "x.png"], "right would be a name that ends in .h5"),
        (["simulate", "culture", "--csv", "x.h5"], "right would be a name that ends in .csv"),
        (["simulate", "culture", "--output", "cut.h5"], "cut.h5: exists; give another name, or"),
        (["simulate", "culture", "--csv", "nan.csv"], "nan.csv: exists"),
        (["simulate", "culture", "--output", f"{'x' * 300}.h5"], "File name too long"),
        (["simulate", "x" * 5000], "no such parameter file or preset"),
        (["statistics", f"{'x' * 300}.h5"], "File name too long"),
        (["plot", f"{'x' * 300}.h5", "raster"], "File name too long"),
        (["plot", simulated, "raster", "--output", "picture.png"], "picture.png: exists"),
        (["targets", simulated, "--output", "x.txt"], "right would be a name that ends in .toml"),
        (["targets", "--output", "x.toml"], "--output: goes with recordings"),
        (["fit", "culture", "cortex_div21", "--output", "x.h5"], "ends in .toml"),
        (["sweep", "culture", "--vary", "noise.drive=1 mV", "--output", "x.toml"], "ends in .png"),
        (["advise", "culture", "--output", "x.toml"], "ends in .md"),
        (
            ["simulate", "culture", "--seed", "-1"],
            "--seed: found -1; right would be a whole",
        ),
        (["simulate", "culture", "--seed", "1.5"], "--seed: found 1.5"),
        (["simulate", "culture", "--sed", "1"], "--sed: no such option; did you mean --seed?"),
        (["simulate", "culture", "other"], "other: no such argument"),
        (["simulate"], "arguments are required: PARAMETERS"),
        (["simulat", "culture"], "'simulat'; did you mean simulate?"),
        (["x"], "'x'; right would be simulate, statistics, connectivity, plot"),
        ([], "arguments are required: COMMAND"),
        (["simulate", "culture", "--engine", "brian"], "'brian'; did you mean brian2?"),
        (["plot", simulated, "rastre"], "'rastre'; did you mean raster?"),
        (["fit", "culture", "cortex_div21", "--step", "1.5"], "--step: found 1.5"),
        (["fit", "culture", "cortex_div21", "--population", "3"], "whole number, 4 to 1,000,000"),
        (["parameters", "list", "culture"], "culture: no such argument"),
        (["parameters", "show", "culture", "--json"], "--json: no such option"),
        (["data", "list", "culture"], "culture: no such argument"),
        (["data", "where", "culture", "--json"], "--json: no such option"),
        (["simulate", "culture", "--set", "culture.n_neurons=0"], "culture.n_neurons"),
        (["simulate", "culture", "--set", "synapses.excitatory.reach=1 um"], "reach: too short"),
        (
            ["simulate", "culture", "--set", "culture.n_neurons=50"],
            "culture: synapses.excitatory.synapses_per_neuron: found 80",
        ),
        (["simulate", "culture", "--set", "culture.width=1 mm"], "mea.layout"),
        (
            ["simulate", "culture", "--set", "simulation.duration=0.1 ms"],
            "simulation.duration is shorter than a step",
        ),
        (
            ["simulate", "stimulated_culture", "--set", "simulation.duration=30 s"],
            "stimulation.0.start: the last pulse would come at 49 s",
        ),
        (["statistics", "missing.h5"], "missing.h5"),
        (["statistics", "empty.h5"], "empty.h5"),
        (["statistics", "cut.h5"], "cut.h5"),
        (["statistics", "text.h5"], "text.h5"),
        (["statistics", "other.h5"], "other.h5"),
        (["statistics", "nan.csv"], "nan.csv"),
        (["statistics", "columns.csv"], "columns.csv"),
        (["plot", simulated, "raster", "--output", "x.jpeg2"], "found x.jpeg2; right would be"),
        (["plot", simulated, "compare"], "--with: is missing; for example"),
        (["plot", simulated, "raster", "--with", simulated], "goes with compare, not with raster"),
        (["plot", simulated, "wiring", "--from", "1"], "--from: goes with raster, rates, bursts"),
        (["plot", simulated, "raster", "--from", "1 mV"], "--from: '1 mV' is in mV"),
        (["plot", simulated, "raster", "--all"], "--all: goes with receptive-fields, not with"),
        (["plot", simulated, "raster", "--from", "70"], "right would be a stretch within 0 s to"),
        (["plot", simulated, "raster", "--electrodes", "c9r9"], "h5: electrodes: there is no c9r9"),
        (["parameters", "show"], "are required: PARAMETERS"),
        (["data", "fetch"], "are required: NAME"),
        (["data", "where", "C57_CTX_G2CEPHYS1_TC11_DIV22_A"], "C57_CTX_G2CEPHYS1_TC11_DIV2"),
    ]
    for arguments, message in cases:
        before = sorted(tmp_path.iterdir())
        code, out, err = run(capsys, *arguments)
        lines = [line for line in err.splitlines() if "biological time" not in line]
        assert code == 2, arguments
        assert out == "", arguments
        assert len(lines) == 1, lines
        assert message in lines[0], (message, lines[0])
        assert sorted(tmp_path.iterdir()) == before, arguments


def test_a_real_recording_has_no_known_wiring(published_files, tmp_path, capsys):
    real = published_files[0]
    code, _, err = run(capsys, "plot", real, "wiring", "--output", tmp_path / "x.png")
    assert code == 2
    assert "whose culture nobody knows" in err


def test_a_full_disk_leaves_nothing_behind(tmp_path, capsys, monkeypatch):
    (tmp_path / "small.toml").write_text(SMALL)

    def full(*arguments, **options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    output = tmp_path / "small.h5"
    code, _, err = run(capsys, "simulate", tmp_path / "small.toml", "--output", output)
    assert code == 2
    assert "small.h5: cannot be written: No space left on device" in err
    assert [path.name for path in tmp_path.iterdir()] == ["small.toml"]


@pytest.mark.skipif(sys.platform == "win32", reason="signals differ")
@pytest.mark.usefixtures("usual_signals")
def test_ctrl_c_stops_a_long_run_and_writes_nothing(tmp_path):
    program = "import sys; from spikinggrid.cli.main import main; sys.exit(main())"
    long = ["simulate", "culture", "--set", "simulation.duration=500 h", "--output", "x.h5"]
    with subprocess.Popen(
        [sys.executable, "-c", program, *long], cwd=tmp_path, stderr=subprocess.PIPE, text=True
    ) as run:
        time.sleep(3)
        run.send_signal(signal.SIGINT)
        _, err = run.communicate(timeout=30)
    assert run.returncode == 130
    assert err.splitlines()[-1] == "interrupted; nothing was written"
    assert not list(tmp_path.iterdir())


def test_an_interrupted_run_writes_nothing(tmp_path, capsys, monkeypatch):
    def interrupted(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(Dish, "record", interrupted)
    output = tmp_path / "x.h5"
    code, _, err = run(capsys, "simulate", "culture", "--output", output)
    assert code == 130
    assert "interrupted; nothing was written" in err
    assert not output.exists()


def test_a_reader_that_has_had_enough_is_no_error():
    show = [sys.executable, "-m", "spikinggrid", "parameters", "show", "culture"]
    with subprocess.Popen(show, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 141


@pytest.mark.parametrize("more", [["--paired"], []])
def test_a_report_is_not_of_one_file_twice(more, capsys):
    assert main(["report", "dish.h5", "./dish.h5", *more]) == 2
    assert "dish.h5: is given twice; right would be each file once" in capsys.readouterr().err


def test_a_folder_of_recordings_is_no_recording(tmp_path, capsys):
    pytest.importorskip("neo")
    pytest.importorskip("nixio")
    (tmp_path / "dish.csv").write_text("time_s,electrode\n0.1,A1\n")
    assert main(["statistics", str(tmp_path)]) == 2
    error = capsys.readouterr().err
    assert "is a folder that cannot be read by Neo; right would be files in it" in error
