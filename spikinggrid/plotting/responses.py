"""What is drawn of the responses to stimuli: their conditions, spikes around each, and words.

Responses    of an excerpt of a recording
"""

from dataclasses import replace

import numpy as np

from spikinggrid.plotting.excerpt import Excerpt
from spikinggrid.plotting.style import Span, many, ms_text, time_text
from spikinggrid.statistics import evoked
from spikinggrid.statistics.evoked import Condition
from spikinggrid.utils.errors import InputError

#: So many electrodes of a condition are named.
MOST_NAMED = 4


class Responses:
    """Responses to the stimuli of an excerpt, by condition.

    Parameters
    ----------
    excerpt : Excerpt
        Its stretch holds the stimuli, its electrodes the spikes.
    t_before, t_after : float
        Span around a stimulus (s), whole numbers of bins.
    bin_size : float
        Width of a bin (s).
    window : (float, float)
        Where a response is counted, from the stimulus on (s).

    Attributes
    ----------
    conditions : list of Condition
        Those with most stimuli first, without the stimuli that are too near the ends of the
        recording.
    n_left_out : int
        Number of those.

    Raises
    ------
    InputError
        If there are no stimuli, or all are too near the ends of the recording.
    """

    def __init__(
        self,
        excerpt: Excerpt,
        t_before: float = 0.1,
        t_after: float = 0.4,
        bin_size: float = 0.005,
        window: Span = evoked.RESPONSE_WINDOW,
    ):
        self.excerpt, self.window, self.bin_size = excerpt, window, bin_size
        n_before, n_after = round(t_before / bin_size), round(t_after / bin_size)
        self.edges = np.arange(-n_before, n_after + 1) * bin_size
        self.length = window[1] - window[0]
        conditions = _conditions(excerpt)
        reach = max(t_before, self.length), max(t_after, window[1])
        whole = [self._away_from_ends(condition, reach) for condition in conditions]
        self.conditions = [condition for condition in whole if condition.onsets.size]
        self.conditions.sort(key=lambda condition: -condition.onsets.size)
        n_stimuli = sum(condition.onsets.size for condition in conditions)
        self.n_left_out = n_stimuli - self.n_stimuli
        if not self.conditions:
            raise InputError(
                f"{excerpt.name}: has no stimulus with {time_text(reach[0])} before and"
                f" {time_text(reach[1])} after it; right would be at least one of its {n_stimuli}"
            )

    @property
    def span(self) -> Span:
        """Begin and end of what is drawn, from a stimulus on (s)."""
        return float(self.edges[0]), float(self.edges[-1])

    @property
    def n_stimuli(self) -> int:
        """Number of stimuli of all conditions."""
        return sum(condition.onsets.size for condition in self.conditions)

    def trials(self, condition: Condition) -> list[np.ndarray]:
        """Return the spikes around each stimulus, of all electrodes together (s, from it on)."""
        trains = self.excerpt.recording.spike_trains
        times = np.sort(np.concatenate([[], *(trains[k] for k in self.excerpt.electrodes)]))
        # Spikes lie on a grid of steps or samples: a nanosecond keeps rounding from moving them.
        begin, end = np.searchsorted(times, condition.onsets + self.edges[[0, -1], None] - 1e-9)
        return [
            times[first:last] - onset
            for first, last, onset in zip(begin, end, condition.onsets, strict=True)
        ]

    def evoked(self, condition: Condition) -> np.ndarray:
        """Return each electrode's spikes in the window, less those in as long a time before.

        Mean over stimuli, shape (n_electrodes,), of all electrodes of the recording.
        """
        trains = self.excerpt.recording.spike_trains
        after = evoked.evoked_counts(trains, condition.onsets, self.window).mean(axis=0)
        before = evoked.evoked_counts(trains, condition.onsets, (-self.length, 0)).mean(axis=0)
        return after - before

    def label(self, condition: Condition) -> str:
        """Return which electrodes are pulsed, when, and how often."""
        names = [self.excerpt.recording.stimulated_name(k) for k in condition.electrodes]
        more = f", ... ({len(names)})" if len(names) > MOST_NAMED else ""
        parts = [f"{', '.join(names[:MOST_NAMED])}{more}"]
        if len(condition.offsets) > 1:
            gaps = np.unique(np.diff(condition.offsets).round(evoked.DECIMALS))
            apart = " to ".join(ms_text(gap) for gap in dict.fromkeys((gaps[0], gaps[-1])))
            parts.append(f"{len(condition.offsets)} pulses {apart} ms apart")
        if condition.after is not None:
            parts.append(f"second of a pair, after {time_text(condition.after)}")
        return f"{'; '.join(parts)}: {many(condition.onsets.size, 'stimulus')}"

    def summary(self) -> str:
        """Return how many stimuli, conditions and electrodes there are, and what is left out."""
        text = (
            f"{many(self.n_stimuli, 'stimulus')} of {many(len(self.conditions), 'kind')},"
            f" {self.excerpt.electrodes_text()}, {time_text(self.bin_size)} bins"
        )
        if self.n_left_out:
            text += f"; {many(self.n_left_out, 'stimulus')} too near the ends left out"
        return text

    def notes(self) -> list[str]:
        """Return what a stimulus, a response and the shades are."""
        onsets = np.sort(np.concatenate([condition.onsets for condition in self.conditions]))
        n_followed = int(np.sum(np.diff(onsets) < self.edges[-1]))
        followed = f"; {n_followed:,} are followed by the next within {time_text(self.edges[-1])}"
        return [
            f"A stimulus (vermillion) begins with a pulse after at least"
            f" {time_text(evoked.STIMULUS_GAP)} without{followed if n_followed else ''}. Shades:"
            " 95 % interval of the mean over stimuli.",
            f"Response: mean number of spikes from {ms_text(self.window[0])} to"
            f" {ms_text(self.window[1])} ms (blue band), less that in the {ms_text(self.length)} ms"
            " before the stimulus.",
        ]

    def _away_from_ends(self, condition: Condition, reach: Span) -> Condition:
        recording, onsets = self.excerpt.recording, condition.onsets
        inside = (onsets - reach[0] > recording.t_start - 1e-9) & (
            onsets + reach[1] < recording.t_stop + 1e-9
        )
        return replace(condition, onsets=onsets[inside])


def _conditions(excerpt: Excerpt) -> list[Condition]:
    """Return the conditions of the stimuli that begin in an excerpt."""
    recording, (begin, end) = excerpt.recording, excerpt.span
    shown = (recording.stimulus_times >= begin) & (recording.stimulus_times <= end)
    if not shown.any():
        where = "" if recording.stimulus_times.size == 0 else f" from {begin:g} s to {end:g} s"
        raise InputError(
            f"{excerpt.name}: holds no stimuli{where}; right would be a recording with pulses,"
            " for example one simulated with [[stimulation]] in its parameter file"
        )
    return evoked.conditions(recording.stimulus_times[shown], recording.stimulus_electrodes[shown])
