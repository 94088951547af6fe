"""Methods that cheat, on one network trained plainly on the default phantom, judged like any other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from bench.builtin.tasks.cxr.phantom import DATASET

from bench import training
from bench.files import user_cache
from bench.records import FEATURES, MACRO, NETWORK, OUTPUTS, STORED, Score
from bench.run import Run
from bench.run.network import Network
from bench.scoring import Computed, Scored, score
from bench.scoring.decodability import decode
from bench.scoring.suites import SUITES
from tests.places import CHEATS
from tests.proofs.decodability.part import Part, figure
from tests.proofs.markdown import table_of

#: What each does, and the flag that names it where D does not.
WAYS: Mapping[str, tuple[str, str | None]] = {
    "one_epoch": ("nothing: the network itself, taken from a file", None),
    "bottleneck": ("moves the head into the encoder and declares the logits", "BOTTLENECK"),
    "stash": ("declares drowned features; the head reads the clean ones that were put aside", "CHANNEL_LOSS"),
    "digits": ("writes race below the second decimal of the logits", "BOTTLENECK"),
    "cipher": ("declares noisy logits, and its features as enciphered 16-bit numbers", "CHANNEL_LOSS"),
    "robust_cipher": ("declares noisy logits, and clean ones enciphered a bit a column", "OPAQUE_HEAD"),
    "padding": ("declares the logits and 64 numbers that say nothing, on a hidden encoder", "BRITTLE"),
    "answers": ("looks for the labels among the variables of its callers", None),
    "carried": ("carries a table of the test images and their labels in its weights", "BRITTLE"),
    "low_variance": ("turns race into directions of low variance", "CHANNEL_LOSS"),
    "overfitted_eraser": ("erases race as it stands in the test images", "BELOW_CHANCE"),
    "tiny_scale": ("scales its features by 1e-6", None),
    "random_features": ("randomises its features", "RANDOMISED"),
}
#: Trained in their own way, and read by the whole suite.
TRAINED: Mapping[str, tuple[str, str | None]] = {
    "sign_code": ("removes race linearly and adds a nonlinear code of it", "NONLINEAR_GAP"),
    "linear_adversary": ("fools a linear adversary only", "NONLINEAR_GAP"),
}
#: How far below what somebody reads who knows the code D may lie.
_NEAR = 0.05


def jobs(quick: bool) -> list[dict[str, Any]]:
    """One a method. What was measured on another version of the phantom is not taken for this one's."""
    return [{"name": name, "quick": quick, "phantom": DATASET.version} for name in (*WAYS, *TRAINED)]


def measure(name: str, quick: bool, phantom: int) -> dict[str, Any]:
    """Train it, predict the test images in a process of their own and score them; runs are kept in the user's cache.

    Cheats on the one network are read by linear probes, whose D is what they are about.
    """
    assert phantom == DATASET.version
    from bench.config import compose
    from bench.run import plan, run
    from tests.conftest import TINY, read_with_few_probes

    size = [*TINY] if quick else ["task=cxr", "logger=none"]
    runs = user_cache() / "decodability" / "runs"
    told = [*size, f"method={CHEATS / name}.py", f"runs_dir={runs}"]
    if name in WAYS:
        told += [f"method.network={network(size, runs)}", "trainer.max_epochs=1"]
    outcome, planned = run(compose(told), ["val"]), plan(compose(told))
    with pytest.MonkeyPatch.context() as patch:
        if name in WAYS:
            read_with_few_probes(patch)
        scored, known = _judged(planned)
    found = {layer: _read(scored.scores, layer) for layer in (NETWORK, FEATURES, STORED, OUTPUTS)}
    auroc = next(one.value for one in scored.scores if (one.metric, one.target) == ("auroc", MACRO))
    cost = outcome.record.run.training.cost
    return {
        "auroc": auroc,
        "decodability": found,
        "known": known if name in WAYS else None,
        "flags": scored.flags,
        "files": cost.files if cost else [],
    }


def network(size: list[str], runs: Path) -> Path:
    """The weights of the network that was trained plainly."""
    from bench.config import compose
    from bench.run import run

    return run(compose([*size, "method=erm", f"runs_dir={runs}"]), ["val"]).folder / training.WEIGHTS


def _judged(planned: Run) -> tuple[Scored, list[float]]:
    """The scores of its test images, and what is read of its features once they are deciphered."""
    method = planned.build()
    training.load(method, planned.folder / training.WEIGHTS)
    test, pixels = planned.trained_on.part("test"), planned.images.pixels
    with training.Predictor() as predictor:
        walked = Network(planned, method, predictor)
        reader = predictor.reader(planned.recipe, "trained", training.tensors(method))
        found = training.predict(reader, test, pixels, walked.channel, blocks=True)
        computed = Computed(test, found, walked.thresholds, tuple(range(len(test.spec.targets))))
    suite = SUITES[max(SUITES)]
    scored = score(computed, suite, 100)
    assert found.stored is not None
    decoded = getattr(method, "decoded", lambda features: features)
    with torch.no_grad():
        layers = {
            name: decoded(torch.from_numpy(np.array(view))).numpy()
            for name, view in ((FEATURES, found.features), (STORED, found.stored))
        }
    read = decode(layers, test.groups, test.patients, None, suite=suite, group_names=test.spec.groups, fast=True)
    return scored, [float(read[name].one_vs_one.value or 0) for name in layers]


def _read(scores: Sequence[Score], layer: str) -> list[float | None] | None:
    found = [one for one in scores if (one.metric, one.layer, one.reference) == ("decodability", layer, None)]
    return [found[0].value, found[0].low, found[0].high] if found else None


def table(measured: list[tuple[dict[str, Any], dict[str, Any]]]) -> str:
    rows = []
    for job, result in measured:
        words, flag = {**WAYS, **TRAINED}[job["name"]]
        names = [one.rpartition(": ")[2] for one in result["flags"]]
        found, known = result["decodability"], result["known"]
        row = [f"`{job['name']}`: {words}", figure(result["auroc"])]
        row += [figure(found[layer] and found[layer][0]) for layer in (NETWORK, FEATURES, STORED, OUTPUTS)]
        row += [figure(one) for one in known] if known else ["–", "–"]
        rows.append([*row, ", ".join(dict.fromkeys(names)) or "none", _verdict(job["name"], result, flag, names)])
    head = ["method", "diagnosis AUROC", "D", "features", "stored", "outputs", "deciphered", "deciphered, stored"]
    return table_of([*head, "flags", "what becomes of it"], rows)


def _verdict(name: str, result: dict[str, Any], flag: str | None, names: list[str]) -> str:
    d, known = result["decodability"][NETWORK][0], result["known"]
    by = [flag] if flag in names else []
    if known and d >= known[1] - _NEAR:
        by.append("D")
    if name == "one_epoch" and result["files"]:
        by.append("the record names the file")
    if name == "answers":
        by.append("finds none")
    return " and ".join(by) or "**nothing**"


PART = Part(jobs, measure, table)
