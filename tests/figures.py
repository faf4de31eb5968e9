"""Recordings by hand and what figures of them show, for tests of figures."""

from dataclasses import replace

import numpy as np
from matplotlib.figure import Figure

from spikinggrid.recordings import Recording

PITCH = 2e-4


def dish(trains, columns: int = 2, **changes) -> Recording:
    """Electrodes e0, e1, ... on a grid, row by row from the top left, over 10 s."""
    row, column = np.divmod(np.arange(len(trains)), columns)
    values = {
        "spike_trains": tuple(trains),
        "electrode_names": tuple(f"e{number}" for number in range(len(trains))),
        "x": column * PITCH,
        "y": row * PITCH,
        "t_start": 0.0,
        "t_stop": 10.0,
        "source": "a dish",
    }
    return Recording(**(values | changes))


def pulses(times, electrodes) -> dict:
    """Stimuli for `dish`, of the nominal amplitude."""
    return {
        "stimulus_times": times,
        "stimulus_electrodes": electrodes,
        "stimulus_amplitudes": np.ones(len(times)),
    }


def nowhere(recording: Recording) -> Recording:
    """The recording as from a spike list, which knows no places."""
    unknown = np.full(recording.n_electrodes, np.nan)
    return replace(recording, x=unknown, y=unknown)


def named(figure: Figure) -> dict:
    """The axes of a figure by name, colour bars inside of others included."""
    inside = [bar for axes in figure.axes for bar in axes.child_axes]
    return {axes.get_label(): axes for axes in (*inside, *figure.axes)}


def said(figure: Figure) -> str:
    """The words above and below the axes."""
    return f"{figure.get_suptitle()} {figure.get_supxlabel()}".replace("\n", " ")


def drawn(axes, label: str):
    """The line or collection of this label."""
    return next(a for a in (*axes.lines, *axes.collections) if a.get_label() == label)


def stairs(axes) -> tuple[np.ndarray, np.ndarray]:
    """Values and edges of the first histogram."""
    return next(patch for patch in axes.patches if hasattr(patch, "get_data")).get_data()[:2]
