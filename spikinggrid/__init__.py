"""SpikingGrid: a virtual culture of neurons on a multi-electrode array.

Grow a dish from a parameter file, stimulate and record it, compare it with real
recordings. README.md shows the four jobs; the command `spikinggrid --help` does them.
"""

__version__ = "0.2.0"
