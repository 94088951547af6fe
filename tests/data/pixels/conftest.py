import numpy as np
import pytest
from PIL import Image


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "data"
    root.mkdir()
    for k in range(60):
        Image.fromarray(np.full((16, 16), k, dtype=np.uint8)).save(root / f"{k:05d}.png")
    return root
