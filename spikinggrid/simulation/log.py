"""What a culture goes through, so that any recording of it can be repeated."""

import numpy as np

from spikinggrid.mea.pulse_trains import Stimulus, whole_steps
from spikinggrid.recordings.history import History


class Log:
    """What was done to a culture since it was grown.

    Parameters
    ----------
    dt : float
        Length of a step, s.
    """

    def __init__(self, dt: float):
        self._dt = dt
        self._stimuli: list[tuple[int, Stimulus]] = []  # each with the first step of its run
        self._frozen: list[tuple[int, int]] = []
        self._first_lit: int | None = None
        self._unknown: tuple[int, str] | None = None

    def run(
        self, first: int, n_steps: int, stimulus: Stimulus, frozen: bool, is_lit: bool = False
    ) -> None:
        """Note a run.

        Parameters
        ----------
        first, n_steps : int
            First step since growth, and number of steps.
        stimulus : Stimulus
            Times count from the start of the first step.
        frozen : bool
            Whether synapses that could learn were kept from it.
        is_lit : bool
            Whether something was shown by light.
        """
        if self._unknown:
            return
        if is_lit and self._first_lit is None:
            self._first_lit = first
        if len(stimulus):
            self._stimuli.append((first, stimulus))
        if frozen and self._frozen and self._frozen[-1][1] == first:
            self._frozen[-1] = self._frozen[-1][0], first + n_steps
        elif frozen:
            self._frozen.append((first, first + n_steps))

    def note(self, step: int, what: str) -> None:
        """Note that something was done before a step that nobody can repeat."""
        self._unknown = self._unknown or (step, what)

    def history(self, begin: int, end: int) -> History:
        """Return what there is to know of a recording from one step to another."""
        if self._unknown and self._unknown[0] < end:
            return History(begin * self._dt, unknown=self._unknown[1])
        if self._first_lit is not None and self._first_lit < begin:
            return History(begin * self._dt, unknown="light")
        stimulus = Stimulus.joined(
            [
                Stimulus(
                    (whole_steps(own.times / self._dt) + first) * self._dt,
                    own.electrodes,
                    own.amplitudes,
                )
                for first, own in self._stimuli
                if first < begin
            ]
        )
        frozen = np.clip(np.array(self._frozen, int).reshape(-1, 2), None, end)
        return History(
            begin * self._dt,
            stimulus.times,
            stimulus.electrodes,
            stimulus.amplitudes,
            frozen[frozen[:, 0] < frozen[:, 1]] * self._dt,
        )
