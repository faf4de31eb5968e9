"""Groups of recordings on the command line: tables, files and mistakes."""

import csv
import json

import numpy as np
import pytest

from spikinggrid.cli.main import main
from spikinggrid.recordings import Recording
from tests.trains import poisson

RATES = {"control": (1.0, 1.1, 1.2), "treated": (3.0, 3.2, 3.4)}


@pytest.fixture(autouse=True)
def files(tmp_path, monkeypatch):
    """Three cultures with two dishes each, one of them treated, and their table."""
    monkeypatch.chdir(tmp_path)
    tmp_path.joinpath("dishes").mkdir()
    rows = ["file;group;culture;age"]
    for group, rates in RATES.items():
        for culture, rate in enumerate(rates):
            trains = [poisson(rate, 30, 10 * culture + number) for number in range(3)]
            name = f"{group}{culture}.h5"
            Recording.from_spike_trains(trains, 30.0).save(f"dishes/{name}")
            rows.append(f"{name};{group};{culture};21")
    tmp_path.joinpath("groups.csv").write_text("\n".join(rows))


def run(capsys, *arguments: str) -> tuple[int, str, str]:
    code = main(arguments)
    told = capsys.readouterr()
    return code, told.out, told.err


COMPARE = ("statistics", "dishes", "--groups", "groups.csv")


def test_table_and_files(capsys, tmp_path):
    chosen = ("--features", "fir.rate.mean,burst.dur,num.n.s")
    code, out, told = run(capsys, *COMPARE, *chosen, "--output", "all.csv", "--figure", "all.png")
    assert code == 0 and told.splitlines() == ["wrote all.csv", "wrote all.png"]
    assert out.startswith("control: 3 cultures, 3 dishes\ntreated: 3 cultures, 3 dishes\n")
    assert "So few cultures cannot give a p below 0.25, however groups differ." in out
    (line,) = (line for line in out.splitlines() if line.startswith("fir.rate.mean (Hz)"))
    assert "1.00" in line and "0.25" in line and "nan" not in out
    assert tmp_path.joinpath("all.png").read_bytes().startswith(b"\x89PNG")
    with tmp_path.joinpath("all.csv").open() as file:
        rows = {row["feature"]: row for row in csv.DictReader(file)}
    rates = rows["fir.rate.mean"]
    assert (rates["reference"], rates["group"], rates["unit"]) == ("control", "treated", "Hz")
    assert float(rates["difference"]) == pytest.approx(2.1, abs=0.5)
    assert rates["difference_low"] == ""  # of three cultures there is no interval
    assert rates["label"] == "mean firing rate"
    code, _, told = run(capsys, *COMPARE, "--output", "all.csv")
    assert code == 2 and "all.csv" in told


def test_json_and_chosen_features(capsys):
    _, out, _ = run(capsys, *COMPARE, "--json", "--features", "fir.rate,corr")
    told = json.loads(out)
    assert told["groups"] == ["control", "treated"]
    assert [each["feature"] for each in told["features"]] == ["fir.rate", "corr"]
    rate = told["features"][0]
    assert rate["p"] == rate["smallest_p"] == 0.25 and rate["is_exact"] is True
    assert rate["pairs"][0]["delta"] == 1 and rate["pairs"][0]["delta_low"] is None
    assert [group["n_cultures"] for group in rate["groups"]] == [3, 3]


def test_the_same_in_python():
    import spikinggrid as sg

    from_file = sg.compare_groups("groups.csv", "dishes", features=["fir.rate"])
    paths = [f"dishes/{group}{number}.h5" for group in RATES for number in range(3)]
    dishes = sg.table(paths).assign(group=np.repeat(list(RATES), 3), culture=[0, 1, 2] * 2)
    by_hand = sg.compare_groups(dishes, features=["fir.rate"])
    assert from_file.pairs.equals(by_hand.pairs)
    assert repr(by_hand) == "<Groups control and treated: 0 of 1 features differ>"
    assert "control" in by_hand._repr_html_() and by_hand.plot().axes


@pytest.mark.parametrize(
    "words, said",
    [
        (("dishes", "dishes", "--groups", "groups.csv"), "--groups: goes with one folder, whose"),
        (("dishes/control0.h5", "--groups", "groups.csv"), "control0.h5: is no folder; right"),
        (("dishes", "--groups", "none.csv"), "none.csv: cannot be read"),
        ((*COMPARE[1:], "--features", "fire.rate"), "--features: found 'fire.rate', no feature;"),
        ((*COMPARE[1:], "--well", "A1"), "--well: goes without --groups"),
        (("dishes/control0.h5", "--figure", "a.png"), "--figure: goes with --groups"),
    ],
)
def test_mistakes(capsys, words, said):
    code, out, told = run(capsys, "statistics", *words)
    assert code == 2 and said in told and out == "" and told.count("\n") == 1
