"""The model as compiled kernels, for speed: equal to the Brian2 network spike for spike.

`brian.py` defines what is computed; `kernels.py` says how plasticity is fast.
"""

import itertools
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import Any

import numpy as np
from numba import typeof

from spikinggrid.network.background import Background
from spikinggrid.network.culture import PROJECTIONS, Culture
from spikinggrid.parameters.model import Parameters
from spikinggrid.simulation.engines import Openings, Pulses, kernels, state, synapse_state
from spikinggrid.utils.compiled import specialised
from spikinggrid.utils.processors import n_processors

#: Ctrl-C and progress reports wait for the end of a block of steps, which takes about this long, s.
BLOCK_DURATION = 0.2

#: A block of steps has room for this many spikes.
MAX_SPIKES = 1 << 22

#: At most so many copies of a culture are evaluated together; each weight is loaded once for all.
MAX_COPIES = 32


class NativeEngine:
    """A culture as arrays and compiled kernels. See `engine.Engine` for what methods do.

    Computes in single precision unless the parameters say "float64", as comparisons with other
    engines need it.
    """

    def __init__(self, culture: Culture, parameters: Parameters):
        dtype = np.dtype(parameters.simulation.precision or "float32").type
        self._dtype, self._culture, self._parameters = dtype, culture, parameters
        self._background = Background(parameters, culture.n_neurons)
        self._noise = state.noise(self._background, dtype)
        self._kinetics = state.kinetics(culture, parameters, dtype)
        self._updates = [
            kernels.neuron_update(state.features(parameters, arrivals), typeof(self._kinetics))
            for arrivals in (False, True)
        ]
        self._lit_update = None
        if parameters.light is not None:
            lit = state.features(parameters, arrivals=True, light=True)
            self._lit_update = kernels.neuron_update(lit, typeof(self._kinetics))
        self._neurons = state.neurons(culture, parameters, dtype)
        self._synapses: dict[str, state.Synapses] = {}
        self._scaling: dict[str, state.Scaling | None] = {}
        self._regions: dict[str, state.Region | None] = {}
        self._first_source = {name: culture.first_source(name) for name in PROJECTIONS}
        for name in PROJECTIONS:
            self._regions[name] = synapse_state.region(name, culture, parameters, dtype)
            self._synapses[name] = synapse_state.synapses(name, culture, parameters, dtype)
            self._scaling[name] = synapse_state.scaling(name, culture, parameters, dtype)
        has_snapshots = any(
            own.rows.is_dense and own.plasticity.learns for own in self._synapses.values()
        )
        self._history = synapse_state.history(culture, parameters, has_snapshots, dtype)
        self._compiled: dict[tuple[Any, object], Callable[..., None]] = {}
        self._has_pending_updates, self._is_at_rest = False, True
        self._n_remembered = self._steps_until_forgotten()
        self._gathered = _Gathered(self._n_remembered)
        self._step = 0  # the next one
        self._steps_at_once = 128
        self._fired = np.empty(0, np.int64)  # kept: fresh memory would have to be cleared

    def run(
        self,
        n_steps: int,
        pulses: Pulses,
        plastic: bool,
        progress: Callable[[int], None] | None = None,
        light: Openings | None = None,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Advance by some steps; see `Engine.run`."""
        if not plastic:
            self._apply_pending_updates()
        self._has_pending_updates |= plastic
        self._is_at_rest = False
        steps_of_parts, neurons_of_parts, done = [], [], 0
        while done < n_steps:
            began, n_now = time.perf_counter(), min(self._steps_at_once, n_steps - done)
            n_fired, fired = self._run(n_now, pulses, done, plastic, light)
            steps_of_parts.append(np.repeat(np.arange(done, done + n_now), n_fired))
            neurons_of_parts.append(fired)
            done += n_now
            self._adjust_steps_at_once(time.perf_counter() - began)
            if progress:
                progress(done)
        steps, neurons = np.concatenate(steps_of_parts), np.concatenate(neurons_of_parts)
        if any(self._regions.values()):
            self._gathered.add(n_steps, steps, neurons, plastic, pulses)
        return steps, neurons

    def evaluate(
        self,
        n_steps: int,
        presentations: Sequence[Pulses],
        lights: Sequence[Openings | None] | None = None,
    ) -> list[tuple[np.ndarray, np.ndarray]]:
        """Show presentations to the frozen culture at rest; see `Engine.evaluate`."""
        self.reset()
        background = self._evaluation_background()
        lights = [None] * len(presentations) if lights is None else lights
        shows = [
            (pulses, (background.draw_common(n_steps), *background.draw(n_steps)), light)
            for pulses, light in zip(presentations, lights, strict=True)
        ]
        n_threads, room = n_processors(), MAX_SPIKES // len(self._neurons.resources)
        most = max(1, min(MAX_COPIES, room // max(1, n_steps)))
        rounds = -(-len(shows) // (n_threads * most))
        n_copies = max(1, -(-len(shows) // max(1, rounds * n_threads)))  # alike on all threads
        batches = [shows[k : k + n_copies] for k in range(0, len(shows), n_copies)]
        with ThreadPoolExecutor(n_threads) as pool:
            try:
                spikes = list(pool.map(lambda batch: self._show(n_steps, batch), batches))
            finally:
                pool.shutdown(cancel_futures=True)  # Ctrl-C need not wait for all
        return list(itertools.chain.from_iterable(spikes))

    def skip(self, n_steps: int) -> None:
        """Let the background of some steps go by unused."""
        self._background.skip(n_steps)

    def reset(self) -> None:
        """Put everything but the strengths to rest."""
        self._apply_pending_updates()
        if self._is_at_rest:
            return
        neurons = self._neurons
        neurons.blocks[:, state.CHANGING] = 0
        neurons.refractory.first[:] = -1
        neurons.resources[:] = 1
        neurons.last_spike[:] = 0
        neurons.post_trace[:] = 0
        for synapses in self._synapses.values():
            synapses.queue.lengths[:] = 0
            synapses.arrivals[:] = 0
            synapses.plasticity.pre_trace[:] = 0
            synapses.plasticity.last_update[:] = -1
        if self._history is not None:
            self._history.sums[:] = 0
        self._step = 0  # so that rounding does not depend on what was before
        self._gathered, self._is_at_rest = _Gathered(self._n_remembered), True

    def normalise(self) -> None:
        """Scale what each neuron receives through plastic projections; see `Engine.normalise`."""
        for name, scaling in self._scaling.items():
            if scaling is not None:
                arguments = self._step - 1, self._synapses[name], scaling, self._history
                self._call(kernels.normalise, name, *arguments)
        self._has_pending_updates = False

    def modulate(self, signal: float) -> None:
        """Apply what pairs of spikes gathered, times a signal; see `Engine.modulate`."""
        gathered = self._gathered
        spikes = gathered.spikes()
        for name, region in self._regions.items():
            if region is None:
                continue
            sent, sources = gathered.pulses() if name == "input" else spikes[:2]
            sources = sources - self._first_source[name]
            order = np.argsort(sources, kind="stable")
            edges = np.arange(len(region.sources) + 1)
            later = np.zeros((gathered.n_steps + 1, len(region.targets)), self._dtype)
            kernels.later_spikes(*spikes, region, later)
            kernels.modulate(
                self._dtype(signal),
                np.searchsorted(sources[order], edges),
                sent[order],
                later,
                np.zeros_like(later[0]),
                region,
                self._synapses[name].rows,
            )
            self._call(kernels.deliver_again, name, self._step - 1, self._synapses[name])
        gathered.close()

    def _steps_until_forgotten(self) -> int:
        """Return after how many steps the trace of a spike or pulse is less than rounding."""
        dt, tau_pre = self._parameters.simulation.dt, self._parameters.plasticity.tau_pre or 0.0
        longest_delay = max(own.rows.delays.max(initial=1) for own in self._synapses.values())
        lasts = -np.log(np.finfo(self._dtype).eps) * tau_pre / dt
        return int(longest_delay) + int(np.ceil(lasts))

    def strengths(self, name: str) -> np.ndarray:
        """Return the strengths of a projection in the order of `Projection.pairs`, V."""
        self._apply_pending_updates()
        rows = self._synapses[name].rows
        weights = rows.weights
        if rows.is_dense:
            return weights[weights >= 0]
        if self._synapses[name].plasticity.is_tiled:
            return weights[synapse_state.places_in_tiles(rows)]
        strengths = np.empty_like(weights)
        for own, order, _ in self._by_delay(name):
            strengths[own][order] = weights[own]
        return strengths

    def set_strengths(self, name: str, strengths: np.ndarray) -> None:
        """Replace the strengths of a projection."""
        self._apply_pending_updates()
        rows = self._synapses[name].rows
        weights = rows.weights
        bound = synapse_state.upper_bound(name, self._parameters, self._dtype)
        if bound is not None:
            strengths = np.minimum(strengths, bound)
        if rows.is_dense:
            weights[weights >= 0] = strengths
        elif self._synapses[name].plasticity.is_tiled:
            weights[synapse_state.places_in_tiles(rows)] = strengths
        else:
            for own, order, _ in self._by_delay(name):
                weights[own] = strengths[own][order]
        self._call(kernels.deliver_again, name, self._step - 1, self._synapses[name])

    def _by_delay(self, name: str) -> Iterator[tuple[slice, np.ndarray, np.ndarray]]:
        """Yield places and order of synapses; to store the order would take more memory."""
        delays = self._synapses[name].rows.delays
        return synapse_state.by_delay(name, self._culture, self._parameters, delays)

    def _run(
        self, n_steps: int, pulses: Pulses, done: int, plastic: bool, light: Openings | None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Advance by a few steps; return how many neurons fired in each of them, and which."""
        offsets, *kicks = self._background.draw(n_steps)
        pulses_now = _between(done, done + n_steps, pulses)
        common = self._background.draw_common(n_steps)
        external = state.external_input(
            self._noise, offsets[:, None], common[:, None], kicks, pulses_now
        )
        room = n_steps * len(self._neurons.resources)
        if len(self._fired) < room:
            self._fired = np.empty(room, np.int64)
        n_fired, fired = self._advance(
            self._step,
            plastic,
            self._neurons,
            self._synapses,
            self._history,
            external,
            self._openings(n_steps, [light]),
            self._fired,
        )
        self._step += n_steps
        return n_fired, fired.copy()

    def _advance(
        self,
        first: int,
        plastic: bool,
        neurons: state.Neurons,
        synapses: dict[str, state.Synapses],
        history: state.SpikeHistory | None,
        external: state.ExternalInput,
        light: state.Light | None,
        fired: np.ndarray,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Run the kernels; return how many neurons fired in each step, and which, in `fired`."""
        n_steps, n_copies = external.offsets.shape
        n_fired = np.zeros(n_steps, np.int64)
        arguments = (
            first,
            self._dtype(plastic),
            *self._updates,
            self._lit_update,
            self._kinetics,
            neurons,
            *synapses.values(),
            history,
            external,
            light,
            np.zeros(n_copies * synapses["input"].rows.n_pre, self._dtype),
            fired,
            n_fired,
        )
        self._call(kernels.run, history is None, *arguments)
        return n_fired, fired[: n_fired.sum()]

    def _evaluation_background(self) -> Background:
        """Return the background of evaluations, which is the same in each of them."""
        return Background(self._parameters, self._culture.n_neurons, "evaluation")

    @cached_property
    def _evaluation_noise(self) -> np.ndarray:
        return state.noise(self._evaluation_background(), self._dtype)

    def _show(self, n_steps: int, shows: list[tuple]) -> list[tuple[np.ndarray, np.ndarray]]:
        """Return steps and neurons of the spikes of frozen copies that run together."""
        n_copies, n_padded = len(shows), len(self._neurons.resources)
        n_electrodes = self._synapses["input"].rows.n_pre
        pulses, backgrounds, lights = zip(*shows, strict=True)
        commons, offsets_of_copies, *kicks = zip(*backgrounds, strict=True)
        common, offsets = np.column_stack(commons), np.column_stack(offsets_of_copies)
        all_kicks = _merged(n_padded, *kicks)
        all_pulses = _merged(n_electrodes, *zip(*pulses, strict=True))
        neurons = state.copies_of(self._neurons, n_copies)
        synapses = {
            name: synapse_state.frozen_copies(own, n_copies) for name, own in self._synapses.items()
        }
        n_at_once = max(1, MAX_SPIKES // (n_copies * n_padded))
        room = np.empty(min(n_at_once, n_steps) * n_copies * n_padded, np.int64)
        n_fired_of_parts, fired_of_parts = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
        for begin in range(0, n_steps, n_at_once):
            end = min(begin + n_at_once, n_steps)
            external = state.external_input(
                self._evaluation_noise,
                offsets[begin:end],
                common[begin:end],
                _between(begin, end, all_kicks),
                _between(begin, end, all_pulses),
            )
            light = self._openings(end - begin, lights)
            n_fired, fired = self._advance(
                begin, False, neurons, synapses, None, external, light, room
            )
            n_fired_of_parts.append(n_fired)
            fired_of_parts.append(fired.copy())
        n_fired, fired = np.concatenate(n_fired_of_parts), np.concatenate(fired_of_parts)
        copies, neurons_of_copies = np.divmod(fired, n_padded)
        steps = np.repeat(np.arange(n_steps), n_fired)
        order = _stable_order(copies)
        ends = np.searchsorted(copies[order], np.arange(1, n_copies))
        return list(
            zip(np.split(steps[order], ends), np.split(neurons_of_copies[order], ends), strict=True)
        )

    def _openings(self, n_steps: int, lights: Sequence[Openings | None]) -> state.Light | None:
        """Return what light opens in the next steps in each copy; None if the file has no light."""
        if self._lit_update is None:
            return None
        openings = [None if light is None else light.next(n_steps) for light in lights]
        return state.light(openings, n_steps, len(self._neurons.resources), self._dtype)

    def _adjust_steps_at_once(self, duration: float) -> None:
        if duration > BLOCK_DURATION:
            self._steps_at_once = max(1, self._steps_at_once // 2)
        elif duration < BLOCK_DURATION / 2:
            most = max(1, MAX_SPIKES // len(self._neurons.resources))
            self._steps_at_once = min(2 * self._steps_at_once, most)

    def _apply_pending_updates(self) -> None:
        """Bring all weights up to date."""
        if self._has_pending_updates and self._history is not None:
            for name in (name for name, own in self._scaling.items() if own is not None):
                arguments = self._step - 1, self._synapses[name], self._history
                self._call(kernels.apply_pending_updates, name, *arguments)
        self._has_pending_updates = False

    def _call(self, kernel: Any, kind: object, *arguments: Any) -> None:
        """Call a kernel, compiled when arguments of this kind, whose types differ, come first."""
        if (kernel, kind) not in self._compiled:
            self._compiled[kernel, kind] = specialised(kernel, *arguments)
        self._compiled[kernel, kind](*arguments)


def _between(begin: int, end: int, events: Sequence[np.ndarray]) -> tuple[np.ndarray, ...]:
    """Return the events of some steps, which count from `begin` on."""
    now = slice(*np.searchsorted(events[0], [begin, end]))
    return events[0][now] - begin, *(values[now] for values in events[1:])


def _merged(
    n_places: int, steps: Sequence[np.ndarray], places: Sequence[np.ndarray], *more: Sequence
) -> tuple[np.ndarray, ...]:
    """Merge the events of several copies by time; places are numbered on from copy to copy."""
    places = [own + copy * n_places for copy, own in enumerate(places)]
    joined = [np.concatenate(values) for values in (steps, places, *more)]
    order = _stable_order(joined[0])
    return tuple(values[order] for values in joined)


def _stable_order(numbers: np.ndarray) -> np.ndarray:
    """Return the order of numbers that are not negative; short integers are sorted faster."""
    return np.argsort(numbers.astype(np.min_scalar_type(numbers.max(initial=0))), kind="stable")


class _Gathered:
    """Spikes and pulses since the culture was at rest, for modulated plasticity.

    Parameters
    ----------
    n_remembered : int
        Events of so many steps ago count no more, as first ones of a pair.
    """

    def __init__(self, n_remembered: int):
        self.n_steps, self._n_remembered, self._is_open = 0, n_remembered, False
        self._spikes = [(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, bool))]
        self._pulses = [(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))]

    def add(
        self, n_steps: int, steps: np.ndarray, neurons: np.ndarray, plastic: bool, pulses: Pulses
    ) -> None:
        """Append what happened in the next steps; frozen synapses gain nothing from it."""
        self._spikes.append((self.n_steps + steps, neurons, np.full(len(steps), plastic)))
        self._pulses.append((self.n_steps + pulses[0], *pulses[1:]))
        self.n_steps += n_steps
        self._is_open |= plastic
        if not self._is_open:
            self.close()

    def close(self) -> None:
        """Let no spike until now be the second one of a pair, and forget those of long ago."""
        begin, self._is_open = max(0, self.n_steps - self._n_remembered), False
        steps, neurons, learned = self.spikes()
        recent = steps >= begin
        self._spikes = [(steps[recent] - begin, neurons[recent], np.zeros_like(learned[recent]))]
        steps, electrodes, amplitudes = map(np.concatenate, zip(*self._pulses, strict=True))
        recent = steps >= begin
        self._pulses = [(steps[recent] - begin, electrodes[recent], amplitudes[recent])]
        self.n_steps -= begin

    def spikes(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return steps (ascending), neurons, and whether synapses learned then."""
        steps, neurons, learned = map(np.concatenate, zip(*self._spikes, strict=True))
        return steps, neurons, learned

    def pulses(self) -> tuple[np.ndarray, np.ndarray]:
        """Return steps and electrodes of the pulses whose sum is positive: only those are sent."""
        steps, electrodes, amplitudes = map(np.concatenate, zip(*self._pulses, strict=True))
        pairs, which = np.unique(np.stack([steps, electrodes]), axis=1, return_inverse=True)
        sums = np.bincount(which.ravel(), amplitudes, minlength=pairs.shape[1])
        pulse_steps, pulse_electrodes = pairs[:, sums > 0]
        return pulse_steps, pulse_electrodes
