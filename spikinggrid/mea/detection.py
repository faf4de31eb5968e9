"""What electrodes detect of the neurons around them, in one run or piece after piece.

    recorded_pairs    which electrode records which neuron
    Detector          spike trains of the electrodes while neurons fire and pulses are given

Each spike falls on the sampling grid somewhere within its time step. An electrode takes two spikes
within its dead time for one. Near a pulse the artefact is detected as a spike, unless it falls into
the blanking that follows the pulse.

Electrodes may differ: in how far they hear, and in how many spikes of each neuron they detect.
These draws have streams of their own and, with `mea.electrode_seed`, a seed of their own, so that
the same spikes can be heard through other electrodes (`Dish.hear` of `spikinggrid.simulation`).
"""

import numpy as np
from scipy.spatial import cKDTree

from spikinggrid.mea.array import Mea
from spikinggrid.parameters.model import Parameters
from spikinggrid.parameters.tables.base import needed
from spikinggrid.parameters.tables.mea import MeaTable
from spikinggrid.utils.compiled import cached_njit
from spikinggrid.utils.randomness import random_generator

#: Spikes and the ends of dead times lie on a grid: a tie is no violation (s).
TIE = 1e-9


def recorded_pairs(
    array: Mea, x: np.ndarray, y: np.ndarray, parameters: Parameters
) -> tuple[np.ndarray, np.ndarray]:
    """Return which electrode records which neuron.

    Parameters
    ----------
    array : Mea
    x, y : ndarray, shape (n_neurons,)
        Positions of the neurons, m.
    parameters : Parameters
        The table `mea`; its seed or that of the simulation decides who is not recorded, which
        electrodes are silent and how far each hears.

    Returns
    -------
    electrodes, neurons : ndarray of int, shape (n_pairs,)
        Pairs, ordered by neuron. With readout "radius" several electrodes may record a neuron.

    Raises
    ------
    InputError
        If the parameters lack the table `mea`.
    """
    table, seed = _table(parameters), electrode_seed(parameters)
    positions = np.column_stack([x, y])
    if table.readout == "region":
        electrodes, neurons = cKDTree(array.positions).query(positions)[1], np.arange(len(x))
    else:
        electrodes, neurons = _within_radius(array.positions, positions, table, seed)
    is_recorded = random_generator(seed, "hearing").random(len(neurons)) < table.heard_fraction
    electrodes, neurons = electrodes[is_recorded], neurons[is_recorded]
    if table.max_units is not None:
        from_electrode = array.positions[electrodes] - positions[neurons]
        is_near = _rank(electrodes, np.hypot(*from_electrode.T)) < table.max_units
        electrodes, neurons = electrodes[is_near], neurons[is_near]
    is_recorded = ~_silent(array, table, seed)[electrodes]
    return electrodes[is_recorded], neurons[is_recorded]


def electrode_seed(parameters: Parameters) -> int:
    """Return the seed of what differs between electrodes, `mea.electrode_seed` if it is set."""
    seed = _table(parameters).electrode_seed
    return parameters.simulation.seed if seed is None else seed


class Detector:
    """The electrodes of an array as they detect the spikes of one culture.

    What a run in pieces makes an electrode detect is what one long run does.

    Parameters
    ----------
    array : Mea
    x, y : ndarray, shape (n_neurons,)
        Positions of the neurons, m.
    parameters : Parameters
        The table `mea`, the time step and the seed.

    Attributes
    ----------
    electrodes, neurons : ndarray of int, shape (n_pairs,)
        Pairs of an electrode and a neuron that it records, ordered by neuron.

    Raises
    ------
    InputError
        If the parameters lack the table `mea`.
    """

    def __init__(self, array: Mea, x: np.ndarray, y: np.ndarray, parameters: Parameters):
        table = _table(parameters)
        self.electrodes, self.neurons = recorded_pairs(array, x, y, parameters)
        self._seed, self._dt = parameters.simulation.seed, parameters.simulation.dt
        self._electrode_seed = electrode_seed(parameters)
        self._table, self._array = table, array
        self._first_pair = np.searchsorted(self.neurons, np.arange(len(x) + 1))
        self._records = ~_silent(array, table, self._electrode_seed)
        self._chances = self._draw_chances()
        self._reached: dict[int, np.ndarray] = {}
        self.restart()

    def restart(self) -> None:
        """Forget all spikes: a new recording begins, with the same random numbers as any other."""
        self._generator = random_generator(self._seed, "detection")
        self._misses = random_generator(self._electrode_seed, "electrodes", "misses")
        self._last_spike = np.full(self._array.n_electrodes, -np.inf)
        self._last_artefact = np.full(self._array.n_electrodes, -np.inf)

    def detect(
        self,
        steps: np.ndarray,
        neurons: np.ndarray,
        pulse_times: np.ndarray,
        pulse_electrodes: np.ndarray,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return what the electrodes detect in the next piece of a recording.

        Parameters
        ----------
        steps, neurons : ndarray of int, shape (n_spikes,)
            Spikes of the neurons in order of time: steps from the start of the recording.
        pulse_times : ndarray, shape (n_pulses,)
            The pulses of these steps, in order of time: s from the start of the recording.
        pulse_electrodes : ndarray of int, shape (n_pulses,)

        Returns
        -------
        times : ndarray, shape (n_detected,)
            Spike trains of the electrodes one after another, s.
        counts : ndarray of int, shape (n_electrodes,)
            Number of spikes in each.
        """
        rate, begin = self._table.sampling_rate, steps * self._dt
        first = np.ceil(begin * rate - 1e-6).astype(np.int64)
        after = np.ceil((begin + self._dt) * rate - 1e-6).astype(np.int64)
        samples = self._generator.integers(first, np.maximum(after, first + 1))
        stimulated, which = np.unique(pulse_electrodes, return_inverse=True)
        reached = [self._reached_by(electrode) for electrode in stimulated.tolist()]
        return _detect(
            samples,
            neurons,
            rate,
            self._first_pair,
            self.electrodes,
            self._is_detected(neurons),
            pulse_times,
            which,
            np.cumsum([0, *map(len, reached)]),
            np.concatenate([np.empty(0, np.int64), *reached]),
            self._table.blanking,
            self._table.dead_time,
            self._last_spike,
            self._last_artefact,
        )

    def _draw_chances(self) -> np.ndarray | None:
        """Draw the chance that an electrode detects a spike, shape (n_pairs,); None if always."""
        if self._table.detection_spread is None:
            return None
        generator = random_generator(self._electrode_seed, "electrodes", "detection")
        normal = generator.standard_normal(len(self.neurons))
        return np.exp(-self._table.detection_spread * np.abs(normal))

    def _is_detected(self, neurons: np.ndarray) -> np.ndarray:
        """Draw whether each electrode that records a neuron detects its spike, spike by spike."""
        n_pairs = np.diff(self._first_pair)[neurons]
        if self._chances is None:
            return np.ones(n_pairs.sum(), bool)
        before = np.cumsum(n_pairs) - n_pairs
        pairs = np.arange(n_pairs.sum()) + np.repeat(self._first_pair[neurons] - before, n_pairs)
        return self._misses.random(len(pairs)) < self._chances[pairs]

    def _reached_by(self, electrode: int) -> np.ndarray:
        """Return the electrodes that detect the artefact of a pulse on another."""
        if electrode not in self._reached:
            reach = -1.0 if self._table.artefact_reach is None else self._table.artefact_reach
            x, y = self._array.x, self._array.y
            distance = np.hypot(x[electrode] - x, y[electrode] - y)
            self._reached[electrode] = np.flatnonzero(self._records & (distance <= reach + 1e-9))
        return self._reached[electrode]


def _table(parameters: Parameters) -> MeaTable:
    return needed(parameters.mea, "mea", "a recording")


def _within_radius(
    electrodes: np.ndarray, neurons: np.ndarray, table: MeaTable, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return pairs of an electrode and a neuron within its radius, ordered by neuron."""
    radii = np.full(len(electrodes), table.radius)
    if table.radius_cv is not None:
        log_variance = np.log1p(table.radius_cv**2)
        normal = random_generator(seed, "electrodes", "radius").standard_normal(len(radii))
        radii *= np.exp(np.sqrt(log_variance) * normal - log_variance / 2)
    if len(neurons) == 0:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    near = cKDTree(neurons).query_ball_point(electrodes, radii)
    number = np.repeat(np.arange(len(electrodes)), list(map(len, near)))
    neuron = np.concatenate([*near, []]).astype(np.int64)
    order = np.lexsort((number, neuron))
    return number[order], neuron[order]


def _rank(electrodes: np.ndarray, distance: np.ndarray) -> np.ndarray:
    """Return how many neurons of the same electrode are nearer to it, shape (n_pairs,)."""
    order = np.lexsort((distance, electrodes))
    first = np.searchsorted(electrodes[order], electrodes[order])
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order)) - first
    return rank


def _silent(array: Mea, table: MeaTable, seed: int) -> np.ndarray:
    """Draw which electrodes are silent, shape (n_electrodes,)."""
    order = random_generator(seed, "silent").permutation(array.n_electrodes)
    silent = np.zeros(array.n_electrodes, bool)
    silent[order[: round(table.silent_fraction * array.n_electrodes)]] = True
    return silent


@cached_njit(nogil=True, error_model="numpy")
def _detect(
    samples,
    neurons,
    rate,
    first_pair,
    electrodes,
    is_detected,
    pulse_times,
    pulse_rows,
    first_reached,
    reached,
    blanking,
    dead_time,
    last_spike,
    last_artefact,
):
    """Return the spike trains one after another and their lengths; bring both `last` up to date."""
    first_spike = np.zeros(len(last_spike) + 1, np.int64)
    first_artefact = np.zeros(len(last_spike) + 1, np.int64)
    n_heard = 0
    for neuron in neurons:
        for pair in range(first_pair[neuron], first_pair[neuron + 1]):
            first_spike[electrodes[pair] + 1] += is_detected[n_heard]
            n_heard += 1
    for row in pulse_rows:
        for electrode in reached[first_reached[row] : first_reached[row + 1]]:
            first_artefact[electrode + 1] += 1
    first_spike, first_artefact = np.cumsum(first_spike), np.cumsum(first_artefact)
    spikes, artefacts = np.empty(first_spike[-1]), np.empty(first_artefact[-1])

    n_written, n_heard = np.zeros(len(last_spike), np.int64), 0
    for number in range(len(neurons)):
        time = samples[number] / rate
        for pair in range(first_pair[neurons[number]], first_pair[neurons[number] + 1]):
            n_heard += 1
            if not is_detected[n_heard - 1]:
                continue
            electrode = electrodes[pair]
            first = first_spike[electrode]
            place = first + n_written[electrode]
            while place > first and spikes[place - 1] > time:  # order within a step is random
                spikes[place] = spikes[place - 1]
                place -= 1
            spikes[place] = time
            n_written[electrode] += 1
    n_written[:] = 0
    for pulse in range(len(pulse_times)):
        row = pulse_rows[pulse]
        for electrode in reached[first_reached[row] : first_reached[row + 1]]:
            artefacts[first_artefact[electrode] + n_written[electrode]] = pulse_times[pulse]
            n_written[electrode] += 1

    trains, counts, n = np.empty(len(spikes) + len(artefacts)), n_written, 0
    for electrode in range(len(last_spike)):
        spike, artefact = first_spike[electrode], first_artefact[electrode]
        last, last_pulse, begin = last_spike[electrode], last_artefact[electrode], n
        while spike < first_spike[electrode + 1] or artefact < first_artefact[electrode + 1]:
            if artefact < first_artefact[electrode + 1] and (
                spike == first_spike[electrode + 1] or artefacts[artefact] <= spikes[spike]
            ):
                time = artefacts[artefact]
                artefact += 1
                if time == last_pulse:  # pulses on several electrodes at once are one artefact
                    continue
                last_pulse = time
            else:
                time = spikes[spike]
                spike += 1
            if time - last_pulse >= blanking and time - last > dead_time - TIE:
                trains[n] = last = time
                n += 1
        counts[electrode] = n - begin
        last_spike[electrode], last_artefact[electrode] = last, last_pulse
    return trains[:n], counts
