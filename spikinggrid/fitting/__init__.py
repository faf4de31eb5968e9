"""Fitting cultures to recordings.

own_spread          how far stretches of one dish are from one another
targets             what a culture should measure like, and how far from it one is
parameter_space     parameters that vary, each between bounds
assays              all assays by name
simulation_store    simulated cultures, kept in a file as soon as each is done
store_lines         the lines of such a file

Twin: one simulated dish, wiring and all, that is as like a recorded one as that is to itself

twin                look for it, from a pool of simulated dishes
twin_result         its parameters and seed, tables, a verdict, a parameter file
aim                 what a twin should measure like, and how far from that a dish is
recorded_dish       a recording as something to fit
recorded_array      the array of a recording, and a dish that fits under it
pool                dishes that a twin is looked up in
pool_making         simulate them, around recordings
pool_guard          whether a recording is like dishes of a pool
pool_posterior      which parameters go with a recording, by the dishes of a pool near it
gathering           dishes as they are simulated, each proposed from what is known by then
proposals           new points to try, from dishes that are near already
hearings            one dish, heard in several ways

Changes: one culture at several ages, or before and after a drug

changes             look for a dish that is like all recordings of it
joint_hearings      one dish as it is at each recording, heard through the same electrodes
changes_result      which parameters changed, with intervals; a parameter file for each recording
local_posterior     what all dishes so far say of parameters at each recording

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
inference           all of that for one recording: `infer`, `infer_from_pool`
inference_result    what came of it

sweep               what a parameter does: all combinations of some values
fitted_file         parameter files that say where they come from
"""
