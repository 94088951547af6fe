"""One file an experiment, each ending in ``EXPERIMENT = …``; a new one is a new file and nothing else."""
