"""Reports: whole pages, what they tell, and what they refuse."""

import base64
import json
from dataclasses import replace
from importlib.util import find_spec

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import spikinggrid as sg
from spikinggrid.cli.main import main
from spikinggrid.fitting import targets
from spikinggrid.recordings import Recording
from spikinggrid.reporting import networks, player
from spikinggrid.reporting.bands import bands_of
from spikinggrid.statistics.feature_glossary import FEATURES
from tests.reporting.pages import check, sections

#: Cultures that are simulated in a moment.
SMALL = """\
extends = "culture"

[culture]
n_neurons = 300

[simulation]
duration = "10 s"
warmup = "0 s"
"""

NASTY = "<script>alert('a & b')<b>.h5"


@pytest.fixture(scope="module")
def stimulated(tmp_path_factory):
    """The file of a recording with stimuli and an odd name, and the recording."""
    random = np.random.default_rng(1)
    trains = [np.sort(random.uniform(2, 32, size)) for size in (0, 60, 80, 30)]
    recording = replace(
        Recording.from_spike_trains(
            trains, t_start=2.0, t_stop=32.0, positions=1e-4 * np.eye(4, 2), source="ours"
        ),
        stimulus_times=np.arange(5.0, 25.0),
        stimulus_electrodes=np.tile([0, 3], 10),
        stimulus_amplitudes=np.ones(20),
        notes=["times are <in> s"],
    )
    path = tmp_path_factory.mktemp("report") / NASTY
    recording.save(path)
    return path, recording


@pytest.fixture(scope="module")
def page(stimulated, tmp_path_factory):
    """The text of its report."""
    path = tmp_path_factory.mktemp("page") / "report.html"
    assert main(["report", str(stimulated[0]), "--output", str(path)]) == 0
    return path.read_text(encoding="utf-8")


def test_a_page_is_whole_and_needs_nothing_beside_itself(page):
    root = check(page)
    assert list(sections(root)) == [
        NASTY,
        "Player",
        "Features",
        "Activity",
        "Array",
        "Bursts",
        "Connectivity",
        "Responses to stimuli",
    ]


def test_what_was_recorded_and_assumed_stands_at_the_head(page):
    text = " ".join(check(page).text.split())
    for part in ("4 electrodes", "2 s to 32 s", "170", "times are <in> s"):
        assert part in text
    assert "no spikes" not in text


def test_names_are_text_and_no_tags(page):
    root = check(page)
    assert root.all("h2")[0].text == NASTY
    assert "<script>alert" not in page
    assert not root.all("b")


def test_the_table_has_all_features(page, stimulated):
    rows = sections(check(page))["Features"].all("tr")[1:]
    features = stimulated[1].features()
    assert any(map(np.isnan, features.values()))
    for row, (name, value) in zip(rows, features.items(), strict=True):
        assert row.all("th")[0].text.startswith(FEATURES[name].label)
        text = row.all("td")[0].text
        assert (text == "-") == np.isnan(value), name
        assert text == "-" or float(text) == pytest.approx(value, rel=1e-3)


def test_the_table_of_responses_counts_spikes_after_stimuli(page, stimulated):
    recording = stimulated[1]
    first = sections(check(page))["Responses to stimuli"].all("tr")[1]
    onsets = recording.stimulus_times[recording.stimulus_electrodes == 0]
    spikes = np.concatenate(recording.spike_trains)
    counts = [np.sum((spikes >= t + 0.005) & (spikes < t + 0.1)) for t in onsets]
    assert first.all("th")[0].text == "0"
    assert float(first.all("td")[1].text) == pytest.approx(np.mean(counts), abs=0.05)


def test_the_player_has_the_spikes_of_the_recording(page, stimulated):
    recording = stimulated[1]
    content = json.loads(check(page).all("main")[0].all("script")[0].text)
    times = unpacked(content)
    assert [train.size for train in times] == [train.size for train in recording.spike_trains]
    for train, original in zip(times, recording.spike_trains, strict=True):
        np.testing.assert_allclose(content["start"] + train, original, atol=0.5001e-4)
    pulses = content["start"] + content["tick"] * np.array(content["pulses"][0])
    np.testing.assert_allclose(pulses, recording.stimulus_times, atol=0.5001e-4)
    assert content["pulses"][1] == recording.stimulus_electrodes.tolist()
    np.testing.assert_allclose(content["x"], 1e6 * recording.x)


def unpacked(content):
    """Spike times of each electrode (s) from the start, read byte by byte as the page does."""
    numbers, factor, number = [], 1, 0
    for byte in base64.b64decode(content["spikes"]):
        number += (byte & 127) * factor
        factor *= 128
        if byte < 128:
            numbers.append(number)
            factor, number = 1, 0
    differences = np.split(np.array(numbers, float), np.cumsum(content["counts"])[:-1])
    return [content["tick"] * np.cumsum(part) for part in differences]


@given(st.lists(st.integers(0, 2**40)))
def test_packed_numbers_are_read_back(numbers):
    content = {
        "spikes": base64.b64encode(player.packed(np.array(numbers, np.int64))).decode(),
        "counts": [1] * len(numbers),
        "tick": 1,
    }
    assert [part.tolist() for part in unpacked(content)] == [[number] for number in numbers] or (
        not numbers
    )


def test_a_player_of_very_many_spikes_shows_the_first_of_them(monkeypatch):
    monkeypatch.setattr(player, "MOST_SPIKES", 50)
    recording = Recording.from_spike_trains([np.arange(0.5, 100), np.arange(1.0, 100)], 100.0)
    content = player.content(recording)
    assert (content["duration"], content["whole"]) == (25.5, 100.0)
    assert sum(content["counts"]) == 51


def test_a_silent_recording_is_told_to_be_silent(tmp_path):
    recording = Recording.from_spike_trains([[], []], 10.0, source="silent")
    sg.report(recording, tmp_path / "page.html")
    root = check((tmp_path / "page.html").read_text(encoding="utf-8"))
    assert "no spikes" in root.text
    assert not root.all("img", "canvas")


def test_recordings_without_positions_are_drawn_and_compared(tmp_path):
    random = np.random.default_rng(2)
    dishes = [
        Recording.from_spike_trains(np.sort(random.uniform(0, 20, (3, n))), 20.0, source="dish")
        for n in (40, 80)
    ]
    sg.report(dishes, tmp_path / "page.html")
    root = check((tmp_path / "page.html").read_text(encoding="utf-8"))
    table = sections(root)["All recordings"].all("table")[0]
    assert [each.text for each in table.all("thead")[0].all("th")] == [
        "feature",
        "dish",
        "dish (2)",
    ]
    counts = [row for row in table.all("tr") if row.all("th")[0].text.startswith("spikes (count)")]
    assert [cell.text for cell in counts[0].all("td")] == ["120", "240"]


def test_pairs_tell_the_change_in_a_dish_and_its_interval(tmp_path):
    """Counts 10 and 20 before, 12 and 26 after change by 2 and 6; t(1) is 12.706."""
    dishes = [
        Recording.from_spike_trains([np.linspace(1, 19, n)], 20.0, source=f"dish {n}")
        for n in (10, 12, 20, 26)
    ]
    sg.report(dishes, tmp_path / "page.html", paired=True)
    part = sections(check((tmp_path / "page.html").read_text()))["Before and after"]
    (row,) = (r for r in part.all("tr") if r.all("th")[0].text.startswith("spikes (count)"))
    half = 12.7062 * 2
    ends = f"{4 - half:+.4g} to {4 + half:+.4g}"
    assert [cell.text for cell in row.all("td")] == ["15", "19", "+4", ends, "2"]
    assert part.all("dd")[1].text == "dish 20, then dish 26"


def test_groups_are_compared(tmp_path):
    """Two groups of four cultures, one of which fires twice as much."""
    lines = ["file,group,culture"]
    for number in range(8):
        group, n = ("treated", 80) if number % 2 else ("control", 40)
        dish = Recording.from_spike_trains([np.linspace(0, 19, n + number)] * 2, 20.0)
        dish.save(tmp_path / f"{number}.h5")
        lines.append(f"{number}.h5,{group},{number}")
    (tmp_path / "groups.csv").write_text("\n".join(lines))
    words = ["report", str(tmp_path), "--groups", str(tmp_path / "groups.csv")]
    assert main([*words, "--output", str(tmp_path / "page.html")]) == 0
    root = check((tmp_path / "page.html").read_text(encoding="utf-8"))
    row = next(r for r in root.all("tr") if r.all("th")[0].text.startswith("spikes (count)"))
    cells = [cell.text for cell in row.all("td")]
    assert cells[:3] == ["86", "168", "+82"]
    assert float(cells[6]) == pytest.approx(2 / 70, rel=0.05)  # of 70 arrangements
    assert "4 dishes of 4 cultures" in root.text


def test_connectivity_is_told_where_networkx_is_there(page, stimulated, tmp_path):
    part = sections(check(page))["Connectivity"]
    if find_spec("networkx") is None:
        assert "spikinggrid[groups]" in part.text
        return
    (row,) = (r for r in part.all("tr") if r.all("th")[0].text.startswith("network size"))
    n_nodes = sum(train.size > 0 for train in stimulated[1].spike_trains)
    assert row.all("td")[0].text == f"{n_nodes}"


def test_bands_are_those_of_region_and_age(stimulated, tmp_path):
    recording = stimulated[1]
    source = "a.h5, Charlesworth2014, hpc, DIV 7, MCS_8x8_200um"
    assert bands_of(replace(recording, source=source)).name == "hippocampus_div07"
    for unknown in ("a.h5, hpc, DIV 15", "a.h5, hpc", "a.h5, DIV 21", "a.h5, hpc, ctx, DIV 21"):
        assert bands_of(replace(recording, source=unknown)) is None
    sg.report(replace(recording, source=source), tmp_path / "page.html")
    rows = sections(check((tmp_path / "page.html").read_text()))["Features"].all("tr")[1:]
    features, aims = recording.features(), targets.load("hippocampus_div07").features
    for name, row in zip(FEATURES, rows, strict=True):
        word = row.all("td")[3].text.strip()
        assert bool(word) == (name in aims)
        if name in aims:
            value = 0 if np.isnan(features[name]) else features[name]
            low, high = aims[name].low, aims[name].high
            assert word == ("below" if value < low else "above" if value > high else "yes"), name


def test_a_report_of_a_published_recording_is_small(published_files, tmp_path, monkeypatch):
    monkeypatch.setattr(networks, "MOST_ELECTRODES", 0)  # takes most of the time, and little space
    sg.report(published_files[0], tmp_path / "page.html")
    assert (tmp_path / "page.html").stat().st_size < 5_000_000


def test_a_fit_is_shown_beside_the_recording_before_it(stimulated, tmp_path):
    fitted = tmp_path / "fitted.toml"
    head = "# culture fitted to cortex_div21: 9 of 12 features within the band, distance 0.4\n#\n"
    fitted.write_text(head + SMALL, encoding="utf-8")
    sg.report([stimulated[0], fitted], tmp_path / "page.html")
    root = check((tmp_path / "page.html").read_text(encoding="utf-8"))
    verdict = [each for each in root.all("p") if each.attributes.get("class") == "verdict"]
    assert [each.text for each in verdict] == [
        "culture fitted to cortex_div21: 9 of 12 features within the band, distance 0.4"
    ]
    beside = sections(root)["Recording and simulated dish side by side"]
    headings = [each.text for each in beside.all("thead")[0].all("th")]
    assert headings == ["feature", "recording", "simulated"]
    assert "the band of Charlesworth" in sections(root)["fitted.toml"].text
    dish = sg.Dish(fitted).record()
    content = json.loads(sections(root)["fitted.toml"].all("script")[-1].text)
    assert sum(content["counts"]) == dish.n_spikes


def test_a_benchmark_is_told_with_controls_and_intervals(result, tmp_path):
    result.save(tmp_path / "result.h5")
    assert main(["report", str(tmp_path / "result.h5"), "--output", str(tmp_path / "b.html")]) == 0
    root = check((tmp_path / "b.html").read_text(encoding="utf-8"))
    table = result.table
    rows = sections(root)["Accuracy and controls"].all("tr")[1:]
    assert len(rows) == len(table)
    first = [cell.text for cell in rows[0].all("td")]
    assert first[:3] == [f"{table.iloc[0][name]:.3f}" for name in ("final", "low", "high")]
    assert {"Learning curves", "Receptive fields", "Confusion"} <= set(sections(root))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["missing.h5"], "missing.h5: cannot be read: No such file"),
        (["culture.h5", "--targets", "cortex_div22"], 'did you mean "cortex_div2'),
        (["culture.h5", "--output", "page.pdf"], "a name that ends in .html"),
        (["report.html"], "would be overwritten"),
        (["culture.h5", "--paired"], "--paired: found 1 recording; right would be two of each"),
        (["culture", "--well", "A1"], "--well: goes with recordings"),
        ([], "the following arguments are required: FILE"),
    ],
)
def test_bad_input_is_one_line(words, message, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "report.html").write_text("mine")
    Recording.from_spike_trains([[0.1]], 1.0).save("culture.h5")
    output = [] if "--output" in words or words == ["report.html"] else ["--output", "page.html"]
    assert main(["report", *words, *output]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
    assert not (tmp_path / "page.html").exists()
    assert (tmp_path / "report.html").read_text() == "mine"
