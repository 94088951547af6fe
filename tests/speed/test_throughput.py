"""Training throughput against a bare PyTorch loop: same network, precision, arrays and optimiser, side by side.

Not part of the default run: ``pytest tests/speed -s``.
"""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import torch

from bench import training
from bench.config import compose
from bench.run import plan
from bench.training.batches import CohortImages, EpochBatches
from tests.networks import fresh

ROUNDS = 5


def test_lightning_costs_less_than_a_twentieth(tmp_path: Path) -> None:
    config = compose(["method=erm", "task=cxr", "task.patients=2000", "trainer.max_epochs=2", f"runs_dir={tmp_path}"])
    planned = plan(config)
    images = planned.open_images(planned.cohort)
    train, val = planned.cohort.part("train"), planned.cohort.part("val").take(np.arange(64))
    bf16 = training.precision("auto") == "bf16"
    steps = 2 * (len(train) // config.trainer.batch_size)

    def ours() -> float:
        method = fresh(planned)
        clock = _Clock()
        method.on_train_batch_start = clock.start  # type: ignore[method-assign]
        method.on_train_batch_end = clock.stop  # type: ignore[method-assign]
        method.on_train_epoch_end = clock.pause  # type: ignore[method-assign]
        training.fit(method, train, val, images.pixels, config.trainer, config.seed, tmp_path)
        return clock.seconds / steps

    def bare() -> float:
        method = fresh(planned).train()
        optimizer = torch.optim.AdamW(method.parameters(), lr=3e-3, weight_decay=1e-4)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=3e-3, total_steps=steps)
        data, batches = CohortImages(train, images.pixels), EpochBatches(len(train), config.trainer.batch_size, 0)
        seconds = 0.0
        for epoch in range(2):
            batches.set_epoch(epoch)
            started = time.perf_counter()
            for index in batches:
                batch = data[index]
                with torch.autocast("cpu", dtype=torch.bfloat16, enabled=bf16):
                    loss = method.loss(batch)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                schedule.step()
            seconds += time.perf_counter() - started
        return seconds / steps

    ours(), bare()
    ratios = []
    for _ in range(ROUNDS):
        a, b = bare(), ours()
        ratios.append(a / b)
        print(f"bare {a * 1e3:.1f} ms a step, Lightning {b * 1e3:.1f} ms: ratio {a / b:.3f}")
    print(f"median ratio {np.median(ratios):.3f}")
    assert np.median(ratios) >= 0.95


class _Clock:
    """Time between the start of an epoch's first batch and the end of its last, loading in between included."""

    def __init__(self) -> None:
        self.seconds, self._since = 0.0, None  # type: float, float | None

    def start(self, *_: object) -> None:
        if self._since is None:
            self._since = time.perf_counter()

    def stop(self, *_: object) -> None:
        self._last = time.perf_counter()

    def pause(self, *_: object) -> None:
        assert self._since is not None
        self.seconds += self._last - self._since
        self._since = None
