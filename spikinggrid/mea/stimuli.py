"""Stimuli as experimenters ask for them: by names of electrodes, with units, repeated.

    pulses     single pulses on some electrodes, together
    burst      a pulse at every time step
    tetanus    fast trains, on all electrodes together
    poisson    random trains of a mean rate, independent on each electrode
    regular    evenly spaced trains, on each electrode with a random phase of its own

Stimuli can be added. Each is one entry [[stimulation]] of a parameter file, and a parameter file
with these entries asks for the very same pulses. Which they are is known once there is an array:
then a `Stimulation` becomes a `Stimulus` (`spikinggrid.mea.pulse_trains`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from spikinggrid.mea import pulse_trains
from spikinggrid.mea.array import Electrodes, Mea
from spikinggrid.mea.pulse_trains import TIE, Stimulus, on_steps
from spikinggrid.parameters.mistakes import checked
from spikinggrid.parameters.model import Parameters
from spikinggrid.parameters.tables.stimulation import StimulationTable
from spikinggrid.parameters.units import format_quantity
from spikinggrid.utils import memory
from spikinggrid.utils.errors import InputError
from spikinggrid.utils.randomness import random_generator

#: Seconds, text with a unit, or a quantity of Brian2.
Quantity = float | str

#: What a pulse takes while stimuli are sorted and joined, or a random number that may become one.
BYTES_PER_PULSE = 120


@dataclass(frozen=True)
class Stimulation:
    """What is to be given to a culture, whatever array it grows on.

    Attributes
    ----------
    entries : tuple of StimulationTable
        As in the table [[stimulation]] of a parameter file.
    """

    entries: tuple[StimulationTable, ...] = ()

    def __add__(self, other: "Stimulation") -> "Stimulation":
        return Stimulation(self.entries + other.entries)

    def __repr__(self) -> str:
        return f"<Stimulation: {' + '.join(map(_summary, self.entries)) or 'none'}>"

    def on(
        self,
        array: Mea,
        parameters: Parameters,
        duration: float | None = None,
        purpose: Sequence[str | int] = ("stimulus",),
    ) -> Stimulus:
        """Return the pulses on an array.

        Parameters
        ----------
        array : Mea
        parameters : Parameters
            The time step, and the seed of random trains.
        duration : float, optional
            End of the recording, s; none unless given.
        purpose : sequence of str or int
            Names the random numbers of random trains.

        Raises
        ------
        InputError
            If an electrode does not exist, a rate is above one pulse a step, a pulse lies beyond
            the end of the recording, or there are more than fit into memory; the message names
            the entry and the key.
        """
        stimuli, simulation = [], parameters.simulation
        for number, entry in enumerate(self.entries):
            generator = random_generator(simulation.seed, *purpose, number)
            try:
                stimuli.append(_pulses_of(entry, array, simulation.dt, duration, generator))
            except InputError as error:
                raise InputError(f"stimulation.{number}.{error}") from None
        whole = Stimulus.joined(stimuli)
        return Stimulus.of(whole.times, whole.electrodes, whole.amplitudes)


def pulses(
    electrodes: Electrodes,
    start: Quantity = 0.0,
    *,
    repeats: int = 1,
    interval: Quantity | None = None,
    amplitude: float = 1.0,
) -> Stimulation:
    """Return single pulses, on all electrodes together.

    Parameters
    ----------
    electrodes : str, int or sequence of them
        The name of a pattern, such as "L" (see `Mea.select`), or names and numbers of electrodes.
    start : float, str or brian2.Quantity
        Time of the first pulse, s or with a unit.
    repeats : int
        How many pulses are given.
    interval : float, str or brian2.Quantity, optional
        Time from one pulse to the next.
    amplitude : float
        Relative to a nominal pulse; `synapses.input` says what that does.

    Raises
    ------
    InputError
        If a value is wrong, or the interval is missing; the message names the key.

    Examples
    --------
    >>> pulses("L", start="20 s", repeats=30, interval="1 s")
    <Stimulation: pulse on L, 30 times>
    """
    return _one("pulse", electrodes, start, repeats, interval, amplitude)


def burst(
    electrodes: Electrodes,
    duration: Quantity,
    start: Quantity = 0.0,
    *,
    repeats: int = 1,
    interval: Quantity | None = None,
    amplitude: float = 1.0,
) -> Stimulation:
    """Return pulses at every time step, the test stimulus of Lagani et al. (2021) for 10 ms.

    Parameters as for `tetanus`, but for the rate.
    """
    return _one("burst", electrodes, start, repeats, interval, amplitude, duration=duration)


def tetanus(
    electrodes: Electrodes,
    rate: Quantity,
    duration: Quantity,
    start: Quantity = 0.0,
    *,
    repeats: int = 1,
    interval: Quantity | None = None,
    amplitude: float = 1.0,
) -> Stimulation:
    """Return trains of pulses, on all electrodes together.

    Parameters
    ----------
    electrodes : str, int or sequence of them
        The name of a pattern, such as "L" (see `Mea.select`), or names and numbers of electrodes.
    rate : float, str or brian2.Quantity
        Pulses per second, Hz or with a unit.
    duration : float, str or brian2.Quantity
        Length of a train, s or with a unit.
    start : float, str or brian2.Quantity
        Beginning of the first train.
    repeats : int
        Number of trains.
    interval : float, str or brian2.Quantity, optional
        Time from the beginning of one train to that of the next.
    amplitude : float
        Relative to a nominal pulse; `synapses.input` says what that does.

    Raises
    ------
    InputError
        If a value is wrong, or the interval is missing; the message names the key.

    Examples
    --------
    The tetanus of Ruaro et al. (2005):

    >>> tetanus("L", rate="250 Hz", duration="0.4 s", repeats=40, interval="2 s")
    <Stimulation: tetanus on L, 40 times>
    """
    return _one(
        "tetanus", electrodes, start, repeats, interval, amplitude, duration=duration, rate=rate
    )


def poisson(
    electrodes: Electrodes,
    rate: Quantity,
    duration: Quantity,
    start: Quantity = 0.0,
    *,
    repeats: int = 1,
    interval: Quantity | None = None,
    amplitude: float = 1.0,
) -> Stimulation:
    """Return trains in which each step holds a pulse with the same probability.

    Parameters as for `tetanus`. The random numbers come from the seed of the dish.
    """
    return _one(
        "poisson", electrodes, start, repeats, interval, amplitude, duration=duration, rate=rate
    )


def regular(
    electrodes: Electrodes,
    rate: Quantity,
    duration: Quantity,
    start: Quantity = 0.0,
    *,
    repeats: int = 1,
    interval: Quantity | None = None,
    amplitude: float = 1.0,
) -> Stimulation:
    """Return trains of evenly spaced pulses, on each electrode with a random phase of its own.

    Parameters as for `tetanus`. The random numbers come from the seed of the dish.
    """
    return _one(
        "regular", electrodes, start, repeats, interval, amplitude, duration=duration, rate=rate
    )


def _one(
    kind: str,
    electrodes: Electrodes,
    start: Quantity,
    repeats: int,
    interval: Quantity | None,
    amplitude: float,
    **more: Quantity,
) -> Stimulation:
    content: dict[str, Any] = {
        "kind": kind,
        "electrodes": electrodes if isinstance(electrodes, str) else _as_list(electrodes),
        "start": start,
        "repeats": repeats,
        "interval": interval,
        "amplitude": amplitude,
        **more,
    }
    return Stimulation((checked(content, StimulationTable, si_numbers=True),))


def _as_list(electrodes: Electrodes) -> list:
    several = np.atleast_1d(np.asarray(electrodes, object))
    return [int(each) if isinstance(each, np.integer) else each for each in several]


def _summary(entry: StimulationTable) -> str:
    where = entry.electrodes
    if not isinstance(where, str):
        shown = ", ".join(map(str, where[:6])) + (", ..." if len(where) > 6 else "")
        where = f"electrode{'s' if len(where) > 1 else ''} {shown}"
    return f"{entry.kind} on {where}" + (f", {entry.repeats} times" if entry.repeats > 1 else "")


def _pulses_of(
    entry: StimulationTable,
    array: Mea,
    dt: float,
    end: float | None,
    generator: np.random.Generator,
) -> Stimulus:
    """Return the pulses of one entry; `end` is that of the recording, if it has one."""
    electrodes, amplitude = array.select(entry.electrodes), entry.amplitude
    _require_memory(entry, len(electrodes), dt)
    starts = on_steps(entry.start + np.arange(entry.repeats) * (entry.interval or 0.0), dt)
    last = starts[-1] + (entry.duration or 0.0)
    if end is not None and (last > end + TIE * dt or starts[-1] >= end - TIE * dt):
        raise InputError(
            f"start: the last pulse would come at {format_quantity(last, 's')}, but the recording"
            f" ends at {format_quantity(end, 's')}; make simulation.duration longer"
        )
    if entry.kind == "pulse":
        return pulse_trains.pulses(electrodes, starts, amplitude)
    rate, duration = entry.rate or 0.0, entry.duration or 0.0
    pulse_trains.check_rate(rate, dt)
    trains = []
    for start in starts:
        if entry.kind == "burst":
            train = pulse_trains.burst(electrodes, start, duration, dt, amplitude)
        elif entry.kind == "tetanus":
            train = pulse_trains.tetanus(electrodes, rate, start, duration, amplitude)
        else:
            make = {"poisson": pulse_trains.poisson, "regular": pulse_trains.regular}[entry.kind]
            train = make(electrodes, rate, start, duration, dt, generator, amplitude)
        trains.append(train)
    return Stimulus.joined(trains)


def _require_memory(entry: StimulationTable, n_electrodes: int, dt: float) -> None:
    """Refuse an entry whose pulses, or the random numbers behind them, do not fit into memory."""
    duration, rate = entry.duration or 0.0, entry.rate or 0.0
    by_steps = entry.kind in ("burst", "poisson")
    n_of_one = 1 if entry.kind == "pulse" else duration / dt if by_steps else duration * rate
    n_pulses = entry.repeats * n_electrodes * n_of_one
    name = "repeats" if entry.repeats > 1 else "duration"
    what = "random numbers" if entry.kind == "poisson" else "pulses"
    memory.require(n_pulses * BYTES_PER_PULSE, f"{name}: {n_pulses:,.0f} {what}")
