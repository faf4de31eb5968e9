"""The compiled kernels of the native engine. Each names what it computes of `brian.py`.

Plasticity is row-lazy. A row is the synapses of one source with one delay: they lie side by
side in memory, and a spike reaches all of them in the same step. Between two arrivals a row
can only be potentiated, and nobody reads it. So the visits that postsynaptic spikes would pay
to it, one cache line for every synapse, are put off until its next arrival, which touches it
anyway:

    owed to w[j] = nu_post * sum of trace * exp((settled - h) / tau_pre) over j's spikes at h

where `trace` is the presynaptic trace in the step in which the row was settled last. The sum
is a difference of two entries of a ledger that all rows share; of the earlier one, sparse rows
keep what concerns their targets beside the strengths, where it is at hand. Putting off is exact: all
depression, and so all clipping at 0, happens at arrivals; and where a strength only grows,
one minimum with the upper bound in the end is as good as one after each growth.

Loops over a row choose by minima and maxima alone: a choice between writing and not writing
becomes a masked store, which costs more than all the rest on some processors. An absent synapse
of a dense row is so negative that nothing that is added changes it (`state.GONE`).

All kernels are in one file, as Numba does not compile those it keeps on disk anew when only
another file, with kernels that they call, has changed.
"""

import math

import numpy as np
from numba import njit

from spikinggrid.simulation.engines.state import Visit

#: Not a number and infinity keep their meaning; sums may be taken in any order.
PART = {"fastmath": {"contract", "nsz", "reassoc", "arcp"}, "error_model": "numpy"}

#: Short parts, to which handing over all the arrays would cost more than what they do.
SHORT_PART = PART | {"forceinline": True}

#: What the engine calls; kept on disk, with all its parts.
ENTRY = PART | {"cache": True, "nogil": True}

#: Copies of a culture share this many columns of its strengths at a time, which stay in the cache.
PANEL = 256


@njit(**ENTRY)
def run(first, learning, kinetics, neurons, inputs, excitatory, inhibitory, ledger, world, spikes):
    """Go on by the steps of `world`, from step `first` on.

    `learning` is 1, or 0 where synapses are frozen. Neurons that fire are written to
    `spikes`, step by step; their number in each step is returned. Copies of a culture that does
    not learn may run together: the state of one follows that of another.
    """
    n_fired = np.zeros(len(world.offsets), np.int64)
    pulse = np.zeros(world.offsets.shape[1] * inputs.n_pre, inputs.amounts.dtype)
    learns = ledger.sums.size > 0
    n_spikes = 0
    for number in range(len(n_fired)):
        step = first + number
        kick(number, kinetics, inputs, world)
        integrate(number, kinetics, neurons, inputs, excitatory, inhibitory, world)
        n_fired[number] = fire(kinetics, neurons, spikes[n_spikes:])
        fired = spikes[n_spikes : n_spikes + n_fired[number]]
        n_spikes += len(fired)
        stimulate(step, number, pulse, inputs, world)
        send(step, fired, kinetics, neurons, excitatory, inhibitory)
        if learns and begins_block(step, ledger):
            turn(step, inputs, ledger)
            turn(step, excitatory, ledger)
            turn(step, inhibitory, ledger)
            begin_block(step, ledger)
        transmit(step, learning, kinetics, neurons, inputs, ledger)
        transmit(step, learning, kinetics, neurons, excitatory, ledger)
        transmit(step, learning, kinetics, neurons, inhibitory, ledger)
        if learns:
            enter(step, fired, learning, ledger)
    return n_fired


# --- neurons ---------------------------------------------------------------------------


@njit(**PART)
def kick(number, kinetics, inputs, world):
    """Kicks move membranes at once, as pulses that arrive do."""
    for k in range(world.first_kick[number], world.first_kick[number + 1]):
        inputs.arrived[world.kicked[k]] += kinetics.kick


@njit(**PART)
def integrate(number, kinetics, neurons, inputs, excitatory, inhibitory, world):
    """`MEMBRANE`, `CURRENT` and `ARRIVE`: the exact solution of one step, then arrivals."""
    push, one, n = neurons.push, type(kinetics.kick)(1), excitatory.n_post
    for copy in range(world.offsets.shape[1]):
        own, offset = slice(copy * n, (copy + 1) * n), world.offsets[number, copy]
        noise = world.noise[offset : offset + n]
        begin(push[own], neurons.drive[own], inputs.arrived[own], noise)
    if kinetics.gain_excitatory > 0:
        add(push, kinetics.gain_excitatory, neurons.i_excitatory)
        decay(neurons.i_excitatory, kinetics.keep_excitatory)
        add(neurons.i_excitatory, one, excitatory.arrived)
    else:
        add(push, one, excitatory.arrived)
    if kinetics.gain_slow > 0:
        add(push, kinetics.gain_slow, neurons.i_slow)
        decay(neurons.i_slow, kinetics.keep_slow)
        add(neurons.i_slow, kinetics.slow_share, excitatory.arrived)
    if kinetics.gain_inhibitory > 0:
        add(push, -kinetics.gain_inhibitory, neurons.i_inhibitory)
        decay(neurons.i_inhibitory, kinetics.keep_inhibitory)
        add(neurons.i_inhibitory, one, inhibitory.arrived)
    else:
        add(push, -one, inhibitory.arrived)
    if kinetics.gain_adaptation > 0:
        add(push, -kinetics.gain_adaptation, neurons.adaptation)
        decay(neurons.adaptation, kinetics.keep_adaptation)
    move(neurons.v, push, neurons.refractory_left, kinetics.keep_v, kinetics.v_lower_bound)
    if kinetics.keep_post_trace > 0:
        decay(neurons.post_trace, kinetics.keep_post_trace)


@njit(**PART)
def begin(push, drive, arrived, noise):
    """What moves membranes whatever their currents."""
    for j in range(len(push)):
        push[j] = drive[j] + arrived[j] + noise[j]


@njit(**PART)
def add(sums, factor, values):
    """Add a multiple of other values."""
    for j in range(len(sums)):
        sums[j] += factor * values[j]


@njit(**PART)
def decay(values, keep):
    """One step of an exponential decay, which ends at 0: denormal numbers are slow."""
    zero, tiny = type(keep)(0), type(keep)(1e-30)
    for j in range(len(values)):
        kept = values[j] * keep
        values[j] = kept if kept > tiny else zero


@njit(**PART)
def move(v, push, refractory_left, keep, lowest):
    """A refractory membrane decays to rest and is deaf to everything else.

    The lower bound may come before the threshold, as threshold and reset lie above it.
    """
    zero, tiny = type(keep)(0), type(keep)(1e-30)
    for j in range(len(v)):
        moved = v[j] * keep + (push[j] if refractory_left[j] <= 0 else zero)
        moved = moved if abs(moved) > tiny else zero
        v[j] = max(lowest, moved)
        refractory_left[j] = refractory_left[j] - 1 if refractory_left[j] > 0 else 0


@njit(**PART)
def fire(kinetics, neurons, spikes):
    """Threshold and `RESET`. Neurons that fire are written to `spikes`, their number returned."""
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


# --- spikes on their way ---------------------------------------------------------------


@njit(**PART)
def stimulate(step, number, pulse, inputs, world):
    """Electrodes send the sum of their pulses in this step, if it is positive."""
    slot = begin_sending(step, inputs)
    pulses = range(world.first_pulse[number], world.first_pulse[number + 1])
    for k in pulses:
        pulse[world.electrodes[k]] += world.amplitudes[k]
    for k in pulses:
        electrode = world.electrodes[k]
        if pulse[electrode] > 0:
            copy, source = divmod(electrode, inputs.n_pre)
            set_out(slot + copy, source, pulse[electrode], inputs)
        pulse[electrode] = 0


@njit(**PART)
def send(step, fired, kinetics, neurons, excitatory, inhibitory):
    """Spikes set out, with the resources that their synapses have (`RESOURCES`).

    These belong to synapses in `brian.py`; but those of one source see the same train of
    spikes, each later by its delay, so that the source's are enough.
    """
    slot, slot_inhibitory = begin_sending(step, excitatory), begin_sending(step, inhibitory)
    one, first = type(kinetics.depression)(1), 0
    for neuron in fired:
        while neuron >= first + excitatory.n_post:  # it is of the next copy
            first, slot, slot_inhibitory = first + excitatory.n_post, slot + 1, slot_inhibitory + 1
        j = neuron - first
        if j < kinetics.n_excitatory:
            amount = one
            if kinetics.depression > 0:
                gap = (step - neurons.last_spike[neuron]) / kinetics.tau_depression
                amount -= (one - neurons.resources[neuron]) * math.exp(-gap)
                neurons.resources[neuron] = amount * (one - kinetics.depression)
                neurons.last_spike[neuron] = step
            set_out(slot, j, amount, excitatory)
        if kinetics.relay:
            set_out(slot_inhibitory, j, one, inhibitory)
        elif j >= kinetics.n_excitatory:
            set_out(slot_inhibitory, j - kinetics.n_excitatory, one, inhibitory)


@njit(**SHORT_PART)
def slot_of(step, synapses):
    """Where the senders of a step are, those of the first copy."""
    n_copies = len(synapses.arrived) // synapses.n_post
    return step % (len(synapses.n_senders) // n_copies) * n_copies


@njit(**SHORT_PART)
def begin_sending(step, synapses):
    """The slot of a step, emptied of the spikes whose longest delay is over."""
    slot = slot_of(step, synapses)
    synapses.n_senders[slot : slot + len(synapses.arrived) // synapses.n_post] = 0
    return slot


@njit(**SHORT_PART)
def set_out(slot, source, amount, synapses):
    """A spike of one source sets out."""
    place = synapses.n_senders[slot]
    synapses.senders[slot, place] = source
    synapses.amounts[slot, place] = amount
    synapses.n_senders[slot] = place + 1


@njit(**SHORT_PART)
def transmit(step, learning, kinetics, neurons, synapses, ledger):
    """Spikes that act in the next step reach their synapses, which learn now, at the end."""
    synapses.arrived[:] = 0
    writes = synapses.learns and learning > 0
    for k in range(len(synapses.delays)):
        slot = slot_of(step + 1 - synapses.delays[k], synapses)
        if writes and synapses.is_dense:
            learn_dense(step, slot, learning, kinetics, neurons, synapses, ledger)
        elif writes:
            learn_sparse(step, slot, k, learning, kinetics, neurons, synapses, ledger)
        else:
            arrive(slot, k, synapses)
            for a in range(synapses.n_senders[slot] if synapses.learns else 0):
                row = synapses.senders[slot, a] * len(synapses.delays) + k
                meet(step, row, learning, kinetics.add_traces, synapses, ledger)
                note(step, row, synapses, ledger)


@njit(**ENTRY)
def transmit_again(step, synapses):
    """What the next step gets, now that strengths have been replaced."""
    synapses.arrived[:] = 0
    for k in range(len(synapses.delays)):
        arrive(slot_of(step + 1 - synapses.delays[k], synapses), k, synapses)


@njit(**SHORT_PART)
def arrive(slot, k, synapses):
    """`ARRIVE`: add the rows of the senders in a slot to what their targets get."""
    n, n_copies = synapses.n_post, len(synapses.arrived) // synapses.n_post
    width = n if n_copies == 1 or not synapses.is_dense else PANEL
    for first in range(0, n, width):
        last = min(first + width, n)
        for copy in range(n_copies):
            own = slot + copy
            arrived = synapses.arrived[copy * n + first : copy * n + last]
            if synapses.is_dense:
                add_dense(
                    synapses.n_senders[own],
                    synapses.senders[own],
                    synapses.amounts[own],
                    synapses.weights,
                    n,
                    first,
                    arrived,
                )
            else:
                for a in range(synapses.n_senders[own]):
                    row = synapses.senders[own, a] * len(synapses.delays) + k
                    add_sparse(row, synapses.amounts[own, a], synapses, arrived)


@njit(**PART)
def add_dense(n_senders, senders, amounts, weights, n, first, arrived):
    """Add some columns of dense rows, four at a time. Absent synapses are negative."""
    width, zero = len(arrived), amounts.dtype.type(0)
    for a in range(0, n_senders - 3, 4):
        p0, p1 = senders[a] * n + first, senders[a + 1] * n + first
        p2, p3 = senders[a + 2] * n + first, senders[a + 3] * n + first
        row0, row1 = weights[p0 : p0 + width], weights[p1 : p1 + width]
        row2, row3 = weights[p2 : p2 + width], weights[p3 : p3 + width]
        a0, a1, a2, a3 = amounts[a], amounts[a + 1], amounts[a + 2], amounts[a + 3]
        for j in range(width):
            got = a0 * max(zero, row0[j]) + a1 * max(zero, row1[j])
            arrived[j] += got + a2 * max(zero, row2[j]) + a3 * max(zero, row3[j])
    for a in range(n_senders // 4 * 4, n_senders):
        p0 = senders[a] * n + first
        row0, a0 = weights[p0 : p0 + width], amounts[a]
        for j in range(width):
            arrived[j] += a0 * max(zero, row0[j])


@njit(**SHORT_PART)
def add_sparse(row, amount, synapses, arrived):
    """Add a sparse row."""
    weights, targets = synapses.weights, synapses.targets
    for s in range(synapses.pointer[row], synapses.pointer[row + 1]):
        arrived[targets[s]] += amount * weights[s]


# --- rows that a spike reaches ---------------------------------------------------------


@njit(**SHORT_PART)
def learn_sparse(step, slot, k, learning, kinetics, neurons, synapses, ledger):
    """Have the rows of the senders in a slot learn, and add them to what their targets get."""
    nu_pre, present = learning * synapses.nu_pre, sums_of(step, ledger)
    entered = learning * ledger.decay[step & (len(ledger.growth) - 1)]
    for a in range(synapses.n_senders[slot]):
        row = synapses.senders[slot, a] * len(synapses.delays) + k
        amount = synapses.amounts[slot, a]
        now = sums_of(synapses.settled[row], ledger)
        owed, gain = meet(step, row, learning, kinetics.add_traces, synapses, ledger)
        learning_ones = slice(synapses.pointer[row], synapses.static[row])
        learn_row(
            synapses.weights[learning_ones],
            synapses.targets[learning_ones],
            synapses.noted[learning_ones],
            amount,
            owed,
            gain,
            nu_pre,
            entered,
            synapses.upper_bound,
            now,
            present,
            neurons.fired,
            neurons.post_trace,
            synapses.arrived,
        )
        for s in range(synapses.static[row], synapses.pointer[row + 1]):
            synapses.arrived[synapses.targets[s]] += amount * synapses.weights[s]


@njit(**PART)
def learn_row(
    weights,
    targets,
    noted,
    amount,
    owed,
    gain,
    nu_pre,
    entered,
    upper_bound,
    now,
    present,
    fired,
    post_trace,
    arrived,
):
    """One pass over the synapses of a sparse row that learn does everything."""
    for s in range(len(weights)):
        j = targets[s]
        change = gain * fired[j] - nu_pre * post_trace[j]
        w = learned(weights[s], owed * (now[j] - noted[s]), change, upper_bound)
        weights[s] = w
        noted[s] = present[j] + entered * fired[j]
        arrived[j] += amount * w


@njit(**SHORT_PART)
def learn_dense(step, slot, learning, kinetics, neurons, synapses, ledger):
    """The same for dense rows, four in one pass: what all share is loaded once."""
    sort(slot, synapses, ledger)
    nu_pre, add_traces = learning * synapses.nu_pre, kinetics.add_traces
    n, n_learning = synapses.n_post, synapses.n_learning
    for place in range(0, synapses.n_senders[slot], 4):
        learn_four(
            visit(step, slot, place, learning, add_traces, synapses, ledger),
            visit(step, slot, place + 1, learning, add_traces, synapses, ledger),
            visit(step, slot, place + 2, learning, add_traces, synapses, ledger),
            visit(step, slot, place + 3, learning, add_traces, synapses, ledger),
            n,
            synapses.weights,
            ledger.sums,
            ledger.entries,
            neurons.fired,
            neurons.post_trace,
            nu_pre,
            synapses.upper_bound,
            synapses.arrived[:n_learning],
        )
    if n_learning < n:
        add_dense(
            synapses.n_senders[slot],
            synapses.senders[slot],
            synapses.amounts[slot],
            synapses.weights,
            n,
            n_learning,
            synapses.arrived[n_learning:],
        )


@njit(**SHORT_PART)
def sort(slot, synapses, ledger):
    """Order senders by the step in which their rows were settled.

    Neighbours then share an entry of the ledger, which is in the nearest cache.
    """
    n_chains, n_sorted = 0, 0
    for a in range(synapses.n_senders[slot]):
        key = entry_of(synapses.settled[synapses.senders[slot, a]], ledger)
        if ledger.first[key] < 0:
            ledger.keys[n_chains] = key
            n_chains += 1
        synapses.following[a] = ledger.first[key]
        ledger.first[key] = a
    for key in ledger.keys[:n_chains]:
        a = ledger.first[key]
        ledger.first[key] = -1
        while a >= 0:
            synapses.order[n_sorted] = a
            n_sorted += 1
            a = synapses.following[a]


@njit(**SHORT_PART)
def visit(step, slot, place, learning, add_traces, synapses, ledger):
    """The visit to the row at a place in that order, or beyond the last to nobody's."""
    beyond = place - synapses.n_senders[slot]
    if beyond >= 0:
        none = synapses.weights.dtype.type(0)
        return Visit(synapses.n_pre + beyond, 0, 0, none, none, none)
    a = synapses.order[place]
    row = synapses.senders[slot, a]
    entry = entry_of(synapses.settled[row], ledger)
    owed, gain = meet(step, row, learning, add_traces, synapses, ledger)
    return Visit(row, entry >> ledger.bits, entry, synapses.amounts[slot, a], owed, gain)


@njit(**PART)
def learn_four(
    a, b, c, d, n, weights, sums, entries, fired, post_trace, nu_pre, upper_bound, arrived
):
    """One pass over four rows, as far as they learn, does everything."""
    zero = type(upper_bound)(0)
    row_a, now_a, then_a = weights[a.row * n : (a.row + 1) * n], sums[a.block], entries[a.entry]
    row_b, now_b, then_b = weights[b.row * n : (b.row + 1) * n], sums[b.block], entries[b.entry]
    row_c, now_c, then_c = weights[c.row * n : (c.row + 1) * n], sums[c.block], entries[c.entry]
    row_d, now_d, then_d = weights[d.row * n : (d.row + 1) * n], sums[d.block], entries[d.entry]
    for j in range(len(arrived)):
        spike, lost = fired[j], nu_pre * post_trace[j]
        wa = learned(row_a[j], a.owed * (now_a[j] - then_a[j]), a.gain * spike - lost, upper_bound)
        wb = learned(row_b[j], b.owed * (now_b[j] - then_b[j]), b.gain * spike - lost, upper_bound)
        wc = learned(row_c[j], c.owed * (now_c[j] - then_c[j]), c.gain * spike - lost, upper_bound)
        wd = learned(row_d[j], d.owed * (now_d[j] - then_d[j]), d.gain * spike - lost, upper_bound)
        row_a[j], row_b[j], row_c[j], row_d[j] = wa, wb, wc, wd
        got = a.amount * max(zero, wa) + b.amount * max(zero, wb)
        arrived[j] += got + c.amount * max(zero, wc) + d.amount * max(zero, wd)


@njit(**SHORT_PART)
def meet(step, row, learning, add_traces, synapses, ledger):
    """`PRE_TRACE` of a row that a spike reaches, which counts as settled from now on.

    Returns what the row is owed per unit of the ledger, and what it gains (`POTENTIATE`)
    where its target fires in this step.
    """
    trace, settled = synapses.trace[row], synapses.settled[row]
    raised = ledger.decay[0]  # 1
    if add_traces and trace > 0:
        raised += trace * ledger.decay[step - settled]
    synapses.trace[row], synapses.settled[row] = raised, step
    owed = growth_of(settled, ledger) * synapses.nu_post * trace
    return owed, learning * synapses.nu_post * raised


@njit(**SHORT_PART)
def learned(w, debt, change, upper_bound):
    """What was owed before this step, then `POTENTIATE`, `DEPRESS` and `BOUND` of this step."""
    lowest = min(w, type(upper_bound)(0))  # an absent synapse stays what it is
    return max(lowest, min(upper_bound, min(upper_bound, w + debt) + change))


# --- the ledger ------------------------------------------------------------------------


@njit(**SHORT_PART)
def entry_of(step, ledger):
    """Where the entry of a step is. Numbers of steps and blocks are powers of two."""
    return step & (len(ledger.decay) - 1)


@njit(**SHORT_PART)
def begins_block(step, ledger):
    """Whether a block begins with this step."""
    return step & (len(ledger.growth) - 1) == 0


@njit(**SHORT_PART)
def growth_of(step, ledger):
    """exp(h / tau_pre) of a step that is h steps from the base of its block."""
    return ledger.growth[step & (len(ledger.growth) - 1)]


@njit(**SHORT_PART)
def sums_of(step, ledger):
    """The sums, as they are now, of the block of a step."""
    return ledger.sums[entry_of(step, ledger) >> ledger.bits]


@njit(**SHORT_PART)
def note(step, row, synapses, ledger):
    """Have a sparse row keep the sums of the block of a step as they are now."""
    if not synapses.is_dense:
        sums = sums_of(step, ledger)
        for s in range(synapses.pointer[row], synapses.static[row]):
            synapses.noted[s] = sums[synapses.targets[s]]


@njit(**PART)
def enter(step, fired, learning, ledger):
    """Enter the spikes of a step, from which frozen synapses gain nothing."""
    present = entry_of(step, ledger) >> ledger.bits
    for b in range(len(ledger.sums)):
        age = entry_of(step - (b << ledger.bits), ledger)
        amount = learning * ledger.decay[age]
        for j in fired:
            ledger.sums[b, j] += amount
    if ledger.entries.size > 0:
        ledger.entries[entry_of(step, ledger)] = ledger.sums[present]


@njit(**PART)
def turn(step, synapses, ledger):
    """Settle the rows that were settled last in a block that the ledger ceases to cover."""
    first_covered = step + len(ledger.growth) - len(ledger.decay)
    for row in range(len(synapses.settled)):
        if synapses.trace[row] > 0 and synapses.settled[row] < first_covered:
            settle_row(step - 1, row, synapses, ledger)


@njit(**PART)
def begin_block(step, ledger):
    """A new block takes the place of the oldest."""
    ledger.sums[entry_of(step, ledger) >> ledger.bits] = 0


# --- all rows --------------------------------------------------------------------------


@njit(**ENTRY)
def settle(step, synapses, ledger):
    """Give all rows what they are owed up to the end of a step."""
    for row in range(len(synapses.settled)):
        settle_row(step, row, synapses, ledger)


@njit(**SHORT_PART)
def settle_row(step, row, synapses, ledger):
    """The same for one row, whose trace goes on from there."""
    trace, settled = synapses.trace[row], synapses.settled[row]
    if settled == step or trace == 0:
        return
    now, owed = sums_of(settled, ledger), growth_of(settled, ledger) * synapses.nu_post * trace
    weights, targets = contents(row, synapses)
    if synapses.is_dense:
        then = ledger.entries[entry_of(settled, ledger)]
        settle_dense(weights, owed, now, then, synapses.upper_bound)
    else:
        noted = synapses.noted[synapses.pointer[row] : synapses.static[row]]
        settle_sparse(weights, targets, owed, now, noted, synapses.upper_bound)
        note(step, row, synapses, ledger)
    faded = trace * ledger.decay[step - settled]
    synapses.trace[row] = faded if faded > np.finfo(faded).eps else 0
    synapses.settled[row] = step


@njit(**SHORT_PART)
def contents(row, synapses):
    """Weights of a row that learn and, if it is sparse, their targets."""
    begin, end = synapses.pointer[row], synapses.static[row]
    return synapses.weights[begin:end], synapses.targets[begin:end]


@njit(**PART)
def settle_dense(weights, owed, now, then, upper_bound):
    """What a row is owed."""
    for j in range(len(weights)):
        weights[j] = min(upper_bound, weights[j] + owed * (now[j] - then[j]))


@njit(**PART)
def settle_sparse(weights, targets, owed, now, noted, upper_bound):
    """The same by target."""
    for s in range(len(weights)):
        weights[s] = min(upper_bound, weights[s] + owed * (now[targets[s]] - noted[s]))


@njit(**ENTRY)
def normalise(step, incoming, synapses, ledger):
    """Settle all rows, then scale what each neuron receives to sum to `incoming`."""
    sums, factors = np.zeros(len(synapses.arrived)), np.ones_like(synapses.arrived)
    for row in range(len(synapses.settled)):
        settle_row(step, row, synapses, ledger)
        weights, targets = contents(row, synapses)
        if synapses.is_dense:
            add_strengths(sums, weights)
        else:
            for s in range(len(weights)):
                sums[targets[s]] += weights[s]
    for j in range(min(len(incoming), synapses.n_learning)):
        factors[j] = incoming[j] / (sums[j] if sums[j] > 0 else 1)
    for row in range(len(synapses.settled)):
        weights, targets = contents(row, synapses)
        if synapses.is_dense:
            scale_dense(weights, factors, synapses.upper_bound)
        else:
            for s in range(len(weights)):
                weights[s] = min(synapses.upper_bound, weights[s] * factors[targets[s]])


@njit(**PART)
def add_strengths(sums, weights):
    """Add a dense row."""
    zero = weights.dtype.type(0)
    for j in range(len(weights)):
        sums[j] += max(zero, weights[j])


@njit(**PART)
def scale_dense(weights, factors, upper_bound):
    """Scale a dense row, in which an absent synapse stays what it is."""
    zero = type(upper_bound)(0)
    for j in range(len(weights)):
        w = weights[j]
        weights[j] = min(upper_bound, max(zero, w) * factors[j] + min(zero, w))


# --- modulated plasticity --------------------------------------------------------------


@njit(**ENTRY)
def later_spikes(n_steps, steps, neurons, counts, region):
    """For each step and target, the sum of exp(-(h - step) / tau_pre) over its spikes at h >= step.

    That is what one presynaptic spike in this step is worth (`GATHER`), so that one pass backward
    in time over the spikes replaces the visits of all of them to their synapses. Only spikes that
    `counts` marks are postsynaptic.
    """
    later = np.zeros((n_steps + 1, len(region.targets)), type(region.keep))
    a = len(steps) - 1
    for step in range(n_steps - 1, -1, -1):
        add(later[step], region.keep, later[step + 1])
        while a >= 0 and steps[a] == step:
            place = region.place[neurons[a]]
            if place >= 0 and counts[a]:
                later[step, place] += 1
            a -= 1
    return later


@njit(**ENTRY)
def modulate(signal, first, steps, later, region, synapses):
    """Change each row that learns by the sum of what its spikes are worth, then bound it.

    Spikes of source i are sent at `steps[first[i]:first[i + 1]]`.
    """
    n_delays, last = len(synapses.delays), len(later) - 1
    gathered = np.zeros_like(later[0])
    for source in range(len(region.sources)):
        if not region.sources[source] or first[source] == first[source + 1]:
            continue
        for k in range(n_delays):
            gathered[:] = 0
            for sent in steps[first[source] : first[source + 1]]:
                add(gathered, type(region.gain)(1), later[min(sent + synapses.delays[k] - 1, last)])
            change_row(signal * region.gain, source * n_delays + k, gathered, region, synapses)


@njit(**SHORT_PART)
def change_row(gain, row, gathered, region, synapses):
    """Only synapses that exist and gathered something change."""
    weights, targets = contents(row, synapses)
    if synapses.is_dense:
        for n in range(len(region.targets)):
            j = region.targets[n]
            if gathered[n] > 0 and weights[j] >= 0:
                weights[j] = changed(weights[j], gain * gathered[n], region.upper_bound)
    else:
        for s in range(len(weights)):
            n = region.place[targets[s]]
            if n >= 0 and gathered[n] > 0:
                weights[s] = changed(weights[s], gain * gathered[n], region.upper_bound)


@njit(**SHORT_PART)
def changed(w, change, upper_bound):
    """A strength within its bounds."""
    return max(type(upper_bound)(0), min(upper_bound, w + change))
