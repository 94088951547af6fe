"""What of a file's content is looked at without decoding it: enough to tell a file that was replaced, and a copy.

A worker process for files imports this: no pandas, no task.
"""

from __future__ import annotations

import hashlib
import math
import os
import time
import zlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import lru_cache

#: Bytes looked at of a file: its beginning, its end, and a block in the middle, where a header or a border is over.
_ENDS, _MIDDLE = 1024, 4096
#: Of about so many files of a set something is read; of a smaller set, of every one.
MOST_READ = 16_384
_BLOCK = 2**20
#: A file that was changed less than this long ago, in nanoseconds, may be changed again without its times telling.
_SETTLED = 2_000_000_000


def sampled(path: str, size: int) -> str:
    """Hash of the first and last KiB of a file of so many bytes, and of 4 KiB in its middle.

    Raises:
        OSError: when it cannot be read.
    """
    with open(path, "rb", buffering=0) as file:
        if size <= 2 * _ENDS + _MIDDLE:
            parts = [file.read()]
        else:
            parts = []
            for at, length in ((0, _ENDS), (size // 2, _MIDDLE), (size - _ENDS, _ENDS)):
                file.seek(at)
                parts.append(file.read(length))
    return hashlib.blake2b(b"".join(parts), digest_size=16).hexdigest()


def sampled_once(path: str, stat: os.stat_result) -> str:
    """What :func:`sampled` gives; of a file that has not changed since, read once a process.

    The time of a file's last change of status cannot be set back, as that of its content can.

    Raises:
        OSError: when it cannot be read.
    """
    if time.time_ns() - stat.st_ctime_ns < _SETTLED:
        return sampled(path, stat.st_size)
    return _remembered(path, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino)


@lru_cache(maxsize=4 * MOST_READ)
def _remembered(path: str, size: int, *_unchanged: int) -> str:
    return sampled(path, size)


def to_read(paths: Sequence[str]) -> set[str]:
    """The files whose content is sampled: all of them or, of a large set, a share that the paths alone decide."""
    every = math.ceil(len(set(paths)) / MOST_READ)
    return {path for path in paths if every <= 1 or zlib.crc32(path.encode()) % every == 0}


def same_files(files: Iterable[tuple[str, int]]) -> dict[str, str]:
    """Files that are another before them to the byte: path of the first, by path.

    Only files of one length are opened, and read whole only if what :func:`sampled` sees is the same. Files that cannot
    be read, and empty ones, are the same as none.

    Args:
        files: path and length in bytes of each.
    """
    by_size: dict[int, list[str]] = defaultdict(list)
    for path, size in files:
        if size:
            by_size[size].append(path)
    alike: dict[tuple[int, str | None], list[str]] = defaultdict(list)
    for size, paths in by_size.items():
        for path in paths if len(paths) > 1 else ():
            alike[size, _or_none(path, size)].append(path)
    found = {}
    for paths in alike.values():
        first: dict[str, str] = {}
        for path in paths if len(paths) > 1 else ():
            whole = _whole(path)
            if whole is not None and first.setdefault(whole, path) != path:
                found[path] = first[whole]
    return found


def _or_none(path: str, size: int) -> str | None:
    try:
        return sampled(path, size)
    except OSError:
        return None


def _whole(path: str) -> str | None:
    digest = hashlib.blake2b(digest_size=16)
    try:
        with open(path, "rb") as file:
            while block := file.read(_BLOCK):
                digest.update(block)
    except OSError:
        return None
    return digest.hexdigest()
