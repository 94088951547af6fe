"""Messages between processes: what goes in comes out, in its order, and an end is an end."""

from __future__ import annotations

import io

import numpy as np
import pytest

from bench.training import wire


def test_words_and_arrays_come_back_in_their_order_and_may_be_written_to() -> None:
    arrays = {
        "features": np.arange(6, dtype=np.float32).reshape(2, 3)[:, ::-1],
        "block 10": np.zeros((2, 0), dtype=np.float32),
        "block 2": np.array([[1], [255]], dtype=np.uint8),
        "a name with spaces": np.array([-1, 2], dtype=np.int64),
    }
    stream = io.BytesIO()
    wire.send(stream, {"do": "batch", "words": ["ä", None, 1.5]}, wire.packed(arrays))
    wire.send(stream, {})
    stream.seek(0)
    words, content = wire.receive(stream)
    assert words == {"do": "batch", "words": ["ä", None, 1.5]}
    found = wire.unpacked(content)
    assert list(found) == list(arrays)
    for name, array in arrays.items():
        assert found[name].dtype == array.dtype
        np.testing.assert_array_equal(found[name], array)
        found[name][...] = 0
    assert wire.receive(stream) == ({}, b"")
    with pytest.raises(EOFError):
        wire.receive(stream)


def test_a_message_that_is_cut_off_is_an_end() -> None:
    stream = io.BytesIO()
    wire.send(stream, {"do": "batch"}, wire.packed({"x": np.ones(4)}))
    whole = stream.getvalue()
    for length in (1, 20, len(whole) - 1):
        with pytest.raises(EOFError):
            wire.receive(io.BytesIO(whole[:length]))
