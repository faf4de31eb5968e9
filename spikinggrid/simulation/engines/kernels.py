"""The compiled kernels of the native engine. Each names the part of `brian.py` that it computes.

Sections: neurons; spike queues; delivery of spikes; plastic rows; spike history; all rows at once;
modulated plasticity.

Neurons are updated in one pass over blocks of them (`state.BLOCK`). In each block, variable lies
after variable, so the compiler turns the pass into vector instructions without checking whether
arrays overlap. `neuron_update` compiles it for the features that a parameter file uses.

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

`history` is None where no synapse learns: Numba then leaves out all that plasticity needs.

All kernels are in one file: Numba's cache on disk notices changes of the file of a kernel, not of
other files with kernels that it calls.
"""

import math
from functools import cache
from typing import Any

import numpy as np
from numba import njit, types

from spikinggrid.simulation.engines.state import (
    ADAPTATION,
    BLOCK,
    DRIVE,
    I_EXCITATORY,
    I_INHIBITORY,
    I_SLOW,
    LANES,
    OPENING,
    THRESHOLD,
    TINY,
    RowUpdate,
    V,
)
from spikinggrid.utils.compiled import WithDisjointArrays, cached_cfunc, cached_njit

#: Sums may be taken in any order; NaN and infinity keep their meaning. No kernel allocates memory,
#: so none counts references to arrays (`_nrt`), which would cost more than a step of 200 neurons.
KERNEL: dict[str, Any] = {
    "fastmath": {"contract", "nsz", "reassoc", "arcp"},
    "error_model": "numpy",
    "_nrt": False,
    "no_cfunc_wrapper": True,
}

#: Parts of kernels. Python must not call them: to let it would take Numba half of its time.
PART = KERNEL | {"no_cpython_wrapper": True}

#: Parts so short that passing their arguments would cost more than what they do.
SHORT_PART = PART | {"forceinline": True}

#: Parts whose arrays lie apart, which the compiler would check at each call otherwise.
DISJOINT_PART = SHORT_PART | {"pipeline_class": WithDisjointArrays}

#: Kernels that the engine calls; cached on disk together with their parts.
ENTRY = KERNEL | {"nogil": True}

#: Sums are taken in the order in which they are written.
ORDERED = PART | {"fastmath": {"contract", "nsz"}}

#: Copies of a culture read this many columns of its weights at a time, which stay in the cache.
PANEL = 256


@cached_njit(**ENTRY)
def run(
    first,
    learning,
    quiet_update,
    busy_update,
    lit_update,
    kinetics,
    neurons,
    inputs,
    excitatory,
    inhibitory,
    history,
    external,
    light,
    pulse,
    spikes,
    n_fired,
):
    """Advance by the steps of `external`, the first of which has the number `first`.

    `learning` is 1, or 0 where synapses are frozen. The neurons that fire are written to `spikes`,
    step by step, and the number of them in each step to `n_fired`. Copies of a culture that does
    not learn may run together: their states lie one after another in each array. The two updates
    are those of `neuron_update` for steps in which nothing and something reaches the neurons; a
    third one is for copies that are lit. It and `light` are None where the file has no light.
    """
    n_copies, n, n_spikes = external.offsets.shape[1], inputs.n_post, 0
    n_inputs, n_excitatory, n_inhibitory = 1, 1, 1  # something may reach them in the first step
    for number in range(len(n_fired)):
        step, begin = first + number, n_spikes
        end_refractory_time(step, neurons.blocks, neurons.refractory)
        n_inputs += apply_kicks(number, kinetics.kick, external, inputs.arrivals)
        unlit_update = busy_update if n_inputs + n_excitatory + n_inhibitory > 0 else quiet_update
        for copy in range(n_copies):
            update = unlit_update
            if light is not None:  # noqa: SIM102 -- Numba leaves it out where there is no light
                if light.is_lit[number, copy]:
                    load_openings(light.openings[number], copy * n, (copy + 1) * n, neurons.blocks)
                    update = lit_update
            n_spikes = update(
                kinetics,
                neurons.blocks,
                copy * n,
                (copy + 1) * n,
                external.noise,
                external.offsets[number, copy],
                external.common[number, copy],
                inputs.arrivals,
                excitatory.arrivals,
                inhibitory.arrivals,
                spikes,
                n_spikes,
            )
        fired = spikes[begin:n_spikes]
        n_fired[number] = len(fired)
        reset(step, fired, kinetics.v_reset, neurons)
        send_pulses(step, number, n_copies, pulse, inputs, external)
        send_spikes(step, n_copies, fired, n, kinetics, neurons, excitatory.queue, inhibitory.queue)
        if history is not None:
            update_traces(fired, kinetics.decay_post_trace, neurons.post_trace, neurons.firing)
            if starts_block(step, history):
                update_expiring_rows(step, inputs, history)
                update_expiring_rows(step, excitatory, history)
                update_expiring_rows(step, inhibitory, history)
                start_block(step, history)
        if n_inputs > 0:
            inputs.arrivals[:] = 0
        if n_excitatory > 0:
            excitatory.arrivals[:] = 0
        if n_inhibitory > 0:
            inhibitory.arrivals[:] = 0
        n_inputs = deliver(step, n_copies, learning, fired, neurons, inputs, history)
        n_excitatory = deliver(step, n_copies, learning, fired, neurons, excitatory, history)
        n_inhibitory = deliver(step, n_copies, learning, fired, neurons, inhibitory, history)
        if history is not None:
            record_spikes(step, fired, learning, history)


# --- neurons ---------------------------------------------------------------------------


@njit(**SHORT_PART)
def apply_kicks(number, kick, external, arrivals):
    """Add the kicks of a step to the input that moves membranes; return their number."""
    kicks = range(external.first_kick[number], external.first_kick[number + 1])
    for k in kicks:
        arrivals[external.kicked[k]] += kick
    return len(kicks)


@njit(**PART)
def load_openings(openings, first, last, blocks):
    """Lay what light opens in the neurons of a copy beside their other variables."""
    for begin in range(first, last, BLOCK):
        state = blocks[begin // BLOCK]
        for j in range(BLOCK):
            state[OPENING + j] = openings[begin + j]


@njit(**SHORT_PART)
def lit_gain(decay, rate, rate_lit, rate_v):
    """Return what a unit of a current adds to a membrane in a step, whose leak is larger.

    That is rate_v (exp(-rate) - exp(-rate_lit)) / (rate_lit - rate), of rates times the step.
    """
    gap = rate_lit - rate
    half = type(gap)(0.5)
    if abs(gap) < 1e-4:
        return rate_v * decay * (1 - half * gap)
    return -rate_v * decay * math.expm1(-gap) / gap


@njit(**SHORT_PART)
def end_refractory_time(step, blocks, refractory):
    """Return neurons to the network whose refractory time ended with the previous step.

    Until then their membranes are NaN, which ignores all input and never reaches a threshold.
    """
    slot = step & (len(refractory.first) - 1)
    neuron = refractory.first[slot]
    refractory.first[slot] = -1
    while neuron >= 0:
        blocks[neuron // BLOCK, V + neuron % BLOCK] = refractory.v_after[neuron]
        neuron = refractory.following[neuron]


@njit(**SHORT_PART | {"fastmath": False})
def rounded_product(a, b):
    """Return a product that is rounded before anything is added to it.

    A fused sum would round once instead of twice; spikes in single precision are those of 0.2.
    """
    return a * b


@njit(**SHORT_PART)
def find_spikes(state, first, spikes, n_spikes):
    """Write the neurons of a block that reach their threshold to `spikes`."""
    for group in range(0, BLOCK, LANES):
        fires = False
        for j in range(group, group + LANES):
            fires |= state[V + j] >= state[THRESHOLD + j]
        if fires:
            for j in range(group, group + LANES):
                if state[V + j] >= state[THRESHOLD + j]:
                    spikes[n_spikes] = first + j
                    n_spikes += 1
    return n_spikes


@cache
def neuron_update(features, kinetics_type):
    """Return the compiled update of all neurons for the features that a parameter file uses.

    It takes a second or two to compile and holds no code for absent features. `run` receives it
    as an argument, and so is compiled only once.
    """
    excitation, slow, inhibition, adaptation, common, lower_bound, arrivals, light = features

    def update(
        kinetics,
        blocks,
        first,
        last,
        noise,
        offset,
        common_drive,
        inputs,
        excitatory,
        inhibitory,
        spikes,
        n_spikes,
    ):
        """Apply `MEMBRANE`, `CURRENT` and `ARRIVE`, the exact solution of one step, and threshold.

        Neurons that reach their threshold are written to `spikes`, from `n_spikes` on. No current
        falls below a number that is too small to matter: denormal numbers are slow.
        """
        one, tiny = type(kinetics.kick)(1), type(kinetics.kick)(TINY)
        for begin in range(first, last, BLOCK):
            state, own = blocks[begin // BLOCK], slice(begin, begin + BLOCK)
            own_noise = noise[offset + begin - first : offset + begin - first + BLOCK]
            own_inputs, own_excitatory = inputs[own], excitatory[own]
            own_inhibitory = inhibitory[own]
            fires = False
            for j in range(BLOCK):
                change, decay_v = state[DRIVE + j], kinetics.decay_v
                gain_excitatory, gain_slow = kinetics.gain_excitatory, kinetics.gain_slow
                gain_inhibitory = kinetics.gain_inhibitory
                gain_adaptation = kinetics.gain_adaptation
                if light:
                    opening, rate_v = state[OPENING + j], kinetics.rate_v
                    rate = rate_v + rate_v * opening
                    decay_v = math.exp(-rate)
                    change = change * kinetics.per_drive + opening * kinetics.v_light
                    change = -math.expm1(-rate) * change / (one + opening)
                    if excitation:
                        gain_excitatory = lit_gain(
                            kinetics.decay_excitatory, kinetics.rate_excitatory, rate, rate_v
                        )
                    if slow:
                        gain_slow = lit_gain(kinetics.decay_slow, kinetics.rate_slow, rate, rate_v)
                    if inhibition:
                        gain_inhibitory = lit_gain(
                            kinetics.decay_inhibitory, kinetics.rate_inhibitory, rate, rate_v
                        )
                    if adaptation:
                        gain_adaptation = lit_gain(
                            kinetics.decay_adaptation, kinetics.rate_adaptation, rate, rate_v
                        )
                if arrivals:
                    change += own_inputs[j]
                change += own_noise[j]
                if common:
                    change += common_drive
                if excitation:
                    current = state[I_EXCITATORY + j]
                    change += gain_excitatory * current
                    current = kinetics.decay_excitatory * current + tiny
                    if arrivals:
                        current += own_excitatory[j]
                    state[I_EXCITATORY + j] = current
                elif arrivals:
                    change += own_excitatory[j]
                if slow:
                    current = state[I_SLOW + j]
                    change += gain_slow * current
                    current = kinetics.decay_slow * current + tiny
                    if arrivals:
                        current += kinetics.slow_share * own_excitatory[j]
                    state[I_SLOW + j] = current
                if inhibition:
                    current = state[I_INHIBITORY + j]
                    change -= gain_inhibitory * current
                    current = kinetics.decay_inhibitory * current + tiny
                    if arrivals:
                        current += own_inhibitory[j]
                    state[I_INHIBITORY + j] = current
                elif arrivals:
                    change -= own_inhibitory[j]
                if adaptation:
                    current = state[ADAPTATION + j]
                    change -= gain_adaptation * current
                    state[ADAPTATION + j] = kinetics.decay_adaptation * current + tiny
                v = rounded_product(state[V + j], decay_v) + change
                if lower_bound:
                    v = kinetics.v_lower_bound if v < kinetics.v_lower_bound else v
                state[V + j] = v
                fires |= v >= state[THRESHOLD + j]
            if fires:
                n_spikes = find_spikes(state, begin, spikes, n_spikes)
        return n_spikes

    number = types.Array(kinetics_type.types[0], 1, "C")
    signature = types.int64(
        kinetics_type,
        types.Array(kinetics_type.types[0], 2, "C"),
        *(types.int64, types.int64, number, types.int64, kinetics_type.types[0]),
        *(number, number, number),
        *(types.Array(types.int64, 1, "C"), types.int64),
    )
    return cached_cfunc(signature, **ORDERED)(update)


@njit(**SHORT_PART)
def reset(step, fired, v_reset, neurons):
    """Apply `RESET` to the neurons that fired."""
    refractory = neurons.refractory
    for neuron in fired:
        state, j = neurons.blocks[neuron // BLOCK], neuron % BLOCK
        state[ADAPTATION + j] += neurons.adaptation_step[neuron]
        state[V + j] = v_reset
        if refractory.n_steps[neuron] > 0:
            state[V + j] = np.nan
            slot = (step + refractory.n_steps[neuron] + 1) & (len(refractory.first) - 1)
            refractory.following[neuron] = refractory.first[slot]
            refractory.first[slot] = neuron


@njit(**SHORT_PART)
def update_traces(fired, decay_post_trace, post_trace, firing):
    """Decay the traces, then set those of the neurons that fired, or raise them."""
    decay(post_trace, decay_post_trace)
    if firing is None:
        for j in fired:
            post_trace[j] = 1
    else:
        firing[:] = 0
        for j in fired:
            post_trace[j] += 1
            firing[j] = 1


@njit(**PART)
def add_scaled(sums, factor, values):
    """Add a multiple of some values to others."""
    for j in range(len(sums)):
        sums[j] += factor * values[j]


@njit(**PART)
def decay(values, factor):
    """Decay exponentially by one step, down to 0: denormal numbers are slow."""
    zero, tiny = type(factor)(0), type(factor)(TINY)
    for j in range(len(values)):
        decayed = values[j] * factor
        values[j] = decayed if decayed > tiny else zero


# --- spike queues ------------------------------------------------------------------------


@njit(**SHORT_PART)
def send_pulses(step, number, n_copies, pulse, inputs, external):
    """Queue the sum of the pulses on each electrode in this step, if it is positive."""
    slot = clear_slot(step, n_copies, inputs.queue)
    pulses = range(external.first_pulse[number], external.first_pulse[number + 1])
    for k in pulses:
        pulse[external.electrodes[k]] += external.amplitudes[k]
    for k in pulses:
        electrode = external.electrodes[k]
        if pulse[electrode] > 0:
            copy, source = divmod(electrode, inputs.rows.n_pre)
            enqueue(slot + copy, source, pulse[electrode], inputs.queue)
        pulse[electrode] = 0


@njit(**SHORT_PART)
def send_spikes(step, n_copies, fired, n, kinetics, neurons, excitatory, inhibitory):
    """Queue the spikes of a step with the resources that their synapses have (`RESOURCES`).

    Resources belong to synapses in `brian.py`. All synapses of one source see the same spike train,
    each later by its delay, so one value for each source is enough.
    """
    slot = clear_slot(step, n_copies, excitatory)
    slot_inhibitory = clear_slot(step, n_copies, inhibitory)
    one, first = type(kinetics.depression)(1), 0
    for neuron in fired:
        while neuron >= first + n:  # belongs to the next copy
            first, slot, slot_inhibitory = first + n, slot + 1, slot_inhibitory + 1
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
def queue_slot(step, n_copies, queue):
    """Return the slot of a step in the queue, of the first copy. Queues are powers of two long."""
    return (step & (queue.n_steps - 1)) * n_copies


@njit(**SHORT_PART)
def clear_slot(step, n_copies, queue):
    """Return the slot of a step in the queue, emptied of spikes that have been delivered."""
    slot = queue_slot(step, n_copies, queue)
    for copy in range(n_copies):
        queue.lengths[slot + copy] = 0
    return slot


@njit(**SHORT_PART)
def enqueue(slot, source, amount, queue):
    """Queue one spike of one source."""
    place = queue.lengths[slot]
    queue.sources[slot, place] = source
    queue.amounts[slot, place] = amount
    queue.lengths[slot] = place + 1


# --- delivery of spikes ------------------------------------------------------------------


@njit(**SHORT_PART)
def deliver(step, n_copies, learning, fired, neurons, synapses, history):
    """Deliver the spikes that take effect in the next step; return their number.

    Their synapses learn now.
    """
    n_delivered = 0
    if history is not None and learning > 0 and synapses.plasticity.learns:
        set_changes(step, fired, neurons.post_trace, neurons.firing, synapses.plasticity, history)
    for k in range(len(synapses.rows.delays)):
        slot = queue_slot(step + 1 - synapses.rows.delays[k], n_copies, synapses.queue)
        n_waiting = 0
        for copy in range(n_copies):
            n_waiting += synapses.queue.lengths[slot + copy]
        if n_waiting == 0:
            continue
        n_delivered += n_waiting
        if history is None:
            add_rows(slot, n_copies, k, synapses)
        else:
            add_or_update_rows(step, slot, n_copies, k, learning, neurons, synapses, history)
    return n_delivered


@njit(**SHORT_PART)
def add_or_update_rows(step, slot, n_copies, k, learning, neurons, synapses, history):
    """Deliver the spikes in a queue slot in a culture some of whose synapses learn."""
    if not synapses.plasticity.learns:
        add_rows(slot, n_copies, k, synapses)
    elif learning == 0:
        add_rows(slot, n_copies, k, synapses)
        for a in range(synapses.queue.lengths[slot]):
            row = synapses.queue.sources[slot, a] * len(synapses.rows.delays) + k
            on_pre_spike(step, row, neurons.firing, synapses.plasticity, history)
            remember_sums(step, row, synapses, history)
        remember_snapshot(step, synapses.plasticity, history)
    elif synapses.rows.is_dense:
        update_dense_rows(step, slot, neurons.firing, synapses, history)
    elif synapses.plasticity.is_tiled:
        update_tiled_rows(step, slot, neurons.firing, synapses, history)
    else:
        update_sparse_rows(step, slot, k, neurons.firing, synapses, history)


@cached_njit(**ENTRY)
def deliver_again(step, synapses):
    """Deliver the spikes of the next step once more, after strengths have been replaced."""
    deliver_projection_again(step, synapses)


@njit(**SHORT_PART)
def deliver_projection_again(step, synapses):
    """Do so; compiled into kernels."""
    synapses.arrivals[:] = 0
    for k in range(len(synapses.rows.delays)):
        slot = queue_slot(step + 1 - synapses.rows.delays[k], 1, synapses.queue)
        add_rows(slot, 1, k, synapses)


@njit(**SHORT_PART)
def add_rows(slot, n_copies, k, synapses):
    """Add the rows of all sources in a queue slot to the input of their targets (`ARRIVE`)."""
    rows, queue = synapses.rows, synapses.queue
    width = rows.n_columns if n_copies == 1 or not rows.is_dense else PANEL
    for first in range(0, rows.n_columns, width):
        last = min(first + width, rows.n_columns)
        for copy in range(n_copies):
            arrivals = synapses.arrivals[
                copy * synapses.n_post + first : copy * synapses.n_post + last
            ]
            own = slot + copy
            if rows.is_dense:
                add_dense_rows(
                    queue.lengths[own],
                    queue.sources[own],
                    queue.amounts[own],
                    rows.weights,
                    rows.n_columns,
                    first,
                    arrivals,
                )
            else:
                for a in range(queue.lengths[own]):
                    row = queue.sources[own, a] * len(rows.delays) + k
                    add_sparse_row(row, queue.amounts[own, a], rows, arrivals)


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
def add_sparse_row(row, amount, rows, arrivals):
    """Add one sparse row."""
    zero = arrivals.dtype.type(0)
    for s in range(rows.row_start[row], rows.row_start[row + 1]):
        arrivals[rows.targets[s]] += amount * max(zero, rows.weights[s])


# --- plastic rows ------------------------------------------------------------------------


@njit(**SHORT_PART)
def set_changes(step, fired, post_trace, firing, plasticity, history):
    """Set what a synapse onto each neuron gains or loses if its source fires in this step.

    Where traces add up, what it gains depends on its source, too. Sparse rows also need the sums
    of the history after this step.
    """
    changes = plasticity.changes
    for j in range(len(changes)):
        changes[j] = -plasticity.nu_pre * post_trace[j]
    if firing is None:
        for j in fired:
            if j < len(changes):
                changes[j] += plasticity.nu_post
    if plasticity.sums_now.size > 0:
        sums = history.sums[block_of(step, history)]
        copy(sums[: len(changes)], plasticity.sums_now)
        recorded = history.decay[step & (len(history.growth) - 1)]
        for j in fired:
            if j < len(changes):
                plasticity.sums_now[j] += recorded


@njit(**SHORT_PART)
def update_sparse_rows(step, slot, k, firing, synapses, history):
    """Update the rows of all sources in a queue slot and add them to the targets' input."""
    rows, queue, plasticity = synapses.rows, synapses.queue, synapses.plasticity
    for a in range(queue.lengths[slot]):
        row = queue.sources[slot, a] * len(rows.delays) + k
        amount = queue.amounts[slot, a]
        then = history.sums[block_of(plasticity.last_update[row], history)]
        pending_factor, gain = on_pre_spike(step, row, firing, plasticity, history)
        plastic = slice(rows.row_start[row], rows.static_start[row])
        update_sparse_row(
            rows.weights[plastic],
            rows.targets[plastic],
            plasticity.sums_seen[plastic],
            amount,
            pending_factor,
            gain,
            firing,
            plasticity.changes,
            plasticity.upper_bound,
            then,
            plasticity.sums_now,
            synapses.arrivals,
        )
        for s in range(rows.static_start[row], rows.row_start[row + 1]):
            synapses.arrivals[rows.targets[s]] += amount * rows.weights[s]


@njit(**DISJOINT_PART)
def update_sparse_row(
    weights,
    targets,
    sums_seen,
    amount,
    pending_factor,
    gain,
    firing,
    changes,
    upper_bound,
    sums,
    sums_now,
    arrivals,
):
    """Update the plastic synapses of a sparse row and add them, in one pass."""
    for s in range(len(weights)):
        j = targets[s]
        change = changes[j] if firing is None else gain * firing[j] + changes[j]
        w = updated_weight(
            weights[s], pending_factor * (sums[j] - sums_seen[s]), change, upper_bound
        )
        weights[s] = w
        sums_seen[s] = sums_now[j]
        arrivals[j] += amount * w


@njit(**SHORT_PART)
def update_tiled_rows(step, slot, firing, synapses, history):
    """Do the same for sparse rows in tiles, with what they need of targets laid along the curve."""
    rows, queue, plasticity = synapses.rows, synapses.queue, synapses.plasticity
    tiles = plasticity.tiles
    gather(plasticity.changes, tiles.neurons, tiles.changes)
    gather(plasticity.sums_now, tiles.neurons, tiles.snapshots[snapshot_of(step, history)])
    tiles.is_set[:] = False
    tiles.arrivals[:] = 0
    for a in range(queue.lengths[slot]):
        row = queue.sources[slot, a]
        snapshot = snapshot_of(plasticity.last_update[row], history)
        block = snapshot >> history.block_bits
        if not tiles.is_set[block]:
            gather(history.sums[block], tiles.neurons, tiles.sums[block])
            tiles.is_set[block] = True
        pending_factor, _ = on_pre_spike(step, row, firing, plasticity, history)
        begin, end = rows.row_start[row], rows.row_start[row + 1]
        while begin < end:  # a run of tiles that follow one another
            length = length_of_run(begin, end, tiles.first_place)
            first = np.int64(tiles.first_place[begin // LANES])
            run_of_tiles, places = slice(begin, begin + length), slice(first, first + length)
            update_run(
                rows.weights[run_of_tiles],
                queue.amounts[slot, a],
                pending_factor,
                tiles.changes[places],
                plasticity.upper_bound,
                tiles.sums[block, places],
                tiles.snapshots[snapshot, places],
                tiles.arrivals[places],
            )
            begin += length
    for place in range(len(tiles.neurons)):
        synapses.arrivals[tiles.neurons[place]] += tiles.arrivals[place]


@njit(**SHORT_PART)
def length_of_run(begin, end, first_place):
    """Return how many synapses from one on lie in tiles that follow one another on the curve."""
    length = LANES
    while begin + length < end:
        tile = (begin + length) // LANES
        if first_place[tile] != first_place[tile - 1] + LANES:
            break
        length += LANES
    return length


@njit(**DISJOINT_PART)
def update_run(
    weights,
    amount,
    pending_factor,
    changes,
    upper_bound,
    now,
    then,
    arrivals,
):
    """Update the synapses of a run of tiles and add them, in one pass."""
    zero = arrivals.dtype.type(0)
    for j in range(len(weights)):
        pending = pending_factor * (now[j] - then[j])
        w = updated_weight(weights[j], pending, changes[j], upper_bound)
        weights[j] = w
        arrivals[j] += amount * max(zero, w)


@njit(**PART)
def gather(values, places, to):
    """Copy values from their places."""
    for j in range(len(to)):
        to[j] = values[places[j]]


@njit(**SHORT_PART)
def update_dense_rows(step, slot, firing, synapses, history):
    """Do the same for dense rows, several in one pass, which load what rows share only once.

    Eight rows that were updated last in the same step share all but their weights: that halves
    what they load from the cache, and reads from memory as many places ahead as the processor can.
    """
    rows, queue, plasticity = synapses.rows, synapses.queue, synapses.plasticity
    sort_by_last_update(slot, queue, plasticity, history)
    n, n_learning, n_rows = rows.n_columns, plasticity.n_learning, queue.lengths[slot]
    place, missed_since = 0, -1  # snapshot since which `missed` counts
    while place < n_rows:
        four = four_updates(step, slot, place, firing, queue, plasticity, history)
        place += 4
        if (
            firing is None
            and place + 4 <= n_rows
            and four[0].snapshot == snapshot_at(place + 3, slot, queue, plasticity, history)
        ):
            more = four_updates(step, slot, place, firing, queue, plasticity, history)
            place += 4
            if missed_since != four[0].snapshot:
                missed_since = four[0].snapshot
                subtract(
                    history.sums[four[0].block], history.snapshots[missed_since], plasticity.missed
                )
            update_eight_rows(
                *four,
                *more,
                n,
                rows.weights,
                plasticity.missed,
                plasticity.changes,
                plasticity.upper_bound,
                synapses.arrivals[:n_learning],
            )
        else:
            update_four_rows(
                *four,
                n,
                rows.weights,
                history.sums,
                history.snapshots,
                firing,
                plasticity.changes,
                plasticity.upper_bound,
                synapses.arrivals[:n_learning],
            )
    if n_learning < n:
        add_dense_rows(
            queue.lengths[slot],
            queue.sources[slot],
            queue.amounts[slot],
            rows.weights,
            n,
            n_learning,
            synapses.arrivals[n_learning:n],
        )


@njit(**SHORT_PART)
def sort_by_last_update(slot, queue, plasticity, history):
    """Order the sources in a queue slot by the step in which their rows were updated last.

    Neighbours then share a snapshot of the spike history, which stays in the first cache.
    """
    n_chains, n_sorted = 0, 0
    for a in range(queue.lengths[slot]):
        key = snapshot_of(plasticity.last_update[queue.sources[slot, a]], history)
        if history.scratch_first[key] < 0:
            history.scratch_keys[n_chains] = key
            n_chains += 1
        plasticity.scratch_next[a] = history.scratch_first[key]
        history.scratch_first[key] = a
    for chain in range(n_chains):
        key = history.scratch_keys[chain]
        a = history.scratch_first[key]
        history.scratch_first[key] = -1
        while a >= 0:
            plasticity.scratch_order[n_sorted] = a
            n_sorted += 1
            a = plasticity.scratch_next[a]


@njit(**SHORT_PART)
def snapshot_at(place, slot, queue, plasticity, history):
    """Return the snapshot in the step of the last update of the row at a place in that order."""
    row = queue.sources[slot, plasticity.scratch_order[place]]
    return snapshot_of(plasticity.last_update[row], history)


@njit(**PART)
def four_updates(step, slot, place, firing, queue, plasticity, history):
    """Return what the four rows from a place on in that order need; compiled once for all calls."""
    return (
        row_update(step, slot, place, firing, queue, plasticity, history),
        row_update(step, slot, place + 1, firing, queue, plasticity, history),
        row_update(step, slot, place + 2, firing, queue, plasticity, history),
        row_update(step, slot, place + 3, firing, queue, plasticity, history),
    )


@njit(**SHORT_PART)
def row_update(step, slot, place, firing, queue, plasticity, history):
    """Return what the row at a place in that order needs; beyond the last, an empty row's."""
    beyond = place - queue.lengths[slot]
    if beyond >= 0:
        none = queue.amounts.dtype.type(0)
        return RowUpdate(len(plasticity.last_update) + beyond, 0, 0, none, none, none)
    a = plasticity.scratch_order[place]
    row = queue.sources[slot, a]
    snapshot = snapshot_of(plasticity.last_update[row], history)
    pending_factor, gain = on_pre_spike(step, row, firing, plasticity, history)
    block = snapshot >> history.block_bits
    return RowUpdate(row, block, snapshot, queue.amounts[slot, a], pending_factor, gain)


@njit(**PART)
def subtract(values, others, differences):
    """Subtract values that lie elsewhere."""
    for j in range(len(differences)):
        differences[j] = values[j] - others[j]


@njit(**PART)
def update_four_rows(
    a, b, c, d, n, weights, sums, snapshots, firing, changes, upper_bound, arrivals
):
    """Update the plastic synapses of four dense rows and add them, in one pass."""
    update_four(
        a,
        weights[a.row * n : (a.row + 1) * n],
        sums[a.block],
        snapshots[a.snapshot],
        b,
        weights[b.row * n : (b.row + 1) * n],
        sums[b.block],
        snapshots[b.snapshot],
        c,
        weights[c.row * n : (c.row + 1) * n],
        sums[c.block],
        snapshots[c.snapshot],
        d,
        weights[d.row * n : (d.row + 1) * n],
        sums[d.block],
        snapshots[d.snapshot],
        firing,
        changes,
        upper_bound,
        arrivals,
    )


@njit(**DISJOINT_PART)
def update_four(
    a,
    row_a,
    now_a,
    then_a,
    b,
    row_b,
    now_b,
    then_b,
    c,
    row_c,
    now_c,
    then_c,
    d,
    row_d,
    now_d,
    then_d,
    firing,
    changes,
    upper_bound,
    arrivals,
):
    """Do so, given the rows and the history now and at their last updates."""
    zero = arrivals.dtype.type(0)
    for j in range(len(arrivals)):
        change_a = change_b = change_c = change_d = changes[j]
        if firing is not None:
            change_a += a.gain * firing[j]
            change_b += b.gain * firing[j]
            change_c += c.gain * firing[j]
            change_d += d.gain * firing[j]
        pending = a.pending_factor * (now_a[j] - then_a[j])
        wa = updated_weight(row_a[j], pending, change_a, upper_bound)
        pending = b.pending_factor * (now_b[j] - then_b[j])
        wb = updated_weight(row_b[j], pending, change_b, upper_bound)
        pending = c.pending_factor * (now_c[j] - then_c[j])
        wc = updated_weight(row_c[j], pending, change_c, upper_bound)
        pending = d.pending_factor * (now_d[j] - then_d[j])
        wd = updated_weight(row_d[j], pending, change_d, upper_bound)
        row_a[j], row_b[j], row_c[j], row_d[j] = wa, wb, wc, wd
        total = a.amount * max(zero, wa) + b.amount * max(zero, wb)
        arrivals[j] += total + c.amount * max(zero, wc) + d.amount * max(zero, wd)


@njit(**PART)
def update_eight_rows(a, b, c, d, e, f, g, h, n, weights, missed, changes, upper_bound, arrivals):
    """Update the plastic synapses of eight dense rows and add them, in one pass."""
    update_eight(
        a,
        weights[a.row * n : (a.row + 1) * n],
        b,
        weights[b.row * n : (b.row + 1) * n],
        c,
        weights[c.row * n : (c.row + 1) * n],
        d,
        weights[d.row * n : (d.row + 1) * n],
        e,
        weights[e.row * n : (e.row + 1) * n],
        f,
        weights[f.row * n : (f.row + 1) * n],
        g,
        weights[g.row * n : (g.row + 1) * n],
        h,
        weights[h.row * n : (h.row + 1) * n],
        missed,
        changes,
        upper_bound,
        arrivals,
    )


@njit(**DISJOINT_PART)
def update_eight(
    a,
    row_a,
    b,
    row_b,
    c,
    row_c,
    d,
    row_d,
    e,
    row_e,
    f,
    row_f,
    g,
    row_g,
    h,
    row_h,
    missed,
    changes,
    upper_bound,
    arrivals,
):
    """Do so, given the rows, whose updates are pending since the same step."""
    zero = arrivals.dtype.type(0)
    for j in range(len(arrivals)):
        change, since = changes[j], missed[j]
        wa = updated_weight(row_a[j], a.pending_factor * since, change, upper_bound)
        wb = updated_weight(row_b[j], b.pending_factor * since, change, upper_bound)
        wc = updated_weight(row_c[j], c.pending_factor * since, change, upper_bound)
        wd = updated_weight(row_d[j], d.pending_factor * since, change, upper_bound)
        we = updated_weight(row_e[j], e.pending_factor * since, change, upper_bound)
        wf = updated_weight(row_f[j], f.pending_factor * since, change, upper_bound)
        wg = updated_weight(row_g[j], g.pending_factor * since, change, upper_bound)
        wh = updated_weight(row_h[j], h.pending_factor * since, change, upper_bound)
        row_a[j], row_b[j], row_c[j], row_d[j] = wa, wb, wc, wd
        row_e[j], row_f[j], row_g[j], row_h[j] = we, wf, wg, wh
        total = a.amount * max(zero, wa) + b.amount * max(zero, wb)
        total = arrivals[j] + (total + c.amount * max(zero, wc) + d.amount * max(zero, wd))
        second = e.amount * max(zero, we) + f.amount * max(zero, wf)
        arrivals[j] = total + (second + g.amount * max(zero, wg) + h.amount * max(zero, wh))


@njit(**SHORT_PART)
def on_pre_spike(step, row, firing, plasticity, history):
    """Set or raise the trace of a row (`PRE_TRACE`), which counts as up to date from now on.

    Return the factor of its pending update per unit of the spike history, and what a synapse gains
    (`POTENTIATE`) if its target fires in this step.
    """
    trace, last_update = plasticity.pre_trace[row], plasticity.last_update[row]
    raised = history.decay[0]  # 1
    if firing is not None and trace > 0:
        raised += trace * history.decay[step - last_update]
    plasticity.pre_trace[row], plasticity.last_update[row] = raised, step
    pending_factor = growth_at(last_update, history) * plasticity.nu_post * trace
    return pending_factor, plasticity.nu_post * raised


@njit(**SHORT_PART)
def updated_weight(w, pending_update, change, upper_bound):
    """Return a weight after its pending update, then this step's, then `BOUND`."""
    lowest = min(w, type(w)(0))  # an absent synapse stays absent
    return max(lowest, bounded(bounded(w + pending_update, upper_bound) + change, upper_bound))


@njit(**SHORT_PART)
def bounded(w, upper_bound):
    """Return a weight that is not above its bound, if there is one."""
    return w if upper_bound is None else min(upper_bound, w)


# --- spike history -----------------------------------------------------------------------


@njit(**SHORT_PART)
def snapshot_of(step, history):
    """Return the place of a step's snapshot. Numbers of steps and blocks are powers of two."""
    return step & (len(history.decay) - 1)


@njit(**SHORT_PART)
def block_of(step, history):
    """Return the place of the sums of a step's block."""
    return snapshot_of(step, history) >> history.block_bits


@njit(**SHORT_PART)
def starts_block(step, history):
    """Return whether a block starts with this step."""
    return step & (len(history.growth) - 1) == 0


@njit(**SHORT_PART)
def growth_at(step, history):
    """Return exp(h / tau_pre) of a step that is h steps from the base of its block."""
    return history.growth[step & (len(history.growth) - 1)]


@njit(**SHORT_PART)
def remember_sums(step, row, synapses, history):
    """Store the present sums of the block of a step beside the weights of a sparse row."""
    rows = synapses.rows
    if synapses.plasticity.sums_seen.size > 0:
        sums = history.sums[block_of(step, history)]
        for s in range(rows.row_start[row], rows.static_start[row]):
            synapses.plasticity.sums_seen[s] = sums[rows.targets[s]]


@njit(**SHORT_PART)
def remember_snapshot(step, plasticity, history):
    """Store them along the curve, once for all rows in tiles."""
    if plasticity.is_tiled:
        tiles, sums = plasticity.tiles, history.sums[block_of(step, history)]
        gather(sums, tiles.neurons, tiles.snapshots[snapshot_of(step, history)])


@njit(**SHORT_PART)
def record_spikes(step, fired, learning, history):
    """Add the spikes of a step to the history; frozen synapses gain nothing from them."""
    for b in range(min(len(history.sums), (step >> history.block_bits) + 1)):
        age = snapshot_of(step - (b << history.block_bits), history)
        amount = learning * history.decay[age]
        for j in fired:
            history.sums[b, j] += amount
    if history.snapshots.size > 0:
        copy(history.sums[block_of(step, history)], history.snapshots[snapshot_of(step, history)])


@njit(**PART)
def copy(values, to):
    """Copy values that lie elsewhere."""
    for j in range(len(values)):
        to[j] = values[j]


@njit(**PART)
def update_expiring_rows(step, synapses, history):
    """Bring rows up to date whose last update lies in the block that the history drops."""
    remember_snapshot(step - 1, synapses.plasticity, history)
    first_covered = step + len(history.growth) - len(history.decay)
    for row in range(len(synapses.plasticity.last_update)):
        trace, last_update = (
            synapses.plasticity.pre_trace[row],
            synapses.plasticity.last_update[row],
        )
        if trace > 0 and last_update < first_covered:
            apply_pending_to_row(step - 1, row, synapses, history)


@njit(**SHORT_PART)
def start_block(step, history):
    """Replace the oldest block by a new one."""
    history.sums[block_of(step, history)] = 0


# --- all rows at once --------------------------------------------------------------------


@cached_njit(**ENTRY)
def apply_pending_updates(step, synapses, history):
    """Bring all rows up to date at the end of a step."""
    apply_pending_to_projection(step, synapses, history)


@njit(**SHORT_PART)
def apply_pending_to_projection(step, synapses, history):
    """Do so; compiled into kernels."""
    remember_snapshot(step, synapses.plasticity, history)
    for row in range(len(synapses.plasticity.last_update)):
        apply_pending_to_row(step, row, synapses, history)


@njit(**SHORT_PART)
def apply_pending_to_row(step, row, synapses, history):
    """Bring one row up to date; its trace goes on from there."""
    rows, plasticity = synapses.rows, synapses.plasticity
    trace, last_update = plasticity.pre_trace[row], plasticity.last_update[row]
    if last_update == step or trace == 0:
        return
    now = history.sums[block_of(last_update, history)]
    pending_factor = growth_at(last_update, history) * plasticity.nu_post * trace
    plastic = slice(rows.row_start[row], rows.static_start[row])
    weights, upper_bound = rows.weights[plastic], plasticity.upper_bound
    if rows.is_dense:
        then = history.snapshots[snapshot_of(last_update, history)]
        apply_pending_dense(weights, pending_factor, now, then, upper_bound)
    elif plasticity.is_tiled:
        first_place = plasticity.tiles.first_place
        then = plasticity.tiles.snapshots[snapshot_of(last_update, history)]
        for s in range(rows.row_start[row], rows.row_start[row + 1]):
            place = first_place[s // LANES] + s % LANES
            pending = pending_factor * (now[rows.targets[s]] - then[place])
            rows.weights[s] = bounded(rows.weights[s] + pending, upper_bound)
    else:
        targets, sums_seen = rows.targets[plastic], plasticity.sums_seen[plastic]
        apply_pending_sparse(weights, targets, pending_factor, now, sums_seen, upper_bound)
        remember_sums(step, row, synapses, history)
    faded = trace * history.decay[step - last_update]
    plasticity.pre_trace[row] = faded if faded > np.finfo(faded).eps else 0
    plasticity.last_update[row] = step


@njit(**PART)
def apply_pending_dense(weights, pending_factor, now, then, upper_bound):
    """Add the pending update to a dense row."""
    for j in range(len(weights)):
        weights[j] = bounded(weights[j] + pending_factor * (now[j] - then[j]), upper_bound)


@njit(**PART)
def apply_pending_sparse(weights, targets, pending_factor, now, sums_seen, upper_bound):
    """Add the pending update to a sparse row."""
    for s in range(len(weights)):
        pending = pending_factor * (now[targets[s]] - sums_seen[s])
        weights[s] = bounded(weights[s] + pending, upper_bound)


@cached_njit(**ENTRY)
def normalise(step, synapses, scaling, history):
    """Bring all rows up to date, then scale what neurons receive.

    Neurons without a synapse stay as they are.
    """
    rows, upper_bound = synapses.rows, scaling.upper_bound
    sums, factors, zero = scaling.sums, scaling.factors, rows.weights.dtype.type(0)
    sums[:] = 0
    if history is not None:
        apply_pending_to_projection(step, synapses, history)
    for row in range(len(rows.static_start)):
        plastic = slice(rows.row_start[row], rows.static_start[row])
        if rows.is_dense:
            add_strengths(sums, rows.weights[plastic])
        else:
            for s in range(rows.row_start[row], rows.static_start[row]):
                sums[rows.targets[s]] += max(zero, rows.weights[s])
    for j in range(len(scaling.incoming)):
        if scaling.is_scaled[j]:
            factors[j] = scaling.incoming[j] / (sums[j] if sums[j] > 0 else 1)
    for row in range(len(rows.static_start)):
        plastic = slice(rows.row_start[row], rows.static_start[row])
        if rows.is_dense:
            scale_dense(rows.weights[plastic], factors, upper_bound)
        else:
            for s in range(rows.row_start[row], rows.static_start[row]):
                w = rows.weights[s]
                scaled = max(zero, w) * factors[rows.targets[s]] + min(zero, w)
                rows.weights[s] = bounded(scaled, upper_bound)
    deliver_projection_again(step, synapses)


@njit(**PART)
def add_strengths(sums, weights):
    """Add the strengths of a dense row to `sums`."""
    zero = weights.dtype.type(0)
    for j in range(len(weights)):
        sums[j] += max(zero, weights[j])


@njit(**PART)
def scale_dense(weights, factors, upper_bound):
    """Scale a dense row, in which an absent synapse stays absent."""
    zero = weights.dtype.type(0)
    for j in range(len(weights)):
        w = weights[j]
        weights[j] = bounded(max(zero, w) * factors[j] + min(zero, w), upper_bound)


# --- modulated plasticity ----------------------------------------------------------------


@cached_njit(**ENTRY)
def later_spikes(steps, neurons, counts, region, later):
    """Set `later` to the sum of exp(-(h - step) / tau_pre) over spikes at h >= step, by target.

    That is what one presynaptic spike in this step is worth (`GATHER`): one pass backward in time
    over the spikes replaces a visit of each of them to its synapses. Only spikes that `counts`
    marks are postsynaptic. `later` is 0 before, with one row for each step and a last one.
    """
    a = len(steps) - 1
    for step in range(len(later) - 2, -1, -1):
        add_scaled(later[step], region.decay, later[step + 1])
        while a >= 0 and steps[a] == step:
            place = region.place[neurons[a]]
            if place >= 0 and counts[a]:
                later[step, place] += 1
            a -= 1


@cached_njit(**ENTRY)
def modulate(signal, first, steps, later, gathered, region, rows):
    """Change each row that learns by the sum of what its spikes are worth, within its bounds.

    Source i sends spikes at `steps[first[i]:first[i + 1]]`; `gathered` has room for each target.
    """
    n_delays, last = len(rows.delays), len(later) - 1
    for source in range(len(region.sources)):
        if not region.sources[source] or first[source] == first[source + 1]:
            continue
        for k in range(n_delays):
            gathered[:] = 0
            for sent in steps[first[source] : first[source + 1]]:
                arrived = min(sent + rows.delays[k] - 1, last)
                add_scaled(gathered, type(region.gain)(1), later[arrived])
            modulate_row(signal * region.gain, source * n_delays + k, gathered, region, rows)


@njit(**SHORT_PART)
def modulate_row(gain, row, gathered, region, rows):
    """Change the synapses that exist and have gathered something."""
    plastic = slice(rows.row_start[row], rows.static_start[row])
    weights = rows.weights[plastic]
    if rows.is_dense:
        for n in range(len(region.targets)):
            j = region.targets[n]
            if gathered[n] > 0 and weights[j] >= 0:
                weights[j] = clipped(weights[j], gain * gathered[n], region.upper_bound)
    else:
        targets = rows.targets[plastic]
        for s in range(len(weights)):
            n = region.place[targets[s]]
            if n >= 0 and gathered[n] > 0:
                weights[s] = clipped(weights[s], gain * gathered[n], region.upper_bound)


@njit(**SHORT_PART)
def clipped(w, change, upper_bound):
    """Return a changed strength within its bounds."""
    return max(type(upper_bound)(0), min(upper_bound, w + change))
