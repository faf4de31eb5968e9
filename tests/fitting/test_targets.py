"""Targets: held against the published percentiles, and what holds for any distance."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spikinggrid.assays import tetanization
from spikinggrid.assays.spontaneous import SPONTANEOUS
from spikinggrid.fitting import targets
from spikinggrid.fitting.targets import Target, Targets
from spikinggrid.recordings import Recording, read
from spikinggrid.recordings.datasets import published_dishes
from spikinggrid.statistics.feature_glossary import FEATURES
from spikinggrid.statistics.features import published_features
from spikinggrid.utils.errors import InputError

GOOD = """
experiment = "spontaneous"
duration = "911 s"
source = "three of ours"
[features."burst.rate"]
centre = 7.1
band = [4.3, 10]
"""

bands = st.tuples(*[st.floats(-1e3, 1e3)] * 3).map(sorted).filter(lambda b: b[0] < b[2])


def of(*entries: Target) -> Targets:
    names = list(FEATURES)[: len(entries)]
    return Targets("made", SPONTANEOUS, 60.0, "nowhere", dict(zip(names, entries, strict=True)))


# --- files ------------------------------------------------------------------------------


def test_shipped_targets_are_the_published_percentiles(data_folder):
    published = json.loads((data_folder / "recordings" / "targets.json").read_text())["groups"]
    regions = {"ctx": "cortex", "hpc": "hippocampus"}
    names = {
        f"{regions[region]}_div{int(age):02d}": group
        for region, ages in published.items()
        for age, group in ages.items()
    }
    others = {"ruaro2005", "cortex_div21_wide", "hippocampus_div21_wide"}
    assert {*names, *others} == set(targets.shipped())
    for name, group in names.items():
        found = targets.load(name)
        table = group["features"] | {"n_electrodes": group["n_electrodes"]}
        has_a_band = {key for key, row in table.items() if row["p25"] < row["p75"]}
        assert set(found.features) == has_a_band
        for key, target in found.features.items():
            row = table[key]
            assert (target.low, target.centre, target.high) == (row["p25"], row["p50"], row["p75"])
        assert str(group["n"]) in found.source


@pytest.mark.parametrize("name, region", [("cortex_div21", "ctx"), ("hippocampus_div21", "hpc")])
def test_wide_targets_are_the_others_and_how_flat_correlation_is(name, region):
    wide = targets.load(f"{name}_wide").features
    ratio = wide.pop("corr.ratio")
    assert wide == targets.load(name).features
    dishes = [d for d in published_dishes() if (d.region, d.div) == (region, 21)]
    medians = [np.median([third["corr.ratio"] for third in dish.thirds]) for dish in dishes]
    quartiles = np.percentile(medians, (25, 50, 75))
    assert (ratio.low, ratio.centre, ratio.high) == pytest.approx(quartiles, rel=1e-3)


def test_targets_of_the_tetanization_follow_from_the_time_courses():
    living = tetanization.living()
    ratio = living.counts[2:] / living.counts[:2]
    relative = living.count_sd / living.counts
    error = ratio * np.hypot(relative[2:], relative[:2]) / np.sqrt(4)
    found = targets.load("ruaro2005").features
    assert found["ratio.L"].centre == pytest.approx(ratio[0], abs=0.005)
    assert found["ratio.inverted-L"].centre == pytest.approx(ratio[1], abs=0.005)
    assert found["selectivity"].centre == pytest.approx(ratio[0] / ratio[1], abs=0.005)
    for name, expected in (("ratio.L", error[0]), ("ratio.inverted-L", error[1])):
        assert found[name].high - found[name].centre == pytest.approx(expected, abs=0.01)
    both = ratio[0] / ratio[1] * np.hypot(*(error / ratio))
    assert found["selectivity"].high - found["selectivity"].centre == pytest.approx(both, abs=0.02)


@settings(max_examples=25)
@given(st.lists(bands, min_size=1, max_size=5), st.text(max_size=20).filter(str.isprintable))
def test_target_files_are_read_as_they_were_written(numbers, source):
    import tempfile
    from pathlib import Path

    made = of(*(Target(centre, low, high) for low, centre, high in numbers))
    made = Targets("made", SPONTANEOUS, 60.5, source, made.features)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "made.toml")
        path.write_text(targets.dumps(made), encoding="utf-8")
        assert targets.load(path) == made


@pytest.mark.parametrize(
    "change, said",
    [
        (("spontaneous", "evoked"), "experiment: found 'evoked'"),
        (('"911 s"', '"911 m"'), "duration: '911 m' is in m"),
        (('"911 s"', "911"), "duration: 911 has no unit"),
        (('source = "three of ours"', ""), "source: found None"),
        (("burst.rate", "burst.rte"), 'did you mean "burst.rate"?'),
        (("7.1", '"7.1"'), 'features."burst.rate": found'),
        (("7.1", "11"), "with the centre in it"),
        (("7.1", "nan"), "with the centre in it"),
        (("[4.3, 10]", "[7.1, 7.1]"), "right would be"),
        (("centre", "center"), "right would be centre = 7.1"),
        (('[features."burst.rate"]', "[other]"), "other: found"),
        (("experiment = ", "experiment "), "is not valid TOML"),
        (("burst.rate", "x" * 5000), "xxx...xxx"),
        (("burst.rate", "a\\nb"), 'features."a\\nb": unknown feature'),
        (("source", "k" * 5000), "kkk...kkk"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_mistakes_in_a_target_file_are_named(tmp_path, change, said):
    path = tmp_path / "mine.toml"
    path.write_text(GOOD.replace(*change))
    with pytest.raises(InputError) as error:
        targets.load(path)
    assert str(path) in str(error.value)
    assert said in str(error.value)
    assert "\n" not in str(error.value) and len(str(error.value)) < 700
    assert "\n" not in str(error.value)


def test_unknown_targets_are_named():
    with pytest.raises(InputError, match='did you mean "cortex_div21"'):
        targets.load("cortx_div21")


# --- distances --------------------------------------------------------------------------


@given(bands, st.floats(-2e3, 2e3))
def test_within_the_band_is_within_one_spread(band, value):
    low, centre, high = band
    target = Target(centre, low, high)
    z = target.deviation(value)
    assert target.deviation(centre) == 0
    if low < centre < high:
        assert (
            target.holds(value) == (-1 <= z <= 1) or min(abs(value - low), abs(value - high)) < 1e-9
        )
    assert np.sign(z) == np.sign(value - centre) or abs(value - centre) < 1e-300


def test_the_distance_by_hand():
    made = of(Target(10, 8, 14), Target(1, 0, 2), Target(0, 0, 1), Target(5, 4, 6))
    values = dict(zip(made.features, [12, 3, 0.5, 1e9], strict=True))
    assert list(made.deviations(values).values())[:3] == [0.5, 2, 0.5]
    assert made.distance(values) == (0.125 + 2 + 0.125 + targets.FARTHEST) / 4
    assert made.n_within(values) == 2


@given(st.lists(st.floats(-50, 50), min_size=2, max_size=2))
def test_farther_off_is_never_nearer(offsets):
    made = of(Target(0, -1, 1))
    (name,) = made.features
    near, far = sorted(map(abs, offsets))
    assert made.distance({name: near}) <= made.distance({name: -far})


# --- from recordings --------------------------------------------------------------------


@pytest.fixture(scope="module")
def real(data_folder):
    """Four recordings of the same age."""
    paths = sorted((data_folder / "recordings").glob("*DIV21*.h5"))
    return [read(path) for path in paths[:4]]


def test_targets_of_several_recordings_are_their_quartiles(real):
    found = targets.from_recordings(real, "ours").features
    rows = [published_features(r.spike_trains, r.t_start, r.t_stop) for r in real]
    for name in ("burst.rate", "corr", "fir.rate"):
        values = [row[name] for row in rows]
        assert found[name].centre == pytest.approx(np.median(values), rel=1e-5)
        margin = 0.1 * np.median(values)
        low, high = np.percentile(values, [25, 75])
        assert found[name].low == pytest.approx(min(low, np.median(values) - margin), rel=1e-5)
        assert found[name].high == pytest.approx(max(high, np.median(values) + margin), rel=1e-5)


def test_targets_of_one_recording_spread_as_its_parts_do(real):
    one = targets.from_recordings(real[:1], "mine")
    whole = published_features(real[0].spike_trains, real[0].t_start, real[0].t_stop)
    assert one.duration == real[0].duration
    assert one.distance(real[0].features()) == pytest.approx(0, abs=1e-8)
    for name, value in whole.items():
        target = one.features[name]
        assert target.centre == pytest.approx(value, rel=1e-5)
        spread = target.high - target.centre
        assert spread == pytest.approx(target.centre - target.low, rel=1e-3)
        assert spread >= 0.0999 * value
    assert not set(targets.NOT_AIMED_AT) & set(one.features)


def test_recordings_without_a_feature_are_left_out_of_its_target():
    calm, bursting = np.arange(0, 100, 7.0), np.arange(0, 100, 10.0)[:, None] + np.arange(8) / 50
    dishes = [
        Recording.from_spike_trains([train, train + 0.5], 101, source=name)
        for name, train in (("a", calm), ("b", bursting.ravel()), ("c", bursting.ravel()))
    ]
    found = targets.from_recordings(dishes, "mine")
    alone = targets.from_recordings(dishes[1:], "theirs")
    assert found.features["burst.dur"] == alone.features["burst.dur"]
    assert found.features["n_bursting_electrodes"].centre == 2
    assert found.source.startswith("a; b; c (") and "burst.dur of 2 of 3" in found.source
    none = targets.from_recordings(dishes[:1], "calm")
    assert "burst.dur" not in none.features and "burst.dur of none of 1" in none.source
    assert none.features["n_bursting_electrodes"].centre == 0


def test_what_a_culture_lacks_is_as_far_off_as_the_published_zero():
    made = targets.load("cortex_div21")
    lacking = dict.fromkeys(made.features, np.nan)
    zero = dict.fromkeys(made.features, 0.0)
    assert made.deviations(lacking) == made.deviations(zero)
    assert made.n_within(lacking) == made.n_within(zero)
    assert made.distance(lacking) == made.distance(zero)


def test_a_silent_recording_is_no_target():
    silent = Recording([[]], ["a"], [0.0], [0.0], 0, 10, source="silent.h5")
    with pytest.raises(InputError, match=r"silent\.h5: has no spikes"):
        targets.from_recordings([silent], "x")
