"""Methods that cheat, trained on the default phantom and judged by the suite: a part of the proof."""

from __future__ import annotations

from typing import Any

from bench.builtin.tasks.cxr.phantom import DATASET

from bench.files import user_cache
from bench.records import FEATURES, MACRO, OUTPUTS, PROTECTED
from tests.places import CHEATS
from tests.proofs.decodability.part import Part
from tests.proofs.markdown import table_of

#: What each does, and the flag that has to say so where D alone does not.
WAYS = {
    "tiny_scale": ("scales its features by 1e-6", None),
    "low_variance": ("turns race into directions of low variance", None),
    "sign_code": ("removes race linearly and adds a nonlinear code of it", "NONLINEAR_GAP"),
    "stash": ("declares a constant while the head reads something else", "INSUFFICIENT"),
    "random_features": ("randomises its features", "RANDOMISED"),
    "linear_adversary": ("fools a linear adversary only", "NONLINEAR_GAP"),
}
#: How far below the baseline's D a cheat may come and still count as caught by D alone.
_NEAR = 0.05


def jobs(quick: bool) -> list[dict[str, Any]]:
    """One a method. What was measured on another version of the phantom is not taken for this one's."""
    return [{"name": name, "quick": quick, "phantom": DATASET.version} for name in ("erm", *WAYS)]


def measure(name: str, quick: bool, phantom: int) -> dict[str, Any]:
    """Train and score it, or find its record: the runs are kept in the user's cache."""
    assert phantom == DATASET.version
    from bench.config import compose
    from bench.run import run
    from tests.conftest import TINY

    method = name if name == "erm" else CHEATS / f"{name}.py"
    size = TINY if quick else ("task=cxr", "logger=none")
    runs = user_cache() / "decodability" / "runs"
    config = compose([*size, f"method={method}", "seed=0", f"runs_dir={runs}"])
    scores = run(config).scores(config)
    about: dict[str, Any] = {"attribute": PROTECTED, "layer": FEATURES}
    head = scores.find.one("decodability", **about)
    assert head is not None
    return {
        "auroc": scores.find.value("auroc", target=MACRO),
        "decodability": [head.value, head.low, head.high],
        "linear": scores.find.value("decodability_linear", **about),
        "depth": scores.find.value("decodability_depth", level=0.01, **about),
        "flags": scores.flags,
    }


def table(measured: list[tuple[dict[str, Any], dict[str, Any]]]) -> str:
    erm = measured[0][1]["decodability"][0]
    rows = []
    for job, result in measured:
        value, low, high = result["decodability"]
        words, flag = WAYS.get(job["name"], ("plain training", None))
        flags = [f.removeprefix(f"{FEATURES}: ") for f in result["flags"] if not f.startswith(OUTPUTS)]
        row = [f"`{job['name']}`: {words}", f"{result['auroc']:.3f}", f"{value:.3f} [{low:.3f}, {high:.3f}]"]
        row += [f"{result['linear']:.3f}", f"{result['depth']:.3f}", ", ".join(flags) or "none"]
        rows.append([*row, "–" if job["name"] == "erm" else _verdict(value, erm, flag, flags)])
    return table_of(["method", "diagnosis AUROC", "D", "linear probes", "D(.01)", "flags", "caught by"], rows)


def _verdict(value: float, erm: float, flag: str | None, flags: list[str]) -> str:
    by = (["D"] if value >= erm - _NEAR else []) + ([flag] if flag in flags else [])
    return " and ".join(by) or "**nothing**"


PART = Part(jobs, measure, table)
