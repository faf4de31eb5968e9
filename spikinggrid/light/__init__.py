"""Light instead of electrodes: what it shows to a dish, and what it tells of it.

photocurrents   opsins in the membranes of neurons, moved by light alone
"""
