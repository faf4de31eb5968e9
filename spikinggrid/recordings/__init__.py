"""Recordings of dishes, real and simulated alike.

recording    `Recording`: the spikes of one dish, its electrodes, its stimuli, where it comes from
reading      `read` one from a file, whatever its format
formats      one module for each format
spike_data   what a recording holds, and the checks that it adds up
datasets     published recordings by name: find, download, verify

`Recording` and `read` are names of this package too.
"""

from spikinggrid.recordings.reading import read
from spikinggrid.recordings.recording import Recording

__all__ = ["Recording", "read"]
