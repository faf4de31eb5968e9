"""A dish: one culture on its array, grown from parameters, ready to be run and recorded.

dish = Dish(parameters, seed=3)
recording = dish.record("60 s")       what the electrodes detect
spikes = dish.run("1 s", stimulus)    the spikes of all neurons
"""

import os
from collections.abc import Callable, Mapping
from functools import cached_property

import numpy as np

from spikinggrid.light.illumination import Illumination
from spikinggrid.light.photodetector import Photodetector
from spikinggrid.light.screen import Light, Screen
from spikinggrid.mea.array import Mea
from spikinggrid.mea.pulse_trains import Stimulus, whole_steps
from spikinggrid.mea.stimuli import Stimulation
from spikinggrid.network.culture import Culture
from spikinggrid.parameters.arrays import FILES
from spikinggrid.parameters.model import Parameters
from spikinggrid.parameters.tables.mea import READOUT_KEYS
from spikinggrid.parameters.units import to_si
from spikinggrid.recordings import Recording, load_parameters
from spikinggrid.recordings.history import History
from spikinggrid.simulation.activity import EARLY, warn_early
from spikinggrid.simulation.closed_loop import ClosedLoop
from spikinggrid.simulation.recorder import Recorder
from spikinggrid.simulation.replay import replay
from spikinggrid.simulation.simulator import Simulator, Spikes, checked_duration
from spikinggrid.utils.errors import InputError, quoted
from spikinggrid.utils.progress import NO_PROGRESS, Progress, hidden_progress
from spikinggrid.utils.randomness import random_generator

#: What the parameters say of the course of an experiment.
PLAN = ("simulation.warmup", "simulation.duration", "stimulation", "illumination", "mea.layout")

#: Nothing to show.
NO_LIGHT = Illumination()


class Dish:
    """A culture on its array, and everything that runs it.

    Parameters
    ----------
    parameters : Parameters, str or path-like
        Or a preset, a file or a simulated recording that has them.
    seed : int, optional
        Every random number comes from it; the parameters' seed unless given.
    array : Mea, optional
        An array of your own; that of the parameters unless given.
    show : callable
        Make a `Progress`, which shows how the wiring of a large dish gets on; hidden unless given.

    Attributes
    ----------
    parameters : Parameters
        `simulation.seed` is the seed of the dish.
    array : Mea or None
        None if the parameters have no table `mea`: such a culture can be run, but not recorded.
    culture : Culture
        As it was grown; `simulator.culture` has its strengths as they are now.

    Raises
    ------
    InputError
        If the parameters ask for something impossible; the message names the key.

    Examples
    --------
    >>> dish = Dish("culture", seed=3)
    >>> dish
    <Dish: 1,000 neurons on 59 electrodes, seed 3>
    >>> dish.record("1 s").duration
    1.0
    """

    def __init__(
        self,
        parameters: Parameters | str | os.PathLike,
        seed: int | None = None,
        array: Mea | None = None,
        show: Callable[..., Progress] = hidden_progress,
    ):
        if not isinstance(parameters, Parameters):
            parameters = load_parameters(parameters)
        if seed is not None:
            parameters = parameters.replace({"simulation.seed": seed})
        if array is None and parameters.mea is not None:
            array = Mea.place(parameters)
        self.parameters, self.array = parameters, array
        self.culture = Culture.grow(parameters, array, show)

    def __repr__(self) -> str:
        electrodes = f" on {self.array.n_electrodes:,} electrodes" if self.array else ""
        return f"<Dish: {self.culture.n_neurons:,} neurons{electrodes}, seed {self.seed}>"

    @property
    def seed(self) -> int:
        """Every random number comes from it."""
        return self.parameters.simulation.seed

    @property
    def dt(self) -> float:
        """Length of a time step, s."""
        return self.parameters.simulation.dt

    @cached_property
    def screen(self) -> Screen:
        """The screen or projector that lights the dish."""
        return Screen(self.parameters)

    @cached_property
    def photodetector(self) -> Photodetector:
        """The camera or the photodiodes that see the calcium of the neurons."""
        return Photodetector(self.culture, self.array, self.parameters)

    def fluorescence(self, spikes: Spikes) -> np.ndarray:
        """Return what photodetectors see of spikes that `run` returned, from rest on.

        Parameters
        ----------
        spikes : Spikes

        Returns
        -------
        ndarray, shape (n_frames, n_sites)
            dF/F; `photodetector.spikes` infers spikes from it.

        Raises
        ------
        InputError
            If there is no table `photodetector`.
        """
        generator = random_generator(self.seed, "photodetector", spikes.first_step)
        return self.photodetector.traces(spikes.steps, spikes.neurons, spikes.n_steps, generator)

    @cached_property
    def simulator(self) -> Simulator:
        """What runs the culture; made when it is needed first."""
        return Simulator(self.culture, self.parameters)

    def record(
        self,
        duration: float | str | None = None,
        stimulus: Stimulation | Stimulus | None = None,
        *,
        light: Illumination | Light | None = None,
        plastic: bool = True,
        progress: Progress = NO_PROGRESS,
    ) -> Recording:
        """Let the culture settle if it has not run yet, and record it.

        A culture that is silent or runs away in the first 10 s is warned of (`CultureWarning`).

        Parameters
        ----------
        duration : float, str or brian2.Quantity, optional
            s, or with a unit; `simulation.duration` of the parameters unless given.
        stimulus : Stimulation or Stimulus, optional
            What to give, such as `pulses("L", start="20 s")`; times count from the start of the
            recording. Unless given, what the [[stimulation]] entries of the parameters ask for.
        light : Illumination or Light, optional
            What to show by light, such as `illuminated("L", "20 s", "100 ms")`. Unless given, what
            the [[illumination]] entries of the parameters ask for.
        plastic : bool
            Whether synapses learn, where the parameters have them learn at all.
        progress : Progress
            Is told of the biological time that is done, in s, the time to settle included.

        Returns
        -------
        Recording
            What the electrodes detect.

        Raises
        ------
        InputError
            If there are no electrodes, or a pulse lies outside the recording or on an electrode
            that does not exist.
        """
        simulation, stimulation = self.parameters.simulation, self.parameters.stimulation
        duration = simulation.duration if duration is None else checked_duration(duration)
        stimulus = Stimulation(tuple(stimulation)) if stimulus is None else stimulus
        light = Illumination(tuple(self.parameters.illumination)) if light is None else light
        recorder = self._recorder(duration, stimulus, light)
        stimulus = self._on_array(stimulus, duration)
        shown = self._on_screen(light, duration)
        self._settle(progress)
        is_stimulated = bool(len(stimulus)) or shown is not None

        def watch(spikes: Spikes) -> None:
            warn_early(spikes, self.culture.n_neurons, is_stimulated)

        spikes = self.simulator.run(duration, stimulus, plastic, progress, watch, EARLY, shown)
        recorder.add(spikes)
        return self._finished(recorder)

    def closed_loop(
        self, duration: float | str, every: float | str, *, plastic: bool = True
    ) -> ClosedLoop:
        """Record the culture piece by piece, to stimulate it by its spikes.

        The culture settles before the first step if it has not run yet.

        Parameters
        ----------
        duration : float, str or brian2.Quantity
            Length of the whole; s, or with a unit.
        every : float, str or brian2.Quantity
            Length of a step.
        plastic : bool
            Whether synapses learn, where the parameters have them learn at all.

        Returns
        -------
        ClosedLoop
            Iterating runs the culture and yields steps; `recording()` is all of it.

        Raises
        ------
        InputError
            If there are no electrodes, or a time is negative, 0 or not finite.

        Examples
        --------
        >>> from spikinggrid.parameters.files import load
        >>> loop = Dish(load("culture")).closed_loop("2 s", every="5 ms")
        >>> for step in loop:
        ...     if len(step.spikes) > 20:
        ...         step.stimulate("centre", amplitude=0.5)
        >>> loop.recording().duration
        2.0
        """
        duration = checked_duration(duration)
        return ClosedLoop(
            self._settle,
            self._recorder(duration, Stimulation()),
            self._finished,
            self._electrodes(),
            self.parameters,
            duration,
            to_si(every, "s", "every"),
            plastic,
        )

    @classmethod
    def repeat(
        cls,
        recording: Recording,
        parameters: Parameters | None = None,
        *,
        progress: Progress = NO_PROGRESS,
    ) -> Recording:
        """Make a simulated recording again: grow its culture and do to it what was done.

        Parameters
        ----------
        recording : Recording
        parameters : Parameters, optional
            Others than those of the recording, such as with another seed or engine.
        progress : Progress
            Is told of the biological time that is done, in s.

        Raises
        ------
        InputError
            If the recording is not simulated or what was done to its culture is unknown, or the
            parameters have another plan than the recording, which its history would overrule.

        Examples
        --------
        >>> from spikinggrid.recordings import load_parameters
        >>> first = Dish(load_parameters("culture"), seed=2).record("2 s")
        >>> again = Dish.repeat(first)
        >>> (again.n_spikes, again.seed) == (first.n_spikes, first.seed)
        True
        """
        recorded, history = load_parameters(recording), recording.history
        parameters = recorded if parameters is None else parameters
        array = array_of(recording, parameters)
        if history is None:
            is_from_file = parameters.mea is not None and parameters.mea.layout.endswith(FILES)
            is_same = is_from_file and parameters.mea == recorded.mea
            return cls(parameters, array=array if is_same else None).record(progress=progress)
        if history.unknown:
            raise InputError(
                f"{recording.source}: cannot be repeated, because of {history.unknown} before or"
                " during it that it does not tell"
            )
        _refuse_another_plan(parameters, recorded)
        dish = cls(parameters, array=array)
        recorder = Recorder(dish.culture, array, parameters)
        recorder.add(replay(dish.simulator, recording, history, progress))
        return dish._finished(recorder)

    def run(
        self,
        duration: float | str,
        stimulus: Stimulation | Stimulus | None = None,
        plastic: bool = True,
        *,
        light: Illumination | Light | None = None,
        progress: Progress = NO_PROGRESS,
    ) -> Spikes:
        """Go on for some time and return the spikes of all neurons.

        Parameters
        ----------
        duration : float, str or brian2.Quantity
            s, or with a unit. What it leaves of a step is carried over to the next run.
        stimulus : Stimulation or Stimulus, optional
            What to give; times count from the start of this run.
        plastic : bool
            Whether synapses learn, where the parameters have them learn at all.
        light : Illumination or Light, optional
            What to show by light; times count likewise.
        progress : Progress
            Is told of the biological time that is done, in s.

        Raises
        ------
        InputError
            If a pulse lies outside the run or on an electrode that does not exist.
        """
        if stimulus is not None:
            stimulus = self._on_array(stimulus, duration)
        shown = None if light is None else self._on_screen(light, checked_duration(duration))
        return self.simulator.run(duration, stimulus, plastic, progress, light=shown)

    def hear(self, spikes: Spikes, changes: Mapping[str, object] | None = None) -> Recording:
        """Return what electrodes detect of spikes that `run` returned, without simulating again.

        Parameters
        ----------
        spikes : Spikes
        changes : mapping of str to object, optional
            Of the parameters of this dish, what the electrodes have otherwise: keys of the table
            `mea` such as "mea.radius_cv", but not the layout. Another "mea.electrode_seed" draws
            what differs between electrodes anew.

        Returns
        -------
        Recording
            The one that a dish with these parameters records of the same run.

        Raises
        ------
        InputError
            If there are no electrodes, or a key is wrong or is about more than the electrodes.

        Examples
        --------
        >>> from spikinggrid.parameters.files import load
        >>> dish = Dish(load("culture"))
        >>> spikes = dish.run("2 s")
        >>> [dish.hear(spikes, {"mea.electrode_seed": n}).n_electrodes for n in range(3)]
        [59, 59, 59]
        """
        changes = changes or {}
        for key in changes:
            table, _, name = key.partition(".")
            if table != "mea" or name not in READOUT_KEYS:
                known = ", ".join(f"mea.{name}" for name in READOUT_KEYS)
                raise InputError(f"{key}: no change of the electrodes alone; those are {known}")
        plan = {"simulation.duration": spikes.duration, "stimulation": [], "illumination": []}
        plan |= changes
        recorder = Recorder(self.culture, self._electrodes(), self.parameters.replace(plan))
        recorder.add(spikes)
        return self._finished(recorder)

    def _settle(self, progress: Progress = NO_PROGRESS) -> Simulator:
        """Run the warm-up if nothing was run yet, and return the simulator."""
        if self.simulator.n_steps == 0:
            self.run(self.parameters.simulation.warmup, progress=progress)
        return self.simulator

    def _on_array(self, stimulus: Stimulation | Stimulus, duration: float | str) -> Stimulus:
        if isinstance(stimulus, Stimulus):
            return stimulus
        return stimulus.on(self._electrodes(), self.parameters, checked_duration(duration))

    def _on_screen(self, light: Illumination | Light, duration: float) -> Light | None:
        if isinstance(light, Light):
            return light
        if not isinstance(light, Illumination):
            raise InputError(
                f"light: found {quoted(light)}; right would be, for example,"
                ' sg.illuminated("L", "20 s", "100 ms") or dish.screen.image(picture, 20.0, 0.1)'
            )
        return light.on(self.screen, self.array, duration) if light.entries else None

    def _electrodes(self) -> Mea:
        if self.array is None:
            return Mea.place(self.parameters)  # which refuses: there is no table for it
        return self.array

    def _recorder(
        self,
        duration: float,
        stimulus: Stimulation | Stimulus,
        light: Illumination | Light = NO_LIGHT,
    ) -> Recorder:
        """Return what records, with parameters that say what is going to be done."""
        entries = list(stimulus.entries) if isinstance(stimulus, Stimulation) else []
        shown = list(light.entries) if isinstance(light, Illumination) else []
        plan = {"simulation.duration": duration, "stimulation": entries, "illumination": shown}
        return Recorder(self.culture, self._electrodes(), self.parameters.replace(plan))

    def _is_as_placed(self) -> bool:
        """Whether the array is that of the parameters."""
        array, table = self._electrodes(), self.parameters.mea
        if table is not None and table.layout.endswith(FILES):
            return array.layout == table.layout  # the file may be elsewhere by now
        placed = Mea.place(self.parameters)
        return array.names == placed.names and np.array_equal(array.positions, placed.positions)

    def _finished(self, recorder: Recorder) -> Recording:
        """Return the recording, with its history unless the parameters tell it."""
        begin = recorder.first_step
        history = self.simulator.history(begin, begin + recorder.n_steps)
        if self._is_as_planned(recorder, history):
            return recorder.recording(None)
        if recorder.lights and not history.unknown:
            history = History(history.t_start, unknown="light")
        return recorder.recording(history)

    def _is_as_planned(self, recorder: Recorder, history: History) -> bool:
        """Whether a recording is what `record` makes of a new dish with these parameters alone."""
        simulation, planned = recorder.parameters.simulation, Stimulus.none()
        warmup, whole = simulation.warmup, simulation.warmup + simulation.duration
        begin, end = whole_steps(np.array([warmup, whole]) / self.dt)
        if (recorder.first_step, recorder.n_steps) != (begin, end - begin):
            return False
        if not self._is_as_placed():
            return False
        if history.unknown or len(history.stimulus_times) or len(history.frozen):
            return False
        if not self._is_lit_as_planned(recorder):
            return False
        if recorder.parameters.stimulation:
            stimulation = Stimulation(tuple(recorder.parameters.stimulation))
            planned = stimulation.on(self._electrodes(), self.parameters)
        return planned.equals(recorder.stimulus)

    def _is_lit_as_planned(self, recorder: Recorder) -> bool:
        """Whether what was shown by light is what the parameters of a recording show."""
        entries, lights = tuple(recorder.parameters.illumination), recorder.lights
        if not entries or len(lights) != 1:
            return not entries and not lights
        planned = Illumination(entries).on(self.screen, self.array)
        return lights[0][0] == 0 and planned.equals(lights[0][1])


def array_of(recording: Recording, parameters: Parameters) -> Mea:
    """Return the electrodes of a recording as an array."""
    layout = "of the recording" if parameters.mea is None else parameters.mea.layout
    return Mea(recording.electrode_names, recording.x, recording.y, layout)


def _refuse_another_plan(parameters: Parameters, recorded: Parameters) -> None:
    """Refuse changes that the history of a recording would overrule."""
    for key in PLAN:
        if parameters.value(key) != recorded.value(key):
            raise InputError(
                f"{key}: the recording is repeated as it was made, not as its parameters say; leave"
                " this key as it is"
            )
