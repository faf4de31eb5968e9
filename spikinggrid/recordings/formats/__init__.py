"""Files of recordings: one module for each format.

spikinggrid_hdf5      HDF5 as `Recording.save` writes it
nwb                   NWB in HDF5
mcs_hdf5              Multi Channel DataManager
maxwell_hdf5          MaxWell Biosystems
brainwave_hdf5        3Brain
cortical_labs_hdf5    Cortical Labs
charlesworth_hdf5     HDF5 of the collection of Charlesworth et al. (2015)
matlab                MATLAB v5 to v7.3
mc_datatool           text of MC_DataTool
nex_table             tables of time stamps of NeuroExplorer
neo_files             files that Neo reads, such as NeuroExplorer, Plexon and NIX
phy                   folders of Phy
sortings              SpikeInterface sortings
spike_list            text with a spike a row, such as Axion's, NEST's and Brian2's
registry              all of them, and which one a file is
content               what a reader gets: the file, opened and unpacked
assembly              what readers share: from spikes and positions to `SpikeData`

nwb_writer            NWB as we write it
neo_blocks            recordings as blocks of Neo
provenance            what formats of others have no place for

A reader returns `SpikeData`. A new format is a module with what
`content.Format` says, and an entry in `registry.FORMATS`.
"""
