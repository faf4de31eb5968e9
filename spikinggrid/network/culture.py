"""The culture: where each neuron lies, which ones inhibit, who connects to whom.

A culture is grown from parameters and a seed with NumPy alone; no engine is involved,
and every engine takes the same culture.
"""

import dataclasses
import os
from dataclasses import dataclass, replace

import h5py
import numpy as np

from spikinggrid.network.connectivity import (
    Projection,
    connect_by_field,
    connect_by_probability,
    connect_by_strength,
)
from spikinggrid.parameters.culture_tables import SynapseTable
from spikinggrid.parameters.model import Parameters
from spikinggrid.utils.errors import InputError
from spikinggrid.utils.files import written_beside
from spikinggrid.utils.randomness import random_generator

PROJECTIONS = ("input", "excitatory", "inhibitory")
FORMAT = "spikinggrid culture"
FORMAT_VERSION = 1


@dataclass(frozen=True, eq=False)
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

    @property
    def n_neurons(self) -> int:
        """Number of neurons, interneurons of the relay not counted."""
        return len(self.x)

    @property
    def is_inhibitory(self) -> np.ndarray:
        """Whether each neuron is inhibitory, shape (n_neurons,)."""
        return np.arange(self.n_neurons) >= self.n_excitatory

    def first_source(self, name: str) -> int:
        """Number of the neuron that is the first source of a projection between neurons."""
        return self.n_excitatory if name == "inhibitory" and not self.relay else 0

    def distances(self, name: str, pre: np.ndarray, post: np.ndarray) -> np.ndarray:
        """Length in m of synapses between neurons, given sources and targets of `pairs`."""
        pre = pre + self.first_source(name)
        return np.hypot(self.x[pre] - self.x[post], self.y[pre] - self.y[post])

    def delay_steps(self, name: str, pre: np.ndarray, post: np.ndarray, dt: float) -> np.ndarray:
        """Delays in steps of `dt`, at least one, of synapses between neurons."""
        delay, velocity = getattr(self, f"{name}_delay"), getattr(self, f"{name}_velocity")
        if np.isinf(velocity):
            seconds = np.full(len(pre), delay)
        else:
            seconds = delay + self.distances(name, pre, post) / velocity
        return np.maximum(1, np.rint(seconds / dt)).astype(np.int64)

    def with_strengths(self, **strengths: np.ndarray) -> "Culture":
        """The same culture with other strengths, by projection, in the order of `pairs`."""
        changes = {
            name: getattr(self, name).with_strengths(values) for name, values in strengths.items()
        }
        return replace(self, **changes)

    @classmethod
    def grow(cls, parameters: Parameters, electrodes: np.ndarray, seed: int) -> "Culture":
        """Grow a culture.

        Parameters
        ----------
        parameters : Parameters
        electrodes : ndarray, shape (n_electrodes, 2)
            Where the electrodes lie, m.
        seed : int
            Placement, wiring and the differences between neurons come from it.
        """
        table, neuron, noise = parameters.culture, parameters.neuron, parameters.noise
        positions = _place(parameters, random_generator(seed, "placement"))
        n = table.n_neurons
        relay = table.inhibition == "relay"
        n_excitatory = n if relay else n - round(n * table.inhibitory_fraction)
        if not relay and not 0 < n_excitatory < n:
            raise InputError(
                f"culture.inhibitory_fraction: {table.inhibitory_fraction:g} of {n} neurons leaves"
                " none of one kind; make culture.n_neurons larger"
            )
        cells = random_generator(seed, "cells")
        spread = np.clip(
            cells.standard_normal(n), -3, 3
        )  # a threshold at rest would never be silent
        sources = {
            "excitatory": slice(0, n_excitatory),
            "inhibitory": slice(0, n) if relay else slice(n_excitatory, n),
        }
        synapses = {name: getattr(parameters.synapses, name) for name in sources}
        return cls(
            width=table.width,
            height=table.height,
            x=positions[:, 0].copy(),
            y=positions[:, 1].copy(),
            n_excitatory=n_excitatory,
            relay=relay,
            v_threshold=neuron.v_threshold + neuron.threshold_spread * spread,
            drive=noise.drive + noise.drive_spread * cells.standard_normal(n),
            input=_wire_electrodes(parameters, electrodes, positions, seed),
            **{
                name: _wire(
                    name,
                    table,
                    positions,
                    sources[name],
                    n_excitatory,
                    random_generator(seed, "wiring", name),
                )
                for name, table in synapses.items()
            },
            **{f"{name}_delay": table.delay for name, table in synapses.items()},
            **{
                f"{name}_velocity": table.conduction_velocity or np.inf
                for name, table in synapses.items()
            },
            seed=seed,
        )

    def save(self, path: str | os.PathLike) -> None:
        """Write the culture to an HDF5 file, from which `load` makes an equal one."""
        with written_beside(path) as beside, h5py.File(beside, "w") as file:
            file.attrs["format"], file.attrs["version"] = FORMAT, FORMAT_VERSION
            for field in dataclasses.fields(self):
                value = getattr(self, field.name)
                if isinstance(value, Projection):
                    _save_projection(file.create_group(field.name), value)
                elif isinstance(value, np.ndarray):
                    file[field.name] = value
                else:
                    file.attrs[field.name] = value

    @classmethod
    def load(cls, path: str | os.PathLike) -> "Culture":
        """Read a culture that `save` wrote.

        Raises
        ------
        InputError
            If the file is missing, truncated or not a culture.
        """
        try:
            with h5py.File(path, "r") as file:
                if file.attrs.get("format") != FORMAT:
                    raise InputError(f"{path}: is not a culture saved by SpikingGrid")
                if (version := file.attrs.get("version")) != FORMAT_VERSION:
                    raise InputError(
                        f"{path}: has version {version} of the format; this program reads"
                        f" version {FORMAT_VERSION}"
                    )
                return cls(**{f.name: _load_field(file, f) for f in dataclasses.fields(cls)})
        except FileNotFoundError:
            raise InputError(f"{path}: no such file") from None
        except (OSError, KeyError, TypeError, AttributeError) as error:
            reason = str(error).partition("\n")[0]
            raise InputError(f"{path}: is damaged or not an HDF5 file: {reason}") from error


def _place(parameters: Parameters, generator: np.random.Generator) -> np.ndarray:
    """Positions of the neurons, shape (n_neurons, 2), m."""
    table = parameters.culture
    size = np.array([table.width, table.height])
    if table.placement == "random":
        return generator.random((table.n_neurons, 2)) * size
    columns = max(1, round(np.sqrt(table.n_neurons * table.width / table.height)))
    rows = -(-table.n_neurons // columns)
    row, column = np.divmod(np.arange(table.n_neurons), columns)
    shift = table.jitter * generator.uniform(-1, 1, (table.n_neurons, 2))
    grid = (np.column_stack([column, row]) + 0.5 + shift) / (columns, rows) * size
    return generator.permutation(grid)  # so that no region is all inhibitory


def _wire(
    name: str,
    table: SynapseTable,
    positions: np.ndarray,
    sources: slice,
    n_excitatory: int,
    generator: np.random.Generator,
) -> Projection:
    onto_inhibitory = np.arange(len(positions)) >= n_excitatory

    def by_target(value: float, apart: float | None) -> np.ndarray:
        return np.where(onto_inhibitory, value if apart is None else apart, value)

    reach = by_target(table.reach, table.reach_onto_inhibitory)
    if table.rule == "strength":
        return connect_by_strength(
            positions[sources],
            positions,
            reach,
            table.cutoff,
            table.incoming,
            generator,
            first_pre=sources.start,
        )
    try:
        return connect_by_probability(
            positions[sources],
            positions,
            reach,
            table.synapses_per_neuron,
            by_target(table.strength, table.strength_onto_inhibitory),
            table.strength_cv,
            generator,
            first_pre=sources.start,
        )
    except InputError as error:
        raise InputError(f"synapses.{name}.{error}") from None


def _wire_electrodes(
    parameters: Parameters, electrodes: np.ndarray, positions: np.ndarray, seed: int
) -> Projection:
    table = parameters.synapses.input
    if table.rule == "field":
        return connect_by_field(electrodes, positions, table.reach, table.cutoff, table.strength)
    generator = random_generator(seed, "wiring", "input")
    return connect_by_strength(
        electrodes, positions, table.reach, table.cutoff, table.incoming, generator, first_pre=None
    )


def _save_projection(group: h5py.Group, projection: Projection) -> None:
    for field in dataclasses.fields(projection):
        value = getattr(projection, field.name)
        if value is not None:
            group[field.name] = value


def _load_field(file: h5py.File, field: dataclasses.Field) -> object:
    if field.type is Projection:
        stored = {name: data[()] for name, data in file[field.name].items()}
        return Projection(**stored)
    if field.type is np.ndarray:
        return file[field.name][()]
    return field.type(file.attrs[field.name])
