"""Debiasing methods, one file each. A file dropped in here is a method by the file's name."""
