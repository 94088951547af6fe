"""The phantoms of mammograms, CT and hands held against the paper: a table of docs/phantoms.md.

``python -m tests.proofs.phantoms_table mammo 0 runs`` trains, for a task and a seed, a network for the diagnosis and
one that reads race from the image, keeps both below the runs folder, and prints what is read: race from the diagnostic
network and from the same untrained (A3), the diagnosis, of mammograms the sensitivity by density, and Black against
White by image and by study (A1). No training is done twice. Options of a run may follow.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score

from bench import training
from bench.config import compose
from bench.method import Method
from bench.reading_race.experiments import a1
from bench.reading_race.readers import logistic
from bench.reading_race.results import Cell
from bench.reading_race.study import Study
from bench.records import MACRO
from bench.records.outputs import Outputs
from bench.run import plan
from bench.task import Cohort
from tests.proofs.markdown import table_of

#: What is wanted of each task: Black against White by image and by study, and the most of the untrained network.
WANTED = {
    "mammo": ((0.75, 0.81), (0.78, 0.84), 0.62),
    "ct": ((0.89, 0.95), (0.93, 0.99), 0.70),
    "hand": ((0.84, 0.90), None, 0.70),
}
#: How much better a study is read than an image, how much better the trained network is read than the untrained one,
#: and the diagnosis.
_BY_STUDY, _GAIN, _DIAGNOSIS = (0.01, 0.06), 0.08, (0.75, 0.90)
#: The share of images without cancer that are to be called so, at which sensitivity is read.
_SPECIFICITY = 0.8

Row = tuple[str, str, str]


def rows(study: Study, folder: Path) -> Iterator[Row]:
    """What is measured, what is wanted, what came out."""
    task = study.run.config.task.name
    image, by_study, most = WANTED[task]
    untrained, trained = _networks(study, folder)
    before, after = (_macro(method, study) for method in (untrained, trained))
    yield "A3 untrained, linear head, all groups", f"≤ {most:.2f}", _met(before, 0, most)
    yield "A3 ERM, linear head, all groups", f"{_GAIN:.2f} above", _met(after, before + _GAIN, 1)
    yield from _diagnosis(trained, study)
    pairs = [_pair(study, cell) for cell in a1.EXPERIMENT.cells(study)]
    yield "A1 Black against White, image", _range(*image), _met(pairs[0], *image)
    if by_study is not None:
        yield "A1 Black against White, study", _range(*by_study), _met(pairs[1], *by_study)
        yield "A1 study less image", _range(*_BY_STUDY), _met(pairs[1] - pairs[0], *_BY_STUDY)


def _pair(study: Study, cell: Cell) -> float:
    """The AUROC of Black against White."""
    scores = a1.EXPERIMENT.measure(study, cell).scores
    (found,) = [score.value for score in scores if score.group == "Black against White"]
    assert found is not None
    return found


def _networks(study: Study, folder: Path) -> tuple[Method, Method]:
    """The network for the diagnosis, untrained and trained."""
    config, spec = study.run.config, study.diagnosed.spec
    given = config.backbone, config.method.hyperparameters, config.seed, spec
    untrained, trained = (training.build(study.run.method, *given, alone) for alone in (True, False))
    place = folder / study.run.id
    place.mkdir(parents=True, exist_ok=True)
    if training.trained(place):
        training.load(trained, place / training.WEIGHTS)
    else:
        train, choosing = study.diagnosed.part("train"), study.run.val.choosing
        training.fit(trained, train, choosing, study.images.pixels, config.trainer, config.seed, place)
    return untrained, trained


def _macro(method: Method, study: Study) -> float:
    return study.judge.readings(logistic(_read(method, study, study.cohort).features, study.cohort))[MACRO].value


def _read(method: Method, study: Study, cohort: Cohort) -> Outputs:
    reader = training.copies(method, study.run.config.trainer.accelerator)
    return training.predict(reader, cohort, study.images.pixels, once=True)


def _diagnosis(method: Method, study: Study) -> Iterator[Row]:
    test = study.diagnosed.part("test")
    logits = _read(method, study, test).logits
    truth = test.table[[f"true_{target}" for target in test.spec.targets]].to_numpy()
    aurocs = [roc_auc_score(truth[:, k], logits[:, k]) for k in range(len(test.spec.targets))]
    named = ", ".join(f"{target} {value:.3f}" for target, value in zip(test.spec.targets, aurocs, strict=True))
    yield "ERM, diagnosis", _range(*_DIAGNOSIS), f"{_met(float(np.mean(aurocs)), *_DIAGNOSIS)}: {named}"
    if "density" in test.table:
        ill, score, density = truth[:, 0] == 1, logits[:, 0], test.table["density"].to_numpy()
        called = score > np.quantile(score[~ill], _SPECIFICITY)
        found = pd.Series(called[ill]).groupby(density[ill]).mean()
        shown = ", ".join(f"{letter} {found[grade]:.2f}" for letter, grade in zip("abcd", found.index, strict=True))
        falls = found.iloc[:2].mean() > found.iloc[2:].mean()
        yield "sensitivity for cancer by density", "falls", shown + ("" if falls else " **missed**")


def _range(low: float, high: float) -> str:
    return f"{low:.2f} to {high:.2f}"


def _met(value: float, low: float, high: float) -> str:
    return f"{value:.3f}" + ("" if low <= round(value, 3) <= high else " **missed**")


def main(task: str, seed: str, folder: Path, *options: str) -> None:
    """Print the table of a task and seed, line by line."""
    config = compose([f"task={task}", "method=erm", f"seed={seed}", "logger=none", f"runs_dir={folder}", *options])
    print(table_of(["measured", "wanted", "here"], []))
    for row in rows(Study(plan(config), "quick"), folder / "diagnosis"):
        print("| " + " | ".join(row) + " |", flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]), *sys.argv[4:])
