"""A phantom's images in files, with its table beside them."""

from bench.data.export.rendering import FORMATS, Folder, export, file_of

__all__ = ["FORMATS", "Folder", "export", "file_of"]
