"""The compiled kernels of the native engine. Each names what it computes of `brian.py`.

Plasticity is row-lazy. A row is the synapses of one source with one delay: they lie side by
side in memory, and a spike reaches all of them in the same step. Between two arrivals a row
can only be potentiated, and nobody reads it. So the visits that postsynaptic spikes would pay
to it, one cache line for every synapse, are put off until its next arrival, which touches it
anyway:

    owed to w[j] = nu_post * sum of trace * exp((settled - h) / tau_pre) over j's spikes at h

where `trace` is the presynaptic trace in the step in which the row was settled last. The sum
is a difference of two entries of a ledger that all rows share. Putting off is exact: all
depression, and so all clipping at 0, happens at arrivals; and where a strength only grows,
one minimum with the upper bound in the end is as good as one after each growth.

All kernels are in one file, as Numba does not compile those it keeps on disk anew when only
another file, with kernels that they call, has changed.
"""

import math

import numpy as np
from numba import njit

from spikinggrid.engines.state import Visit

#: Not a number and infinity keep their meaning; sums may be taken in any order.
PART = {"fastmath": {"contract", "nsz", "reassoc", "arcp"}, "error_model": "numpy"}

#: Short parts, to which handing over all the arrays would cost more than what they do.
SHORT_PART = PART | {"forceinline": True}

#: What the engine calls; kept on disk, with all its parts.
ENTRY = PART | {"cache": True}


@njit(**ENTRY)
def run(first, learning, kinetics, neurons, inputs, excitatory, inhibitory, ledger, world, spikes):
    """Go on by the steps of `world`, from step `first` on.

    `learning` is 1, or 0 where synapses are frozen. Neurons that fire are written to
    `spikes`, step by step; their number in each step is returned.
    """
    n_fired = np.zeros(len(world.offsets), np.int64)
    pulse = np.zeros_like(inputs.amounts[0])
    learns = len(ledger.sums[0]) > 0
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
        if learns and step % len(ledger.growth) == 0:
            turn(step, inputs, ledger)
            turn(step, excitatory, ledger)
            turn(step, inhibitory, ledger)
            begin_block(step, ledger)
        transmit(step, learning, kinetics, neurons, inputs, ledger)
        transmit(step, learning, kinetics, neurons, excitatory, ledger)
        transmit(step, learning, kinetics, neurons, inhibitory, ledger)
        if learns:
            bound(fired, inputs)
            bound(fired, excitatory)
            bound(fired, inhibitory)
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
    push, one, offset = neurons.push, type(kinetics.kick)(1), world.offsets[number]
    begin(push, neurons.drive, inputs.arrived, world.noise[offset : offset + len(push)])
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
    inputs.n_senders[step % len(inputs.n_senders)] = 0
    pulses = range(world.first_pulse[number], world.first_pulse[number + 1])
    for k in pulses:
        pulse[world.electrodes[k]] += world.amplitudes[k]
    for k in pulses:
        electrode = world.electrodes[k]
        if pulse[electrode] > 0:
            set_out(step, electrode, pulse[electrode], inputs)
        pulse[electrode] = 0


@njit(**PART)
def send(step, fired, kinetics, neurons, excitatory, inhibitory):
    """Spikes set out, with the resources that their synapses have (`RESOURCES`).

    These belong to synapses in `brian.py`; but those of one source see the same train of
    spikes, each later by its delay, so that the source's are enough.
    """
    excitatory.n_senders[step % len(excitatory.n_senders)] = 0
    inhibitory.n_senders[step % len(inhibitory.n_senders)] = 0
    one = type(kinetics.depression)(1)
    for j in fired:
        if j < kinetics.n_excitatory:
            amount = one
            if kinetics.depression > 0:
                gap = (step - neurons.last_spike[j]) / kinetics.tau_depression
                amount -= (one - neurons.resources[j]) * math.exp(-gap)
                neurons.resources[j] = amount * (one - kinetics.depression)
                neurons.last_spike[j] = step
            set_out(step, j, amount, excitatory)
        if kinetics.relay:
            set_out(step, j, one, inhibitory)
        elif j >= kinetics.n_excitatory:
            set_out(step, j - kinetics.n_excitatory, one, inhibitory)


@njit(**SHORT_PART)
def set_out(step, source, amount, synapses):
    """A spike of one source sets out."""
    slot = step % len(synapses.n_senders)
    place = synapses.n_senders[slot]
    synapses.senders[slot, place] = source
    synapses.amounts[slot, place] = amount
    synapses.n_senders[slot] = place + 1


@njit(**SHORT_PART)
def transmit(step, learning, kinetics, neurons, synapses, ledger):
    """Spikes that act in the next step reach their synapses, which learn now, at the end."""
    synapses.arrived[:] = 0
    writes = synapses.learns and (learning > 0 or synapses.upper_bound < np.inf)
    for k in range(len(synapses.delays)):
        slot = (step + 1 - synapses.delays[k]) % len(synapses.n_senders)
        if writes and synapses.is_dense:
            learn_dense(step, slot, learning, kinetics, neurons, synapses, ledger)
        elif writes:
            learn_sparse(step, slot, k, learning, kinetics, neurons, synapses, ledger)
        else:
            arrive(slot, k, synapses)
            for a in range(synapses.n_senders[slot] if synapses.learns else 0):
                row = synapses.senders[slot, a] * len(synapses.delays) + k
                meet(step, row, learning, kinetics.add_traces, synapses, ledger)


@njit(**ENTRY)
def transmit_again(step, synapses):
    """What the next step gets, now that strengths have been replaced."""
    synapses.arrived[:] = 0
    for k in range(len(synapses.delays)):
        arrive((step + 1 - synapses.delays[k]) % len(synapses.n_senders), k, synapses)


@njit(**SHORT_PART)
def arrive(slot, k, synapses):
    """`ARRIVE`: add the rows of the senders in a slot to what their targets get."""
    weights, targets, arrived = synapses.weights, synapses.targets, synapses.arrived
    if synapses.is_dense:
        for a in range(0, synapses.n_senders[slot], 4):
            w0, amount0 = dense_row(slot, a, synapses)
            w1, amount1 = dense_row(slot, a + 1, synapses)
            w2, amount2 = dense_row(slot, a + 2, synapses)
            w3, amount3 = dense_row(slot, a + 3, synapses)
            add_four(w0, w1, w2, w3, amount0, amount1, amount2, amount3, arrived)
    else:
        for a in range(synapses.n_senders[slot]):
            row = synapses.senders[slot, a] * len(synapses.delays) + k
            amount = synapses.amounts[slot, a]
            for s in range(synapses.pointer[row], synapses.pointer[row + 1]):
                arrived[targets[s]] += amount * weights[s]


@njit(**PART)
def add_four(w0, w1, w2, w3, amount0, amount1, amount2, amount3, arrived):
    """Add four dense rows, whose absent synapses are negative."""
    zero = type(amount0)(0)
    for j in range(len(arrived)):
        got = amount0 * max(zero, w0[j])
        got += amount1 * max(zero, w1[j])
        got += amount2 * max(zero, w2[j])
        got += amount3 * max(zero, w3[j])
        arrived[j] += got


# --- rows that a spike reaches ---------------------------------------------------------


@njit(**SHORT_PART)
def learn_sparse(step, slot, k, learning, kinetics, neurons, synapses, ledger):
    """Have the rows of the senders in a slot learn, and add them to what their targets get."""
    weights, targets, arrived = synapses.weights, synapses.targets, synapses.arrived
    fired, post_trace, limit = neurons.fired, neurons.post_trace, synapses.limit
    nu_pre, upper_bound = learning * synapses.nu_pre, synapses.upper_bound
    for a in range(synapses.n_senders[slot]):
        row = synapses.senders[slot, a] * len(synapses.delays) + k
        amount = synapses.amounts[slot, a]
        now, then = accounts(synapses.settled[row], ledger)
        owed, gain = meet(step, row, learning, kinetics.add_traces, synapses, ledger)
        for s in range(synapses.pointer[row], synapses.pointer[row + 1]):
            j = targets[s]
            debt = owed * (now[j] - then[j])
            change = gain * fired[j] - nu_pre * post_trace[j]
            w = learned(weights[s], debt, limit[j], change, upper_bound)
            weights[s] = w
            arrived[j] += amount * w


@njit(**SHORT_PART)
def learn_dense(step, slot, learning, kinetics, neurons, synapses, ledger):
    """The same for dense rows, four in one pass: what all share is loaded once."""
    sort(slot, synapses, ledger)
    nu_pre, add_traces = learning * synapses.nu_pre, kinetics.add_traces
    for n in range(0, synapses.n_senders[slot], 4):
        learn_four(
            visit(step, slot, n, learning, add_traces, synapses, ledger),
            visit(step, slot, n + 1, learning, add_traces, synapses, ledger),
            visit(step, slot, n + 2, learning, add_traces, synapses, ledger),
            visit(step, slot, n + 3, learning, add_traces, synapses, ledger),
            neurons.fired, neurons.post_trace, nu_pre, synapses.limit, synapses.upper_bound,
            synapses.arrived,
        )  # fmt: skip


@njit(**SHORT_PART)
def sort(slot, synapses, ledger):
    """Order senders by the step in which their rows were settled.

    Neighbours then share an entry of the ledger, which is in the nearest cache.
    """
    n_chains, n_sorted = 0, 0
    for a in range(synapses.n_senders[slot]):
        key = synapses.settled[synapses.senders[slot, a]] % len(ledger.entries)
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
def visit(step, slot, n, learning, add_traces, synapses, ledger):
    """The visit to the n-th row in that order, or beyond the last to nobody's."""
    if n >= synapses.n_senders[slot]:
        weights, none = dense_row(slot, n, synapses)
        return Visit(weights, ledger.entries[0], ledger.entries[0], none, none, none)
    a = synapses.order[n]
    row = synapses.senders[slot, a]
    now, then = accounts(synapses.settled[row], ledger)
    owed, gain = meet(step, row, learning, add_traces, synapses, ledger)
    weights, amount = dense_row(slot, a, synapses)
    return Visit(weights, now, then, amount, owed, gain)


@njit(**SHORT_PART)
def dense_row(slot, a, synapses):
    """Weights of a sender's row, and how strong its spike is; beyond the last, nobody's."""
    beyond = a - synapses.n_senders[slot]
    if beyond < 0:
        source, amount = synapses.senders[slot, a], synapses.amounts[slot, a]
    else:
        source, amount = len(synapses.order) + beyond, synapses.weights.dtype.type(0)
    begin = source * len(synapses.arrived)
    return synapses.weights[begin : begin + len(synapses.arrived)], amount


@njit(**PART)
def learn_four(a, b, c, d, fired, post_trace, nu_pre, limit, upper_bound, arrived):
    """One pass over four rows does everything; absent synapses are negative and stay so."""
    zero = type(upper_bound)(0)
    for j in range(len(arrived)):
        spike, lost, most = fired[j], nu_pre * post_trace[j], limit[j]
        wa, wb, wc, wd = a.weights[j], b.weights[j], c.weights[j], d.weights[j]
        la = learned(wa, a.owed * (a.now[j] - a.then[j]), most, a.gain * spike - lost, upper_bound)
        lb = learned(wb, b.owed * (b.now[j] - b.then[j]), most, b.gain * spike - lost, upper_bound)
        lc = learned(wc, c.owed * (c.now[j] - c.then[j]), most, c.gain * spike - lost, upper_bound)
        ld = learned(wd, d.owed * (d.now[j] - d.then[j]), most, d.gain * spike - lost, upper_bound)
        got = a.amount * (la if wa >= zero else zero) + b.amount * (lb if wb >= zero else zero)
        got += c.amount * (lc if wc >= zero else zero) + d.amount * (ld if wd >= zero else zero)
        arrived[j] += got
        a.weights[j] = la if wa >= zero else wa
        b.weights[j] = lb if wb >= zero else wb
        c.weights[j] = lc if wc >= zero else wc
        d.weights[j] = ld if wd >= zero else wd


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
    owed = synapses.nu_post * trace * ledger.growth[settled % len(ledger.growth)]
    return owed, learning * synapses.nu_post * raised


@njit(**SHORT_PART)
def learned(w, debt, limit, change, upper_bound):
    """What was owed before this step, then `POTENTIATE`, `DEPRESS` and `BOUND` of this step."""
    zero = type(upper_bound)(0)
    w = w + debt
    w = min(limit, w)
    w = w + change
    w = min(upper_bound, w)
    return max(zero, w)


# --- the ledger ------------------------------------------------------------------------


@njit(**SHORT_PART)
def accounts(settled, ledger):
    """The sums as they are, and as they were in the step in which a row was settled."""
    entry = settled % len(ledger.entries)
    return ledger.sums[entry // len(ledger.growth)], ledger.entries[entry]


@njit(**PART)
def enter(step, fired, learning, ledger):
    """Enter the spikes of a step, from which frozen synapses gain nothing."""
    block, n_blocks = len(ledger.growth), len(ledger.sums)
    present = step // block
    for b in range(n_blocks):
        age = (present - b) % n_blocks * block + step % block
        amount = learning * ledger.decay[age]
        for j in fired:
            ledger.sums[b, j] += amount
    ledger.entries[step % len(ledger.entries)] = ledger.sums[present % n_blocks]


@njit(**PART)
def turn(step, synapses, ledger):
    """Settle the rows that were settled last in a block that the ledger ceases to cover."""
    block = len(ledger.growth)
    uncovered = step // block - len(ledger.sums)
    for row in range(len(synapses.settled)):
        if synapses.trace[row] > 0 and synapses.settled[row] // block <= uncovered:
            settle_row(step - 1, row, synapses, ledger)


@njit(**PART)
def begin_block(step, ledger):
    """A new block takes the place of the oldest."""
    ledger.sums[step // len(ledger.growth) % len(ledger.sums)] = 0


@njit(**PART)
def bound(fired, synapses):
    """`BOUND`: whoever fires holds its synapses to the upper bound.

    Scaling may have raised them above it, where they stay until then or until an arrival.
    """
    if synapses.upper_bound < np.inf:
        for j in fired:
            synapses.limit[j] = synapses.upper_bound


# --- all rows --------------------------------------------------------------------------


@njit(**ENTRY)
def settle(step, synapses, ledger):
    """Give all rows what they are owed up to the end of a step, and hold them to their limit."""
    for row in range(len(synapses.settled)):
        settle_row(step, row, synapses, ledger)


@njit(**PART)
def settle_row(step, row, synapses, ledger):
    """The same for one row, whose trace goes on from there."""
    trace, settled = synapses.trace[row], synapses.settled[row]
    if settled == step or (trace == 0 and synapses.upper_bound == np.inf):
        return
    now, then = accounts(settled, ledger)
    owed = synapses.nu_post * trace * ledger.growth[settled % len(ledger.growth)]
    weights, targets = contents(row, synapses)
    if synapses.is_dense:
        settle_dense(weights, owed, now, then, synapses.limit)
    else:
        settle_sparse(weights, targets, owed, now, then, synapses.limit)
    if trace > 0:
        faded = trace * ledger.decay[step - settled]
        synapses.trace[row] = faded if faded > np.finfo(faded).eps else 0
    synapses.settled[row] = step


@njit(**SHORT_PART)
def contents(row, synapses):
    """Weights of a row and, if it is sparse, its targets."""
    begin, end = synapses.pointer[row], synapses.pointer[row + 1]
    return synapses.weights[begin:end], synapses.targets[begin:end]


@njit(**PART)
def settle_dense(weights, owed, now, then, limit):
    """Absent synapses are negative and stay so."""
    for j in range(len(weights)):
        w = weights[j]
        paid = w + owed * (now[j] - then[j])
        paid = min(limit[j], paid)
        weights[j] = paid if w >= type(owed)(0) else w


@njit(**PART)
def settle_sparse(weights, targets, owed, now, then, limit):
    """The same by target."""
    for s in range(len(weights)):
        j = targets[s]
        paid = weights[s] + owed * (now[j] - then[j])
        weights[s] = min(limit[j], paid)


@njit(**ENTRY)
def normalise(step, incoming, synapses, ledger):
    """Settle all rows, then scale what each neuron receives to sum to `incoming`."""
    sums, factors = np.zeros(len(incoming)), np.empty_like(synapses.arrived)
    for row in range(len(synapses.settled)):
        settle_row(step, row, synapses, ledger)
        weights, targets = contents(row, synapses)
        if synapses.is_dense:
            add_positive(sums, weights)
        else:
            for s in range(len(weights)):
                sums[targets[s]] += weights[s]
    for j in range(len(incoming)):
        factors[j] = incoming[j] / (sums[j] if sums[j] > 0 else 1)
    for row in range(len(synapses.settled)):
        weights, targets = contents(row, synapses)
        if synapses.is_dense:
            scale_positive(weights, factors)
        else:
            for s in range(len(weights)):
                weights[s] *= factors[targets[s]]


@njit(**PART)
def add_positive(sums, weights):
    """Add a dense row, whose absent synapses are negative."""
    for j in range(len(sums)):
        sums[j] += weights[j] if weights[j] > 0 else 0.0


@njit(**PART)
def scale_positive(weights, factors):
    """Scale a dense row, whose absent synapses are negative and stay as they are."""
    for j in range(len(weights)):
        w = weights[j]
        weights[j] = w * factors[j] if w > 0 else w


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
