"""Fitting cultures to recordings.

targets             what a culture should measure like, and how far from it one is
parameter_space     parameters that vary, each between bounds
assays              all assays by name
simulation_store    simulated cultures, kept in a file as soon as each is done
store_lines         the lines of such a file

Search: one culture that measures like the targets

search              look for it, by CMA-ES
search_plan         what is looked for, and how
search_result       the fitted parameters, tables, a parameter file
linear_models       what all candidates tell together

Inference: all parameters that go with a recording, and how sure that is

prior               parameters drawn at random between bounds, and cultures that have them
posterior           learned from these cultures (neural posterior estimation)
misspecification    whether a recording is within what the model produces
coverage            whether intervals are as wide as they say
inference           all of that for one recording: `infer`

sweep               what a parameter does: all combinations of some values
fitted_file         parameter files that say where they come from
"""
