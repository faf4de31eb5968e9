"""Gains of changes: paired, corrected for their number, resumed, followed; and the command."""

import json
from dataclasses import dataclass, field

import numpy as np
import pytest

from spikinggrid.assays.assay import Trial
from spikinggrid.cli.main import main
from spikinggrid.digits.assay import Readouts, reached
from spikinggrid.digits.benchmark_result import BenchmarkResult
from spikinggrid.digits.task import with_task
from spikinggrid.parameters import files as parameter_files
from spikinggrid.parameters.model import Parameters
from spikinggrid.plotting.gains import gains as draw
from spikinggrid.prediction import gains as gains_module
from spikinggrid.prediction import laboratory
from spikinggrid.prediction.advice_page import page
from spikinggrid.prediction.gains import Gains, Twins, try_changes
from spikinggrid.prediction.laboratory import Change
from spikinggrid.utils.errors import InputError
from tests.figures import named
from tests.prediction.test_predict import FEW
from tests.small_dishes import small_space

HELPS = Change("helps", "array", "Do it.", "a choice", {"mea.blanking": "1 ms"})
HELPS_TOO = Change("helps too", "growing", "Do it.", "a choice", times={"culture.n_neurons": 2})
HARMS = Change("harms", "protocol", "Do it.", "a choice", {"digits.repeats": 3})
NOTHING = Change("nothing", "protocol", "Do it.", "a choice", {"digits.image_rate": "50 Hz"})
FAILS = Change("fails", "growing", "Do it.", "a choice", {"neuron.tau_m": "30 ms"})
DRUG = Change("drug", "drugs", "Add it.", "a choice", {"pharmacology.bicuculline": "1 uM"})
DOES_NOT_FIT = Change("wide", "array", "Do it.", "a choice", {"mea.layout": "6x10-500um"})
ALL = (HARMS, NOTHING, DRUG, HELPS, HELPS_TOO, DOES_NOT_FIT, FAILS)


@dataclass(frozen=True)
class Known(Readouts):
    """Cultures whose wirings differ by far more than any change brings, which is known."""

    n_neurons: int
    seeds: list[int] = field(default_factory=list)

    def check(self, parameters: Parameters) -> None:
        """Take any."""

    def run(self, parameters: Parameters, seed: int) -> Trial:
        self.seeds.append(seed)
        if parameters.neuron.tau_m == pytest.approx(30e-3):
            return Trial(failure="silent")
        generator = np.random.default_rng(seed)
        wiring = 0.6 + 0.05 * generator.standard_normal()
        if parameters.pharmacology is not None:
            return Trial({"untrained_electrodes": wiring - 0.1})
        chance = 0.004 * np.random.default_rng([seed, parameters.culture.n_neurons]).normal()
        gain = 0.06 * (parameters.mea.blanking < 1.5e-3)
        gain += 0.04 * (parameters.culture.n_neurons > self.n_neurons)
        gain -= 0.03 * (parameters.digits.repeats == 3)
        label = wiring + gain + chance
        return Trial({"untrained_electrodes": wiring, "label": label, "electrodes": label})


@pytest.fixture
def culture() -> Parameters:
    return with_task(small_space().parameters, parameter_files.load("digits/twin_two", FEW))


@pytest.fixture
def assay(monkeypatch, culture) -> Known:
    known = Known(culture.culture.n_neurons)
    monkeypatch.setattr(gains_module, "ASSAY", known)
    return known


def tried(culture: Parameters, n: int = 8, path=None, changes=ALL) -> Gains:
    return try_changes(Twins.of_one(culture, n), changes, path, n_checks=6, jobs=1)


def labels(gains: Gains):
    table = gains.table
    return table[table["readout"] == "label"].set_index("change")


def test_pairs_show_gains_that_wirings_would_hide(culture, assay):
    found = tried(culture)
    assert found.now["label"].std() > 0.03
    rows = labels(found)
    assert rows.index.tolist() == ["helps", "helps too", "nothing", "harms"]
    assert rows["gain"].to_numpy() == pytest.approx([0.06, 0.04, 0, -0.03], abs=0.004)
    assert (rows["high"] - rows["low"]).max() < 0.02
    assert rows["sure"].tolist() == [True, True, False, True]
    assert (rows["p_holm"] >= rows["p"]).all()


def test_what_does_not_fit_or_fails_is_left_out_with_its_reason(culture, assay):
    found = tried(culture)
    assert set(found.left_out) == {"wide", "fails"}
    assert "beyond" in found.left_out["wide"]
    assert found.left_out["fails"] == "8 of 8 cultures failed: silent"
    text = page(None, found)
    assert "- fails: 8 of 8 cultures failed: silent" in text


def test_drugged_cultures_are_asked_untrained_alone(culture, assay):
    rows = tried(culture).table
    drugged = rows[rows["change"] == "drug"]
    assert drugged["readout"].tolist() == ["untrained_electrodes"]
    assert drugged["gain"].tolist() == pytest.approx([-0.1])
    assert rows["change"].iloc[-1] == "drug"


def test_sure_changes_are_put_together_and_followed_in_new_wirings(culture, assay):
    found = tried(culture)
    assert [change.name for change in found.followed.changes] == ["helps", "helps too"]
    assert found.followed.measured == pytest.approx(0.1, abs=0.02)
    assert found.followed.predicted.mean() == pytest.approx(0.1, abs=0.006)
    assert len(set(assay.seeds)) == 8 + 6  # none of the followed is among those that were tried


def test_where_nothing_helps_nothing_is_followed(culture, assay):
    for changes in ((HARMS,), (DOES_NOT_FIT,)):
        found = tried(culture, changes=changes)
        assert found.followed is None
        assert "No change helps" in page(None, found)


def test_the_same_command_goes_on_with_more_wirings_and_other_changes(culture, assay, tmp_path):
    path = tmp_path / "x.changes.jsonl"
    tried(culture, 4, path, (HARMS,))
    n_first = len(assay.seeds)
    assert n_first == 2 * 4
    tried(culture, 4, path, (HARMS,))
    assert len(assay.seeds) == n_first
    more = tried(culture, 6, path, (HARMS, NOTHING, HELPS))
    n_new = 2 * 2 + 2 * 6 + 2 * 6  # wirings, changes, and those that are followed
    assert len(assay.seeds) == n_first + n_new
    assert np.array_equal(more.now["label"], tried(culture, 6).now["label"])
    with pytest.raises(InputError, match="holds simulations with other cultures"):
        tried(culture.replace({"neuron.tau_m": "25 ms"}), 4, path, (HARMS,))


def test_a_task_that_teaches_nothing_is_refused(culture):
    untaught = culture.replace(laboratory.UNTAUGHT)
    with pytest.raises(InputError, match="judged by what cultures learn"):
        tried(untaught)


def test_several_twins_have_wirings_of_their_own(culture, assay):
    twins = [culture.replace({"simulation.seed": s, "noise.drive": 5e-3 + s / 1e6}) for s in (4, 9)]
    of_each = Twins.of_each(twins)
    assert of_each.wirings == ((0, 4), (1, 9))
    others = of_each.others(5).wirings
    assert [place for place, _ in others] == [0, 1, 0, 1, 0]
    assert len({seed for _, seed in others}) == 5
    found = try_changes(of_each, (HELPS,), n_checks=2, jobs=1)
    assert len(found.now["label"]) == 2


def test_the_figure_draws_each_gain_with_its_interval(culture, assay):
    found = tried(culture)
    axes = named(draw(found))
    heads = [text.get_text() for text in axes["label"].get_yticklabels()]
    by_group = "growing, helps too, drugs, drug, array, helps, protocol, nothing, harms"
    assert ", ".join(heads) == by_group
    row = labels(found).loc["helps"]
    bars = [line for line in axes["label"].lines if list(line.get_ydata()) == [5, 5]]
    assert bars[0].get_xdata() == pytest.approx([row.low, row.high])
    assert [line.get_marker() for line in axes["followed"].lines].count(".") == 2


def test_a_culture_that_is_not_taught_is_asked_as_it_would_be_before(culture):
    """Under no dose of a drug it gives the answers of a culture that is then taught."""
    none = Change("", "drugs", "", "", {"pharmacology.bicuculline": "0 uM"}).of(culture)
    asked, taught = reached(none), reached(culture)
    assert asked == {"untrained_electrodes": taught["untrained_electrodes"]}
    assert set(taught) == set(Readouts().units)


# --- the command ------------------------------------------------------------------------


def test_the_command_tries_changes_on_the_twins_of_a_folder(
    culture, assay, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(laboratory, "CHANGES", (HELPS, DRUG, DOES_NOT_FIT))
    (tmp_path / "twins").mkdir()
    for seed in (4, 10, 9):
        text = parameter_files.dumps(culture)
        BenchmarkResult(text, "validation", {seed: {}}).save(f"twins/seed-{seed}.h5")
    words = ["advise", "twins", "--simulations", "0", "--checks", "2", "--jobs", "1", "--json"]
    assert main(words) == 0
    assert assay.seeds[:3] == [4, 9, 10]
    told = json.loads(capsys.readouterr().out)["laboratory"]
    assert told["wirings"] == 3
    assert [change["name"] for change in told["changes"]] == ["helps", "drug"]
    assert told["changes"][0]["set"] == {"mea.blanking": "1 ms"}
    assert told["changes"][0]["readouts"]["label"]["gain"] == pytest.approx(0.06)
    assert list(told["left_out"]) == ["wide"]
    assert told["followed"]["wirings"] == 2
    text = (tmp_path / "advice.md").read_text()
    assert "## Changes that a laboratory can make" in text and "between bounds" not in text
    assert (tmp_path / "advice.png").stat().st_size > 10_000
    assert not (tmp_path / "advice.toml").exists()
    assert main([*words, "--changes", "drug", "--force"]) == 0
    told = json.loads(capsys.readouterr().out)["laboratory"]
    assert [change["name"] for change in told["changes"]] == ["drug"]
    assert main([*words, "--changes", "drugs", "--force"]) == 2
    assert "found 'drugs'; right would be helps, drug, wide" in capsys.readouterr().err
    assert main([*words, "--wirings", "3", "--force"]) == 2
    assert "--wirings: goes with a parameter file; twins is a folder" in capsys.readouterr().err


def test_a_folder_without_cultures_is_refused(tmp_path, capsys):
    assert main(["advise", str(tmp_path)]) == 2
    assert "holds 0 cultures that have taken a task" in capsys.readouterr().err


def test_wirings_without_a_task_are_refused(capsys):
    assert main(["advise", "digits/two", "--wirings", "3", "--vary", "noise.drive=1 mV:2 mV"]) == 2
    assert "--wirings: is of changes, which need --task" in capsys.readouterr().err
