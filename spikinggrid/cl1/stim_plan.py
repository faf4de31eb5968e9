"""What a program asks of the stimulator: at once, or as a plan that can be run again and again."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from numbers import Integral

from spikinggrid.cl1.designs import PHASE_UNIT, BurstDesign, ChannelSet, StimDesign, checked_channel
from spikinggrid.cl1.device import Device
from spikinggrid.cl1.stimulator import FRAME, MIN_LEAD
from spikinggrid.utils.errors import InputError, quoted

Operation = Callable[[int], None]


class Stimulation(ABC):
    """The calls that stimulate, which `Neurons` does at once and `StimPlan` keeps."""

    def __init__(self, device: Device):
        self._device = device

    @abstractmethod
    def _do(self, operation: Operation) -> None:
        """Do what is asked for, or keep it."""

    def stim(
        self,
        channel_set: ChannelSet | int,
        stim_design: StimDesign | float,
        /,
        burst_design: BurstDesign | None = None,
        lead_time_us: int = MIN_LEAD,
    ) -> None:
        """Stimulate some channels, each when it has given what it was asked for before.

        A channel gives at most 200 pulses a second.

        Parameters
        ----------
        channel_set : ChannelSet or int
        stim_design : StimDesign or float
            Or a current in uA, for 160 us negative and 160 us positive.
        burst_design : BurstDesign, optional
            Repeat the pulse.
        lead_time_us : int
            Not before so many us from now; 80 or more, a multiple of 20.

        Raises
        ------
        InputError
            If something is beyond the limits.
        """
        channels, design = _channels(channel_set), StimDesign.of(stim_design)
        if burst_design is not None and not isinstance(burst_design, BurstDesign):
            raise TypeError(
                f"burst_design: found {quoted(burst_design)}; right would be, for example,"
                " BurstDesign(10, 40)"
            )
        lead = lead_time_us
        if not isinstance(lead, Integral) or lead < MIN_LEAD or lead % PHASE_UNIT:
            raise InputError(
                f"lead_time_us: found {quoted(lead)}; right would be {MIN_LEAD} or more, a multiple"
                f" of {PHASE_UNIT}"
            )
        if burst_design and burst_design.burst_count > 1 and burst_design.period < design.duration:
            raise InputError(
                f"burst_hz: a pulse of {design.duration} us does not fit into"
                f" {burst_design.period:g} us"
            )
        stimulator = self._device.stimulator
        self._do(lambda now: stimulator.stim(channels, design, burst_design, int(lead), now))

    def interrupt(self, channel_set: ChannelSet | int, /) -> None:
        """Stop what some channels give and forget what waits there."""
        channels, stimulator = _channels(channel_set), self._device.stimulator
        self._do(lambda now: stimulator.interrupt(channels, now))

    def interrupt_then_stim(
        self,
        channel_set: ChannelSet | int,
        stim_design: StimDesign | float,
        /,
        burst_design: BurstDesign | None = None,
        lead_time_us: int = MIN_LEAD,
    ) -> None:
        """Do `interrupt`, then `stim`."""
        self.interrupt(channel_set)
        self.stim(channel_set, stim_design, burst_design, lead_time_us)

    def sync(self, channel_set: ChannelSet, /, wait_for_frame_start: bool = True) -> None:
        """Have some channels give nothing more until all of them have given what waits.

        Parameters
        ----------
        channel_set : ChannelSet
        wait_for_frame_start : bool
            Whether they go on with the beginning of a frame.
        """
        channels, stimulator = _channels(channel_set), self._device.stimulator
        self._do(lambda now: stimulator.sync(channels, wait_for_frame_start, now))


class StimPlan(Stimulation):
    """Stimulation that is put together once and then run, at once or at a set time.

    Made by `Neurons.create_stim_plan`. From its first run on it cannot be changed.

    Attributes
    ----------
    channels_to_interrupt : ChannelSet or None
        Channels that are interrupted when the plan is run.
    """

    def __init__(self, device: Device):
        super().__init__(device)
        self._operations: list[Operation] = []
        self._has_run = False
        self._interrupted: ChannelSet | None = None

    def _do(self, operation: Operation) -> None:
        if self._has_run:
            raise RuntimeError("stim plan: it has been run; make another one")
        self._operations.append(operation)

    @property
    def channels_to_interrupt(self) -> ChannelSet | None:
        """Channels that are interrupted when the plan is run."""
        return self._interrupted

    @channels_to_interrupt.setter
    def channels_to_interrupt(self, channel_set: ChannelSet | int | None) -> None:
        self._interrupted = None if channel_set is None else _channels(channel_set)

    def run(self, at_timestamp: int | None = None) -> None:
        """Do all that the plan holds.

        Parameters
        ----------
        at_timestamp : int, optional
            At this frame; at once unless given.

        Raises
        ------
        InputError
            If that frame has passed.
        """
        self._has_run = True
        now = self._device.now()
        if at_timestamp is None or at_timestamp == now:
            self._run(now * FRAME)
        elif at_timestamp < now:
            raise InputError(
                f"at_timestamp: found {at_timestamp}, which has passed; it is frame {now} now"
            )
        else:
            self._device.plan(int(at_timestamp), self._run)

    def _run(self, now: int) -> None:
        if self._interrupted is not None:
            self._device.stimulator.interrupt(self._interrupted, now)
        for operation in self._operations:
            operation(now)


def _channels(channel_set: ChannelSet | int) -> ChannelSet:
    if isinstance(channel_set, ChannelSet):
        return channel_set
    if isinstance(channel_set, Integral):
        return ChannelSet(checked_channel(channel_set))
    raise InputError(
        f"channel_set: found {quoted(channel_set)}; right would be, for example, ChannelSet(8, 9)"
    )
