"""Where this machine keeps what can be made anew, and how files appear: whole, or not at all."""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import stat
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import platformdirs
from filelock import FileLock

from bench.errors import BenchError


def user_cache() -> Path:
    """The folder of caches: ``$BENCH_CACHE_DIR`` where that is set, else the user's own for this program.

    Where there is no home or nothing can be written there, a folder of the user's among the temporary files.
    """
    if asked := os.environ.get("BENCH_CACHE_DIR"):
        return Path(os.path.expanduser(asked))
    own = Path(platformdirs.user_cache_dir("mitigation-bench"))
    return own if _can_be_written(own) else _temporary(own)


def _can_be_written(folder: Path) -> bool:
    if not folder.is_absolute():  # "~" stayed what it is: nobody knows of a home
        return False
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return os.access(folder, os.W_OK | os.X_OK)


@cache
def _temporary(instead_of: Path) -> Path:
    """A folder that nobody else can write to, the same for every process of this user; says once that it is used."""
    folder = Path(tempfile.gettempdir(), f"mitigation-bench-{os.getuid()}")
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o022:
        folder = Path(tempfile.mkdtemp(prefix="mitigation-bench-"))
    print(
        f"{instead_of} cannot be written: caches go to {folder}. BENCH_CACHE_DIR or cache_dir=… names another place.",
        file=sys.stderr,
        flush=True,
    )
    return folder


@contextmanager
def whole(path: Path, shared: bool = False) -> Iterator[Path]:
    """A path to write to, of the same suffix: it takes the place of ``path`` when the block ends well, else it goes.

    Args:
        path: the file that is to appear.
        shared: whether others may write the same file at the same time. Each then has a path of its own, and who is
            last wins; else what a killed writer left is written over by the next.
    """
    own = f"{secrets.token_hex(4)}-" if shared else ""
    partial = path.with_name(f".partial-{own}{path.name}")
    try:
        yield partial
        os.replace(partial, path)
    except BaseException:
        with contextlib.suppress(OSError):  # what went wrong is to be told, not that there is nothing to remove
            partial.unlink(missing_ok=True)
        raise


def write_bytes(path: Path, content: bytes, shared: bool = False) -> None:
    """Write a file whole or not at all, and see it to the disk; arguments as of :func:`whole`."""
    with whole(path, shared) as partial, open(partial, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def write_text(path: Path, text: str, shared: bool = False) -> None:
    """The same of a text, in UTF-8."""
    write_bytes(path, text.encode(), shared)


def write_together(folder: Path, files: Mapping[str, bytes], what: str) -> list[Path]:
    """Write files into a folder, made where it is not there; of two writers at once those of one stand there then.

    Raises:
        BenchError: saying ``what`` cannot be written, and why.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with locked(folder):
            for name, content in files.items():
                write_bytes(folder / name, content, shared=True)
    except OSError as error:
        raise BenchError(f"{what} cannot be written to {folder}: {error.strerror or error}.") from error
    return [folder / name for name in files]


def contents(path: Path, option: str) -> str:
    """SHA-256 of a file, or of all files of a folder with their names below it, hexadecimal.

    Raises:
        BenchError: naming the ``option`` that the path was given for, when nothing there can be read.
    """
    digest = hashlib.sha256()
    try:
        if not path.is_dir():
            with open(path, "rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest()
        for found in sorted(one for one in path.rglob("*") if one.is_file()):
            digest.update(f"{found.relative_to(path).as_posix()} {contents(found, option)}\n".encode())
    except OSError as error:
        raise BenchError(f"{option}: {path} cannot be read ({error.strerror or error}).") from error
    return digest.hexdigest()


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """One of this user's processes at a time has a folder that others look into; the lock lies with the caches."""
    locks = user_cache() / "locks"
    locks.mkdir(parents=True, exist_ok=True)
    with FileLock(locks / hashlib.sha256(os.fsencode(folder.resolve())).hexdigest()[:32]):
        yield
