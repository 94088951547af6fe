"""Methods, tasks and data sets by name."""
