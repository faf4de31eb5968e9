"""The digit benchmark: how well a culture can learn.

images             handwritten digits: found, downloaded, verified, resized
task               images onto electrodes, and electrodes' spikes into an answer
training           how one culture is taught: presentations, evaluations, checkpoints
readouts           how answers are read from counts of spikes, and how sure accuracies are
receptive_fields   what a culture is like before and after training
benchmark          several cultures with their controls
benchmark_result   accuracies, tables and files of a benchmark
comparators        Hebbian and other networks that learn from the same images
comparison         cultures beside these networks, with few labels
comparison_parts   what is measured for it, part by part
comparison_result  accuracies, tables and joules of a comparison
energy             joules of tissue, of chips and of computers
assay              digits as an assay, for sweeps and advice
"""
