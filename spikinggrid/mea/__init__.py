"""The multi-electrode array: where electrodes lie, what they give and what they detect.

array             electrodes, their layouts, names and patterns
stimuli           stimuli as experimenters ask for them: by name, with units, repeated
pulse_trains      pulses on numbered electrodes, as a simulator takes them
detection         what electrodes record of neurons, and the spikes they detect
electrode_roles   which electrodes show an image, which carry the labels of digits
"""
