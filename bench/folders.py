"""Where this machine keeps what can be made anew."""

import os
from pathlib import Path

import platformdirs


def user_cache() -> Path:
    """The folder of caches: ``$BENCH_CACHE_DIR`` where that is set, else the user's own for this program."""
    return Path(os.environ.get("BENCH_CACHE_DIR") or platformdirs.user_cache_dir("mitigation-bench"))
