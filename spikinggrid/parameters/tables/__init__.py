"""The tables of a parameter file: one frozen model for each, one field for each key.

base            what all tables have in common: units, keys that are off, mistakes
culture         [culture]: the dish and the neurons on it
neuron          [neuron], [noise]: the neuron, and the background that reaches it
synapses        [synapses.input], [synapses.excitatory], [synapses.inhibitory]
pharmacology    [pharmacology]: drugs in the dish, by dose
plasticity      [plasticity] and its projections: which synapses learn, and how
mea             [mea]: the multi-electrode array
simulation      [simulation]: how a culture is run
stimulation     [[stimulation]]: the stimulation protocol
light           [light], [[illumination]]: light instead of electrodes
digits          [digits]: the digit task
calibration     [calibration]: what varies in a fit
"""
