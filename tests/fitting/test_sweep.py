"""The sweep: every combination is measured, failures are named, and a broken sweep goes on."""

import json
from contextlib import nullcontext

import numpy as np
import pytest

from spikinggrid.assays.spontaneous import SPONTANEOUS
from spikinggrid.cli.main import main
from spikinggrid.digits.benchmark import measure
from spikinggrid.fitting import sweep
from spikinggrid.fitting.sweep import SweepCell, SweepPlan, SweepResult
from spikinggrid.parameters import files as parameter_files
from spikinggrid.plotting import sweep as sweep_figures
from spikinggrid.utils.errors import InputError
from spikinggrid.utils.missing import json_text
from tests.figures import named, said

SMALL = ["culture.n_neurons=500", "simulation.warmup=0 s", "simulation.duration=5 s"]
DIGITS = [
    "culture.n_neurons=60",
    "digits.presentation=50 ms",
    "digits.n_presentations=20",
    "digits.evaluation_interval=10",
    "digits.evaluation_images=10",
    "digits.n_images=60",
]
DRIVE = ("noise.drive=-40 mV, 6 mV",)


@pytest.fixture
def workers(client, monkeypatch):
    """Commands use the workers of all tests, instead of starting their own."""
    monkeypatch.setattr(sweep, "connected", lambda *who: nullcontext(client))


def command(capsys, *arguments) -> tuple[int, str, str]:
    """Exit code and what was printed."""
    capsys.readouterr()
    overrides = [word for line in SMALL for word in ("--set", line)]
    code = main(["sweep", "culture", *overrides, *map(str, arguments)])
    printed = capsys.readouterr()
    return code, printed.out, printed.err


# --- what varies --------------------------------------------------------------------------


def test_values_are_read_as_text():
    assert sweep.parse(["noise.drive = 4 mV,5 mV", "digits.labels=[[1, 2], [3]],beside-image"]) == {
        "noise.drive": ("4 mV", "5 mV"),
        "digits.labels": ("[[1, 2], [3]]", "beside-image"),
    }


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        ([], "--vary: says what varies; for example --vary synapses"),
        (["noise.drive"], "right would be two values or more"),
        (["noise.drive=1 mV"], "right would be two values or more"),
        (["noise.drive=1 mV,"], "right would be two values or more"),
        (["=1,2"], "right would be two values or more"),
        (["noise.drive=1 mV,1 mV"], "is there twice"),
        (["noise.drive=1 mV,2 mV"] * 2, "is there twice"),
        (["simulation.seed=1,2"], "grows --seeds cultures anyway"),
    ],
)
def test_what_is_no_variation_is_told(entries, said):
    with pytest.raises(InputError, match=f".*{said}"):
        sweep.parse(entries)


def test_all_combinations_are_there():
    parameters = parameter_files.load("culture", SMALL)
    plan = SweepPlan(
        parameters, sweep.parse(["noise.drive=4 mV,5 mV", "mea.radius=50 um,60 um,70 um"])
    )
    found = [plan.at(point) for point in plan.points]
    assert [each.noise.drive for each in found] == pytest.approx([4e-3] * 3 + [5e-3] * 3)
    assert [each.mea.radius for each in found] == pytest.approx([5e-5, 6e-5, 7e-5] * 2)


# --- the command --------------------------------------------------------------------------


def test_the_sweep_measures_what_single_runs_measure(workers, capsys, tmp_path):
    output = tmp_path / "drive.png"
    line = ["--vary", *DRIVE, "--seeds", 2, "--output", output]
    code, out, err = command(capsys, *line, "--json")
    assert code == 0, err
    outcome = json.loads(out)
    silent, alive = outcome["cells"]
    assert silent["failures"] == dict.fromkeys(("1", "2"), "silent for 5 s")
    assert set(silent["mean"].values()) == {None}
    assert alive["failures"] == {}
    parameters = parameter_files.load("culture", [*SMALL, "noise.drive=6 mV"])
    alone = [SPONTANEOUS.run(parameters, seed).measured for seed in (1, 2)]
    assert list(alive["cultures"].values()) == json.loads(json_text(alone))
    rates = [each["fir.rate"] for each in alone]
    assert alive["mean"]["fir.rate"] == pytest.approx(np.mean(rates))
    assert alive["sd"]["fir.rate"] == pytest.approx(np.std(rates, ddof=1))
    assert output.stat().st_size > 10_000

    code, _, err = command(capsys, *line)
    assert (code, "drive.png: exists" in err) == (2, True)
    line.append("--force")
    store = tmp_path / "drive.simulations.jsonl"
    whole = store.read_bytes().splitlines(keepends=True)
    store.write_bytes(b"".join(whole[:3]) + whole[3][:20])  # broken off in the middle of a line
    code, out, err = command(capsys, *line, "--json", "--resume")
    assert (code, "goes on with the 2 cultures" in err) == (0, True)
    assert json.loads(out)["cells"] == outcome["cells"]
    assert store.read_bytes().startswith(b"".join(whole[:3]))

    code, out, _ = command(capsys, *line)
    assert "failed: 2 of 2 with noise.drive = -40 mV (silent for 5 s)" in out
    assert f"{np.mean(rates):.3g} +- {np.std(rates, ddof=1):.3g}" in out
    code, _, err = command(capsys, "--vary", "noise.drive=5 mV,6 mV", *line[2:])
    said = "holds simulations with other values, noise.drive: -40 mV, and here 5 mV; give another"
    assert (code, said in err) == (2, True), err
    code, _, err = command(capsys, *line, "--restart")
    assert (code, "starts over, without the 4 cultures" in err) == (0, True)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ["--vary", "noise.driv=4 mV,5 mV"],
            "--vary noise.driv=4 mV: noise.driv: unknown key; did",
        ),
        (
            ["--vary", "noise.drive=4 mV,5 ms"],
            "--vary noise.drive=5 ms: noise.drive: '5 ms' is in ms",
        ),
        (["--vary", *DRIVE, "--seeds", "0"], "--seeds: found 0; right would be a whole number, 1"),
        (["--vary", *DRIVE, "--jobs", "0"], "--jobs: found 0; right would be a whole number"),
        (
            ["--vary", *DRIVE, "--cluster", "here"],
            "--cluster: found 'here'; right would be tcp://HOST",
        ),
        (["--vary", *DRIVE, "--output", "nowhere/x.png"], "nowhere/x.png: cannot be written"),
        ([], "arguments are required: --vary"),
    ],
)
def test_mistakes_are_one_line(arguments, said, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, out, err = command(capsys, *arguments)
    told = [line for line in err.splitlines() if "culture/s" not in line]
    assert (code, out, len(told)) == (2, "", 1), err
    assert said in told[0]
    assert not list(tmp_path.iterdir())


def test_stimulated_parameters_are_refused(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["sweep", "stimulated_culture", "--vary", *DRIVE]) == 2
    assert "stimulation: spontaneous activity has no use for it" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_an_interrupted_sweep_says_how_to_go_on(capsys, tmp_path, monkeypatch):
    def interrupted(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(sweep, "run", interrupted)
    code, _, err = command(capsys, "--vary", *DRIVE, "--output", tmp_path / "x.png")
    assert code == 130
    assert "x.simulations.jsonl keeps the cultures: the same command goes on" in err


def test_the_accuracy_of_digits_is_that_of_the_benchmark(workers, tmp_path):
    parameters = parameter_files.load("digits/bundled", DIGITS)
    plan = SweepPlan(
        parameters, sweep.parse(["synapses.excitatory.reach=1.2 mm,2.4 mm"]), n_seeds=1
    )
    outcome = sweep.run(plan, tmp_path / "x.simulations.jsonl")
    seed = parameters.simulation.seed
    measured = measure(plan.at((1,)), seed, "validation")
    assert outcome.cells[1].measured[seed] == {
        "accuracy": measured["final"]["label"],
        "accuracy_untrained": measured["controls"]["untrained"],
    }


# --- the figure ---------------------------------------------------------------------------


def swept(*entries: str, preset: str = "culture", failing: int = -1) -> SweepResult:
    """An outcome by hand: at point number n, culture s measured n + s of everything."""
    plan = SweepPlan(parameter_files.load(preset), sweep.parse(entries), n_seeds=2)
    cells = []
    for number, point in enumerate(plan.points):
        values = {seed: dict.fromkeys(plan.assay.units, float(number + seed)) for seed in (0, 1)}
        failures = dict.fromkeys(values, "silent for 60 s") if number == failing else {}
        cells.append(SweepCell(plan.texts(point), {} if failures else values, failures))
    return SweepResult(plan, cells, 1.0)


def test_one_key_is_drawn_as_curves():
    figure = sweep_figures.draw(swept("noise.drive=1 mV,2 mV,3 mV", failing=1), "culture")
    axes = named(figure)["fir.rate"]
    assert set(sweep_figures.DRAWN) == set(named(figure))
    assert axes.get_title() == "median firing rate (Hz)"
    assert named(figure)["num.n.s"].get_xlabel() == "noise.drive"
    assert "preset culture; seeds 1 to 2" in said(figure)
    assert [tick.get_text() for tick in axes.get_xticklabels()] == ["1 mV", "2 mV", "3 mV"]
    (bars,) = axes.containers
    line, _, (spread,) = bars.lines
    assert line.get_ydata() == pytest.approx([0.5, np.nan, 2.5], nan_ok=True)
    low, high = spread.get_segments()[0][:, 1]
    assert (high - low) / 2 == pytest.approx(np.std([0, 1], ddof=1))
    assert [text.get_text() for text in axes.texts] == ["failed"]
    assert "2 of 2 with noise.drive = 2 mV (silent for 60 s)" in said(figure)


def test_two_keys_are_drawn_as_maps():
    made = swept("noise.drive=1 mV,2 mV,3 mV", "mea.radius=50 um,60 um", failing=3)
    axes = named(sweep_figures.draw(made, "culture"))["corr"]
    assert [tick.get_text() for tick in axes.get_xticklabels()] == ["50 µm", "60 µm"]
    assert (axes.get_ylabel(), axes.get_xlabel()) == ("noise.drive", "mea.radius")
    shown = np.ma.filled(axes.images[0].get_array().astype(float), np.nan)
    assert shown == pytest.approx(np.array([[0.5, 1.5], [2.5, np.nan], [4.5, 5.5]]), nan_ok=True)
    assert [text.get_text() for text in axes.texts] == ["0.5", "1.5", "2.5", "failed", "4.5", "5.5"]


def test_further_keys_are_averaged_and_that_is_said():
    made = swept("noise.drive=1 mV,2 mV", "mea.radius=50 um,60 um", "neuron.tau_m=9 ms,20 ms")
    figure = sweep_figures.draw(made, "culture")
    shown = np.asarray(named(figure)["corr"].images[0].get_array())
    assert shown == pytest.approx(np.array([[1, 3], [5, 7]]))
    assert "Means over cultures and the values of neuron.tau_m." in said(figure)


def test_digits_are_drawn_with_their_control():
    curves = sweep_figures.draw(swept("noise.drive=1 mV,2 mV", preset="digits/bundled"), "bundled")
    (axes,) = named(curves).values()
    _, labels = axes.get_legend_handles_labels()
    assert labels == ["after the training", "untrained"]
    keys = ("noise.drive=1 mV,2 mV", "mea.radius=50 um,60 um")
    maps = sweep_figures.draw(swept(*keys, preset="digits/bundled"), "bundled")
    assert {"accuracy", "accuracy_untrained"} < set(named(maps))


def test_a_sweep_in_which_all_failed_can_be_drawn():
    made = swept("noise.drive=1 mV,2 mV", "mea.radius=50 um,60 um")
    cells = [SweepCell(cell.values, {}, {0: "silent"}) for cell in made.cells]
    axes = named(sweep_figures.draw(SweepResult(made.plan, cells, 1.0), "culture"))["corr"]
    assert {text.get_text() for text in axes.texts} == {"failed"}
