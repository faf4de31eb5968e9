"""Parameters: everything that makes an experiment, read from a file, checked, and changed.

files       load, save and combine parameter files and presets
model       Parameters: their tables together, with `replace` and `value`
tables      one module for each table, with what each key means and which values it may have
units       quantities: "20 ms", 20 * brian2.ms or 0.02
drugs       what drugs block, at which dose, with sources
reference   every key with its meaning, unit, bounds and an example
opsins      the catalogue of light-gated channels
fields      finding the field of a key
changes     setting keys in content that is to be checked
mistakes    checking content, and one line for each mistake in it
presets     the files themselves (in a checkout, the folder `parameters`)
"""
