"""How far results move with the training patients."""

from __future__ import annotations

from pathlib import Path
from statistics import stdev
from types import SimpleNamespace

import pytest

from bench.leaderboard import build
from bench.leaderboard.cohorts import OtherCohorts, compare, is_other
from bench.leaderboard.comparable import Key
from bench.leaderboard.rows import Entry, entries
from bench.records import Record

OPTIONS = {"patients": 5000, "seed": 0, "bias": {"prevalence": 0.075}}


def cohort(make: SimpleNamespace, number: int, seeds: tuple[int, ...] = (0,), **more: object) -> list[Record]:
    """ERM and adversarial on one cohort; each later one reads .01 more, and costs adversarial .002 AUROC more."""
    made = []
    for seed in seeds:
        for name, auroc, read in (("erm", 0.8, 0.8), ("adversarial", 0.79 - 0.002 * number, 0.7)):
            found = make.record(
                name,
                seed,
                make.around(auroc, 0.01),
                make.around(read + 0.01 * number, 0.01),
                fingerprint=f"{number}" * 64,
                split_fingerprint=f"{number}5" * 32,
                **more,
            )
            options = {**OPTIONS, "seed": number}
            data = found.run.data.model_copy(update={"options": options})
            made.append(Record(found.run.model_copy(update={"data": data}), found.files))
    return made


def found(records: list[Record]) -> list[Entry]:
    return entries(records)


def test_cohorts_are_alike_in_all_but_their_seed(make: SimpleNamespace) -> None:
    main, other = found(cohort(make, 0)), found(cohort(make, 1))
    keys = [Key.of(one[0]) for one in (main, other)]
    assert is_other(keys[1], other, keys[0], main)
    assert not is_other(keys[0], main, keys[0], main)
    smaller = found(cohort(make, 1, image_size=32))
    assert not is_other(Key.of(smaller[0]), smaller, keys[0], main)
    unknown = found([make.record("erm", fingerprint="9" * 64)])
    assert not is_other(Key.of(unknown[0]), unknown, keys[0], main)


def test_what_is_compared_are_the_methods_and_seeds_that_all_have(make: SimpleNamespace) -> None:
    main = found([*cohort(make, 0, (0, 1)), *[make.record("blur", seed) for seed in (0, 1)]])
    compared = compare(main, [found(cohort(make, number)) for number in (1, 2)])
    assert isinstance(compared, OtherCohorts)
    assert (compared.seeds, compared.cohorts) == ((0,), (0, 1, 2))
    assert [score.method for score in compared.scores] == ["erm", "adversarial"] * 3
    auroc, read = compared.spread("adversarial")
    assert auroc == pytest.approx(stdev([-0.01, -0.012, -0.014]))
    assert read == pytest.approx(0, abs=1e-9)
    assert compared.spread("erm") == (pytest.approx(0), pytest.approx(0.01))
    assert compare(main, []) is None
    without = [record for record in cohort(make, 1) if record.run.method.name != "erm"]
    assert compare(main, [found(without)]) is None


def test_they_stand_beside_the_resolution_and_on_no_page_of_their_own(make: SimpleNamespace, tmp_path: Path) -> None:
    records = [*cohort(make, 0, (0, 1)), *cohort(make, 1), *cohort(make, 2)]
    told: list[str] = []
    build(records, tmp_path, told.append, (0, 1))
    page = (tmp_path / "cxr" / "phantom" / "leaderboard.md").read_text()
    assert "Other training patients (cohorts 0, 1, 2; training seeds 0) move erm by 0.000 in AUROC and 0.010" in page
    assert "adversarial less erm by 0.002 and 0.000" in page
    assert not [path for path in (tmp_path / "cxr" / "phantom").iterdir() if path.is_dir()]
    assert not any("not comparable" in text for text in told)
