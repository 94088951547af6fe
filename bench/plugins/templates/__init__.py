"""A whole method of each kind: what ``bench new`` begins with, and the examples of ``docs/contract.md``."""
