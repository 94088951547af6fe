"""Clinical tasks: one folder a task, one file a data set."""
