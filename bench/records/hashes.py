"""Identities, and patients' ids as keyed hashes."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
import os
import re
import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from filelock import FileLock

from bench.errors import BenchError


def identity(determinants: Any) -> str:
    """Sixteen hex digits of the hash of everything that determines a result (any JSON-able value)."""
    return hashlib.sha256(json.dumps(determinants, sort_keys=True).encode()).hexdigest()[:16]


def patient_key(runs_dir: Path) -> bytes:
    """The secret that patient ids are hashed with: made once a runs folder, never part of a record.

    Whoever gets a record without this file can tell which rows are of one patient, and nothing more. An empty file, as
    a power cut leaves it, is no key: nothing was hashed with it, and it is made anew.

    Raises:
        BenchError: when the file holds something that is no key.
    """
    path = runs_dir / ".patient-key"
    if not path.exists():
        mine = _written(runs_dir)
        # A link appears whole, and not at all where another run was first.
        with contextlib.suppress(OSError):
            os.link(mine, path)
        mine.unlink()
    if not _content(path):
        # The power was cut, or the file system knows no links: one at a time puts the whole file in its place.
        with FileLock(runs_dir / ".patient-key.lock"):
            if not _content(path):
                os.replace(_written(runs_dir), path)
    key = _content(path)
    if not re.fullmatch(rb"[0-9a-f]{64}", key):
        raise BenchError(
            f"{path} holds no key of 64 hexadecimal digits, so patients' ids could be guessed from records. Put back"
            " the file as it was; or delete it, and hashes in new records will not match those in the old ones."
        )
    return key


def _content(path: Path) -> bytes:
    return path.read_bytes() if path.exists() else b""


def _written(runs_dir: Path) -> Path:
    """A new key in a file of this process, seen to the disk."""
    mine = runs_dir / f".patient-key.{os.getpid()}.{secrets.token_hex(4)}"
    descriptor = os.open(mine, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(secrets.token_hex(32).encode())
        file.flush()
        os.fsync(file.fileno())
    return mine


def keyed_hashes(key: bytes, names: Iterable[str]) -> list[str]:
    """HMAC-SHA256 of each name, 16 hex digits."""
    return [hmac.new(key, name.encode(), hashlib.sha256).hexdigest()[:16] for name in names]
