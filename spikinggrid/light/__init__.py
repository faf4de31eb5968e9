"""Light instead of electrodes: what it shows to a dish, and what it tells of it.

screen            pixels, what they show over time, and what of it reaches the neurons
photostimulation  the conductance that light opens in each neuron, step by step
photocurrents    opsins in the membranes of neurons, moved by light alone
"""
