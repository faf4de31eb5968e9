"""What does not exist is null in JSON and a dash in tables, however deep it lies."""

import json
import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from spikinggrid.utils.missing import json_text, number_text, of_text

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(values)
def test_json_has_no_numbers_that_json_does_not_know(value):
    def refuse(name: str):
        raise AssertionError(name)

    read = json.loads(json_text(value), parse_constant=refuse)
    if isinstance(value, float) and not math.isfinite(value):
        assert read is None
    elif not isinstance(value, list | dict):
        assert read == value


def test_nothing_is_lost_beside_what_is_missing():
    table = {"a": [1.5, np.float64("nan")], "b": {"c": (math.inf, "x", 3)}}
    assert json.loads(json_text(table)) == {"a": [1.5, None], "b": {"c": [None, "x", 3]}}


def test_averages_say_what_they_are_of():
    assert [of_text(values) for values in ([], [1.0], [1.0, math.nan], [math.nan])] == [
        "", "", " (of 1 of 2)", " (of 0 of 1)",
    ]  # fmt: skip


def test_numbers_of_tables():
    assert number_text(1234567, ",.0f") == "1,234,567"
    assert [number_text(value, ".3g") for value in (0.0, 1e-3, math.nan)] == ["0", "0.001", "-"]
