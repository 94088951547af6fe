"""Where things stand that tests read: the checkout, its documents, and real images where this machine has some."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CHEATS = ROOT / "tests" / "cheats"
#: Real images, which are never part of the project: tests that read them are skipped where there are none.
REAL = Path(os.environ.get("BENCH_TEST_DATA", ROOT.parent / "shared" / "data"))
