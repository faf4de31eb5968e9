"""The culture: where each neuron lies, which ones inhibit, who connects to whom.

A culture is grown from parameters and a seed with NumPy alone; no engine is involved,
and every engine takes the same culture.
"""

import dataclasses
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import h5py
import numpy as np

from spikinggrid.mea.array import Mea
from spikinggrid.mea.electrode_roles import (
    image_electrodes,
    label_electrodes,
    nearest_electrodes,
)
from spikinggrid.network.connectivity import (
    LARGE,
    Projection,
    connect_by_current,
    connect_by_field,
    connect_by_probability,
    connect_by_strength,
)
from spikinggrid.network.memory import require_memory
from spikinggrid.network.neighbours import curve_order
from spikinggrid.parameters.model import Parameters
from spikinggrid.parameters.tables.base import needed
from spikinggrid.parameters.tables.culture import CultureTable
from spikinggrid.parameters.tables.synapses import SynapseTable
from spikinggrid.utils.errors import InputError
from spikinggrid.utils.hdf5 import opened, written
from spikinggrid.utils.progress import NO_PROGRESS, Progress, hidden_progress
from spikinggrid.utils.randomness import random_generator

PROJECTIONS = ("input", "excitatory", "inhibitory")
FORMAT = "spikinggrid culture"


@dataclass(frozen=True, eq=False, repr=False)
class Culture:
    """A dish of neurons and their connections.

    Excitatory neurons come first. Where inhibition is relayed, every neuron is
    excitatory and also the source of the inhibitory projection.

    Attributes
    ----------
    width, height : float
        The dish, m. x runs to the right and y downwards, as in images.
    x, y : ndarray, shape (n_neurons,)
        Positions, m.
    n_excitatory : int
        The neurons from this number on are inhibitory.
    relay : bool
        Whether inhibition goes through a private interneuron of each neuron.
    v_threshold, drive : ndarray, shape (n_neurons,)
        What differs from neuron to neuron, V.
    input : Projection
        From the electrodes onto all neurons.
    excitatory, inhibitory : Projection
        From the excitatory neurons, or the inhibitory ones (or all relays), onto all.
    excitatory_delay, inhibitory_delay : float
        Delay of a synapse of length zero, s.
    excitatory_velocity, inhibitory_velocity : float
        Distance over this velocity adds to the delay, m/s; infinite where it does not.
    seed : int
        The seed it was grown from.
    plastic_regions : dict
        Of each projection of which only a part learns, `plastic_region`.
    """

    width: float
    height: float
    x: np.ndarray
    y: np.ndarray
    n_excitatory: int
    relay: bool
    v_threshold: np.ndarray
    drive: np.ndarray
    input: Projection
    excitatory: Projection
    inhibitory: Projection
    excitatory_delay: float
    inhibitory_delay: float
    excitatory_velocity: float
    inhibitory_velocity: float
    seed: int
    plastic_regions: dict[str, tuple[np.ndarray, np.ndarray]] = field(default_factory=dict)

    def __repr__(self) -> str:
        n_synapses = self.excitatory.n_synapses + self.inhibitory.n_synapses
        return f"<Culture: {self.n_neurons:,} neurons, {n_synapses:,} synapses between them>"

    @property
    def n_neurons(self) -> int:
        """Number of neurons, interneurons of the relay not counted."""
        return len(self.x)

    @property
    def is_inhibitory(self) -> np.ndarray:
        """Whether each neuron is inhibitory, shape (n_neurons,)."""
        return np.arange(self.n_neurons) >= self.n_excitatory

    def first_source(self, name: str) -> int:
        """Return the number of the first source of a projection between neurons."""
        return self.n_excitatory if name == "inhibitory" and not self.relay else 0

    def distances(self, name: str, pre: np.ndarray, post: np.ndarray) -> np.ndarray:
        """Return the lengths in m of synapses between neurons.

        Parameters
        ----------
        name : {"excitatory", "inhibitory"}
        pre, post : ndarray of int, shape (n_synapses,)
            Sources and targets, as `Projection.pairs` numbers them.
        """
        pre = pre + self.first_source(name)
        return np.hypot(self.x[pre] - self.x[post], self.y[pre] - self.y[post])

    def delay_steps(self, name: str, pre: np.ndarray, post: np.ndarray, dt: float) -> np.ndarray:
        """Return the delays in steps, at least one, of synapses between neurons.

        Parameters
        ----------
        name : {"excitatory", "inhibitory"}
        pre, post : ndarray of int, shape (n_synapses,)
            Sources and targets, as `Projection.pairs` numbers them.
        dt : float
            Length of a step, s.
        """
        delay, velocity = getattr(self, f"{name}_delay"), getattr(self, f"{name}_velocity")
        if np.isinf(velocity):
            seconds = np.full(len(pre), delay)
        else:
            seconds = delay + self.distances(name, pre, post) / velocity
        return np.maximum(1, np.rint(seconds / dt)).astype(np.int64)

    def plastic_region(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        """Return which sources and which targets of a projection have the synapses that learn.

        Parameters
        ----------
        name : {"input", "excitatory", "inhibitory"}

        Returns
        -------
        sources, targets : ndarray of bool, shapes (n_pre,) and (n_neurons,)
            A synapse learns, where the projection does at all, if both its ends do.
        """
        everybody = np.ones(getattr(self, name).n_pre, bool), np.ones(self.n_neurons, bool)
        return self.plastic_regions.get(name, everybody)

    def with_strengths(self, **strengths: np.ndarray) -> "Culture":
        """Return the same culture with other strengths, by projection, in the order of `pairs`."""
        changes = {
            name: getattr(self, name).with_strengths(values) for name, values in strengths.items()
        }
        return replace(self, **changes)

    @classmethod
    def grow(
        cls,
        parameters: Parameters,
        array: Mea | None,
        show: Callable[..., Progress] = hidden_progress,
    ) -> "Culture":
        """Grow a culture.

        Parameters
        ----------
        parameters : Parameters
            Placement, wiring and the differences between neurons come from its seed.
        array : Mea or None
            The electrodes that stimulate it; without any, no pulse can reach it.
        show : callable
            Make a `Progress`, which shows how the wiring of a large dish gets on.

        Raises
        ------
        InputError
            If the parameters ask for something impossible, or for more memory than there is; the
            message names the key.
        """
        require_memory(parameters, array.n_electrodes if array else 0)
        neuron, noise, synapses = parameters.neuron, parameters.noise, parameters.synapses
        seed, n = parameters.simulation.seed, parameters.culture.n_neurons
        positions = _place(parameters, random_generator(seed, "placement"))
        n_excitatory, relay = _n_excitatory(parameters), parameters.culture.inhibition == "relay"
        if n > LARGE and synapses.excitatory.rule == "probability":
            positions = _along_a_curve(positions, n_excitatory)
        sources = slice(0, n_excitatory), slice(0 if relay else n_excitatory, n)
        with _progress_of_wiring(parameters, sources, show) as progress:
            excitatory, inhibitory = (
                _wire(name, parameters, positions, own, progress)
                for name, own in zip(("excitatory", "inhibitory"), sources, strict=True)
            )
        cells = random_generator(seed, "cells")
        spread = np.clip(cells.standard_normal(n), -3, 3)  # so that no threshold lies below rest
        culture = cls(
            width=parameters.culture.width,
            height=parameters.culture.height,
            x=positions[:, 0].copy(),
            y=positions[:, 1].copy(),
            n_excitatory=n_excitatory,
            relay=relay,
            v_threshold=neuron.v_threshold + neuron.threshold_spread * spread,
            drive=noise.drive + noise.drive_spread * cells.standard_normal(n),
            input=_wire_electrodes(parameters, array, positions),
            excitatory=excitatory,
            inhibitory=inhibitory,
            excitatory_delay=synapses.excitatory.delay,
            inhibitory_delay=synapses.inhibitory.delay,
            excitatory_velocity=synapses.excitatory.conduction_velocity or np.inf,
            inhibitory_velocity=synapses.inhibitory.conduction_velocity or np.inf,
            seed=seed,
        )
        return replace(culture, plastic_regions=_plastic_regions(culture, parameters, array))

    def save(self, path: str | os.PathLike) -> None:
        """Write the culture to an HDF5 file, from which `load` makes an equal one."""
        with written(path, FORMAT) as file:
            for own in dataclasses.fields(self):
                value = getattr(self, own.name)
                if isinstance(value, Projection):
                    _save_projection(file.create_group(own.name), value)
                elif isinstance(value, dict):
                    _save_regions(file.create_group(own.name), value)
                elif isinstance(value, np.ndarray):
                    file[own.name] = value
                else:
                    file.attrs[own.name] = value

    @classmethod
    def load(cls, path: str | os.PathLike) -> "Culture":
        """Read a culture that `save` wrote.

        Raises
        ------
        InputError
            If the file is missing, damaged or not a culture.
        """
        with opened(path, FORMAT, "a culture saved by SpikingGrid") as file:
            content = {own.name: _load_field(file, own) for own in dataclasses.fields(cls)}
            return cls(**content)


def _place(parameters: Parameters, generator: np.random.Generator) -> np.ndarray:
    """Return the positions of the neurons, shape (n_neurons, 2), m."""
    table = parameters.culture
    size = np.array([table.width, table.height])
    if table.placement == "random":
        return generator.random((table.n_neurons, 2)) * size
    if table.placement == "clumps":
        return _place_in_clumps(table, size, generator)
    columns = max(1, round(np.sqrt(table.n_neurons * table.width / table.height)))
    rows = -(-table.n_neurons // columns)
    row, column = np.divmod(np.arange(table.n_neurons), columns)
    assert table.jitter is not None, "a grid has a jitter"
    shift = table.jitter * generator.uniform(-1, 1, (table.n_neurons, 2))
    grid = (np.column_stack([column, row]) + 0.5 + shift) / (columns, rows) * size
    return generator.permutation(grid)  # so that no region is all inhibitory


def _along_a_curve(positions: np.ndarray, n_excitatory: int) -> np.ndarray:
    """Renumber neurons of each kind so that the targets of one lie near each other in memory."""
    kinds = positions[:n_excitatory], positions[n_excitatory:]
    return np.concatenate([kind[curve_order(kind)] if len(kind) else kind for kind in kinds])


def _place_in_clumps(
    table: CultureTable, size: np.ndarray, generator: np.random.Generator
) -> np.ndarray:
    """Return positions of which a share is normal around the middles of clumps."""
    assert table.clump_fraction is not None
    assert table.n_clumps is not None and table.clump_sd is not None
    positions = generator.random((table.n_neurons, 2)) * size
    middles = generator.random((table.n_clumps, 2)) * size
    is_member = generator.random(table.n_neurons) < table.clump_fraction
    middle = middles[generator.integers(table.n_clumps, size=table.n_neurons)]
    in_clump = middle + table.clump_sd * generator.standard_normal((table.n_neurons, 2))
    folded = np.mod(in_clump, 2 * size)  # reflected as often as it takes
    return np.where(is_member[:, None], np.minimum(folded, 2 * size - folded), positions)


def _n_excitatory(parameters: Parameters) -> int:
    """Return the number of excitatory neurons, which is that of all where inhibition is relayed."""
    n, share = parameters.culture.n_neurons, parameters.culture.inhibitory_fraction
    if share is None:
        return n
    n_excitatory = n - round(n * share)
    if 0 < share < 1 and not 0 < n_excitatory < n:
        raise InputError(
            f"culture.inhibitory_fraction: {share:g} of {n} neurons leaves none of one kind; make"
            " culture.n_neurons larger"
        )
    return n_excitatory


def _progress_of_wiring(
    parameters: Parameters, sources: Sequence[slice], show: Callable[..., Progress]
) -> Progress:
    """Return what shows how many neurons have their targets, if they are many."""
    rules = parameters.synapses.excitatory.rule, parameters.synapses.inhibitory.rule
    if parameters.culture.n_neurons <= LARGE or set(rules) != {"probability"}:
        return NO_PROGRESS
    return show(sum(own.stop - own.start for own in sources), "neuron", "growing synapses")


def _wire(
    name: str, parameters: Parameters, positions: np.ndarray, sources: slice, progress: Progress
) -> Projection:
    """Connect some of the neurons to all of them."""
    if sources.start == sources.stop:
        return Projection.empty(0, len(positions))
    table: SynapseTable = getattr(parameters.synapses, name)
    generator = random_generator(parameters.simulation.seed, "wiring", name)
    onto_inhibitory = np.arange(len(positions)) >= _n_excitatory(parameters)

    def by_target(value: float, onto_inhibitory_neurons: float | None) -> np.ndarray:
        other = value if onto_inhibitory_neurons is None else onto_inhibitory_neurons
        return np.where(onto_inhibitory, other, value)

    reach = by_target(table.reach, table.reach_onto_inhibitory)
    if table.rule == "strength":
        assert table.cutoff is not None and table.incoming is not None
        return connect_by_strength(
            positions[sources],
            positions,
            reach,
            table.cutoff,
            table.incoming,
            generator,
            first_pre=sources.start,
        )
    assert table.synapses_per_neuron is not None and table.strength is not None
    assert table.strength_cv is not None
    try:
        return connect_by_probability(
            positions[sources],
            positions,
            reach,
            table.synapses_per_neuron,
            by_target(table.strength, table.strength_onto_inhibitory),
            table.strength_cv,
            generator,
            sources.start,
            progress,
        )
    except InputError as error:
        raise InputError(f"synapses.{name}.{error}") from None


def _wire_electrodes(
    parameters: Parameters, array: Mea | None, positions: np.ndarray
) -> Projection:
    if array is None:
        return Projection.empty(0, len(positions))
    table = needed(parameters.synapses.input, "synapses.input", "an array")
    electrodes = array.positions
    if table.rule != "strength":
        assert table.strength is not None
        connect = connect_by_field if table.rule == "field" else connect_by_current
        return connect(electrodes, positions, table.reach, table.cutoff, table.strength)
    assert table.incoming is not None
    generator = random_generator(parameters.simulation.seed, "wiring", "input")
    return connect_by_strength(
        electrodes, positions, table.reach, table.cutoff, table.incoming, generator, first_pre=None
    )


def _plastic_regions(
    culture: Culture, parameters: Parameters, array: Mea | None
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return the region of each projection of which only a part learns."""
    regions = {}
    for name in PROJECTIONS:
        rates, n_pre = getattr(parameters.plasticity, name), getattr(culture, name).n_pre
        if rates is None or rates.plastic == "all":
            continue
        if rates.plastic == "onto-excitatory":
            regions[name] = np.ones(n_pre, bool), ~culture.is_inhibitory
            continue
        if array is None or parameters.digits is None:
            raise InputError(
                f'plasticity.{name}.plastic: "{rates.plastic}" needs electrodes and the table'
                " digits"
            )
        image = image_electrodes(parameters.digits, array)
        labels = np.concatenate(label_electrodes(parameters.digits, array))
        above = nearest_electrodes(array, culture.x, culture.y)
        first = culture.first_source(name)
        sources = np.arange(n_pre) if name == "input" else above[first : first + n_pre]
        regions[name] = np.isin(sources, image), np.isin(above, labels)
    return regions


def _save_projection(group: h5py.Group, projection: Projection) -> None:
    for own in dataclasses.fields(projection):
        value = getattr(projection, own.name)
        if value is not None:
            group[own.name] = value


def _save_regions(group: h5py.Group, regions: dict[str, tuple[np.ndarray, np.ndarray]]) -> None:
    for name, (sources, targets) in regions.items():
        group[f"{name}/sources"], group[f"{name}/targets"] = sources, targets


def _load_field(file: h5py.File, own: dataclasses.Field) -> Any:
    if own.type is Projection:
        return Projection(**{name: data[()] for name, data in file[own.name].items()})
    if own.name == "plastic_regions":
        regions = file[own.name].items()
        return {name: (of["sources"][()], of["targets"][()]) for name, of in regions}
    if own.type is np.ndarray:
        return file[own.name][()]
    assert isinstance(own.type, type)
    return own.type(file.attrs[own.name])
