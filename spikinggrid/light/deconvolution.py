"""Spikes from fluorescence: the non-negative input of a first-order decay that fits best.

A trace y is taken for a trace c that decays by a factor g from frame to frame and jumps up by
s = c[t] - g c[t - 1] >= 0 at spikes. Of all such traces the nearest one to y (least squares) is
found in one pass by joining neighbouring frames (OASIS without a penalty: Friedrich, Zhou &
Paninski 2017, doi:10.1371/journal.pcbi.1005423).
"""

import numpy as np

from spikinggrid.utils.compiled import cached_njit


def deconvolved(traces: np.ndarray, decay: float) -> np.ndarray:
    """Return the jumps of the nearest decaying traces.

    Parameters
    ----------
    traces : ndarray, shape (n_frames, n_sites)
        Fluorescence from a baseline of 0.
    decay : float
        What is left of a jump one frame later.

    Returns
    -------
    ndarray, shape (n_frames, n_sites)
        Not negative, in the unit of the traces.
    """
    jumps = np.zeros(traces.shape)
    for site in range(traces.shape[1]):
        _deconvolve(np.ascontiguousarray(traces[:, site], np.float64), decay, jumps[:, site])
    return jumps


@cached_njit(nogil=True, error_model="numpy")
def _deconvolve(trace, decay, jumps):
    """Write the jumps of one trace. A pool is a stretch of frames that decays without a jump."""
    n = len(trace)
    value, weight, start = np.empty(n), np.empty(n), np.empty(n, np.int64)
    k = -1
    for t in range(n):
        k += 1
        value[k], weight[k], start[k] = trace[t], 1.0, t
        while k > 0 and value[k] < value[k - 1] * decay ** (start[k] - start[k - 1]):
            factor = decay ** (start[k] - start[k - 1])
            total = weight[k - 1] + factor**2 * weight[k]
            value[k - 1] = (weight[k - 1] * value[k - 1] + factor * weight[k] * value[k]) / total
            weight[k - 1] = total
            k -= 1
    before = 0.0
    for pool in range(k + 1):
        now = max(value[pool], 0.0)
        if pool > 0:
            before = max(value[pool - 1], 0.0) * decay ** (start[pool] - start[pool - 1])
        jumps[start[pool]] = max(now - before, 0.0)
