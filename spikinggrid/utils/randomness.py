"""Random numbers: one seed, and a generator of its own for every purpose.

Purposes are named, so that drawing more for one of them (a longer stimulus, another
evaluation) never changes what another one draws.
"""

import zlib

import numpy as np


def random_generator(seed: int, *purpose: str | int) -> np.random.Generator:
    """Return the generator for one purpose, such as `random_generator(1, "wiring", "excitatory")`.

    It is a child of `numpy.random.SeedSequence(seed)` whose spawn key is the purpose:
    the same seed and purpose always give the same numbers, different ones independent
    numbers.
    """
    key = tuple(zlib.crc32(str(name).encode()) for name in purpose)
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=key))
