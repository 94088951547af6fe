"""Methods that cheat, on one network trained plainly on the default phantom, judged like any other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
import torch
from bench.builtin.tasks.cxr.phantom import DATASET

from bench import training
from bench.files import user_cache
from bench.records import FEATURES, MACRO, NETWORK, OUTPUTS, PROTECTED, STORED
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
    """Train and score it, or find its record: the runs are kept in the user's cache.

    Cheats on the one network are read by linear probes, whose D is what they are about.
    """
    assert phantom == DATASET.version
    from bench.config import compose
    from bench.run import run
    from tests.conftest import TINY, read_with_few_probes

    size = [*TINY, "scoring.isolated=true"] if quick else ["task=cxr", "logger=none", "scoring.trial=0"]
    runs = user_cache() / "decodability" / "runs"
    with pytest.MonkeyPatch.context() as patch:
        told = [f"method={CHEATS / name}.py", f"runs_dir={runs}"]
        if name in WAYS:
            plain = run(compose([*size, "method=erm", f"runs_dir={runs}"]), ["val"])
            told += [f"method.network={plain.folder / training.WEIGHTS}", "trainer.max_epochs=1"]
            told[1] = f"runs_dir={runs / 'frozen'}"
            read_with_few_probes(patch)
        config = compose([*size, *told])
        outcome = run(config)
    scores = outcome.scores(config)
    found = {layer: _read(scores, layer) for layer in (NETWORK, FEATURES, STORED, OUTPUTS)}
    return {
        "auroc": scores.find.value("auroc", target=MACRO),
        "decodability": found,
        "known": _known(config) if name in WAYS else None,
        "flags": scores.flags,
        "files": outcome.record.run.training.cost.files if outcome.record.run.training.cost else [],
    }


def _read(scores: Any, layer: str) -> list[float] | None:
    one = scores.find.one("decodability", attribute=PROTECTED, layer=layer, reference=None)
    return None if one is None else [one.value, one.low, one.high]


def _known(config: Any) -> list[float]:
    """What linear probes read of the declared features, as they are and as stored, once they are deciphered."""
    from bench.run import plan
    from bench.scoring.decodability import decode
    from bench.scoring.suites import SUITES

    planned = plan(config)
    method, path = planned.build(), planned.folder / training.WEIGHTS
    training.load(method, path)
    test = planned.trained_on.part("test")
    found = training.predict(
        training.copies(method), test, planned.images.pixels, training.load_channel(path), once=True
    )
    assert found.stored is not None
    with torch.no_grad():
        layers = {
            name: method.decoded(torch.from_numpy(np.array(view))).numpy()
            for name, view in ((FEATURES, found.features), (STORED, found.stored))
        }
    suite = SUITES[max(SUITES)]
    read = decode(layers, test.groups, test.patients, None, suite=suite, group_names=test.spec.groups, fast=True)
    return [float(read[name].one_vs_one.value) for name in layers]


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
