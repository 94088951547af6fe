"""How fast phantoms draw: ``pytest tests/speed/test_phantoms.py -n 0 -s``, on a machine that does nothing else.

Wanted are 300 images a second at 64 px and 40 at 224 px on two cores; the time is a processor's, on one.
"""

from __future__ import annotations

import time

import pytest

from tests.phantoms import TASKS_WITH, Subject


@pytest.mark.parametrize(("size", "rate", "images"), [(64, 150, 200), (224, 20, 24)])
@pytest.mark.parametrize("name", TASKS_WITH)
def test_images_a_second(name: str, size: int, rate: float, images: int) -> None:
    subject = Subject(name)
    rows = subject.table(images).iloc[:images]
    subject.render(rows.iloc[:2], size)
    started = time.process_time()
    subject.render(rows, size)
    found = images / (time.process_time() - started)
    print(f"{name}, {size} px: {found:.0f} images/s on one core")
    assert found > rate
