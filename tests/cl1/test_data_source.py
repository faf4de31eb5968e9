"""A dish as a source of data, for a simulator of which only the documented types are needed."""

import sys
from dataclasses import dataclass, field
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

from spikinggrid.cl1 import data_source


@dataclass
class Metadata:
    channel_count: int
    frames_per_second: int
    uV_per_sample_unit: float  # noqa: N815
    seekable: bool


@dataclass
class Spike:
    timestamp: int
    channel: int
    samples: np.ndarray
    channel_mean_sample: float


@dataclass
class Batch:
    frames: np.ndarray
    spikes: list = field(default_factory=list)


@dataclass
class Stim:
    timestamp: int
    channel: int
    phase_durations_us: tuple = (160, 160)
    phase_currents_uA: tuple = (-3.0, 3.0)  # noqa: N815


@pytest.fixture
def source(monkeypatch):
    module = ModuleType("cl")
    module.sim = SimpleNamespace(
        SimulatorDataSource=object,
        SimulatorDataSourceMetadata=Metadata,
        DataSourceSpike=Spike,
        DataSourceBatch=Batch,
    )
    monkeypatch.setitem(sys.modules, "cl", module)
    made = data_source.dish(seed=3)
    made.open()
    return made


def near(batches):
    around = (26, 27, 28, 29, 34, 35, 36, 37)
    return sum(spike.channel in around for batch in batches for spike in batch.spikes)


def test_a_dish_answers_stimuli_of_another_simulator(source):
    before, after = [], []
    for begin in range(0, 25_000, 250):  # a second in pieces of 10 ms, a stimulus every fifth of it
        turn = begin // 250 % 20
        if turn == 1:
            for channel in (27, 28, 35, 36):
                source.on_stim(Stim(begin + 2, channel))
        batch = source.read(begin, 250)
        assert batch.frames.shape == (250, source.metadata.channel_count)
        assert all(begin <= spike.timestamp < begin + 250 for spike in batch.spikes)
        assert all(spike.samples.shape == (75,) for spike in batch.spikes)
        {0: before, 1: after}.get(turn, []).append(batch)
    assert near(after) > 5 * max(1, near(before))
