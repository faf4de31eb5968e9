"""From spikes to the fluorescence of a calcium indicator, as NAOMi has it (`indicators.toml`)."""

import numpy as np

from spikinggrid.parameters.indicators import Indicator
from spikinggrid.utils.compiled import cached_njit


def fluorescence(
    indicator: Indicator,
    steps: np.ndarray,
    neurons: np.ndarray,
    n_neurons: int,
    dt: float,
    edges: np.ndarray,
) -> np.ndarray:
    """Return the fluorescence of neurons that were at rest, frame by frame.

    Parameters
    ----------
    indicator : Indicator
    steps, neurons : ndarray of int, shape (n_spikes,)
        Spikes in order of time.
    n_neurons : int
    dt : float
        Length of a step, s.
    edges : ndarray of int, shape (n_frames + 1,)
        Step in which each frame begins, and the last one ends.

    Returns
    -------
    ndarray, shape (n_frames, n_neurons)
        Mean of dF/F in each frame.
    """
    order = np.argsort(neurons, kind="stable")
    first = np.searchsorted(neurons[order], np.arange(n_neurons + 1))
    means = np.zeros((len(edges) - 1, n_neurons))
    _fluoresce(indicator, steps[order], first, dt, edges, means)
    return means


def one_spike(indicator: Indicator, dt: float = 1e-3) -> tuple[float, float]:
    """Return the peak of dF/F after one spike, and the time in which it falls to 1/e of it, s."""
    nobody = np.zeros(1, np.int64)
    trace = fluorescence(indicator, nobody, nobody, 1, dt, np.arange(10_000))[:, 0]
    peak = int(trace.argmax())
    fallen = peak + int(np.argmax(trace[peak:] < trace[peak] / np.e))
    return float(trace[peak]), (fallen - peak) * dt


@cached_njit(nogil=True, error_model="numpy")
def _brightness(indicator, calcium):
    """Return the fluorescence at some calcium (nM), relative to that without any."""
    return 1 + indicator.maximum / (1 + (indicator.half / calcium) ** indicator.hill)


@cached_njit(nogil=True, error_model="numpy")
def _fluoresce(indicator, steps, first, dt, edges, means):
    """Write the mean dF/F of each frame: nothing before the first spike of a neuron.

    Within a step free calcium decays exponentially, at the rate that its buffers have at the
    begin; the indicator's two exponentials are exact for its value in the middle of the step.
    """
    fast, slow = indicator.off, indicator.off + indicator.on
    keep_fast, keep_slow = np.exp(-fast * dt), np.exp(-slow * dt)
    resting = _brightness(indicator, indicator.rest)
    for neuron in range(len(first) - 1):
        spike, last = first[neuron], first[neuron + 1]
        calcium = indicator.rest
        bound_fast = bound_slow = 0.0
        if spike == last:
            continue
        for frame in range(len(edges) - 1):
            begin, end, total = edges[frame], edges[frame + 1], 0.0
            for step in range(begin, end):
                if spike == first[neuron] and (spike == last or steps[spike] > step):
                    continue
                bound = (calcium + indicator.half) ** 2
                buffers = 1 + indicator.buffer + indicator.indicator * indicator.half / bound
                while spike < last and steps[spike] <= step:
                    calcium += indicator.spike / buffers
                    bound = (calcium + indicator.half) ** 2
                    buffers = 1 + indicator.buffer + indicator.indicator * indicator.half / bound
                    spike += 1
                half_decay = np.exp(-0.5 * dt * indicator.clearance / buffers)
                middle = (calcium - indicator.rest) * half_decay
                calcium = indicator.rest + middle * half_decay
                bound_fast = keep_fast * bound_fast + (1 - keep_fast) / fast * middle
                bound_slow = keep_slow * bound_slow + (1 - keep_slow) / slow * middle
                active = indicator.rest + indicator.amplitude * (bound_fast - bound_slow)
                total += _brightness(indicator, active) / resting - 1
            means[frame, neuron] = total / (end - begin)
