"""How a command ends that fails: what the user can mend is one paragraph; of a fault the traceback is kept."""

from __future__ import annotations

import errno
import os
import tempfile
import traceback
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from bench.errors import BenchError

#: Exit codes: what the user can mend; a fault; stopped by Ctrl-C and by SIGTERM, as shells count them.
MENDABLE, FAULT, INTERRUPTED, TERMINATED = 2, 1, 130, 143

_WORDS = {
    errno.ENOSPC: "no space is left on the device",
    errno.EDQUOT: "the disk quota is used up",
    errno.EACCES: "permission was denied",
    errno.EPERM: "permission was denied",
    errno.EROFS: "the file system is read-only",
    errno.ENAMETOOLONG: "the name is too long",
    errno.ELOOP: "symbolic links lead in a circle",
    errno.ENOTDIR: "a part of the path is no folder",
    errno.EISDIR: "it is a folder and no file",
    errno.EIO: "the device does not answer (input/output error)",
    errno.ESTALE: "the network file system lost it",
}


def paragraph(error: BaseException) -> str | None:
    """What the user is told of an error that they can mend; None of any other."""
    if isinstance(error, BenchError):
        return str(error)
    if isinstance(error, OSError) and error.errno in _WORDS:
        where = f" for {error.filename}" if error.filename else ""
        return f"{_WORDS[error.errno]}{where}. Nothing is left half-written: mend it and give the same command again."
    # By name: torch, whose error the second is, is not imported for this.
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        said = " ".join(str(error).split()).partition(". ")[0].rstrip(".")
        return (
            f"there was not enough memory{said and f' ({said})'}. Smaller values of trainer.batch_size, task.image_size"
            " or trainer.workers need less; the same command goes on from the last finished epoch."
        )
    return None


def keep_tracebacks(errors: Sequence[tuple[str, Exception]], folder: Path) -> Path:
    """Write the tracebacks of named errors to a file below a folder, or where temporary files lie if that fails."""
    told = [f"{name}\n\n{''.join(traceback.format_exception(error))}" for name, error in errors]
    name = f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{os.getpid()}.txt"
    for place in (folder / "errors", Path(tempfile.gettempdir())):
        try:
            place.mkdir(parents=True, exist_ok=True)
            (place / name).write_text("\n\n".join(told), encoding="utf-8", errors="backslashreplace")
        except OSError:
            continue
        return place / name
    raise BenchError("No file can be written for the traceback: neither in runs_dir nor in the temporary folder.")
