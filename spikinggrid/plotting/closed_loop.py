"""What happened in a closed loop: spikes and stimuli over time, and what the program did."""

import os
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from spikinggrid.cl1.designs import N_CHANNELS
from spikinggrid.cl1.recording_file import DataStreamView, RecordingView
from spikinggrid.plotting.style import (
    BLACK,
    BLUE,
    GREEN,
    ORANGE,
    VERMILLION,
    Span,
    new_axes,
    new_figure,
    share_time,
)
from spikinggrid.utils.errors import InputError

COLOURS = (BLUE, ORANGE, GREEN, BLACK)


def timeline(
    recording: str | os.PathLike,
    stream: str,
    panels: Sequence[Sequence[str]],
    span: Span | None = None,
) -> Figure:
    """Draw spikes and stimuli of a recording of `spikinggrid.cl1` above values of a data stream.

    Parameters
    ----------
    recording : path-like
        The file.
    stream : str
        Name of a data stream whose data are dicts of numbers.
    panels : sequence of sequences of str
        Keys of those dicts, a panel for each sequence.
    span : (float, float), optional
        Begin and end, s; the whole recording unless given.

    Raises
    ------
    InputError
        If the recording lacks the stream or the stream a key.

    Examples
    --------
    >>> timeline("game.h5", "game", [("ball", "paddle"), ("hits", "misses")])  # doctest: +SKIP
    """
    view = RecordingView(str(recording))
    try:
        if stream not in view.data_streams:
            raise InputError(f"{recording}: has no data stream {stream}")
        rate = view.attributes["frames_per_second"]
        span = span or (0.0, float(view.attributes["duration_seconds"]))
        names = ["raster", *(f"panel {number}" for number in range(len(panels)))]
        figure = new_figure((9.0, 3.2 + 1.3 * len(panels)))
        axes = new_axes(figure, [[name] for name in names], [2.4, *[1.0] * len(panels)])
        _draw_raster(axes["raster"], view, rate)
        for name, keys in zip(names[1:], panels, strict=True):
            _draw_values(axes[name], view.data_streams[stream], keys, rate, str(recording))
        share_time([axes[name] for name in names], span)
        return figure
    finally:
        view.close()


def _draw_raster(axes: Axes, view: RecordingView, rate: float) -> None:
    for events, colour, size, label in (
        (view.spikes, BLACK, 1.5, "spikes"),
        (view.stims, VERMILLION, 6.0, "stimuli"),
    ):
        if events is not None:
            table = events[()]
            axes.scatter(
                table["timestamp"] / rate,
                table["channel"],
                s=size,
                color=colour,
                marker="|" if label == "spikes" else "o",
                linewidths=0.5,
                rasterized=True,
                label=label,
            )
    axes.set(ylabel="channel", ylim=(N_CHANNELS, -1))
    _name_above(axes, 1.0)


def _name_above(axes: Axes, height: float) -> None:
    """Put the legend above the axes, where it covers nothing."""
    axes.legend(loc="lower right", bbox_to_anchor=(1, height), ncols=4, fontsize=8, frameon=False)


def _draw_values(
    axes: Axes, stream: DataStreamView, keys: Sequence[str], rate: float, name: str
) -> None:
    times, entries = np.array(list(stream.keys())) / rate, list(stream.values())
    for key, colour in zip(keys, COLOURS, strict=False):
        missing = [entry for entry in entries if key not in entry]
        if missing:
            raise InputError(f"{name}: {key} is missing in the data stream")
        axes.step(times, [entry[key] for entry in entries], where="post", color=colour, label=key)
    axes.set_ylabel("\n".join(keys), fontsize=8)
    _name_above(axes, 0.94)
