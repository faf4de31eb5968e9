"""Channels, phases and bursts, and the limits of a CL1."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spikinggrid import cl1 as cl
from spikinggrid.utils.errors import InputError

channels = st.sets(st.integers(0, 63))


@given(channels, channels)
def test_channel_sets_combine_as_sets_do(first, second):
    a, b = cl.ChannelSet(*first), cl.ChannelSet(*second)
    assert set(a & b) == first & second
    assert set(a | b) == first | second
    assert set(a ^ b) == first ^ second
    assert set(~a) == set(range(64)) - first
    assert (a == b) == (first == second)


@pytest.mark.parametrize("channel", [-1, 64])
def test_other_channels_are_refused(channel):
    with pytest.raises(InputError, match="right would be 0 to 63"):
        cl.ChannelSet(8, channel)


@pytest.mark.parametrize(
    ("phases", "message"),
    [
        ((), "found 0 numbers"),
        ((160,), "found 1 numbers"),
        ((160, -1, 160, 1, 160, -1, 160, 1), "1 to 3 phases"),
        ((150, -1, 160, 1), "phase 1: found a duration of 150 us"),
        ((0, -1), "multiple of 20 us"),
        ((160, -1, 160, 3.01), "phase 2: found a current of 3.01 uA"),
        ((160, 0), "not 0"),
        ((160, float("nan")), "phase 1: found a current of nan"),
        ((1020, -3, 1020, 3), "above the limit of 3 nC"),
        ((160, -1, 160, -1), "alternating signs"),
    ],
)
def test_phases_beyond_the_limits_are_refused(phases, message):
    with pytest.raises(InputError, match=message):
        cl.StimDesign(*phases)


def test_the_limits_themselves_are_allowed():
    assert cl.StimDesign(1000, -3.0, 1000, 3.0).duration == 2000
    assert cl.StimDesign(20, -3, 20, 3, 20, -3).durations == (20, 20, 20)
    assert cl.BurstDesign(1, 200).period == 5000


@pytest.mark.parametrize("burst", [(0, 10), (1.5, 10), (3, 0), (3, 200.1), (3, float("nan"))])
def test_bursts_beyond_the_limits_are_refused(burst):
    with pytest.raises(InputError, match="burst_"):
        cl.BurstDesign(*burst)


def test_a_current_alone_is_160_us_negative_then_positive():
    assert cl.StimDesign.of(1.5) == cl.StimDesign(160, -1.5, 160, 1.5)
