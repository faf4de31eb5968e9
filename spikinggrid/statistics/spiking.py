"""Statistics of spike trains, the same for simulated and for real recordings.

Contents
--------
Rates and intervals     : `firing_rates`, `isi`, `cv`, `lv`
Bursts on an electrode  : `find_bursts` -> `Bursts`
Activity of the network : `network_spikes` -> `NetworkSpikes`, `network_spike_threshold`,
                          `network_bursts` -> `NetworkBursts`
Avalanches              : `avalanches` -> `Avalanches`
Theta bursting          : `isi_density`, `is_theta_bursting`

`spike_train`, `spike_trains`, `t_start`, `t_stop` are as in `spikinggrid.statistics.spike_trains`;
spikes outside the span are left out. A value that does not exist (the CV of one spike) is NaN.
Every function raises ValueError, in one line, for a train that is not sorted or not finite, an
empty span, or a bin that is not positive.

Definitions follow Charlesworth P, Cotterill E, Morton A, Grant SGN, Eglen SJ (2015),
"Quantitative differences in developmental profiles of spontaneous activity in cortical and
hippocampal cultures", Neural Development 10:1.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from spikinggrid.statistics.spike_trains import (
    SpikeTrains,
    check_positive,
    checked_train,
    checked_trains,
)

#: Published: so many electrodes, of so many, make a network spike. Fewer than three make none.
PUBLISHED_THRESHOLD, PUBLISHED_ELECTRODES = 11, 59
FEWEST_ELECTRODES = 3

# Rates and intervals


def firing_rates(spike_trains: SpikeTrains, t_start: float, t_stop: float) -> np.ndarray:
    """Return the spikes per second on each electrode (Hz), shape (n_electrodes,)."""
    trains = checked_trains(spike_trains, t_start, t_stop)
    return np.array([train.size for train in trains], dtype=float) / (t_stop - t_start)


def isi(spike_train: np.ndarray) -> np.ndarray:
    """Return the interspike intervals (s), shape (n_spikes - 1,); empty below two spikes."""
    return np.diff(checked_train(spike_train))


def cv(intervals: np.ndarray) -> float:
    """Return the coefficient of variation of intervals: sample standard deviation / mean.

    0 for a regular train, 1 for a Poisson train, more if it bursts; NaN below two intervals.
    """
    intervals = np.asarray(intervals, dtype=float)
    if intervals.size < 2 or not intervals.any():
        return np.nan
    return float(intervals.std(ddof=1) / intervals.mean())


def lv(intervals: np.ndarray) -> float:
    """Return the local variation of intervals: the mean of 3 (I[i] - I[i+1])^2 / (I[i] + I[i+1])^2.

    Like the CV 0 for a regular and 1 for a Poisson train, but blind to slow changes of rate
    (Shinomoto S et al. 2003, Neural Computation 15:2823). NaN below two intervals; neighbours
    that are both 0 count as equal.
    """
    intervals = np.asarray(intervals, dtype=float)
    if intervals.size < 2:
        return np.nan
    total = intervals[:-1] + intervals[1:]
    change = np.divide(np.diff(intervals), total, out=np.zeros_like(total), where=total > 0)
    return float(3 * np.mean(change**2))


# Bursts on an electrode


@dataclass(frozen=True, eq=False)
class Bursts:
    """The bursts of one spike train, in order; all arrays have shape (n_bursts,)."""

    first: np.ndarray  # index of the burst's first spike in the train
    last: np.ndarray  # index of its last spike
    start: np.ndarray  # time of its first spike (s)
    stop: np.ndarray  # time of its last spike (s)

    @property
    def n_spikes(self) -> np.ndarray:
        """Spikes in each burst."""
        return self.last - self.first + 1

    @property
    def duration(self) -> np.ndarray:
        """Time from first to last spike of each burst (s)."""
        return self.stop - self.start

    @property
    def ibi(self) -> np.ndarray:
        """Inter-burst intervals (s), end to start, shape (n_bursts - 1,)."""
        return self.start[1:] - self.stop[:-1]


def find_bursts(
    spike_train: np.ndarray,
    *,
    max_isi_start: float = 0.1,
    max_isi_end: float = 0.25,
    min_ibi: float = 0.8,
    min_duration: float = 0.05,
    min_spikes: int = 6,
) -> Bursts:
    """Find bursts by the max-interval method.

    An ISI < `max_isi_start` opens a burst, the first later ISI > `max_isi_end` closes it.
    Neighbours less than `min_ibi` apart become one burst, with all spikes between them. Then
    those shorter than `min_duration` or of fewer than `min_spikes` spikes are dropped.

    Parameters
    ----------
    spike_train : (n_spikes,) array
        Spike times (s) of one electrode.
    max_isi_start, max_isi_end, min_ibi, min_duration : float
        The limits above (s); defaults of Charlesworth et al. 2015.
    min_spikes : int
        Fewest spikes of a burst.
    """
    train = checked_train(spike_train)
    if not max_isi_start <= max_isi_end:
        raise ValueError(f"max_isi_start ({max_isi_start} s) exceeds max_isi_end ({max_isi_end} s)")
    intervals = np.diff(train)
    # ISIs that close cut the train into pieces; in each, a burst lasts from its first opening ISI.
    closing = np.flatnonzero(intervals > max_isi_end)
    piece_first = np.append(0, closing + 1)
    piece_last = np.append(closing, train.size - 1)
    opening = np.append(np.flatnonzero(intervals < max_isi_start), train.size)
    first = opening[np.searchsorted(opening[:-1], piece_first)]
    opened = first < piece_last
    first, last = first[opened], piece_last[opened]
    if first.size:
        apart = train[first[1:]] - train[last[:-1]] >= min_ibi
        first, last = first[np.append(True, apart)], last[np.append(apart, True)]
    long = (train[last] - train[first] >= min_duration) & (last - first + 1 >= min_spikes)
    first, last = first[long], last[long]
    return Bursts(first, last, train[first], train[last])


# Activity of the network


@dataclass(frozen=True, eq=False)
class NetworkSpikes:
    """Moments at which many electrodes fire at once; arrays have shape (n_network_spikes,)."""

    times: np.ndarray  # centre of the bin in which most electrodes fire (s)
    peaks: np.ndarray  # electrodes that fire in that bin
    widths: np.ndarray  # width of the peak at half its height (s); NaN if it never falls so low
    n_at_the_ends: int  # further ones, left out because too near the first or last spike


def network_spike_threshold(n_electrodes: int) -> int:
    """Return how many electrodes make a network spike: the published 11 of 59, at least 3.

    Parameters
    ----------
    n_electrodes : int
        Of the array, those that never fired included.

    Examples
    --------
    >>> [network_spike_threshold(n) for n in (59, 60, 16, 1024)]
    [11, 11, 3, 191]
    """
    share = PUBLISHED_THRESHOLD / PUBLISHED_ELECTRODES
    return max(FEWEST_ELECTRODES, round(share * n_electrodes))


def network_spikes(
    spike_trains: SpikeTrains,
    *,
    bin_size: float = 0.003,
    min_electrodes: int | None = None,
    margin: int = 100,
) -> NetworkSpikes:
    """Find network spikes: peaks in the number of electrodes that fire in the same short bin.

    Each run of bins in which any electrode fires holds at most one, at its first highest bin.

    Parameters
    ----------
    spike_trains : sequence of (n_spikes,) array
        Spike times (s) of each electrode, also of those that never fired.
    bin_size : float
        Width of the bins (s), which start at the whole second before the first spike.
    min_electrodes : int, optional
        Fewest electrodes that fire in the highest bin; `network_spike_threshold` unless given.
    margin : int
        Bins that must exist on each side, and in which the half height is sought.
    """
    check_positive("bin_size", bin_size)
    trains = [checked_train(train) for train in spike_trains]
    if min_electrodes is None:
        min_electrodes = network_spike_threshold(len(trains))
    begin = np.floor(min((train[0] for train in trains if train.size), default=0.0))
    end = np.ceil(max((train[-1] for train in trains if train.size), default=0.0))
    n_bins = np.ceil((end - begin) / bin_size)
    # Only bins in which something fires are kept, however long the recording.
    fired = [np.unique(np.floor((train - begin) / bin_size)) for train in trains]
    bins, counts = np.unique(np.concatenate([np.empty(0), *fired]), return_counts=True)
    bins, counts = bins[bins < n_bins], counts[bins < n_bins]

    first = np.flatnonzero(np.diff(bins, prepend=-np.inf) > 1)  # of each run
    last = np.append(first[1:], bins.size)[: first.size] - 1
    ended = bins[last] + 1 < n_bins  # a run without an end does not count
    centre = np.array(
        [
            start + counts[start : stop + 1].argmax()
            for start, stop in zip(first[ended], last[ended], strict=True)
        ],
        dtype=int,
    )
    centre = centre[counts[centre] >= min_electrodes]
    inside = (bins[centre] >= margin) & (bins[centre] + margin + 1 < n_bins)
    n_at_the_ends = int(np.sum(~inside))
    centre = centre[inside]

    sides = np.arange(margin + 1)
    left = _bins_to_half_height(_counts_at(bins[centre, None] - sides, bins, counts))
    right = _bins_to_half_height(_counts_at(bins[centre, None] + sides, bins, counts))
    times = begin + (bins[centre] + 0.5) * bin_size
    return NetworkSpikes(times, counts[centre], (left + right) * bin_size, n_at_the_ends)


def _counts_at(wanted: np.ndarray, bins: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Return the counts of bins; 0 where a bin is not among those that were counted."""
    place = np.minimum(np.searchsorted(bins, wanted), bins.size - 1)
    return np.where(bins[place] == wanted, counts[place], 0)


def _bins_to_half_height(flanks: np.ndarray) -> np.ndarray:
    """Return the distance in bins at which flanks cross half their peak.

    Parameters
    ----------
    flanks : (n_peaks, n_bins) array
        From the peak on, outwards.
    """
    half = flanks[:, 0] / 2
    below = flanks < half[:, None]
    after = below.argmax(axis=1)
    row = np.arange(len(flanks))
    low, high = flanks[row, after], flanks[row, after - 1]
    crossed = below.any(axis=1)
    fraction = np.divide(half - low, high - low, out=np.full(len(flanks), np.nan), where=crossed)
    return after - fraction


@dataclass(frozen=True, eq=False)
class NetworkBursts:
    """Periods in which the culture bursts together; arrays have shape (n_network_bursts,)."""

    start: np.ndarray  # begin of the period (s)
    stop: np.ndarray  # end of the period (s)
    share: np.ndarray  # share (0-1) of the firing electrodes with a burst that touches it
    n_spikes: np.ndarray  # spikes in it, on all electrodes


def network_bursts(
    spike_trains: SpikeTrains,
    *,
    min_share: float = 0.2,
    min_electrodes: int = FEWEST_ELECTRODES,
    burst_limits: Mapping[str, Any] | None = None,
) -> NetworkBursts:
    """Find network bursts: maximal periods in which enough electrodes are in a burst at once.

    Enough are at least `min_electrodes` and at least `min_share` of the electrodes that fire.
    An electrode is in a burst from its first to its last spike as in `find_bursts`.

    Parameters
    ----------
    spike_trains : sequence of (n_spikes,) array
        Spike times (s) of each electrode.
    min_share : float
        Share (0-1) of the electrodes with a spike or more.
    min_electrodes : int
        Fewest electrodes, at least 1.
    burst_limits : mapping of str to float, optional
        Limits that `find_bursts` should use instead of its own.
    """
    check_positive("min_electrodes", min_electrodes)
    limits = burst_limits or {}
    bursts = [find_bursts(train, **limits) for train in spike_trains if len(train)]
    starts = np.concatenate([np.empty(0), *(burst.start for burst in bursts)])
    stops = np.concatenate([np.empty(0), *(burst.stop for burst in bursts)])
    # Starts before stops at the same time: bursts that only touch leave no gap between them.
    times = np.concatenate([starts, stops])
    change = np.repeat([1, -1], [starts.size, stops.size])
    order = np.lexsort((-change, times))
    times, n_bursting = times[order], np.cumsum(change[order])
    n_firing = max(len(bursts), 1)
    enough = (n_bursting >= min_electrodes) & (n_bursting / n_firing >= min_share)
    flips = times[np.flatnonzero(np.diff(np.append(False, enough)))]
    start, stop = flips[0::2], flips[1::2]
    start, stop = start[stop > start], stop[stop > start]
    taking_part = np.zeros(start.size)
    for burst in bursts:
        begun = np.searchsorted(burst.start, stop, side="right")
        ended = np.searchsorted(burst.stop, start, side="left")
        taking_part += begun > ended
    times = np.sort(np.concatenate([np.empty(0), *spike_trains]))
    n_spikes = np.searchsorted(times, stop, side="right") - np.searchsorted(times, start)
    return NetworkBursts(start, stop, taking_part / n_firing, n_spikes)


# Avalanches


@dataclass(frozen=True, eq=False)
class Avalanches:
    """Runs of activity between silences; arrays have shape (n_avalanches,)."""

    sizes: np.ndarray  # spikes in each
    durations: np.ndarray  # length of each (s), a whole number of bins
    bin_size: float  # s


def avalanches(spike_trains: SpikeTrains, bin_size: float | None = None) -> Avalanches:
    """Find avalanches: sequences of bins with activity, between bins without any.

    The definition of Beggs JM, Plenz D (2003), Journal of Neuroscience 23:11167. Sizes depend
    on the width of the bins: compare recordings with the default, which follows their rate.

    Parameters
    ----------
    spike_trains : sequence of (n_spikes,) array
        Spike times (s) of each electrode.
    bin_size : float, optional
        Width of the bins (s), the first of which begins at the first spike; the mean interval
        between successive spikes of all electrodes together unless given.
    """
    trains = [checked_train(train) for train in spike_trains]
    times = np.sort(np.concatenate([[], *trains]))
    if bin_size is None:
        bin_size = (times[-1] - times[0]) / (times.size - 1) if times.size > 1 else 0.0
        if bin_size == 0:
            return Avalanches(np.empty(0, int), np.empty(0), 0.0)
    check_positive("bin_size", bin_size)
    bins = np.floor((times - times[:1]) / bin_size)
    first = np.flatnonzero(np.diff(bins, prepend=-np.inf) > 1)
    last = np.append(first[1:], times.size)[: first.size] - 1
    return Avalanches(last - first + 1, (bins[last] - bins[first] + 1) * bin_size, bin_size)


# Theta bursting


def isi_density(spike_train: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return a Gaussian kernel density of the natural logarithm of a train's ISIs.

    The estimate of R's `density` before R 4.4 (binned linearly, smoothed by FFT) with the
    bandwidth of Silverman BW (1986), equation 3.31, so that published values can be matched.
    ISIs of 0 have no logarithm and are left out.

    Returns
    -------
    intervals : (512,) array
        ISIs (s) at which the density is given; empty if the train has fewer than two.
    density : (512,) array
        Density per unit of the logarithm.
    """
    intervals = isi(spike_train)
    x = np.log(intervals[intervals > 0])
    if x.size < 2:
        return np.empty(0), np.empty(0)
    n_points = 512
    bandwidth = _bandwidth(x)
    low, high = x.min() - 7 * bandwidth, x.max() + 7 * bandwidth
    position = (x - low) / ((high - low) / (n_points - 1))
    point = np.floor(position).astype(int)
    nearness = position - point
    mass = np.bincount(point, (1 - nearness) / x.size, minlength=2 * n_points)
    mass += np.bincount(point + 1, nearness / x.size, minlength=2 * n_points)
    steps = np.concatenate([np.arange(n_points + 1), np.arange(1 - n_points, 0)])
    distance = steps * (2 * (high - low) / (2 * n_points - 1)) / bandwidth
    kernel = np.exp(-0.5 * distance**2) / (bandwidth * np.sqrt(2 * np.pi))
    smooth = np.fft.ifft(np.fft.fft(mass) * np.conj(np.fft.fft(kernel))).real[:n_points]
    points = np.linspace(x.min() - 3 * bandwidth, x.max() + 3 * bandwidth, n_points)
    grid = np.linspace(low, high, n_points)
    return np.exp(points), np.interp(points, grid, np.maximum(smooth, 0))


def _bandwidth(x: np.ndarray) -> float:
    q1, q3 = np.percentile(x, [25, 75])
    sd, quartile_range = x.std(ddof=1), (q3 - q1) / 1.34
    rounding = 1e-12  # of equal ISIs: their spread counts as 0
    candidates = (min(sd, quartile_range), sd, abs(x[0]), 1.0)
    return 0.9 * next(c for c in candidates if c > rounding) * x.size**-0.2


def is_theta_bursting(
    spike_train: np.ndarray, theta_band: tuple[float, float] = (0.1, 0.25)
) -> bool:
    """Return whether `isi_density` has a peak, however low, at an ISI in `theta_band` (s, closed).

    A peak is higher than both its neighbours. As in the published values, rounding noise of the
    FFT is one where no ISI is near, and a top of two equal points, as of equal ISIs, is none.
    """
    intervals, density = isi_density(spike_train)
    peak = (density[1:-1] > density[:-2]) & (density[1:-1] > density[2:])
    peak_isi = intervals[1:-1][peak]
    return bool(np.any((peak_isi >= theta_band[0]) & (peak_isi <= theta_band[1])))
