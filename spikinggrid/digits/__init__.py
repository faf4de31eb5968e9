"""The digit benchmark: how well a culture can learn.

images             handwritten digits: found, downloaded, verified, resized
task               images onto electrodes, and electrodes' spikes into an answer
training           how one culture is taught: presentations, evaluations, checkpoints
readouts           how answers are read from counts of spikes, and how sure accuracies are
receptive_fields   what a culture is like before and after training
benchmark          several cultures with their controls
benchmark_result   accuracies, tables and files of a benchmark
assay              digits as an assay, for sweeps and advice
"""
