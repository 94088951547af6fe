"""One tiny study, walked once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import TINY

#: No forest (B5, slow for its size): it is tested by itself.
EXPERIMENTS = "A1,A2,A3,B2,B4,C1,C2,C3,C4,C5,histogram,occlusion,organ,strata"


def study_options(runs: Path, out: Path) -> list[str]:
    return [*TINY, f"experiments={EXPERIMENTS}", "preset=quick", f"runs_dir={runs}", f"out={out}"]


@pytest.fixture(scope="session")
def walked(tiny_runs: Path, tmp_path_factory: pytest.TempPathFactory):  # type: ignore[no-untyped-def]
    """The study's results, beside the finished run of the baseline that A3 reads, and the report's files."""
    from bench.reading_race import report, settings
    from bench.reading_race.walk import walk

    out = tmp_path_factory.mktemp("report")
    study = walk(settings.parse(study_options(tiny_runs, out)))
    return study, report.write(study)


@pytest.fixture
def study(tiny_runs: Path):  # type: ignore[no-untyped-def]
    """The tiny cohort's study, fresh, with nothing read or trained yet."""
    from bench.config import compose
    from bench.reading_race.study import Study
    from bench.run import plan

    return Study(plan(compose([*TINY, "method=erm", f"runs_dir={tiny_runs}"])), "quick")
