"""`Neurons`: the connection to a dish, as `spikinggrid.cl1.open` gives it."""

import datetime
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from spikinggrid.cl1.clock import FRAMES_PER_SECOND
from spikinggrid.cl1.data_stream import DataStream
from spikinggrid.cl1.designs import N_CHANNELS, checked_number
from spikinggrid.cl1.device import BUFFER, Device
from spikinggrid.cl1.loop import Loop
from spikinggrid.cl1.recording_file import Content, Recording
from spikinggrid.cl1.stim_plan import Operation, StimPlan, Stimulation
from spikinggrid.cl1.stimulator import FRAME
from spikinggrid.utils.errors import InputError


class Neurons(Stimulation):
    """A dish to stimulate, read and record. Made by `spikinggrid.cl1.open`.

    Attributes
    ----------
    data_streams : dict of DataStream
        Streams of the program, by name.
    """

    def __init__(self, device: Device):
        super().__init__(device)
        self.data_streams: dict[str, DataStream] = {}

    def __repr__(self) -> str:
        return f"<Neurons: {N_CHANNELS} channels, frame {self.timestamp():,}>"

    def _do(self, operation: Operation) -> None:
        operation(self._device.now() * FRAME)

    def create_stim_plan(self) -> StimPlan:
        """Return an empty plan, to be filled and run."""
        return StimPlan(self._device)

    def loop(
        self,
        ticks_per_second: float,
        stop_after_seconds: float | None = None,
        stop_after_ticks: int | None = None,
        ignore_jitter: bool = False,
        jitter_tolerance_frames: int = 0,
    ) -> Loop:
        """Return a loop that turns at a set rate, with the spikes since its last turn.

        Parameters
        ----------
        ticks_per_second : float
        stop_after_seconds : float, optional
            The loop ends then; never unless given, or `stop_after_ticks`.
        stop_after_ticks : int, optional
            The loop ends after so many turns.
        ignore_jitter : bool
            Whether a turn may take too long.
        jitter_tolerance_frames : int
            How much too long it may take.

        Raises
        ------
        InputError
            If a number is none that can be.
        TimeoutError
            From the loop, when a turn was not done when the next was due.
        """
        return Loop(
            self._device,
            ticks_per_second,
            stop_after_seconds,
            stop_after_ticks,
            ignore_jitter,
            jitter_tolerance_frames,
        )

    def read(self, frame_count: int, from_timestamp: int | None = None, /) -> np.ndarray:
        """Return samples of all channels.

        Parameters
        ----------
        frame_count : int
        from_timestamp : int, optional
            First frame, at most 5 s ago; the present one unless given. What is still to come is
            waited for.

        Returns
        -------
        ndarray of int16, shape (frame_count, 64)
            In units of 0.195 uV.

        Raises
        ------
        InputError
            If there is nothing to read, or it is too long ago.
        """
        now = self._device.now()
        begin = now if from_timestamp is None else int(from_timestamp)
        if checked_number("frame_count", frame_count) < 1 or frame_count != int(frame_count):
            raise InputError(
                f"frame_count: found {frame_count}; right would be a whole number, 1 or more"
            )
        if begin < max(0, now - BUFFER):
            raise InputError(
                f"from_timestamp: found {begin}; right would be {max(0, now - BUFFER)} or later, as"
                " the last 5 s are kept"
            )
        self._device.wait_until(begin + int(frame_count))
        return self._device.samples(begin, begin + int(frame_count))

    def record(
        self,
        file_suffix: str | None = None,
        file_location: str | None = None,
        from_seconds_ago: float | None = None,
        from_frames_ago: int | None = None,
        from_timestamp: int | None = None,
        stop_after_seconds: float | None = None,
        stop_after_frames: int | None = None,
        attributes: Mapping[str, Any] | None = None,
        include_spikes: bool = True,
        include_stims: bool = True,
        include_raw_samples: bool = True,
        include_data_streams: bool = True,
        exclude_data_streams: Sequence[str] = (),
    ) -> Recording:
        """Begin a recording, which is written to an HDF5 file when it stops.

        Parameters
        ----------
        file_suffix : str, optional
            The name of the file is the time, and this.
        file_location : str, optional
            Its folder; the present one unless given.
        from_seconds_ago, from_frames_ago, from_timestamp : optional
            Begin in the past, at most 5 s ago; at most one of the three.
        stop_after_seconds, stop_after_frames : optional
            When it stops by itself.
        attributes : mapping, optional
            What the program says of it.
        include_spikes, include_stims, include_raw_samples, include_data_streams : bool
            What is recorded.
        exclude_data_streams : sequence of str
            Streams that are not.

        Raises
        ------
        InputError
            If beginning or end cannot be, or the folder cannot be made.
        TypeError
            If an attribute is something else than numbers, text, lists or dicts of them.
        """
        now = self._device.now()
        if from_seconds_ago is not None:
            seconds = checked_number("from_seconds_ago", from_seconds_ago)
            from_frames_ago = round(seconds * FRAMES_PER_SECOND)
        start = now - from_frames_ago if from_frames_ago is not None else now
        start = start if from_timestamp is None else int(from_timestamp)
        if not max(0, now - BUFFER) <= start <= now:
            raise InputError(
                f"from_timestamp: found {start}; right would be {max(0, now - BUFFER)} to {now}, as"
                " the last 5 s are kept"
            )
        if stop_after_seconds is not None:
            seconds = checked_number("stop_after_seconds", stop_after_seconds)
            stop_after_frames = round(seconds * FRAMES_PER_SECOND)
        if stop_after_frames is not None and stop_after_frames < 1:
            raise InputError(
                f"stop_after_frames: found {stop_after_frames}; right would be 1 or more"
            )
        content = Content(
            include_spikes,
            include_stims,
            include_raw_samples,
            include_data_streams,
            tuple(exclude_data_streams),
        )
        path = Path(file_location or ".") / _file_name(file_suffix)
        recording = Recording(
            self.data_streams, self._device, path, start, stop_after_frames, attributes, content
        )
        self._device.followers.append(recording)
        return recording

    def create_data_stream(
        self, name: str, attributes: Mapping[str, Any] | None = None
    ) -> DataStream:
        """Return a new stream of data, which goes into the recordings in place of one so called."""
        self.data_streams[name] = DataStream(name, attributes)
        return self.data_streams[name]

    def timestamp(self) -> int:
        """Return the present frame."""
        return self._device.now()

    def get_channel_count(self) -> int:
        """Return the number of channels."""
        return N_CHANNELS

    def get_frames_per_second(self) -> int:
        """Return the number of frames in a second."""
        return FRAMES_PER_SECOND

    def get_frame_duration_us(self) -> float:
        """Return the length of a frame, us."""
        return float(FRAME)

    def close(self) -> None:
        """End all recordings."""
        for recording in list(self._device.followers):
            recording.end = self._device.now()
        self._device.now()


def _file_name(suffix: str | None) -> str:
    now = datetime.datetime.now().astimezone()
    moment = f"{now:%Y-%m-%d_%H-%M-%S}.{now.microsecond // 1000:03d}{now:%z}"
    return f"{moment}_{suffix or 'recording'}.h5"
