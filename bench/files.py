"""Where this machine keeps what can be made anew, and how a file appears."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import platformdirs


def user_cache() -> Path:
    """The folder of caches: ``$BENCH_CACHE_DIR`` where that is set, else the user's own for this program."""
    return Path(os.environ.get("BENCH_CACHE_DIR") or platformdirs.user_cache_dir("mitigation-bench"))


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """A path to write to, of the same suffix: it takes the place of ``path`` when the block ends well, else it goes."""
    partial = path.with_name(f".partial-{path.name}")
    try:
        yield partial
        os.replace(partial, path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def write_text(path: Path, text: str) -> None:
    """Write a file whole or not at all, and see that it has reached the disk."""
    with whole(path) as partial, open(partial, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
