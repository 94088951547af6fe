"""The phantom held against the paper: the table of docs/phantom.md.

``python -m tests.proofs.phantom_table report.csv runs unbiased_runs``: the report of ``bench reading-race task=cxr``,
the runs folder it was made in (with the runs of the methods), and one of ERM with all dials at 0. Reports of different
seeds are put one below the other.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pandas as pd

from bench.records import ANY, FEATURES, MACRO, PROTECTED, Record, Score, ScoreFile, read_all

#: What is wanted: experiment, setting as in the report, lowest and highest macro AUROC.
_WANTED = (
    ("A1", "images as they are", 0.96, 0.99),
    ("A3", "erm, linear head", 0.78, 0.87),
    ("A3", "untrained, linear head", 0.0, 0.70),
    ("B1", "bmi, logistic regression", 0.52, 0.58),
    ("B3", "findings, logistic regression", 0.52, 0.61),
    ("B3", "images without a finding, network", 0.90, 0.96),
    ("B4", "", 0.92, 0.97),
    ("B5", "age, sex, bmi, findings, logistic regression", 0.0, 0.66),
    ("B5", "age, sex, bmi, findings, random forest", 0.0, 0.66),
    ("B5", "age, sex, bmi, findings, boosted trees", 0.0, 0.66),
    ("C2", "noise σ = 0.1 of", 0.60, 0.80),
)
#: Of the frequency curves: how far from the paper's, from D = 10 on, and what may be left where nothing is kept.
_CURVE, _FROM, _NOTHING = 0.06, 10, 0.03


def lines(report: pd.DataFrame, runs: Iterable[Record], unbiased: Iterable[Record]) -> Iterator[tuple[str, str, str]]:
    """What is measured, what is wanted, what came out."""
    macro = report[(report["metric"] == "auroc") & (report["target"] == "macro")]
    for experiment, setting, low, high in _WANTED:
        found = macro[(macro["experiment"] == experiment) & macro["setting"].str.startswith(setting)].head(1)
        yield from (_line(row, low, high) for row in found.itertuples())
    lost = report[(report["experiment"] == "A2") & (report["metric"] != "auroc") & (report["target"] == "macro")]
    for row in lost.itertuples():
        yield _line(row, 0.01, 0.07)
    for row in macro[(macro["experiment"] == "C1") & macro["setting"].str.match("(low|high)-pass")].itertuples():
        cutoff = int(row.setting.split()[-1])
        if cutoff >= 159 and row.setting.startswith("high"):
            yield _line(row, 0.5 - _NOTHING, 0.5 + _NOTHING)
        elif cutoff >= _FROM:
            yield _line(row, row.paper - _CURVE, min(row.paper + _CURVE, 1))
    for experiment, low, high in (("C3", 0.58, 0.90), ("C4", 0.88, 1.0)):
        patches = macro[(macro["experiment"] == experiment) & ~macro["setting"].str.contains("high-pass")]
        yield from (_line(row, low, high) for row in patches.itertuples())
        if experiment == "C3" and len(patches) == 9:
            yield _lowest(patches.set_index("setting")["here"])
    yield from _methods(list(runs), list(unbiased))


def _line(row: object, low: float, high: float) -> tuple[str, str, str]:
    value = row.here  # type: ignore[attr-defined]
    met = "" if low <= value <= high else " **missed**"
    wanted = f"≤ {high:.2f}" if low == 0 else f"≥ {low:.2f}" if high == 1 else f"{low:.2f} to {high:.2f}"
    name = f"{row.experiment} {row.setting}"  # type: ignore[attr-defined]
    return name, wanted, f"{value:.3f} ({row.here_low:.3f} to {row.here_high:.3f}){met}"  # type: ignore[attr-defined]


def _lowest(patches: pd.Series) -> tuple[str, str, str]:
    """Which of the patches says least."""
    lowest = str(patches.idxmin())
    met = "" if lowest.startswith("bottom centre") else " **missed**"
    return "C3 the lowest", "bottom centre", f"{lowest.removesuffix(' alone')}, {patches.min():.3f}{met}"


#: A run's seed and its scores on test patients.
_Scored = tuple[int, ScoreFile]


def _find(metric: str, **dimensions: str | float | None) -> Callable[[ScoreFile], Score | None]:
    return lambda file: file.find.one(metric, **dimensions)


def _methods(runs: list[Record], unbiased: list[Record]) -> Iterator[tuple[str, str, str]]:
    erm, adversarial, oracle = (_of(runs, name) for name in ("erm", "adversarial", "oracle"))
    auroc = _find("auroc", target=MACRO)
    race = _find("decodability", attribute=PROTECTED, layer=FEATURES)
    gap = _find("underdiagnosis_rate_gap", target=ANY, attribute=PROTECTED)
    effect = _find("counterfactual_effect", target=MACRO, attribute=PROTECTED)
    plain = dict(erm)

    def cheap(score: Score, seed: int) -> bool:
        return _value(auroc(plain[seed])) - _value(score) <= 0.04

    def apart(score: Score, seed: int) -> bool:
        of_erm = race(plain[seed])
        return of_erm is not None and (score.high or 1) < (of_erm.low or 0)

    yield "ERM, diagnosis, by seed", "0.78 to 0.88", _each(erm, auroc, lambda score, _: 0.78 <= _value(score) <= 0.88)
    yield "adversarial, diagnosis, by seed", "within 0.04 of ERM's", _each(adversarial, auroc, cheap)
    yield "ERM, decodability of features, by seed", "", _each(erm, race)
    yield (
        "adversarial, decodability of features, by seed",
        "intervals apart from ERM's",
        _each(adversarial, race, apart),
    )
    yield "ERM, underdiagnosis gap by race, by seed", "> 0", _each(erm, gap, lambda score, _: (score.low or 0) > 0)
    vanished = _each(_of(unbiased, None), gap, lambda score, _: score.low == 0)
    yield "the same, all dials at 0, by seed", "interval covers 0", vanished
    yield "ERM, counterfactual effect, by seed", "", _each(erm, effect)
    yield "oracle, counterfactual effect, by seed", "0", _each(oracle, effect, lambda score, _: score.value == 0)


def _of(records: list[Record], method: str | None) -> list[_Scored]:
    """The runs of a method, or all, by seed."""
    chosen = [(record.run.seed, record.of("test")) for record in records if method in (None, record.run.method.name)]
    return sorted(((seed, file) for seed, file in chosen if file is not None), key=lambda scored: scored[0])


def _value(score: Score | None) -> float:
    return float("nan") if score is None or score.value is None else score.value


def _each(
    runs: list[_Scored],
    find: Callable[[ScoreFile], Score | None],
    met: Callable[[Score, int], bool] = lambda score, seed: True,
) -> str:
    cells = []
    for seed, file in runs:
        if score := find(file):
            missed = "" if met(score, seed) else " **missed**"
            cells.append(f"{score.value:.3f} ({score.low:.3f} to {score.high:.3f}){missed}")
    return "; ".join(cells)


def main(report: Path, runs: Path, unbiased: Path) -> None:
    """Print the table in Markdown."""
    print("| measured | wanted | here (95% interval) |\n|---|---|---|")
    for line in lines(pd.read_csv(report), read_all(runs), read_all(unbiased)):
        print(f"| {' | '.join(line)} |")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:4]))
