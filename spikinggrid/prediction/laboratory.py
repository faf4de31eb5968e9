"""What a laboratory can change about a culture, its array and its protocol.

`Change`     one of them, or several at once
`CHANGES`    the catalogue, `laboratory.toml`
`chosen`     some of them by name
`together`   several changes as one

How drugs change learning is not part of the model, so that under drugs a culture is only asked, and
not taught.
"""

import json
import tomllib
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from importlib import resources
from typing import Any

from spikinggrid.mea.array import Mea
from spikinggrid.mea.electrode_roles import label_electrodes
from spikinggrid.parameters.model import Parameters
from spikinggrid.utils.errors import InputError, quoted

#: Groups of changes, in the order in which they are shown.
GROUPS = ("growing", "drugs", "array", "protocol")

#: Keys of a grid of electrodes, which arrays of the catalogue have no use for.
GRID_KEYS = ("mea.rows", "mea.columns", "mea.pitch", "mea.n_recorded")

#: What asks a culture without teaching it.
UNTAUGHT = {
    "plasticity": {"rule": "static"},
    "digits.teaching": "taught",
    "digits.free_signal": None,
    "digits.only_errors": None,
    "digits.final_signal": None,
}


@dataclass(frozen=True)
class Change:
    """What can be changed about a culture, its array or its protocol.

    Attributes
    ----------
    name : str
    group : str
        Of `GROUPS`.
    bench : str
        What one does, in a sentence.
    source : str
        Where it is known from that this can be done, or "a choice".
    set : dict
        Keys and the values that they get.
    times : dict
        Keys and what their value is multiplied by; those that a culture lacks are passed over.
    """

    name: str
    group: str
    bench: str
    source: str
    set: Mapping[str, Any] = field(default_factory=dict)
    times: Mapping[str, float] = field(default_factory=dict)

    @property
    def keys(self) -> frozenset[str]:
        """All keys that it changes."""
        return frozenset([*self.set, *self.times])

    @property
    def code(self) -> float:
        """A whole number that stands for what it does, by whatever name."""
        text = json.dumps([dict(self.set), dict(self.times)], sort_keys=True)
        return float(zlib.crc32(text.encode()))

    def of(self, parameters: Parameters) -> Parameters:
        """Return the parameters of a culture with the change.

        Parameters
        ----------
        parameters : Parameters
            With the task.

        Raises
        ------
        InputError
            If the change makes nothing else of the culture, or what it makes contradicts itself,
            such as a task that needs more electrodes than there are.
        """
        values: dict[str, Any] = dict(self.set)
        if any(key.startswith("pharmacology.") for key in self.set):
            values = {"pharmacology": parameters.pharmacology or {}} | UNTAUGHT | values
        if "mea.layout" in values:
            values = dict.fromkeys(GRID_KEYS) | values
        for key, factor in self.times.items():
            if value := parameters.value(key):
                values[key] = type(value)(value * factor)
        changed = parameters.replace(values)
        if changed == parameters:
            raise InputError("the culture is so already, or lacks what it would change")
        if changed.digits is not None:
            label_electrodes(changed.digits, Mea.place(changed))
        return changed


def _catalogue() -> tuple[Change, ...]:
    text = resources.files(__package__).joinpath("laboratory.toml").read_text("utf-8")
    changes = [Change(name, **entry) for name, entry in tomllib.loads(text).items()]
    return tuple(sorted(changes, key=lambda change: GROUPS.index(change.group)))


#: All of them, by group.
CHANGES = _catalogue()


def chosen(names: Sequence[str] | None) -> tuple[Change, ...]:
    """Return the changes of these names, in the order of the catalogue; all if it is None.

    Raises
    ------
    InputError
        If there is no change of such a name.
    """
    if names is None:
        return CHANGES
    known = [change.name for change in CHANGES]
    for name in names:
        if name not in known:
            raise InputError(f"--changes: found {quoted(name)}; right would be {', '.join(known)}")
    return tuple(change for change in CHANGES if change.name in names)


def together(changes: Sequence[Change]) -> Change:
    """Return several changes as one; no two of them may change the same key."""

    def both(one: Change, other: Change) -> Change:
        return Change(
            f"{one.name}, {other.name}",
            one.group,
            f"{one.bench} {other.bench}",
            f"{one.source}; {other.source}",
            {**one.set, **other.set},
            {**one.times, **other.times},
        )

    return reduce(both, changes)
