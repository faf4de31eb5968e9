"""Read recordings from files, whatever their format, and the parameters behind them."""

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields, replace
from pathlib import Path

from spikinggrid.mea.array import Mea
from spikinggrid.parameters import files as parameter_files
from spikinggrid.parameters.model import Parameters
from spikinggrid.parameters.units import to_si
from spikinggrid.recordings.formats import registry, spikinggrid_hdf5
from spikinggrid.recordings.formats.content import HEAD, Options, begins_as_hdf5, opened
from spikinggrid.recordings.formats.wells import is_well, plate, some
from spikinggrid.recordings.plausibility import oddities
from spikinggrid.recordings.recording import Recording
from spikinggrid.recordings.spike_data import SpikeData
from spikinggrid.utils.errors import InputError, path_text


def read(
    path: str | os.PathLike,
    *,
    well: str | None = None,
    time_unit: str | None = None,
    sampling_rate: float | str | None = None,
    columns: str | Sequence[str] | None = None,
    layout: Mea | str | os.PathLike | None = None,
) -> Recording:
    """Read a recording; its format is known by its content.

    `Recording.notes` say what was assumed, and what looks wrong.

    Parameters
    ----------
    path : path-like
        A file of one of the formats in `spikinggrid.recordings.formats`, plain or compressed
        with gzip, or a folder of Phy or of a SpikeInterface sorting.
    well : str, optional
        Which well of a plate, such as "A1".
    time_unit : {"s", "ms", "us", "samples"}, optional
        Unit of the times in a spike list that does not say it; s unless given.
    sampling_rate : float or str, optional
        Samples per second (Hz, or text with a unit), of times in samples.
    columns : str or sequence of str, optional
        Columns of a spike list without a header, such as "time,electrode" or "electrode,time_ms".
    layout : Mea, str or path-like, optional
        Where the electrodes lie: an array, or what `Mea.read` reads: the name of an array of the
        catalogue, a table with the columns name, x and y (um), or a file of probeinterface. See
        `Recording.on_array` for the names.

    Raises
    ------
    InputError
        If the file is missing, unreadable, empty, truncated, of another kind, has several wells,
        needs no such option, or its content does not add up; one line that names the file.
    """
    dishes = read_all(
        path,
        well=well,
        time_unit=time_unit,
        sampling_rate=sampling_rate,
        columns=columns,
        layout=layout,
    )
    if len(dishes) > 1:
        wells = [dish.well for dish in dishes]
        of_plate = f" of a plate of {plate(wells)}" if all(map(is_well, wells)) else ""
        raise InputError(
            f"{path}: holds {len(wells)} wells{of_plate} ({some(wells)}), each a dish of its own:"
            f" choose one, such as --well {wells[0]}"
        )
    return dishes[0]


def read_all(
    path: str | os.PathLike,
    *,
    well: str | None = None,
    time_unit: str | None = None,
    sampling_rate: float | str | None = None,
    columns: str | Sequence[str] | None = None,
    layout: Mea | str | os.PathLike | None = None,
) -> list[Recording]:
    """Read all recordings in a file: one, or one for each well of a plate.

    Parameters and errors are those of `read`, but that several wells are none.
    """
    with _naming(path):
        options = Options(
            well,
            time_unit,
            None if sampling_rate is None else to_si(sampling_rate, "Hz", "--sampling-rate"),
            _columns(columns),
        )
        with opened(path) as content:
            form = registry.format_of(content)
            options.check_used(form)
            dishes = [_recording(data) for data in form.read(content, options)]
    if form is not spikinggrid_hdf5:
        dishes = list(map(_with_oddities, dishes))
    if layout is None:
        return dishes
    array = layout if isinstance(layout, Mea) else Mea.read(layout)
    return [dish.on_array(array) for dish in dishes]


def options_taken(path: str | os.PathLike) -> tuple[str, ...]:
    """Return the names of the options of `read` that a file takes, as it does not say it itself.

    Raises
    ------
    InputError
        If the file cannot be read or is of no known format.
    """
    with _naming(path), opened(path) as content:
        return registry.format_of(content).OPTIONS


def load_parameters(
    source: str | os.PathLike | Recording, overrides: Iterable[str] = ()
) -> Parameters:
    """Return the parameters of a preset, of a file, or of the run behind a simulated recording.

    Parameters
    ----------
    source : str, path-like or Recording
        Name of a preset, a parameter file, or a recording in HDF5.
    overrides : iterable of str
        Changes such as `"neuron.tau_m=15 ms"`, applied last.

    Raises
    ------
    InputError
        If there are none, or they cannot be used.

    Examples
    --------
    >>> load_parameters("culture").culture.n_neurons
    1000
    """
    name = str(source)
    if not isinstance(source, Recording):
        if not is_hdf5(source):
            return parameter_files.load(source, overrides)
        source = read(source)
    else:
        name = source.source
    if not source.parameters:
        raise InputError(
            f"{name}: is a real recording, whose culture nobody knows; right would be a parameter"
            " file, a preset or a simulated recording"
        )
    return parameter_files.loads(source.parameters, name, overrides)


def is_hdf5(path: str | os.PathLike) -> bool:
    """Return whether a path is a file in HDF5, such as a recording, and no parameter file."""
    if not os.path.isfile(path):  # unlike Path.is_file, False where a name is too long
        return False
    with Path(path).open("rb") as file:
        return begins_as_hdf5(file.read(HEAD))


@contextmanager
def _naming(path: str | os.PathLike) -> Iterator[None]:
    """Let every error name the file."""
    try:
        yield
    except InputError as error:
        raise InputError(f"{path_text(path)}: {error}") from error
    except OSError as error:
        reason = error.strerror or error
        raise InputError(f"{path_text(path)}: cannot be read: {reason}") from error


def _columns(columns: str | Sequence[str] | None) -> tuple[str, ...] | None:
    names = columns.split(",") if isinstance(columns, str) else columns
    return None if names is None else tuple(name.strip() for name in names)


def _recording(data: SpikeData) -> Recording:
    return Recording(**{field.name: getattr(data, field.name) for field in fields(SpikeData)})


def _with_oddities(recording: Recording) -> Recording:
    return replace(recording, notes=[*recording.notes, *oddities(recording)])
