"""The device: a dish that runs with the clock, its stimulator, and what was heard and given."""

from collections import deque
from collections.abc import Callable
from typing import Protocol

import numpy as np

from spikinggrid.cl1.clock import FRAMES_PER_SECOND, Clock
from spikinggrid.cl1.designs import DEAD, N_CHANNELS, UNUSED
from spikinggrid.cl1.recruitment import efficacy
from spikinggrid.cl1.stimulator import FRAME, Pulse, Stimulator
from spikinggrid.cl1.waveforms import FROM, TAIL, Amplifiers
from spikinggrid.mea.detection import Detector
from spikinggrid.mea.pulse_trains import Stimulus
from spikinggrid.simulation.dish import Dish
from spikinggrid.utils.errors import InputError

#: The array that a dish has to lie on, whose electrodes are called by channel.
LAYOUT = "cl1-64"

#: Frames that can be read after they have passed.
BUFFER = 5 * FRAMES_PER_SECOND


class Events:
    """Spikes or pulses in order of time, of which old ones are forgotten.

    Attributes
    ----------
    frames, channels : ndarray of int
    """

    def __init__(self) -> None:
        self._parts: deque[tuple[np.ndarray, np.ndarray]] = deque()

    def add(self, frames: np.ndarray, channels: np.ndarray) -> None:
        """Append events, none earlier than those that are there by more than a step."""
        if len(frames):
            self._parts.append((frames, channels))

    def forget(self, before: int) -> None:
        """Drop what was before a frame."""
        while self._parts and self._parts[0][0][-1] < before:
            self._parts.popleft()

    def between(self, begin: int, end: int) -> tuple[np.ndarray, np.ndarray]:
        """Return frames and channels of the events from a frame to before another."""
        parts = []
        for frames, channels in reversed(self._parts):
            if frames[-1] < begin:
                break
            if frames[0] < end:
                parts.append((frames, channels))
        if not parts:
            return np.empty(0, np.int64), np.empty(0, np.int64)
        frames, channels = (np.concatenate(of) for of in zip(*reversed(parts), strict=True))
        inside = (frames >= begin) & (frames < end)
        return frames[inside], channels[inside]


class Follower(Protocol):
    """What needs all events from some frame on, until another has come."""

    start_timestamp: int
    end: int | None

    def finish(self, end: int) -> None:
        """Take what it needs: its end has come."""


class Device:
    """A dish behind the electronics of a CL1.

    The dish goes on in steps of `simulation.dt`. A pulse acts in the first step that has not been
    computed when it is given, at most one step late; its time stamp is exact.

    Parameters
    ----------
    dish : Dish
        On the array "cl1-64".
    clock : Clock
    plastic : bool
        Whether synapses learn, where the parameters have them learn at all.

    Attributes
    ----------
    clock : Clock
    stimulator : Stimulator
    spikes, pulses, artefacts : Events
        Detected spikes; pulses that were given; pulses where amplifiers see them.
    amplifiers : Amplifiers
    followers : list of Follower
        Recordings that are being made.

    Raises
    ------
    InputError
        If the dish does not lie on the array of a CL1, or its time step or sampling rate does not
        suit frames of 40 us.
    """

    def __init__(self, dish: Dish, clock: Clock, plastic: bool = True):
        self._dish, self.clock, self._plastic = dish, clock, plastic
        self._electrodes = _electrodes_of_channels(dish)
        self._channels = np.argsort(self._electrodes)  # channel of each electrode
        self._step = round(dish.dt * FRAMES_PER_SECOND)
        if self._step < 1 or abs(self._step - dish.dt * FRAMES_PER_SECOND) > 1e-6:
            raise InputError(
                f"simulation.dt: found {dish.dt:g} s; right would be a multiple of 40 us, the frame"
                " of a CL1"
            )
        self.stimulator, self.spikes, self.pulses = Stimulator(), Events(), Events()
        self.artefacts, self.amplifiers = Events(), Amplifiers(dish.seed)
        self.followers: list[Follower] = []
        self._given: list[Pulse] = []  # what the dish has not got yet
        self._plans: list[tuple[int, Callable[[int], None]]] = []
        self._settle()
        culture = dish.culture
        assert dish.array is not None
        self._detector = Detector(dish.array, culture.x, culture.y, dish.parameters)
        self._n_steps = 0
        self._origin = clock.now()

    def now(self) -> int:
        """Return the present frame, with the dish computed up to it."""
        frame = self.clock.now() - self._origin
        self._advance(frame)
        return frame

    def wait_until(self, frame: int) -> None:
        """Return when a frame has come, with the dish computed up to it."""
        self.clock.wait_until(frame + self._origin)
        self._advance(frame)

    def plan(self, frame: int, work: Callable[[int], None]) -> None:
        """Have something done to the stimulator at a frame; `work` is told its time, in us."""
        self._plans.append((frame, work))
        self._plans.sort(key=lambda plan: plan[0])

    def samples(self, begin: int, end: int) -> np.ndarray:
        """Return samples of frames that have passed, shape (end - begin, 64)."""
        return self.amplifiers.samples(
            begin,
            end,
            self.spikes.between(begin - FROM, end + FROM),
            self.artefacts.between(begin - TAIL, end),
        )

    def _settle(self) -> None:
        if self._dish.simulator.n_steps == 0:
            self._dish.run(self._dish.parameters.simulation.warmup)

    def _advance(self, frame: int) -> None:
        """Compute the dish up to a frame, plans on the way included."""
        while self._plans and self._plans[0][0] <= frame:
            when, work = self._plans.pop(0)
            self._run(when)
            work(when * FRAME)
        self._run(frame)
        for follower in list(self.followers):
            if follower.end is not None and follower.end <= frame:
                self.followers.remove(follower)
                follower.finish(follower.end)
        starts = [follower.start_timestamp for follower in self.followers]
        before = min([frame - BUFFER, *starts]) - FRAMES_PER_SECOND
        for events in (self.spikes, self.pulses, self.artefacts):
            events.forget(before)

    def _run(self, frame: int) -> None:
        n_steps = max(0, -(-frame // self._step) - self._n_steps)
        self._give((self._n_steps + n_steps) * self._step)
        if not n_steps:
            return
        stimulus = self._stimulus(self._n_steps * self._step)
        spikes = self._dish.simulator.run(n_steps * self._dish.dt, stimulus, self._plastic)
        done, self._n_steps = self._n_steps, self._n_steps + n_steps
        if not len(spikes) and not len(spikes.stimulus):
            return
        times, counts = self._detector.detect(
            spikes.steps + done,
            spikes.neurons,
            spikes.stimulus.times + done * self._dish.dt,
            spikes.stimulus.electrodes,
        )
        if len(times):
            frames = np.rint(times * FRAMES_PER_SECOND).astype(np.int64)
            channels = np.repeat(self._channels, counts)
            order = np.lexsort((channels, frames))
            is_alive = ~_IS_DEAD[channels[order]]
            self.spikes.add(frames[order][is_alive], channels[order][is_alive])

    def _give(self, end: int) -> None:
        """Give the pulses before a frame: the dish gets them with its next step."""
        pulses = [own for own in self.stimulator.due(end * FRAME) if own.channel not in UNUSED]
        if not pulses:
            return
        frames = np.array([pulse.time // FRAME for pulse in pulses])
        channels = np.array([pulse.channel for pulse in pulses])
        self.pulses.add(frames, channels)
        acts = ~_IS_DEAD[channels]
        self._see(frames[acts], channels[acts])
        self._given += [pulse for pulse in pulses if pulse.channel not in DEAD]

    def _stimulus(self, begin: int) -> Stimulus | None:
        """Return what was given, for steps that begin with a frame."""
        if not self._given:
            return None
        times = np.array([max(0, pulse.time - begin * FRAME) for pulse in self._given]) / 1e6
        electrodes = self._electrodes[[pulse.channel for pulse in self._given]]
        strengths = [efficacy(pulse.design) for pulse in self._given]
        self._given = []
        return Stimulus.of(times, electrodes, strengths)

    def _see(self, frames: np.ndarray, channels: np.ndarray) -> None:
        """Note which amplifiers see some pulses."""
        array, table = self._dish.array, self._dish.parameters.mea
        assert array is not None and table is not None
        reach = table.artefact_reach or 0.0
        given = self._electrodes[channels]
        distance = np.hypot(
            array.x[given, None] - array.x[self._electrodes],
            array.y[given, None] - array.y[self._electrodes],
        )
        which, seen = np.nonzero(distance <= reach + 1e-9)
        self.artefacts.add(frames[which], seen)


_IS_DEAD = np.isin(np.arange(N_CHANNELS), sorted(DEAD))


def _electrodes_of_channels(dish: Dish) -> np.ndarray:
    """Return the number of the electrode of each channel."""
    names = [] if dish.array is None else list(dish.array.names)
    if sorted(names) != sorted(map(str, range(N_CHANNELS))):
        raise InputError(
            f'dish: its array is no CL1; right would be mea.layout = "{LAYOUT}", for example'
            ' sg.Dish("cl1")'
        )
    if dish.parameters.mea is not None and dish.parameters.mea.sampling_rate != FRAMES_PER_SECOND:
        raise InputError(
            f"mea.sampling_rate: found {dish.parameters.mea.sampling_rate:g} Hz; a CL1 has"
            f" {FRAMES_PER_SECOND} Hz"
        )
    return np.array([names.index(str(channel)) for channel in range(N_CHANNELS)])
