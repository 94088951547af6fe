"""The probes of the suite, a file each."""
