"""The compiled kernels of the native engine. Each names the part of `brian.py` that it computes.

Sections: neurons; spike queues; delivery of spikes; plastic rows; spike history; all rows at once;
modulated plasticity.

Online plasticity is lazy. A row holds the synapses of one source with one delay: they lie side by
side in memory, and a spike reaches all of them in the same step. Between two spikes of its source
a row can only be potentiated, and nobody reads it. A visit to it at every postsynaptic spike would
cost a cache line per synapse; instead its update stays pending until the next presynaptic spike,
which touches the row anyway:

    pending update of w[j] = nu_post * trace * sum of exp((last_update - h) / tau_pre)

over the spikes of j at the steps h since `last_update`, where `trace` is the presynaptic trace in
the step of the last update. The sum is the difference of two snapshots of a spike history that all
rows share; a sparse row stores the earlier one, for its own targets, beside its weights. The
result is exact: all depression, and so all clipping at 0, happens at presynaptic spikes; and where
a weight only grows, one minimum with the upper bound at the end equals one after each growth.

Loops over a row select by minima and maxima alone: a branch that decides whether to write becomes
a masked store, which some processors execute very slowly. An absent synapse of a dense row is so
negative that adding a weight changes nothing (`state.ABSENT`).

All kernels are in one file: Numba's cache on disk notices changes of the file of a kernel, not of
other files with kernels that it calls.
"""

import math
from typing import Any

import numpy as np
from numba import njit

from spikinggrid.simulation.engines.state import RowUpdate
from spikinggrid.utils.compiled import cached_njit

#: Sums may be taken in any order; NaN and infinity keep their meaning.
PART: dict[str, Any] = {"fastmath": {"contract", "nsz", "reassoc", "arcp"}, "error_model": "numpy"}

#: Parts so short that passing their arguments would cost more than what they do.
SHORT_PART = PART | {"forceinline": True}

#: Kernels that the engine calls; cached on disk together with their parts.
ENTRY = PART | {"nogil": True}

#: Copies of a culture read this many columns of its weights at a time, which stay in the cache.
PANEL = 256


@cached_njit(**ENTRY)
def run(
    first, learning, kinetics, neurons, inputs, excitatory, inhibitory, history, external, spikes
):
    """Advance by the steps of `external`, the first of which has the number `first`.

    `learning` is 1, or 0 where synapses are frozen. The neurons that fire are written to `spikes`,
    step by step; the number of them in each step is returned. Copies of a culture that does not
    learn may run together: their states lie one after another in each array.
    """
    n_fired = np.zeros(len(external.offsets), np.int64)
    pulse = np.zeros(external.offsets.shape[1] * inputs.n_pre, inputs.queue_amounts.dtype)
    learns = history.sums.size > 0
    n_spikes = 0
    for number in range(len(n_fired)):
        step = first + number
        apply_kicks(number, kinetics, inputs, external)
        update_membranes(number, kinetics, neurons, inputs, excitatory, inhibitory, external)
        n_fired[number] = fire_and_reset(kinetics, neurons, spikes[n_spikes:])
        fired = spikes[n_spikes : n_spikes + n_fired[number]]
        n_spikes += len(fired)
        send_pulses(step, number, pulse, inputs, external)
        send_spikes(step, fired, kinetics, neurons, excitatory, inhibitory)
        if learns and starts_block(step, history):
            update_expiring_rows(step, inputs, history)
            update_expiring_rows(step, excitatory, history)
            update_expiring_rows(step, inhibitory, history)
            start_block(step, history)
        deliver(step, learning, kinetics, neurons, inputs, history)
        deliver(step, learning, kinetics, neurons, excitatory, history)
        deliver(step, learning, kinetics, neurons, inhibitory, history)
        if learns:
            record_spikes(step, fired, learning, history)
    return n_fired


# --- neurons ---------------------------------------------------------------------------


@njit(**PART)
def apply_kicks(number, kinetics, inputs, external):
    """Add the kicks of a step to the input that moves membranes at once."""
    for k in range(external.first_kick[number], external.first_kick[number + 1]):
        inputs.arrivals[external.kicked[k]] += kinetics.kick


@njit(**PART)
def update_membranes(number, kinetics, neurons, inputs, excitatory, inhibitory, external):
    """Apply `MEMBRANE`, `CURRENT` and `ARRIVE`: the exact solution of one step, then arrivals."""
    membrane_input, one, n = neurons.membrane_input, type(kinetics.kick)(1), excitatory.n_post
    for copy in range(external.offsets.shape[1]):
        own, offset = slice(copy * n, (copy + 1) * n), external.offsets[number, copy]
        noise = external.noise[offset : offset + n]
        add_external_input(membrane_input[own], neurons.drive[own], inputs.arrivals[own], noise)
    if kinetics.gain_excitatory > 0:
        add_scaled(membrane_input, kinetics.gain_excitatory, neurons.i_excitatory)
        decay(neurons.i_excitatory, kinetics.decay_excitatory)
        add_scaled(neurons.i_excitatory, one, excitatory.arrivals)
    else:
        add_scaled(membrane_input, one, excitatory.arrivals)
    if kinetics.gain_slow > 0:
        add_scaled(membrane_input, kinetics.gain_slow, neurons.i_slow)
        decay(neurons.i_slow, kinetics.decay_slow)
        add_scaled(neurons.i_slow, kinetics.slow_share, excitatory.arrivals)
    if kinetics.gain_inhibitory > 0:
        add_scaled(membrane_input, -kinetics.gain_inhibitory, neurons.i_inhibitory)
        decay(neurons.i_inhibitory, kinetics.decay_inhibitory)
        add_scaled(neurons.i_inhibitory, one, inhibitory.arrivals)
    else:
        add_scaled(membrane_input, -one, inhibitory.arrivals)
    if kinetics.gain_adaptation > 0:
        add_scaled(membrane_input, -kinetics.gain_adaptation, neurons.adaptation)
        decay(neurons.adaptation, kinetics.decay_adaptation)
    move_membranes(
        neurons.v, membrane_input, neurons.refractory_left, kinetics.decay_v, kinetics.v_lower_bound
    )
    if kinetics.decay_post_trace > 0:
        decay(neurons.post_trace, kinetics.decay_post_trace)


@njit(**PART)
def add_external_input(membrane_input, drive, arrivals, noise):
    """Set the input of the membranes to what does not come from other neurons."""
    for j in range(len(membrane_input)):
        membrane_input[j] = drive[j] + arrivals[j] + noise[j]


@njit(**PART)
def add_scaled(sums, factor, values):
    """Add a multiple of some values to others."""
    for j in range(len(sums)):
        sums[j] += factor * values[j]


@njit(**PART)
def decay(values, factor):
    """Decay exponentially by one step, down to 0: denormal numbers are slow."""
    zero, tiny = type(factor)(0), type(factor)(1e-30)
    for j in range(len(values)):
        decayed = values[j] * factor
        values[j] = decayed if decayed > tiny else zero


@njit(**PART)
def move_membranes(v, membrane_input, refractory_left, factor, lowest):
    """Move the membranes by one step.

    A refractory membrane decays to rest and ignores its input. The lower bound may be applied
    before the threshold, as threshold and reset lie above it.
    """
    zero, tiny = type(factor)(0), type(factor)(1e-30)
    for j in range(len(v)):
        moved = v[j] * factor + (membrane_input[j] if refractory_left[j] <= 0 else zero)
        moved = moved if abs(moved) > tiny else zero
        v[j] = max(lowest, moved)
        refractory_left[j] = refractory_left[j] - 1 if refractory_left[j] > 0 else 0


@njit(**PART)
def fire_and_reset(kinetics, neurons, spikes):
    """Apply threshold and `RESET`; write who fires to `spikes` and return their number."""
    n_fired = 0
    neurons.fired[:] = 0
    for j in range(len(neurons.v)):
        if neurons.v[j] >= neurons.v_threshold[j]:
            neurons.v[j] = kinetics.v_reset
            neurons.refractory_left[j] = neurons.refractory_steps[j]
            neurons.adaptation[j] += neurons.adaptation_step[j]
            neurons.post_trace[j] = 1 + (neurons.post_trace[j] if kinetics.add_traces else 0)
            neurons.fired[j] = 1
            spikes[n_fired] = j
            n_fired += 1
    return n_fired


# --- spike queues -----------------------------------------------------------------------


@njit(**PART)
def send_pulses(step, number, pulse, inputs, external):
    """Queue the sum of the pulses on each electrode in this step, if it is positive."""
    slot = clear_queue_slot(step, inputs)
    pulses = range(external.first_pulse[number], external.first_pulse[number + 1])
    for k in pulses:
        pulse[external.electrodes[k]] += external.amplitudes[k]
    for k in pulses:
        electrode = external.electrodes[k]
        if pulse[electrode] > 0:
            copy, source = divmod(electrode, inputs.n_pre)
            enqueue(slot + copy, source, pulse[electrode], inputs)
        pulse[electrode] = 0


@njit(**PART)
def send_spikes(step, fired, kinetics, neurons, excitatory, inhibitory):
    """Queue the spikes of a step with the resources that their synapses have (`RESOURCES`).

    Resources belong to synapses in `brian.py`. All synapses of one source see the same spike train,
    each later by its delay, so one value for each source is enough.
    """
    slot, slot_inhibitory = clear_queue_slot(step, excitatory), clear_queue_slot(step, inhibitory)
    one, first = type(kinetics.depression)(1), 0
    for neuron in fired:
        while neuron >= first + excitatory.n_post:  # belongs to the next copy
            first, slot, slot_inhibitory = first + excitatory.n_post, slot + 1, slot_inhibitory + 1
        j = neuron - first
        if j < kinetics.n_excitatory:
            amount = one
            if kinetics.depression > 0:
                gap = (step - neurons.last_spike[neuron]) / kinetics.tau_depression
                amount -= (one - neurons.resources[neuron]) * math.exp(-gap)
                neurons.resources[neuron] = amount * (one - kinetics.depression)
                neurons.last_spike[neuron] = step
            enqueue(slot, j, amount, excitatory)
        if kinetics.relay:
            enqueue(slot_inhibitory, j, one, inhibitory)
        elif j >= kinetics.n_excitatory:
            enqueue(slot_inhibitory, j - kinetics.n_excitatory, one, inhibitory)


@njit(**SHORT_PART)
def queue_slot(step, synapses):
    """Return the place of a step in the queue, of the first copy."""
    n_copies = len(synapses.arrivals) // synapses.n_post
    return step % (len(synapses.queue_lengths) // n_copies) * n_copies


@njit(**SHORT_PART)
def clear_queue_slot(step, synapses):
    """Return the place of a step in the queue, emptied of spikes that have been delivered."""
    slot = queue_slot(step, synapses)
    synapses.queue_lengths[slot : slot + len(synapses.arrivals) // synapses.n_post] = 0
    return slot


@njit(**SHORT_PART)
def enqueue(slot, source, amount, synapses):
    """Queue one spike of one source."""
    place = synapses.queue_lengths[slot]
    synapses.queue_sources[slot, place] = source
    synapses.queue_amounts[slot, place] = amount
    synapses.queue_lengths[slot] = place + 1


# --- delivery of spikes ----------------------------------------------------------------


@njit(**SHORT_PART)
def deliver(step, learning, kinetics, neurons, synapses, history):
    """Deliver the spikes that take effect in the next step; their synapses learn now."""
    synapses.arrivals[:] = 0
    writes = synapses.learns and learning > 0
    for k in range(len(synapses.delays)):
        slot = queue_slot(step + 1 - synapses.delays[k], synapses)
        if writes and synapses.is_dense:
            update_dense_rows(step, slot, learning, kinetics, neurons, synapses, history)
        elif writes:
            update_sparse_rows(step, slot, k, learning, kinetics, neurons, synapses, history)
        else:
            add_rows(slot, k, synapses)
            for a in range(synapses.queue_lengths[slot] if synapses.learns else 0):
                row = synapses.queue_sources[slot, a] * len(synapses.delays) + k
                on_pre_spike(step, row, learning, kinetics.add_traces, synapses, history)
                remember_sums(step, row, synapses, history)


@cached_njit(**ENTRY)
def deliver_again(step, synapses):
    """Deliver the spikes of the next step once more, after strengths have been replaced."""
    synapses.arrivals[:] = 0
    for k in range(len(synapses.delays)):
        add_rows(queue_slot(step + 1 - synapses.delays[k], synapses), k, synapses)


@njit(**SHORT_PART)
def add_rows(slot, k, synapses):
    """Add the rows of all sources in a queue slot to the input of their targets (`ARRIVE`)."""
    n, n_copies = synapses.n_post, len(synapses.arrivals) // synapses.n_post
    width = n if n_copies == 1 or not synapses.is_dense else PANEL
    for first in range(0, n, width):
        last = min(first + width, n)
        for copy in range(n_copies):
            own = slot + copy
            arrivals = synapses.arrivals[copy * n + first : copy * n + last]
            if synapses.is_dense:
                add_dense_rows(
                    synapses.queue_lengths[own],
                    synapses.queue_sources[own],
                    synapses.queue_amounts[own],
                    synapses.weights,
                    n,
                    first,
                    arrivals,
                )
            else:
                for a in range(synapses.queue_lengths[own]):
                    row = synapses.queue_sources[own, a] * len(synapses.delays) + k
                    add_sparse_row(row, synapses.queue_amounts[own, a], synapses, arrivals)


@njit(**PART)
def add_dense_rows(n_sources, sources, amounts, weights, n, first, arrivals):
    """Add some columns of dense rows, four rows at a time. Absent synapses are negative."""
    width, zero = len(arrivals), amounts.dtype.type(0)
    for a in range(0, n_sources - 3, 4):
        p0, p1 = sources[a] * n + first, sources[a + 1] * n + first
        p2, p3 = sources[a + 2] * n + first, sources[a + 3] * n + first
        row0, row1 = weights[p0 : p0 + width], weights[p1 : p1 + width]
        row2, row3 = weights[p2 : p2 + width], weights[p3 : p3 + width]
        a0, a1, a2, a3 = amounts[a], amounts[a + 1], amounts[a + 2], amounts[a + 3]
        for j in range(width):
            total = a0 * max(zero, row0[j]) + a1 * max(zero, row1[j])
            arrivals[j] += total + a2 * max(zero, row2[j]) + a3 * max(zero, row3[j])
    for a in range(n_sources // 4 * 4, n_sources):
        p0 = sources[a] * n + first
        row0, a0 = weights[p0 : p0 + width], amounts[a]
        for j in range(width):
            arrivals[j] += a0 * max(zero, row0[j])


@njit(**SHORT_PART)
def add_sparse_row(row, amount, synapses, arrivals):
    """Add one sparse row."""
    weights, targets = synapses.weights, synapses.targets
    for s in range(synapses.row_start[row], synapses.row_start[row + 1]):
        arrivals[targets[s]] += amount * weights[s]


# --- plastic rows ----------------------------------------------------------------------


@njit(**SHORT_PART)
def update_sparse_rows(step, slot, k, learning, kinetics, neurons, synapses, history):
    """Update the rows of all sources in a queue slot and add them to the targets' input."""
    nu_pre, present = learning * synapses.nu_pre, block_sums(step, history)
    entered = learning * history.decay[step & (len(history.growth) - 1)]
    for a in range(synapses.queue_lengths[slot]):
        row = synapses.queue_sources[slot, a] * len(synapses.delays) + k
        amount = synapses.queue_amounts[slot, a]
        now = block_sums(synapses.last_update[row], history)
        pending_factor, gain = on_pre_spike(
            step, row, learning, kinetics.add_traces, synapses, history
        )
        learning_ones = slice(synapses.row_start[row], synapses.static_start[row])
        update_sparse_row(
            synapses.weights[learning_ones],
            synapses.targets[learning_ones],
            synapses.sums_seen[learning_ones],
            amount,
            pending_factor,
            gain,
            nu_pre,
            entered,
            synapses.upper_bound,
            now,
            present,
            neurons.fired,
            neurons.post_trace,
            synapses.arrivals,
        )
        for s in range(synapses.static_start[row], synapses.row_start[row + 1]):
            synapses.arrivals[synapses.targets[s]] += amount * synapses.weights[s]


@njit(**PART)
def update_sparse_row(
    weights,
    targets,
    sums_seen,
    amount,
    pending_factor,
    gain,
    nu_pre,
    entered,
    upper_bound,
    now,
    present,
    fired,
    post_trace,
    arrivals,
):
    """Update the plastic synapses of a sparse row and add them, in one pass."""
    for s in range(len(weights)):
        j = targets[s]
        change = gain * fired[j] - nu_pre * post_trace[j]
        pending = pending_factor * (now[j] - sums_seen[s])
        w = updated_weight(weights[s], pending, change, upper_bound)
        weights[s] = w
        sums_seen[s] = present[j] + entered * fired[j]
        arrivals[j] += amount * w


@njit(**SHORT_PART)
def update_dense_rows(step, slot, learning, kinetics, neurons, synapses, history):
    """Do the same for dense rows, four in one pass, which load what rows share only once."""
    sort_by_last_update(slot, synapses, history)
    nu_pre, add_traces = learning * synapses.nu_pre, kinetics.add_traces
    n, n_learning = synapses.n_post, synapses.n_learning
    for place in range(0, synapses.queue_lengths[slot], 4):
        update_four_rows(
            row_update(step, slot, place, learning, add_traces, synapses, history),
            row_update(step, slot, place + 1, learning, add_traces, synapses, history),
            row_update(step, slot, place + 2, learning, add_traces, synapses, history),
            row_update(step, slot, place + 3, learning, add_traces, synapses, history),
            n,
            synapses.weights,
            history.sums,
            history.snapshots,
            neurons.fired,
            neurons.post_trace,
            nu_pre,
            synapses.upper_bound,
            synapses.arrivals[:n_learning],
        )
    if n_learning < n:
        add_dense_rows(
            synapses.queue_lengths[slot],
            synapses.queue_sources[slot],
            synapses.queue_amounts[slot],
            synapses.weights,
            n,
            n_learning,
            synapses.arrivals[n_learning:],
        )


@njit(**SHORT_PART)
def sort_by_last_update(slot, synapses, history):
    """Order the sources in a queue slot by the step in which their rows were updated last.

    Neighbours then share a snapshot of the spike history, which stays in the first cache.
    """
    n_chains, n_sorted = 0, 0
    for a in range(synapses.queue_lengths[slot]):
        key = snapshot_of(synapses.last_update[synapses.queue_sources[slot, a]], history)
        if history.scratch_first[key] < 0:
            history.scratch_keys[n_chains] = key
            n_chains += 1
        synapses.scratch_next[a] = history.scratch_first[key]
        history.scratch_first[key] = a
    for key in history.scratch_keys[:n_chains]:
        a = history.scratch_first[key]
        history.scratch_first[key] = -1
        while a >= 0:
            synapses.scratch_order[n_sorted] = a
            n_sorted += 1
            a = synapses.scratch_next[a]


@njit(**SHORT_PART)
def row_update(step, slot, place, learning, add_traces, synapses, history):
    """Return what the row at a place in that order needs; beyond the last, an empty row's."""
    beyond = place - synapses.queue_lengths[slot]
    if beyond >= 0:
        none = synapses.weights.dtype.type(0)
        return RowUpdate(synapses.n_pre + beyond, 0, 0, none, none, none)
    a = synapses.scratch_order[place]
    row = synapses.queue_sources[slot, a]
    snapshot = snapshot_of(synapses.last_update[row], history)
    pending_factor, gain = on_pre_spike(step, row, learning, add_traces, synapses, history)
    return RowUpdate(
        row,
        snapshot >> history.block_bits,
        snapshot,
        synapses.queue_amounts[slot, a],
        pending_factor,
        gain,
    )


@njit(**PART)
def update_four_rows(
    a, b, c, d, n, weights, sums, snapshots, fired, post_trace, nu_pre, upper_bound, arrivals
):
    """Update the plastic synapses of four dense rows and add them, in one pass."""
    zero = type(upper_bound)(0)
    row_a = weights[a.row * n : (a.row + 1) * n]
    now_a, then_a = sums[a.block], snapshots[a.snapshot]
    row_b = weights[b.row * n : (b.row + 1) * n]
    now_b, then_b = sums[b.block], snapshots[b.snapshot]
    row_c = weights[c.row * n : (c.row + 1) * n]
    now_c, then_c = sums[c.block], snapshots[c.snapshot]
    row_d = weights[d.row * n : (d.row + 1) * n]
    now_d, then_d = sums[d.block], snapshots[d.snapshot]
    for j in range(len(arrivals)):
        spike, lost = fired[j], nu_pre * post_trace[j]
        pending = a.pending_factor * (now_a[j] - then_a[j])
        wa = updated_weight(row_a[j], pending, a.gain * spike - lost, upper_bound)
        pending = b.pending_factor * (now_b[j] - then_b[j])
        wb = updated_weight(row_b[j], pending, b.gain * spike - lost, upper_bound)
        pending = c.pending_factor * (now_c[j] - then_c[j])
        wc = updated_weight(row_c[j], pending, c.gain * spike - lost, upper_bound)
        pending = d.pending_factor * (now_d[j] - then_d[j])
        wd = updated_weight(row_d[j], pending, d.gain * spike - lost, upper_bound)
        row_a[j], row_b[j], row_c[j], row_d[j] = wa, wb, wc, wd
        total = a.amount * max(zero, wa) + b.amount * max(zero, wb)
        arrivals[j] += total + c.amount * max(zero, wc) + d.amount * max(zero, wd)


@njit(**SHORT_PART)
def on_pre_spike(step, row, learning, add_traces, synapses, history):
    """Set or raise the trace of a row (`PRE_TRACE`), which counts as up to date from now on.

    Return the factor of its pending update per unit of the spike history, and what a synapse gains
    (`POTENTIATE`) if its target fires in this step.
    """
    trace, last_update = synapses.pre_trace[row], synapses.last_update[row]
    raised = history.decay[0]  # 1
    if add_traces and trace > 0:
        raised += trace * history.decay[step - last_update]
    synapses.pre_trace[row], synapses.last_update[row] = raised, step
    pending_factor = growth_at(last_update, history) * synapses.nu_post * trace
    return pending_factor, learning * synapses.nu_post * raised


@njit(**SHORT_PART)
def updated_weight(w, pending_update, change, upper_bound):
    """Return a weight after its pending update, then this step's, then `BOUND`."""
    lowest = min(w, type(upper_bound)(0))  # an absent synapse stays absent
    return max(lowest, min(upper_bound, min(upper_bound, w + pending_update) + change))


# --- spike history -----------------------------------------------------------------------


@njit(**SHORT_PART)
def snapshot_of(step, history):
    """Return the place of a step's snapshot. Numbers of steps and blocks are powers of two."""
    return step & (len(history.decay) - 1)


@njit(**SHORT_PART)
def starts_block(step, history):
    """Return whether a block starts with this step."""
    return step & (len(history.growth) - 1) == 0


@njit(**SHORT_PART)
def growth_at(step, history):
    """Return exp(h / tau_pre) of a step that is h steps from the base of its block."""
    return history.growth[step & (len(history.growth) - 1)]


@njit(**SHORT_PART)
def block_sums(step, history):
    """Return the sums, up to now, of the block of a step."""
    return history.sums[snapshot_of(step, history) >> history.block_bits]


@njit(**SHORT_PART)
def remember_sums(step, row, synapses, history):
    """Store the present sums of the block of a step beside the weights of a sparse row."""
    if not synapses.is_dense:
        sums = block_sums(step, history)
        for s in range(synapses.row_start[row], synapses.static_start[row]):
            synapses.sums_seen[s] = sums[synapses.targets[s]]


@njit(**PART)
def record_spikes(step, fired, learning, history):
    """Add the spikes of a step to the history; frozen synapses gain nothing from them."""
    present = snapshot_of(step, history) >> history.block_bits
    for b in range(len(history.sums)):
        age = snapshot_of(step - (b << history.block_bits), history)
        amount = learning * history.decay[age]
        for j in fired:
            history.sums[b, j] += amount
    if history.snapshots.size > 0:
        history.snapshots[snapshot_of(step, history)] = history.sums[present]


@njit(**PART)
def update_expiring_rows(step, synapses, history):
    """Bring rows up to date whose last update lies in the block that the history drops."""
    first_covered = step + len(history.growth) - len(history.decay)
    for row in range(len(synapses.last_update)):
        if synapses.pre_trace[row] > 0 and synapses.last_update[row] < first_covered:
            apply_pending_to_row(step - 1, row, synapses, history)


@njit(**PART)
def start_block(step, history):
    """Replace the oldest block by a new one."""
    history.sums[snapshot_of(step, history) >> history.block_bits] = 0


# --- all rows at once -------------------------------------------------------------------


@cached_njit(**ENTRY)
def apply_pending_updates(step, synapses, history):
    """Bring all rows up to date at the end of a step."""
    for row in range(len(synapses.last_update)):
        apply_pending_to_row(step, row, synapses, history)


@njit(**SHORT_PART)
def apply_pending_to_row(step, row, synapses, history):
    """Bring one row up to date; its trace goes on from there."""
    trace, last_update = synapses.pre_trace[row], synapses.last_update[row]
    if last_update == step or trace == 0:
        return
    now = block_sums(last_update, history)
    pending_factor = growth_at(last_update, history) * synapses.nu_post * trace
    weights, targets = plastic_part(row, synapses)
    if synapses.is_dense:
        then = history.snapshots[snapshot_of(last_update, history)]
        apply_pending_dense(weights, pending_factor, now, then, synapses.upper_bound)
    else:
        sums_seen = synapses.sums_seen[synapses.row_start[row] : synapses.static_start[row]]
        apply_pending_sparse(weights, targets, pending_factor, now, sums_seen, synapses.upper_bound)
        remember_sums(step, row, synapses, history)
    faded = trace * history.decay[step - last_update]
    synapses.pre_trace[row] = faded if faded > np.finfo(faded).eps else 0
    synapses.last_update[row] = step


@njit(**SHORT_PART)
def plastic_part(row, synapses):
    """Return the weights of a row that learn and, if it is sparse, their targets."""
    begin, end = synapses.row_start[row], synapses.static_start[row]
    return synapses.weights[begin:end], synapses.targets[begin:end]


@njit(**PART)
def apply_pending_dense(weights, pending_factor, now, then, upper_bound):
    """Add the pending update to a dense row."""
    for j in range(len(weights)):
        weights[j] = min(upper_bound, weights[j] + pending_factor * (now[j] - then[j]))


@njit(**PART)
def apply_pending_sparse(weights, targets, pending_factor, now, sums_seen, upper_bound):
    """Add the pending update to a sparse row."""
    for s in range(len(weights)):
        pending = pending_factor * (now[targets[s]] - sums_seen[s])
        weights[s] = min(upper_bound, weights[s] + pending)


@cached_njit(**ENTRY)
def normalise(step, incoming, synapses, history):
    """Bring all rows up to date, then scale what each neuron receives to sum to `incoming`."""
    sums, factors = np.zeros(len(synapses.arrivals)), np.ones_like(synapses.arrivals)
    for row in range(len(synapses.last_update)):
        apply_pending_to_row(step, row, synapses, history)
        weights, targets = plastic_part(row, synapses)
        if synapses.is_dense:
            add_strengths(sums, weights)
        else:
            for s in range(len(weights)):
                sums[targets[s]] += weights[s]
    for j in range(min(len(incoming), synapses.n_learning)):
        factors[j] = incoming[j] / (sums[j] if sums[j] > 0 else 1)
    for row in range(len(synapses.last_update)):
        weights, targets = plastic_part(row, synapses)
        if synapses.is_dense:
            scale_dense(weights, factors, synapses.upper_bound)
        else:
            for s in range(len(weights)):
                weights[s] = min(synapses.upper_bound, weights[s] * factors[targets[s]])


@njit(**PART)
def add_strengths(sums, weights):
    """Add the strengths of a dense row to `sums`."""
    zero = weights.dtype.type(0)
    for j in range(len(weights)):
        sums[j] += max(zero, weights[j])


@njit(**PART)
def scale_dense(weights, factors, upper_bound):
    """Scale a dense row, in which an absent synapse stays absent."""
    zero = type(upper_bound)(0)
    for j in range(len(weights)):
        w = weights[j]
        weights[j] = min(upper_bound, max(zero, w) * factors[j] + min(zero, w))


# --- modulated plasticity --------------------------------------------------------------


@cached_njit(**ENTRY)
def later_spikes(n_steps, steps, neurons, counts, region):
    """Return the sum of exp(-(h - step) / tau_pre) over spikes at h >= step, by step and target.

    That is what one presynaptic spike in this step is worth (`GATHER`): one pass backward in time
    over the spikes replaces a visit of each of them to its synapses. Only spikes that `counts`
    marks are postsynaptic.
    """
    later = np.zeros((n_steps + 1, len(region.targets)), type(region.decay))
    a = len(steps) - 1
    for step in range(n_steps - 1, -1, -1):
        add_scaled(later[step], region.decay, later[step + 1])
        while a >= 0 and steps[a] == step:
            place = region.place[neurons[a]]
            if place >= 0 and counts[a]:
                later[step, place] += 1
            a -= 1
    return later


@cached_njit(**ENTRY)
def modulate(signal, first, steps, later, region, synapses):
    """Change each row that learns by the sum of what its spikes are worth, within its bounds.

    Source i sends spikes at `steps[first[i]:first[i + 1]]`.
    """
    n_delays, last = len(synapses.delays), len(later) - 1
    gathered = np.zeros_like(later[0])
    for source in range(len(region.sources)):
        if not region.sources[source] or first[source] == first[source + 1]:
            continue
        for k in range(n_delays):
            gathered[:] = 0
            for sent in steps[first[source] : first[source + 1]]:
                add_scaled(
                    gathered, type(region.gain)(1), later[min(sent + synapses.delays[k] - 1, last)]
                )
            modulate_row(signal * region.gain, source * n_delays + k, gathered, region, synapses)


@njit(**SHORT_PART)
def modulate_row(gain, row, gathered, region, synapses):
    """Change the synapses that exist and have gathered something."""
    weights, targets = plastic_part(row, synapses)
    if synapses.is_dense:
        for n in range(len(region.targets)):
            j = region.targets[n]
            if gathered[n] > 0 and weights[j] >= 0:
                weights[j] = clipped(weights[j], gain * gathered[n], region.upper_bound)
    else:
        for s in range(len(weights)):
            n = region.place[targets[s]]
            if n >= 0 and gathered[n] > 0:
                weights[s] = clipped(weights[s], gain * gathered[n], region.upper_bound)


@njit(**SHORT_PART)
def clipped(w, change, upper_bound):
    """Return a changed strength within its bounds."""
    return max(type(upper_bound)(0), min(upper_bound, w + change))
