"""Work spread over processors and machines; knows nothing of neurons.

client     connect to workers, and have them do tasks
workers    which workers can do the work, and how signals reach them
slurm      workers that SLURM starts
"""
