"""Running cultures: the dish, what runs and records it, and the engines.

dish          `Dish`: a culture on its array, grown, run and recorded; one owner of the seed
simulator     time, pulses and learning, whatever engine computes the model
recorder      a recording as it is made, piece after piece
closed_loop   stimulation by the spikes of the step before
log, replay   what was done to a culture, and doing it again
engines       programs that compute the model: Brian2, and compiled kernels
"""
