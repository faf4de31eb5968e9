"""What figures are made of: each function draws one thing on axes it is given.

    rasters         times by row, as marks or, where too many, as density; rates and stimuli
    detections      what the detectors of bursts and network spikes found
    maps            a value for each electrode, on the dish
    wiring          connections against distance; neurons and electrodes on the dish
    responses       responses to stimuli over time
    comparison      the features of two recordings side by side
    groups          a feature of many dishes, by group

Some say in words or numbers what they drew, for the title or the note of the figure. Axes show
s, ms, Hz, µm and mV; arguments are in s and m, as everywhere. y runs downwards, as in images.
"""
