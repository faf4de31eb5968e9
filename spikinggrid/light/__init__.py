"""Light instead of electrodes: what it shows to a dish, and what it tells of it.

screen            pixels, what they show over time, and what of it reaches the neurons
illumination      pictures, movies and patterns as experimenters ask for them
photostimulation  the conductance that light opens in each neuron, step by step
photocurrents     opsins in the membranes of neurons, moved by light alone
photodetector     a camera or photodiodes that see the calcium of neurons
calcium           fluorescence of a calcium indicator
deconvolution     spikes from fluorescence
"""
