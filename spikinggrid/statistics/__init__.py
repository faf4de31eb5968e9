"""Statistics of spike trains: arrays in, numbers out; nothing here knows of files or dishes.

spike_trains      what a spike train is, and the checks that it is one
spiking           rates, intervals, bursts, network spikes and bursts, avalanches, theta bursting
correlation       the spike time tiling coefficient, of pairs and by distance
evoked            responses to stimuli: over time, in a window, by pattern of electrodes
features          all features of a recording
feature_glossary  what each of them is
feature_space     features as coordinates, in which distances between cultures mean something
groups            groups of dishes compared feature by feature, with the culture as the unit
permutation       whether groups differ, by shuffling them within cultures
effect_sizes      how far they differ, with bootstrap intervals
multiple_testing  probabilities adjusted for how many tests there are
connectivity      which electrodes fire together more than by chance
graphs            what the graph of them is like
wiring_agreement  inferred edges beside the true wiring of a simulated dish
"""
