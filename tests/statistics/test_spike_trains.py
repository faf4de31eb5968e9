"""Trains and spans that are none are refused by all statistics that take them."""

import numpy as np
import pytest

from spikinggrid.statistics.correlation import mean_sttc, sttc_matrix
from spikinggrid.statistics.features import features, published_features
from spikinggrid.statistics.spike_trains import checked_trains
from spikinggrid.statistics.spiking import firing_rates

GOOD = [[1.0, 2.0]]
FUNCTIONS = (checked_trains, firing_rates, sttc_matrix, mean_sttc, published_features, features)


def test_checked_trains_are_arrays_of_the_spikes_in_the_span():
    trains = checked_trains([[0, 1, 2, 3], [], (2.5,)], 1, 2)
    assert [train.tolist() for train in trains] == [[1.0, 2.0], [], []]
    assert all(train.dtype == float for train in trains)


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.__name__)
@pytest.mark.parametrize(
    "spike_trains, t_start, t_stop, said",
    [
        ([[2.0, 1.0]], 0, 10, "sorted, got 2.0 s before 1.0 s"),
        ([[1.0, np.nan]], 0, 10, "finite"),
        ([[1.0, np.inf]], 0, 10, "finite"),
        ([[[1.0, 2.0]]], 0, 10, r"1-D array of times, got shape \(1, 2\)"),
        (GOOD, 10, 10, "got 10 s to 10 s"),
        (GOOD, 10, 0, "got 10 s to 0 s"),
        (GOOD, 0, np.nan, "got 0 s to nan s"),
    ],
)
def test_bad_trains_and_spans(function, spike_trains, t_start, t_stop, said):
    with pytest.raises(ValueError, match=said) as error:
        function(spike_trains, t_start, t_stop)
    assert "\n" not in str(error.value)
