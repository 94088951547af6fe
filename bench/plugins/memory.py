"""Errors of past imports, kept so that a listing can tell them without importing anything."""

from __future__ import annotations

import contextlib
import hashlib
import json
import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from bench.files import user_cache, write_text


class Plugin(Protocol):
    """What of a plugin tells it from others, and whether it has changed."""

    @property
    def kind(self) -> str:
        """What it is a plugin of."""

    @property
    def origin(self) -> str:
        """Where it comes from."""

    @property
    def source(self) -> Path | None:
        """Its file."""

    @property
    def files(self) -> list[Path]:
        """All its files."""


def failures() -> dict[str, list[str]]:
    """All that is remembered: plugin → [stamp of its files, error]."""
    try:
        content = json.loads(_file().read_text(encoding="utf-8"))
        return {key: [str(stamp), str(error)] for key, (stamp, error) in content.items()}
    except (OSError, ValueError, TypeError, AttributeError):  # none yet, or not ours: nothing is remembered
        return {}


def failure_of(entry: Plugin, known: Mapping[str, list[str]]) -> str | None:
    """The error that importing this plugin gave, unless its files or the installed packages have changed since."""
    stamp, error = known.get(_key(entry), ("", None))
    return error if stamp == _stamp(entry) else None


def remember(entry: Plugin, error: str | None) -> None:
    """Keep the error of an import for later listings, or forget it after a success; never fails."""
    known = failures()
    if known.pop(_key(entry), None) is None and error is None:
        return
    if error is not None:
        known[_key(entry)] = [_stamp(entry), error]
    # A cache that cannot be written only means a listing that knows less.
    with contextlib.suppress(OSError):
        _file().parent.mkdir(parents=True, exist_ok=True)
        write_text(_file(), json.dumps(known, indent=1), shared=True)


def _file() -> Path:
    return user_cache() / "plugin_errors.json"


def _key(entry: Plugin) -> str:
    return f"{sys.prefix} | {entry.kind} | {entry.origin} | {entry.source}"


def _stamp(entry: Plugin) -> str:
    """Changes with the plugin's files, and with what is installed: a missing package may have come meanwhile."""
    stamps = []
    for path in (*entry.files, Path(sysconfig.get_path("purelib"))):
        try:
            status = path.stat()
        except OSError:
            continue
        stamps.append(f"{status.st_mtime_ns}.{status.st_size}")
    return hashlib.sha256(" ".join(stamps).encode()).hexdigest()
