"""Identities, and patients' ids as keyed hashes."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import Any


def identity(determinants: Any) -> str:
    """Sixteen hex digits of the hash of everything that determines a result (any JSON-able value)."""
    return hashlib.sha256(json.dumps(determinants, sort_keys=True).encode()).hexdigest()[:16]


def patient_key(runs_dir: Path) -> bytes:
    """The secret that patient ids are hashed with: made once a runs folder, never part of a record.

    Whoever gets a record without this file can tell which rows are of one patient, and nothing more.
    """
    path = runs_dir / ".patient-key"
    if not path.exists():
        mine = runs_dir / f".patient-key.{os.getpid()}"
        descriptor = os.open(mine, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_hex(32).encode())
        # A link appears whole, and not at all where another run was first.
        with contextlib.suppress(FileExistsError):
            os.link(mine, path)
        mine.unlink()
    return path.read_bytes()


def keyed_hashes(key: bytes, names: Iterable[str]) -> list[str]:
    """HMAC-SHA256 of each name, 16 hex digits."""
    return [hmac.new(key, name.encode(), hashlib.sha256).hexdigest()[:16] for name in names]
