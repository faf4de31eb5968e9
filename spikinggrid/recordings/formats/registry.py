"""The formats that can be read, in the order in which a file is held against them."""

from spikinggrid.recordings.formats import (
    brainwave_hdf5,
    charlesworth_hdf5,
    cortical_labs_hdf5,
    matlab,
    maxwell_hdf5,
    mc_datatool,
    mcs_hdf5,
    neo_files,
    nex_table,
    nwb,
    phy,
    sortings,
    spike_list,
    spikinggrid_hdf5,
)
from spikinggrid.recordings.formats.content import Content, Format
from spikinggrid.utils.errors import InputError

FORMATS: tuple[Format, ...] = (
    spikinggrid_hdf5,
    nwb,
    mcs_hdf5,
    maxwell_hdf5,
    brainwave_hdf5,
    cortical_labs_hdf5,
    charlesworth_hdf5,
    matlab,
    mc_datatool,
    nex_table,
    spike_list,
    neo_files,
)

#: Folders that are one recording.
FOLDERS: tuple[Format, ...] = (phy, sortings, neo_files)


def format_of(content: Content) -> Format:
    """Return the format of a file or folder, known by its content, not by its name.

    Raises
    ------
    InputError
        If it is none of `FORMATS` or `FOLDERS`.
    """
    is_folder = content.path.is_dir()
    forms = FOLDERS if is_folder else FORMATS
    for form in forms:
        if form.recognises(content):
            return form
    if is_folder:
        wrong = "is a folder of another kind"
    else:
        wrong = "is neither HDF5 nor text" if content.hdf5 is None else "is HDF5 of another kind"
    raise InputError(f"{wrong}; right would be {', '.join(form.NAME for form in forms)}")
