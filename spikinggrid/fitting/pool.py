"""A pool: simulated dishes that a fit looks up before it simulates any of its own.

    pool = shipped()               the one that comes with SpikingGrid
    pool = read("pool.h5")         one of your own, made by `spikinggrid pool`
    pool.save("pool.h5")

A pool keeps of each dish its parameters, its seed and its features: about a hundred bytes. From
parameters and seed a dish can be grown again, on another array too. Dishes are of the array and of
the length (`simulation.duration`) of the parameters that all have in common.
"""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from spikinggrid.fitting.parameter_space import Bound, ParameterSpace
from spikinggrid.fitting.proposals import N_STEPS
from spikinggrid.fitting.store_lines import Record
from spikinggrid.parameters import files as parameter_files
from spikinggrid.recordings.datasets import shipped_data
from spikinggrid.statistics.feature_space import COMPARED, coordinates
from spikinggrid.utils.hdf5 import opened, written
from spikinggrid.utils.versions import versions

FORMAT = "SpikingGrid pool"

#: The file that comes with SpikingGrid.
SHIPPED = "pool.h5"

#: Features are kept to three digits: these bits of a single-precision number are dropped.
DROPPED_BITS = 11


@dataclass(frozen=True, eq=False)
class Pool:
    """Simulated dishes.

    Attributes
    ----------
    space : ParameterSpace
        What all dishes have in common, and what varies.
    points : ndarray, shape (n, n_bounds)
        Shares (0-1) of the bounds.
    seeds : ndarray of int, shape (n,)
        Of the wiring and the background of each dish; several hearings of one dish share one.
    features : dict of str to ndarray, shape (n,)
        NaN where one does not exist.
    followed : tuple of str
        Names of the recordings that dishes gather around.
    made_by : str
        The command that makes the pool again.
    made_with : dict of str to str
        Versions of the packages that made it.
    """

    space: ParameterSpace
    points: np.ndarray
    seeds: np.ndarray
    features: dict[str, np.ndarray]
    followed: tuple[str, ...] = ()
    made_by: str = ""
    made_with: Mapping[str, str] = field(default_factory=versions)

    def __len__(self) -> int:
        return len(self.seeds)

    def __repr__(self) -> str:
        return (
            f"<Pool: {len(self):,} dishes, {self.space.parameters.simulation.duration:g} s each,"
            f" {len(self.space.bounds)} parameters vary>"
        )

    @property
    def array(self) -> str:
        """Name of the array that all dishes are heard through."""
        return _array_text(self.space)

    @cached_property
    def coordinates(self) -> np.ndarray:
        """Coordinates of the dishes, shape (n, n_compared)."""
        rows = zip(*self.features.values(), strict=True)
        return coordinates([dict(zip(self.features, row, strict=True)) for row in rows])

    def save(self, path: str | os.PathLike) -> None:
        """Write the pool as HDF5.

        Raises
        ------
        InputError
            If the file cannot be written.
        """
        head = {
            "made_by": self.made_by,
            "dishes": len(self),
            "array": _array_text(self.space),
            "dish": _dish_text(self.space),
            "span": f"{self.space.parameters.simulation.duration:g} s",
            "followed": json.dumps(self.followed),
            "versions": json.dumps(dict(self.made_with)),
            "parameters": parameter_files.dumps(self.space.parameters),
            "bounds": json.dumps([str(bound) for bound in self.space.bounds]),
        }
        arrays = {
            "points": np.rint(self.points * N_STEPS).astype(np.uint16),
            "seeds": self.seeds.astype(np.uint32),
        }
        table = np.column_stack([self.features[name] for name in COMPARED])
        with written(path, FORMAT) as file:
            file.attrs.update(head)
            for name, array in (arrays | {"features": _shortened(table)}).items():
                file.create_dataset(name, data=array, compression="gzip", shuffle=True)
            file["features"].attrs["names"] = json.dumps(COMPARED)


def read(path: str | os.PathLike) -> Pool:
    """Read a pool.

    Raises
    ------
    InputError
        If the file is missing or damaged, or is no pool.
    """
    with opened(path, FORMAT, "a pool; right would be one of `spikinggrid pool`") as file:
        return _pool(file, str(path))


def shipped() -> Pool:
    """Return the pool that comes with SpikingGrid."""
    return read(str(shipped_data() / SHIPPED))


def gathered(
    space: ParameterSpace,
    records: Sequence[Record],
    followed: Sequence[str] = (),
    made_by: str = "",
) -> Pool:
    """Return the pool of those simulated dishes that are of use, in order of their numbers."""
    useful = sorted(
        (record for record in records if not record.trial.failure),
        key=lambda record: (record.key.number or 0, record.key.point),
    )
    return Pool(
        space,
        np.array([record.key.point for record in useful]).reshape(-1, len(space.bounds)),
        np.array([record.key.seed for record in useful], int),
        {
            name: np.array([record.trial.measured[name] for record in useful], float)
            for name in COMPARED
        },
        tuple(followed),
        made_by,
    )


def _pool(file: Any, name: str) -> Pool:
    head = file.attrs
    space = ParameterSpace(
        parameter_files.loads(head["parameters"], name),
        tuple(map(Bound.parse, json.loads(head["bounds"]))),
    )
    table = file["features"][()].astype(float)
    names = json.loads(file["features"].attrs["names"])
    return Pool(
        space,
        file["points"][()] / N_STEPS,
        file["seeds"][()].astype(int),
        dict(zip(names, table.T, strict=True)),
        tuple(json.loads(head["followed"])),
        head["made_by"],
        json.loads(head["versions"]),
    )


def _array_text(space: ParameterSpace) -> str:
    mea = space.parameters.mea
    return "" if mea is None else mea.layout


def _dish_text(space: ParameterSpace) -> str:
    culture = space.parameters.culture
    width, height = 1e3 * culture.width, 1e3 * culture.height
    return f"{culture.n_neurons:,} neurons on {width:g} x {height:g} mm"


def _shortened(table: np.ndarray) -> np.ndarray:
    """Return numbers in single precision, rounded so that they can be compressed."""
    bits = table.astype(np.float32).view(np.uint32)
    half, mask = np.uint32(1 << (DROPPED_BITS - 1)), np.uint32(~((1 << DROPPED_BITS) - 1) % 2**32)
    rounded = ((bits + half) & mask).view(np.float32)
    return np.where(np.isnan(table), np.float32(np.nan), rounded)
