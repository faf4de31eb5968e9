"""Files of recordings: one module for each format.

spikinggrid_hdf5      HDF5 as `Recording.save` writes it
charlesworth_hdf5     HDF5 of the collection of Charlesworth et al. (2015)
spike_list            text with a spike a row, such as Axion's
registry              all of them, and which one a file is
content               what a reader gets: the file, opened and unpacked

A reader returns `SpikeData`. A new format is a module with what
`content.Format` says, and an entry in `registry.FORMATS`.
"""
