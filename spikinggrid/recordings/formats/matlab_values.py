"""Variables of MATLAB files, v5 (SciPy) and v7.3 (HDF5), as plain Python values.

Numbers are arrays, cell arrays lists, structs dictionaries, struct arrays lists of dictionaries,
text is text, and sparse matrices are sparse matrices of SciPy.
"""

import math
import os
from collections.abc import Collection
from typing import Any, BinaryIO

import h5py
import numpy as np

from spikinggrid.recordings.formats.content import LARGEST_RATIO, dataset
from spikinggrid.utils.errors import InputError

V5 = b"MATLAB 5.0 MAT-file"
V73 = b"MATLAB 7.3 MAT-file"

#: Structs and cells in one another are followed so far.
DEEPEST = 6


def load_v5(file: BinaryIO, left_out: Collection[str]) -> dict[str, Any]:
    """Load a file of MATLAB v5 to v7.

    Parameters
    ----------
    file : BinaryIO
        At its beginning.
    left_out : collection of str
        Variables that are not needed.

    Raises
    ------
    InputError
        If it is damaged, or claims to be larger than it can be.
    """
    from scipy import io

    try:
        n_bytes = file.seek(0, os.SEEK_END)
        file.seek(0)
        held = [variable for variable in io.whosmat(file) if variable[0] not in left_out]
        for _, shape, kind in held:  # of a sparse matrix only what is not 0 takes room
            if kind != "sparse" and math.prod(shape) > LARGEST_RATIO * n_bytes:
                raise InputError("is refused: it claims to hold more than a file of its size can")
        names = [name for name, _, _ in held]
        file.seek(0)
        variables = io.loadmat(file, variable_names=names)
    except InputError:
        raise
    except Exception as error:  # damage makes SciPy raise errors of every kind
        raise InputError(f"is truncated or damaged MATLAB ({error})") from error
    return {name: _plain(variables[name]) for name in names if name in variables}


def load_v73(file: h5py.File, left_out: Collection[str]) -> dict[str, Any]:
    """Load a file of MATLAB v7.3."""
    names = (name for name in file if not name.startswith("#") and name not in left_out)
    return {name: _of_hdf5(file[name], DEEPEST) for name in names}


def _plain(value: Any) -> Any:
    if not isinstance(value, np.ndarray):
        return value
    items = value.ravel("F")
    if value.dtype.names:
        fields = value.dtype.names
        structs = [{name: _plain(item[name]) for name in fields} for item in items]
        return structs[0] if len(structs) == 1 else structs
    if value.dtype == object:
        return [_plain(item) for item in items]
    if value.dtype.kind == "U":
        return str(items[0]) if items.size == 1 else [str(item).strip() for item in items]
    return value


def _of_hdf5(item: Any, depth: int) -> Any:
    if depth == 0:
        return None
    if isinstance(item, h5py.Group):
        return _sparse(item) if "MATLAB_sparse" in item.attrs else _struct(item, depth)
    if item.attrs.get("MATLAB_empty", 0):
        return [] if _class_of(item) == "cell" else np.empty(0)
    values = dataset(item.parent, item.name)[()]
    if isinstance(values, np.ndarray) and values.dtype == h5py.ref_dtype:
        return [_of_hdf5(item.file[reference], depth - 1) for reference in values.T.ravel("F")]
    if _class_of(item) == "char":
        return "".join(map(chr, np.ravel(values)))
    return values.T if isinstance(values, np.ndarray) else values


def _struct(group: h5py.Group, depth: int) -> Any:
    """Return a struct, or those of an array of structs, whose fields are arrays of references."""
    fields = {name: _of_hdf5(group[name], depth - 1) for name in group}
    is_array = [
        isinstance(group[name], h5py.Dataset)
        and group[name].dtype == h5py.ref_dtype
        and _class_of(group[name]) != "cell"
        for name in group
    ]
    if not fields or not all(is_array):
        return fields
    n = min(len(values) for values in fields.values())
    return [{name: values[k] for name, values in fields.items()} for k in range(n)]


def _sparse(group: h5py.Group) -> Any:
    from scipy.sparse import csc_matrix

    starts = group["jc"][()]
    shape = int(group.attrs["MATLAB_sparse"]), starts.size - 1
    if "data" not in group:
        return csc_matrix(shape)
    return csc_matrix((dataset(group, "data")[()], dataset(group, "ir")[()], starts), shape)


def _class_of(item: Any) -> str:
    value = item.attrs.get("MATLAB_class", b"")
    return value.decode() if isinstance(value, bytes) else str(value)
