"""Evoked responses: what spike trains do after stimuli.

Contents
--------
Which pulses are one    : `group_pulses` -> `Stimuli`
Which stimuli are alike : `conditions` -> `Condition`
Over time               : `psth`
In a window             : `evoked_counts`, `response_probability`, `first_spike_latency`
Between two patterns    : `selectivity`
By pattern of electrodes: `responses_per_pattern`

`spike_trains` are as in `spikinggrid.statistics.spike_trains`; `stimulus_times` is a (n_stimuli,)
array in s, in any order, in which pulses given together are one stimulus. Every function raises
ValueError, in one line, for a train that is not sorted or not finite, no stimulus, or a bin or
window that is not positive.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np

from spikinggrid.statistics.spike_trains import (
    SpikeTrains,
    check_positive,
    check_span,
    checked_train,
)

#: Pulses that follow one another by less belong to one stimulus (s).
STIMULUS_GAP = 0.1

#: Stimuli that follow one another by no more, and twice as far from all others, are a pair (s).
PAIR_GAP = 1.0

#: Timing of pulses within a stimulus counts as repeated if it agrees to so many decimals (s).
DECIMALS = 4

#: Where a response is looked for, from the stimulus on (s): not in the artefact.
RESPONSE_WINDOW = (0.005, 0.1)


@dataclass(frozen=True, eq=False)
class Stimuli:
    """Pulses taken together as stimuli, in order of time.

    Attributes
    ----------
    onsets, durations : (n_stimuli,) array
        First pulse of each stimulus, and time from it to its last (s).
    patterns : tuple of frozenset of int
        The electrodes that each stimulus pulses.
    offsets : tuple of tuple of float
        When each stimulus has pulses, from its first on (s).
    """

    onsets: np.ndarray
    durations: np.ndarray
    patterns: tuple[frozenset[int], ...]
    offsets: tuple[tuple[float, ...], ...]


@dataclass(frozen=True, eq=False)
class Condition:
    """Stimuli of one kind: what is averaged when responses are.

    Attributes
    ----------
    onsets : (n_stimuli,) array
        First pulse of each stimulus (s).
    electrodes : tuple of int
        Those that are pulsed.
    offsets : tuple of float
        When there are pulses, from the first on (s); (0.0,) where timing is random.
    after : float or None
        How long after the first stimulus of a pair these second ones come (s).
    """

    onsets: np.ndarray
    electrodes: tuple[int, ...]
    offsets: tuple[float, ...]
    after: float | None


def group_pulses(times: np.ndarray, electrodes: np.ndarray) -> Stimuli:
    """Take pulses that follow one another by less than `STIMULUS_GAP` as one stimulus.

    Parameters
    ----------
    times : (n_pulses,) array
        s, in any order, at least one.
    electrodes : (n_pulses,) int array
        Which electrode each pulse is on.
    """
    order = np.argsort(times, kind="stable")
    times = _checked_stimuli(times)[order]
    first = np.flatnonzero(np.append(True, np.diff(times) > STIMULUS_GAP - 1e-9))
    last = np.append(first[1:], times.size) - 1
    groups = np.split(np.asarray(electrodes)[order], first[1:])
    patterns = tuple(frozenset(group.tolist()) for group in groups)
    since = np.split((times - np.repeat(times[first], last - first + 1)).round(DECIMALS), first[1:])
    offsets = tuple(tuple(np.unique(group).tolist()) for group in since)
    return Stimuli(times[first], times[last] - times[first], patterns, offsets)


def conditions(times: np.ndarray, electrodes: np.ndarray) -> list[Condition]:
    """Sort stimuli into kinds: by electrodes, timing of their pulses, and place in a pair.

    Timing tells stimuli of the same electrodes apart unless most of them have a timing of their
    own, as random trains do. The second stimuli of pairs are of other kinds than the first ones.

    Parameters
    ----------
    times, electrodes : (n_pulses,) arrays
        Pulses as in `group_pulses`.

    Returns
    -------
    list of Condition
        In order of first use.
    """
    stimuli = group_pulses(times, electrodes)
    after = _time_in_pair(stimuli.onsets)
    timings = list(zip(stimuli.patterns, stimuli.offsets, strict=True))
    n_stimuli = Counter(stimuli.patterns)
    n_timings = Counter(pattern for pattern, _ in set(timings))
    random = {pattern for pattern, n in n_stimuli.items() if n_timings[pattern] > max(n / 2, 1)}
    kinds: dict[tuple, list[int]] = {}
    for number, (pattern, offsets) in enumerate(timings):
        kind = pattern, (0.0,) if pattern in random else offsets, after[number]
        kinds.setdefault(kind, []).append(number)
    return [
        Condition(stimuli.onsets[numbers], tuple(sorted(pattern)), offsets, gap)
        for (pattern, offsets, gap), numbers in kinds.items()
    ]


def _time_in_pair(onsets: np.ndarray) -> list[float | None]:
    """Time since the first stimulus of its pair, of each second one; None of all others."""
    gaps = np.diff(onsets)
    around = np.concatenate([[np.inf], gaps, [np.inf]])
    apart = np.minimum(around[:-2], around[2:]) >= 2 * gaps
    pairs = np.append(False, (gaps <= PAIR_GAP) & apart)
    since = np.append(0.0, gaps).round(DECIMALS).tolist()
    return [gap if second else None for gap, second in zip(since, pairs, strict=True)]


def responses_per_pattern(
    spike_trains: SpikeTrains, times: np.ndarray, electrodes: np.ndarray
) -> list[dict[str, Any]]:
    """Return how many spikes the stimuli of each pattern evoke.

    Parameters
    ----------
    spike_trains : sequence of (n_spikes,) array
        Spike times (s) of each electrode.
    times, electrodes : (n_pulses,) arrays
        Pulses as in `group_pulses`.

    Returns
    -------
    list of dict
        For each set of stimulated electrodes, in order of first use: "electrodes" (list),
        "n_stimuli"; per stimulus, on all electrodes together, "count", the mean number of
        spikes in `RESPONSE_WINDOW`, "count_sem" its standard error (0 for one stimulus), and
        "baseline", the mean in as long a time before the stimulus; "probability", the mean over
        electrodes of `response_probability`; "latency", the median over the electrodes that
        answer of `first_spike_latency` (s; NaN if none answers).
    """
    stimuli = group_pulses(times, electrodes)
    begin, end = RESPONSE_WINDOW
    counts = evoked_counts(spike_trains, stimuli.onsets, RESPONSE_WINDOW).sum(axis=1)
    before = evoked_counts(spike_trains, stimuli.onsets, (begin - end, 0.0)).sum(axis=1)
    rows = []
    for pattern in dict.fromkeys(stimuli.patterns):
        own = np.array([other == pattern for other in stimuli.patterns])
        n = int(own.sum())
        onsets = stimuli.onsets[own]
        latencies = first_spike_latency(spike_trains, onsets, RESPONSE_WINDOW)
        latencies = latencies[np.isfinite(latencies)]
        answered = response_probability(spike_trains, onsets, RESPONSE_WINDOW)
        rows.append(
            {
                "electrodes": sorted(pattern),
                "n_stimuli": n,
                "count": float(counts[own].mean()),
                "count_sem": float(counts[own].std(ddof=1) / np.sqrt(n)) if n > 1 else np.nan,
                "baseline": float(before[own].mean()),
                "probability": float(answered.mean()),
                "latency": float(np.median(latencies)) if latencies.size else np.nan,
            }
        )
    return rows


def psth(
    spike_trains: SpikeTrains,
    stimulus_times: np.ndarray,
    t_before: float,
    t_after: float,
    bin_size: float,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the peristimulus time histogram of each electrode.

    Parameters
    ----------
    spike_trains : sequence of (n_spikes,) array
        Spike times (s) of each electrode.
    stimulus_times : (n_stimuli,) array
        When each stimulus began (s).
    t_before, t_after : float
        Span around a stimulus (s), both >= 0, whole numbers of bins.
    bin_size : float
        Width of a bin (s). A spike on an edge belongs to the later bin.

    Returns
    -------
    edges : (n_bins + 1,) array
        Edges of the bins relative to the stimulus (s); 0 is one of them.
    rates : (n_electrodes, n_bins) array
        Mean firing rate over the stimuli (Hz).
    """
    check_positive("bin_size", bin_size)
    n_bins = np.array([t_before, t_after]) / bin_size
    whole = np.isfinite(n_bins).all() and np.allclose(n_bins, np.round(n_bins), rtol=0, atol=1e-6)
    n_before, n_after = n_bins.round().astype(int) if whole else (0, 0)
    if min(n_before, n_after) < 0 or n_before + n_after < 1:
        raise ValueError(
            f"t_before and t_after must be whole numbers of bins of {bin_size} s, not negative "
            f"and not both 0, got {t_before} s and {t_after} s"
        )
    stimulus_times = _checked_stimuli(stimulus_times)
    edges = np.arange(-n_before, n_after + 1) * bin_size
    rates = np.empty((len(spike_trains), edges.size - 1))
    for electrode, train in enumerate(spike_trains):
        index = _index_after(checked_train(train), stimulus_times, edges)
        rates[electrode] = np.diff(index, axis=1).mean(axis=0) / bin_size
    return edges, rates


def evoked_counts(
    spike_trains: SpikeTrains, stimulus_times: np.ndarray, window: tuple[float, float]
) -> np.ndarray:
    """Count the spikes of each electrode in a window after each stimulus.

    Parameters
    ----------
    spike_trains : sequence of (n_spikes,) array
        Spike times (s) of each electrode.
    stimulus_times : (n_stimuli,) array
        When each stimulus began (s).
    window : (float, float)
        Begin (included) and end (not included) relative to the stimulus (s).

    Returns
    -------
    (n_stimuli, n_electrodes) int array
    """
    begin, end = _evoked_index(spike_trains, stimulus_times, window)
    return end - begin


def response_probability(
    spike_trains: SpikeTrains, stimulus_times: np.ndarray, window: tuple[float, float]
) -> np.ndarray:
    """Return the share of stimuli with a spike in the window, shape (n_electrodes,)."""
    return (evoked_counts(spike_trains, stimulus_times, window) > 0).mean(axis=0)


def first_spike_latency(
    spike_trains: SpikeTrains, stimulus_times: np.ndarray, window: tuple[float, float]
) -> np.ndarray:
    """Return the median time (s) from a stimulus to the first spike in the window: (n_electrodes,).

    Over the stimuli that an electrode answers; NaN if it answers none. See `evoked_counts`.
    """
    begin, end = _evoked_index(spike_trains, stimulus_times, window)
    latencies = np.full(len(spike_trains), np.nan)
    for electrode, train in enumerate(spike_trains):
        answered = end[:, electrode] > begin[:, electrode]
        if answered.any():
            first = np.asarray(train)[begin[answered, electrode]]
            latencies[electrode] = np.median(first - np.asarray(stimulus_times)[answered])
    return latencies


def selectivity(counts_a: np.ndarray, counts_b: np.ndarray) -> np.ndarray:
    """Return how much more each electrode answers one stimulus than another, (a - b) / (a + b).

    Parameters
    ----------
    counts_a, counts_b : (n_stimuli, n_electrodes) array
        Spikes after each stimulus of either kind, such as `evoked_counts` gives; a and b are
        their means over stimuli.

    Returns
    -------
    (n_electrodes,) array
        From -1 (answers b alone) to 1 (answers a alone); NaN where neither is answered.
    """
    a, b = np.mean(counts_a, axis=0), np.mean(counts_b, axis=0)
    return np.divide(a - b, a + b, out=np.full(a.shape, np.nan), where=a + b > 0)


def _evoked_index(spike_trains, stimulus_times, window) -> tuple[np.ndarray, np.ndarray]:
    """Return the index of the first spike in, and after, each window: (n_stimuli, n_electrodes)."""
    check_span("window", *window)
    stimulus_times = _checked_stimuli(stimulus_times)
    index = np.empty((2, stimulus_times.size, len(spike_trains)), dtype=int)
    for electrode, train in enumerate(spike_trains):
        index[:, :, electrode] = _index_after(checked_train(train), stimulus_times, window).T
    return index[0], index[1]


def _index_after(train: np.ndarray, stimulus_times: np.ndarray, edges) -> np.ndarray:
    """Return the index of the first spike at or after each edge, shape (n_stimuli, n_edges).

    Times lie on a grid (of steps, of samples), so spikes often fall on an edge: a nanosecond of
    tolerance keeps rounding from throwing them to either side of it.
    """
    return np.searchsorted(train, stimulus_times[:, None] + np.asarray(edges) - 1e-9)


def _checked_stimuli(stimulus_times: np.ndarray) -> np.ndarray:
    times = np.asarray(stimulus_times, dtype=float)
    if times.ndim != 1 or not times.size or not np.isfinite(times).all():
        raise ValueError("stimulus_times must be a 1-D array of one or more finite times in s")
    return times
