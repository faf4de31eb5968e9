"""A dish: one culture on its array, grown from parameters, ready to be run and recorded.

dish = Dish(parameters, seed=3)
recording = dish.record("60 s")       what the electrodes detect
spikes = dish.run("1 s", stimulus)    the spikes of all neurons
"""

from collections.abc import Callable
from functools import cached_property

from spikinggrid.mea.array import Mea
from spikinggrid.mea.pulse_trains import Stimulus
from spikinggrid.mea.stimuli import Stimulation
from spikinggrid.network.culture import Culture
from spikinggrid.parameters.model import Parameters
from spikinggrid.parameters.units import to_si
from spikinggrid.recordings import Recording
from spikinggrid.simulation.closed_loop import ClosedLoop
from spikinggrid.simulation.recorder import Recorder
from spikinggrid.simulation.simulator import Simulator, Spikes
from spikinggrid.utils.progress import NO_PROGRESS, Progress


class Dish:
    """A culture on its array, and everything that runs it.

    Parameters
    ----------
    parameters : Parameters
    seed : int, optional
        Every random number comes from it; the parameters' seed unless given.
    array : Mea, optional
        An array of your own; that of the parameters unless given.

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
    """

    def __init__(self, parameters: Parameters, seed: int | None = None, array: Mea | None = None):
        if seed is not None:
            parameters = parameters.replace({"simulation.seed": seed})
        if array is None and parameters.mea is not None:
            array = Mea.place(parameters)
        self.parameters, self.array = parameters, array
        self.culture = Culture.grow(parameters, array)

    @property
    def seed(self) -> int:
        """Every random number comes from it."""
        return self.parameters.simulation.seed

    @cached_property
    def simulator(self) -> Simulator:
        """What runs the culture; made when it is needed first."""
        return Simulator(self.culture, self.parameters)

    def record(
        self,
        duration: float | str | None = None,
        stimulus: Stimulation | Stimulus | None = None,
        *,
        plastic: bool = True,
        progress: Progress = NO_PROGRESS,
    ) -> Recording:
        """Let the culture settle if it has not run yet, and record it.

        Parameters
        ----------
        duration : float, str or brian2.Quantity, optional
            s, or with a unit; `simulation.duration` of the parameters unless given.
        stimulus : Stimulation or Stimulus, optional
            What to give, such as `pulses("L", start="20 s")`; times count from the start of the
            recording. Unless given, what the [[stimulation]] entries of the parameters ask for.
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
        recorder = self._recorder()
        if stimulus is None:
            stimulus = Stimulation(tuple(self.parameters.stimulation))
        if duration is None:
            duration = self.parameters.simulation.duration
        stimulus = self._on_array(stimulus, duration)
        self._settle(progress)
        recorder.add(self.run(duration, stimulus, plastic, progress=progress))
        return recorder.recording()

    def closed_loop(
        self, duration: float | str, every: float | str, *, plastic: bool = True
    ) -> ClosedLoop:
        """Record the culture piece by piece, to stimulate it by what was heard of it.

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
        >>> loop = dish.closed_loop("60 s", every="5 ms")                 # doctest: +SKIP
        >>> for step in loop:                                             # doctest: +SKIP
        ...     if len(step.spikes) > 20:
        ...         step.stimulate("centre", amplitude=0.5)
        >>> recording = loop.recording()                                  # doctest: +SKIP
        """
        return ClosedLoop(
            self._settle,
            self._recorder(),
            self._electrodes(),
            self.parameters,
            to_si(duration, "s", "duration"),
            to_si(every, "s", "every"),
            plastic,
        )

    def run(
        self,
        duration: float | str,
        stimulus: Stimulation | Stimulus | None = None,
        plastic: bool = True,
        *,
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
        progress : Progress
            Is told of the biological time that is done, in s.

        Raises
        ------
        InputError
            If a pulse lies outside the run or on an electrode that does not exist.
        """
        if stimulus is not None:
            stimulus = self._on_array(stimulus, duration)
        return self.simulator.run(
            duration, stimulus, plastic, _steps_told(progress, self.parameters.simulation.dt)
        )

    def _settle(self, progress: Progress = NO_PROGRESS) -> Simulator:
        """Run the warm-up if nothing was run yet, and return the simulator."""
        if self.simulator.n_steps == 0:
            self.run(self.parameters.simulation.warmup, progress=progress)
        return self.simulator

    def _on_array(self, stimulus: Stimulation | Stimulus, duration: float | str) -> Stimulus:
        if isinstance(stimulus, Stimulus):
            return stimulus
        end = to_si(duration, "s", "duration")
        return stimulus.on(self._electrodes(), self.parameters, end)

    def _electrodes(self) -> Mea:
        return Mea.place(self.parameters) if self.array is None else self.array

    def _recorder(self) -> Recorder:
        return Recorder(self.culture, self._electrodes(), self.parameters)


def _steps_told(progress: Progress, dt: float) -> Callable[[int], None] | None:
    """Return what tells the progress, in s, of a number of steps that grows."""
    if progress is NO_PROGRESS:
        return None
    done = 0

    def tell(n_steps: int) -> None:
        nonlocal done
        progress.advance((n_steps - done) * dt)
        done = n_steps

    return tell
