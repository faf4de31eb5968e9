"""Recordings of dishes, real and simulated alike.

recording    `Recording`: the spikes of one dish, its electrodes, its stimuli, where it comes from
reading      `read` one from a file, whatever its format, or `read_all` of a plate;
             `load_parameters` of a preset, a file or a recording
formats      one module for each format
spike_data   what a recording holds, and the checks that it adds up
plausibility what looks wrong though it adds up: spikes that are there twice, artefacts
group_table  which recording belongs to which group and culture
datasets     published recordings by name: find, download, verify

`Recording`, `read`, `read_all` and `load_parameters` are names of this package too.
"""

from spikinggrid.recordings.reading import load_parameters, read, read_all
from spikinggrid.recordings.recording import Recording

__all__ = ["Recording", "load_parameters", "read", "read_all"]
