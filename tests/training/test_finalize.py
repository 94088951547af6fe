"""What a method is given to finish its trained network with: training images, and half of val where it says so."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bench import training
from bench.config import compose
from bench.errors import BenchError
from bench.method import Encoded, Method
from bench.run import Run, plan, run
from bench.training import prediction
from tests.conftest import TINY

PLUGIN = '''
from bench.method import Method

class Finishing(Method):
    """Plain training."""

    uses_race, uses_held_out = "{race}", {held_out}

    def finalize(self, train, held_out):
        self.given = train, held_out
'''


def finishing(folder: Path, race: str = "train", held_out: bool = True, patients: int = 700) -> list[str]:
    path = folder / f"finishing_{race}_{held_out}.py"  # what is imported stays imported
    path.write_text(PLUGIN.format(race=race, held_out=held_out))
    return [*TINY, f"method={path}", f"task.patients={patients}", "trainer.max_epochs=1", f"runs_dir={folder}"]


def given(planned: Run, folder: Path) -> tuple[Method, Encoded, Encoded | None]:
    method, val, config = planned.build(), planned.val, planned.config
    train, pixels = planned.trained_on.part("train"), planned.images.pixels
    training.fit(method, train, val.choosing, pixels, config.trainer, config.seed, folder, held_out=val.fitting)
    return method, *method.given  # type: ignore[misc]


def test_it_is_given_the_training_images_and_the_half_of_val_that_nothing_is_chosen_on(tmp_path: Path) -> None:
    planned = plan(compose(finishing(tmp_path)))
    method, train, held_out = given(planned, tmp_path)
    assert held_out is not None
    for encoded, cohort in ((train, planned.trained_on.part("train")), (held_out, planned.val.fitting)):
        found = prediction.read_once(method, prediction.withheld(method, cohort, planned.images.pixels))
        np.testing.assert_allclose(encoded.features, found.features, atol=1e-6)
        np.testing.assert_allclose(encoded.logits, found.logits, atol=1e-6)
        np.testing.assert_array_equal(encoded.targets, cohort.targets)
        np.testing.assert_array_equal(encoded.groups, cohort.groups)
    assert not set(planned.val.fitting.table["patient"]) & set(planned.val.choosing.table["patient"])


def test_race_is_withheld_from_a_method_that_says_never(tmp_path: Path) -> None:
    _, train, held_out = given(plan(compose(finishing(tmp_path, race="never"))), tmp_path)
    assert held_out is not None
    assert (train.groups == -1).all()
    assert (held_out.groups == -1).all()
    assert len(held_out.groups) == len(held_out.features) > 0


def test_held_out_patients_are_for_a_method_that_declares_them(tmp_path: Path) -> None:
    assert given(plan(compose(finishing(tmp_path, held_out=False))), tmp_path)[2] is None


def test_where_val_is_too_small_to_be_halved_only_who_needs_a_half_is_refused(tmp_path: Path) -> None:
    asked = compose(finishing(tmp_path, patients=260))
    with pytest.raises(
        BenchError, match=r"Finishing is finished on held out patients .* val is too small to be halved"
    ):
        plan(asked)
    planned = plan(compose(finishing(tmp_path, held_out=False, patients=260)))
    assert len(planned.val.fitting) == 0
    assert given(planned, tmp_path)[2] is None


def test_a_method_that_finishes_nothing_reads_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read, sizes = prediction.read_once, []

    def watched(method, images, *rest, **more):  # type: ignore[no-untyped-def]
        sizes.append(len(images))
        return read(method, images, *rest, **more)

    monkeypatch.setattr(prediction, "read_once", watched)
    asked = compose([*TINY, "method=erm", "task.patients=700", "trainer.max_epochs=2", f"runs_dir={tmp_path}"])
    planned = plan(asked)
    run(asked, ["val"])
    # Every epoch is chosen, and val is scored (in two passes), on the one half.
    assert set(sizes) == {len(planned.val.choosing)}
