"""Comparison of groups: against SciPy's exact tests, theory of small designs, and known effects."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from spikinggrid.statistics.effect_sizes import cliffs_delta
from spikinggrid.statistics.groups import compare_groups
from spikinggrid.statistics.multiple_testing import benjamini_hochberg, holm
from spikinggrid.statistics.permutation import permutation_test
from spikinggrid.utils.errors import InputError
from spikinggrid.utils.missing import json_text

pytestmark = pytest.mark.filterwarnings("error")

small = st.lists(st.integers(0, 12), min_size=2, max_size=5)


@given(small, small)
@settings(max_examples=10)
def test_unpaired_groups_are_compared_as_by_mann_and_whitney(a, b):
    values, groups = np.array([*a, *b], float), [0] * len(a) + [1] * len(b)
    p, smallest, is_exact = permutation_test(values, groups, range(values.size))
    statistic = lambda x, y: abs(stats.mannwhitneyu(x, y).statistic - x.size * y.size / 2)  # noqa: E731
    exact = stats.permutation_test(
        (np.array(a), np.array(b)), statistic, n_resamples=np.inf, alternative="greater"
    )
    assert is_exact and p == pytest.approx(exact.pvalue)
    assert smallest <= p


@given(st.lists(small, min_size=3, max_size=3))
@settings(max_examples=4)
def test_three_groups_are_compared_as_by_kruskal_and_wallis(lists):
    lists = [values[:3] for values in lists]
    if len({value for values in lists for value in values}) == 1:
        return
    groups = np.repeat([0, 1, 2], [len(values) for values in lists])
    p, _, is_exact = permutation_test(np.concatenate(lists), groups, range(groups.size))
    exact = stats.permutation_test(
        [np.array(values) for values in lists],
        lambda *samples: stats.kruskal(*samples).statistic,
        n_resamples=np.inf,
        alternative="greater",
    )
    assert is_exact and p == pytest.approx(exact.pvalue, abs=1e-9)


def test_pairs_are_shuffled_within_their_culture():
    # Six cultures far apart, all of which rise a little: chance gives that once in 32, two-sided.
    before = np.array([1.0, 10, 100, 1000, 10_000, 100_000])
    values = np.concatenate([before, before * 1.1])
    groups, cultures = np.repeat([0, 1], 6), np.tile(np.arange(6), 2)
    assert permutation_test(values, groups, cultures) == (2 / 64, 2 / 64, True)
    # The same dishes of twelve cultures say nothing.
    assert permutation_test(values, groups, np.arange(12))[0] > 0.5


def test_both_kinds_of_cultures_count_together():
    # Two pairs, and two against two other cultures, all at the extreme: 2 * 2 * 6 arrangements.
    values = [1, 2, 3, 4, 1, 2, 8, 9]
    groups = [0, 1, 0, 1, 0, 0, 1, 1]
    cultures = [0, 0, 1, 1, 2, 3, 4, 5]
    assert permutation_test(values, groups, cultures) == (2 / 24, 2 / 24, True)


def test_nothing_to_shuffle_has_no_p():
    assert np.isnan(permutation_test([1.0, 2.0], [0, 0], [0, 1])[0])
    assert np.isnan(permutation_test([], [], [])[0])


def test_many_cultures_are_arranged_at_random():
    random = np.random.default_rng(3)
    values = np.concatenate([random.normal(0, 1, 15), random.normal(0.8, 1, 15)])
    p, smallest, is_exact = permutation_test(values, np.repeat([0, 1], 15), np.arange(30))
    theory = stats.mannwhitneyu(values[:15], values[15:], method="exact").pvalue
    assert not is_exact and np.isnan(smallest)
    assert p == pytest.approx(theory, abs=4 * np.sqrt(theory / 10_000))


@given(st.lists(st.floats(1e-6, 1), min_size=1, max_size=12))
def test_corrections_are_those_of_scipy_and_bonferroni(p):
    p = np.array(p)
    assert benjamini_hochberg(p) == pytest.approx(stats.false_discovery_control(p))
    adjusted = holm(p)
    assert adjusted.min() == pytest.approx(min(1, p.min() * p.size))
    assert np.all((adjusted >= p) & (adjusted <= np.minimum(1, p * p.size) + 1e-12))
    with_gap = np.append(p, np.nan)
    assert np.array_equal(holm(with_gap), np.append(adjusted, np.nan), equal_nan=True)


def test_delta_is_twice_the_area_less_one():
    random = np.random.default_rng(0)
    a, b = random.integers(0, 9, 12), random.integers(2, 12, 7)
    u = stats.mannwhitneyu(b, a).statistic
    assert cliffs_delta(a, b) == pytest.approx(2 * u / (a.size * b.size) - 1)
    assert np.isnan(cliffs_delta([], b))


def dishes(n_cultures=6, n_dishes=2, effect=3.0, paired=False, seed=0) -> pd.DataFrame:
    """Two groups of cultures with dishes that resemble one another."""
    random = np.random.default_rng(seed)
    rows = []
    for group, shift in (("control", 0.0), ("treated", effect)):
        for number in range(n_cultures):
            level = np.random.default_rng((seed, number, 0 if paired else int(shift > 0))).normal()
            for _ in range(n_dishes):
                value = np.exp(level + shift + 0.1 * random.normal())
                culture = f"{'' if paired else group[0]}{number}"
                rows.append({"group": group, "culture": culture, "fir.rate": value, "corr": value})
    return pd.DataFrame(rows).assign(age=21)


def test_comparison_counts_cultures_not_dishes():
    table = dishes(n_dishes=3).drop(columns="corr")
    table.loc[[0, 1, 2, 3], "fir.rate"] = np.nan  # a culture and a dish of another
    result = compare_groups(table)
    assert result.groups == ("control", "treated")
    assert result.features == ("fir.rate",)
    control = result.summary.iloc[0]
    assert (control["n_dishes"], control["n_cultures"]) == (14, 5)
    of_cultures = table[table["group"] == "control"].groupby("culture")["fir.rate"].median()
    assert control["median"] == pytest.approx(of_cultures.median())
    assert control["low"] < control["median"] < control["high"]
    pair = result.pairs.iloc[0]
    assert pair["p"] == result.tests["p"][0]
    medians = result.summary["median"]
    assert pair["difference"] == pytest.approx(medians[1] - medians[0])
    again = compare_groups(pd.concat([table] * 5))  # more dishes of the same cultures add nothing
    assert again.tests.equals(result.tests)
    assert again.pairs.equals(result.pairs)


def test_few_cultures_have_no_interval_and_say_what_they_can_show():
    result = compare_groups(dishes(n_cultures=3, effect=30))
    assert result.summary[["low", "high"]].isna().all(axis=None)
    assert result.pairs[["difference_low", "delta_low"]].isna().all(axis=None)
    assert result.tests["p"].tolist() == result.tests["smallest_p"].tolist() == [0.1, 0.1]
    assert result.pairs["delta"].tolist() == [1, 1]


def test_pairs_show_what_unpaired_dishes_cannot():
    paired = compare_groups(dishes(8, effect=0.3, paired=True)).tests["p"][0]
    table = dishes(8, effect=0.3, paired=True)
    table["culture"] = table["group"] + table["culture"]
    assert paired == 2 / 2**8 < 0.05 < compare_groups(table).tests["p"][0]


def test_two_features_are_corrected_and_pairs_of_groups_too():
    random = np.random.default_rng(5)
    table = pd.DataFrame({"group": np.repeat(["a", "b", "c"], 6), "culture": np.arange(18)})
    table["corr"] = random.normal(np.repeat([0, 0, 3], 6), 1)
    table["fir.rate"] = random.normal(size=18)
    result = compare_groups(table)
    tests, pairs = result.tests.set_index("feature"), result.pairs
    assert tests["p_adjusted"].to_list() == pytest.approx(
        stats.false_discovery_control(tests["p"]).tolist()
    )
    corr = pairs[pairs["feature"] == "corr"].set_index(["reference", "group"])
    assert list(corr.index) == [("a", "b"), ("a", "c"), ("b", "c")]
    assert corr["p_adjusted"]["a", "c"] < 0.05 < corr["p_adjusted"]["a", "b"]
    assert np.all(corr["p_adjusted"] >= tests["p_adjusted"]["corr"])
    assert len(result.table) == 6 and "correlation" in set(result.table["label"])


def test_a_feature_that_no_dish_has_is_told_as_such():
    table = dishes().assign(**{"burst.dur": np.nan})
    result = compare_groups(table)
    row = result.tests.set_index("feature").loc["burst.dur"]
    assert np.isnan(row["p"]) and np.isnan(row["p_adjusted"])
    alone = compare_groups(table.drop(columns="burst.dur"))  # it costs the others no correction
    kept = result.tests[result.tests["feature"] != "burst.dur"]
    assert kept["p_adjusted"].tolist() == alone.tests["p_adjusted"].tolist()
    of_json = json.loads(json_text(result.to_dict()))
    told = {each["feature"]: each for each in of_json["features"]}["burst.dur"]
    assert told["p"] is None and told["groups"][0]["n_dishes"] == 0


@pytest.mark.parametrize(
    "change, said",
    [
        (lambda t: t.drop(columns="culture"), "lacks the column culture; it has group"),
        (lambda t: t.assign(group="one"), "found 1; right would be two or more"),
        (lambda t: t[(t["group"] == "control") | (t["culture"] == "t0")], "'treated' has one cult"),
        (lambda t: t.drop(columns=["corr", "fir.rate"]), "no column of a feature"),
        (lambda t: t.assign(corr="high"), "corr holds"),
    ],
)
def test_bad_tables(change, said):
    with pytest.raises(InputError, match=said) as error:
        compare_groups(change(dishes()))
    assert "\n" not in str(error.value)


def test_unknown_feature():
    with pytest.raises(InputError, match="found 'fire', which the table of dishes lacks"):
        compare_groups(dishes(), ["fire"])
