"""Messages between two processes: a few words as JSON and arrays as safetensors, so that nothing is ever unpickled."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from typing import Any, BinaryIO

import numpy as np
from safetensors.numpy import load, save

_LENGTHS = struct.Struct("<QQ")


def send(stream: BinaryIO, words: Mapping[str, Any], content: bytes = b"") -> None:
    """Write a message; ``content`` is safetensors' bytes.

    Raises:
        OSError: when nobody reads any more.
    """
    head = json.dumps(words).encode()
    stream.write(_LENGTHS.pack(len(head), len(content)))
    stream.write(head)
    stream.write(content)
    stream.flush()


def receive(stream: BinaryIO) -> tuple[dict[str, Any], bytes]:
    """Read a message: its words and its content.

    Raises:
        EOFError: when there is none, since the other process is gone.
    """
    head, content = _LENGTHS.unpack(_exactly(stream, _LENGTHS.size))
    words: dict[str, Any] = json.loads(_exactly(stream, head))
    return words, _exactly(stream, content)


def packed(arrays: Mapping[str, np.ndarray]) -> bytes:
    """Arrays by name as bytes; their order goes along with their names."""
    numbered = {f"{i} {name}": np.ascontiguousarray(arrays[name]) for i, name in enumerate(arrays)}
    found: bytes = save(numbered)
    return found


def unpacked(content: bytes) -> dict[str, np.ndarray]:
    """The arrays again, in their order; they can be written to."""
    found = {tuple(name.split(" ", 1)): array for name, array in load(content).items()}
    return {name: found[number, name].copy() for number, name in sorted(found, key=lambda key: int(key[0]))}


def _exactly(stream: BinaryIO, size: int) -> bytes:
    parts: list[bytes] = []
    while size:
        part = stream.read(min(size, 1 << 24))
        if not part:
            raise EOFError
        parts.append(part)
        size -= len(part)
    return b"".join(parts)
