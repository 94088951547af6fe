"""Work that is done once, whoever asks for it: jobs, and what runs them."""

from bench.work.jobs import Ended, Job, results

__all__ = ["Ended", "Job", "results"]
