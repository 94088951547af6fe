"""A short run of a method on a small phantom, scored as every run is: whether it ends, and what its scores raise."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence

from bench.config import compose
from bench.conformance.checking import Finding
from bench.conformance.checks import Check
from bench.errors import BenchError, in_a_line
from bench.run import run
from bench.scoring.decodability import flags
from bench.terminal import quietly

#: A phantom of half a minute, and a budget that suffices for a score.
_SMALL = (
    "task=cxr",
    "task.dataset=phantom",
    "task.patients=400",
    "task.image_size=32",
    "backbone=resnet_small",
    "trainer.max_epochs=4",
    "trainer.batch_size=32",
    "scoring.replicates=100",
    "scoring.trial=0",
    "logger=none",
)
#: What no honest network raises: race kept where readers do not look, or decisions that are made elsewhere.
_TRICKS = (flags.RANDOMISED, flags.CONSTANT_FEATURES, flags.BOTTLENECK, flags.CHANNEL_LOSS, flags.OPAQUE_HEAD)

CHECK = Check("runs", "a short run on a small phantom ends, and raises no flag of a trick", lambda subject: None)


def short_run(overrides: Sequence[str]) -> Finding:
    """Run it with these overrides, which name the method and its options.

    Flags that speak of few patients are left out: here there are few.
    """
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, quietly():
        try:
            outcome = run(compose([*overrides, *_SMALL, f"runs_dir={folder}"]))
        except BenchError as error:
            return Finding(CHECK, in_a_line(error), "as it says", time.monotonic() - began)
        except Exception as error:
            return Finding(CHECK, in_a_line(error), "see --debug of bench run", time.monotonic() - began)
        test = outcome.record.of("test")
        assert test is not None
        raised = sorted({name for _, name in map(flags.split, test.flags) if name in _TRICKS})
    said = " ".join(f"{name}: {flags.MEANINGS[name]}" for name in raised)
    return Finding(CHECK, said, "docs/decodability.md says what raises it" if raised else "", time.monotonic() - began)
