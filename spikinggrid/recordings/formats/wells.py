"""Names of electrodes: wells of a plate, and units of an electrode.

`by_well`           electrodes by the well that they are of
`plate`             how many wells a plate has
`of_several_units`  electrodes of which there is more than one unit
`names_on_array`    what an array may call the electrode of a spike train
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence

#: Axion's electrode A1_23: column 2 and row 3 of well A1. Plates have up to 16 rows of 24 wells.
WELL = re.compile(r"([A-P](?:[1-9]|1\d|2[0-4]))_[1-8][1-8]")

#: Rows and columns of plates by their number of wells.
PLATES = {6: (2, 3), 12: (3, 4), 24: (4, 6), 48: (6, 8), 96: (8, 12), 384: (16, 24)}

#: Unit 1 of electrode 12, as in CH12_1, ch_12A_unit_1.
UNIT = re.compile(r"([A-Za-z]+_?\d+[A-Za-z]?)_(?:unit_?)?\d+")

#: Electrode 12, as in ch_12, CH12 or ch_12B, whose letter tells units apart.
NUMBERED = re.compile(r"(?:ch|el|channel|electrode)[_ -]?(\d+)[A-Za-z]?", re.IGNORECASE)


def by_well(names: Iterable[str]) -> dict[str, list[str]]:
    """Return the names of electrodes by the well of a plate that they are of.

    Returns
    -------
    dict of str to list of str
        In natural order of the wells; a single "" unless every name is of a well.
    """
    wells: dict[str, list[str]] = defaultdict(list)
    for name in names:
        match = WELL.fullmatch(name)
        wells[match[1] if match else ""].append(name)
    if "" in wells:
        return {"": [name for of_well in wells.values() for name in of_well]}
    return {well: wells[well] for well in sorted(wells, key=natural)}


def is_well(name: str) -> bool:
    """Return whether a name is of a well as plates have them, such as A1."""
    return WELL.fullmatch(f"{name}_11") is not None


def plate(wells: Iterable[str]) -> int:
    """Return the number of wells of the smallest plate that has these wells.

    Examples
    --------
    >>> plate(["A1", "D3"]), plate(["A1", "F8"])
    (24, 48)
    """
    places = [(ord(well[0]) - ord("A") + 1, int(well[1:])) for well in wells]
    rows, columns = (max(numbers) for numbers in zip(*places, strict=True))
    return next(n for n, (most, widest) in PLATES.items() if rows <= most and columns <= widest)


def of_several_units(names: Iterable[str]) -> list[list[str]]:
    """Return the names of those electrodes of which there is more than one unit."""
    units: dict[str, list[str]] = defaultdict(list)
    for name in names:
        if match := UNIT.fullmatch(name):
            units[match[1]].append(name)
    return [of_electrode for of_electrode in units.values() if len(of_electrode) > 1]


def names_on_array(name: str) -> list[str]:
    """Return what an array may call an electrode, the likeliest name first.

    Examples
    --------
    >>> names_on_array("CH12_1"), names_on_array("A1_23")
    (['CH12_1', 'CH12', '12'], ['A1_23', '23'])
    """
    if WELL.fullmatch(name):
        return [name, name.partition("_")[2]]
    names = [name]
    if of_unit := UNIT.fullmatch(name):
        names.append(of_unit[1])
    if numbered := NUMBERED.fullmatch(names[-1]):
        names.append(numbered[1])
    return names


def some(names: Sequence[str], most: int = 4) -> str:
    """Write the first names of a list."""
    return ", ".join(names[:most]) + (", ..." if len(names) > most else "")


def natural(name: str) -> str:
    """Return a key that sorts electrode 2 before electrode 10."""
    return re.sub(r"\d+", lambda digits: digits[0].zfill(12), name)
