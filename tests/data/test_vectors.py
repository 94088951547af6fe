"""Images that are stored as vectors, from their file to a run."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bench.config import compose
from bench.data import vectors
from bench.data.cohorts.chosen import choose
from bench.errors import BenchError
from bench.run import plan, run
from bench.task import VectorFile

_MAPPING = """table: visits.csv
features: {features}
patient: MRN
targets: {{effusion: EFFUSION, cardiomegaly: HEART}}
race: {{column: RACE, values: {{W: White, B: Black, A: Asian}}}}
sex: SEX
age: AGE
"""


@pytest.fixture
def hospital(tmp_path: Path) -> Path:
    """Two images each of 300 patients; effusion and race are in the first two of sixteen numbers."""
    rng, n = np.random.default_rng(0), 300
    patient = np.repeat(np.arange(n), 2)
    race = rng.choice(list("WBA"), n)[patient]
    table = pd.DataFrame(
        {
            "NAME": [f"scan{i:04d}" for i in range(2 * n)],
            "MRN": [f"P{p:04d}" for p in patient],
            "EFFUSION": rng.integers(0, 2, 2 * n),
            "HEART": rng.integers(0, 2, 2 * n),
            "RACE": race,
            "SEX": rng.choice(list("FM"), n)[patient],
            "AGE": rng.integers(20, 90, n)[patient],
        }
    )
    features = rng.normal(size=(2 * n, 16)).astype(np.float32)
    features[:, 0] += 2 * table["EFFUSION"]
    features[:, 1] += 2 * (race == "B")
    table.to_csv(tmp_path / "visits.csv", index=False)
    np.save(tmp_path / "features.npy", features)
    frame = pd.DataFrame(features, columns=[f"f{i}" for i in range(16)]).assign(NAME=table["NAME"])
    frame.sample(frac=1, random_state=1).to_parquet(tmp_path / "features.parquet")
    lists = pd.DataFrame({"NAME": table["NAME"], "embedding": list(features)})
    lists.to_parquet(tmp_path / "lists.parquet")
    (tmp_path / "mapping.yaml").write_text(_MAPPING.format(features="features.npy"))
    return tmp_path


def _told(root: Path, *more: str) -> list[str]:
    short = ["trainer.max_epochs=8", "trainer.batch_size=32", "trainer.threads=1", "scoring.replicates=100"]
    place = ["task=cxr", "task.dataset=csv", f"task.root={root}", f"runs_dir={root / 'runs'}", "logger=none"]
    return [*place, *short, *more]


def _remap(root: Path, features: str) -> None:
    (root / "mapping.yaml").write_text(_MAPPING.format(features=features))


@pytest.mark.parametrize(
    "features",
    ["features.npy", "{file: features.parquet, column: NAME}", "{file: lists.parquet, column: NAME}"],
)
def test_every_row_has_its_own_vector(features: str, hospital: Path) -> None:
    _remap(hospital, features)
    chosen = choose(compose(_told(hospital)).task)
    cohort = chosen.cohort()
    images = chosen.open_images(cohort, None)
    assert cohort.spec.vectors == 16
    raw, table = np.load(hospital / "features.npy"), pd.read_csv(hospital / "visits.csv")
    names = table["NAME"] if "parquet" in features else [f"{i:03d}" for i in range(len(table))]
    place = pd.Series(range(len(table)), index=names)[cohort.table["image"]]
    assert np.array_equal(images.pixels[cohort.rows], raw[place])
    assert (cohort.table["patient"].to_numpy() == table["MRN"][place].to_numpy()).all()


def test_a_run_on_vectors_is_trained_and_scored(hospital: Path) -> None:
    config = compose(_told(hospital, "method=adversarial"))
    assert config.backbone.name == "mlp"
    outcome = run(config)
    found = outcome.scores(config).find
    assert found.one("auroc", target="effusion").value > 0.8
    assert run(config).existed
    np.save(hospital / "features.npy", np.load(hospital / "features.npy") + 1)
    assert plan(config).id != outcome.record.run.id


def test_what_works_on_pixels_says_that_there_are_none(hospital: Path) -> None:
    with pytest.raises(BenchError, match=r"'distortion' works on pixels \(augment\), and data set 'csv'"):
        plan(compose(_told(hospital, "method=distortion")))
    with pytest.raises(BenchError, match="backbone=resnet_small cannot be used: the data set holds vectors"):
        plan(compose(_told(hospital, "backbone=resnet_small"))).build()
    with pytest.raises(BenchError, match="holds pixels"):
        plan(compose(["task=cxr", "task.patients=260", "backbone=mlp"])).build()


def test_rows_whose_vector_is_not_finite_are_counted(hospital: Path) -> None:
    broken = np.load(hospital / "features.npy")
    broken[3, 5] = np.nan
    broken[7] = broken[8]
    np.save(hospital / "features.npy", broken)
    planned = plan(compose(_told(hospital)))
    assert planned.trained_on.excluded["image unreadable: a number of its vector is not finite"] == 1
    assert dict(planned.images.repeated) == {"008": "007"}


def test_files_that_cannot_be_used_are_refused_in_a_paragraph(hospital: Path) -> None:
    def refused(features: str, match: str) -> None:
        _remap(hospital, features)
        with pytest.raises(BenchError, match=match):
            choose(compose(_told(hospital)).task).cohort()

    refused("other.npy", "There is no file")
    refused("visits.csv", "is neither")
    refused("../features.npy", "lies below task.root")
    refused("features.parquet", "needs the column")
    refused("{file: features.parquet, column: MRN}", "has no column 'MRN'")
    np.save(hospital / "short.npy", np.zeros((5, 16)))
    refused("short.npy", "has 600 rows and .* 5: the two must have the same rows")
    np.save(hospital / "flat.npy", np.zeros(600))
    refused("flat.npy", r"holds float64 of shape \(600,\)")
    np.save(hospital / "objects.npy", np.array([{"a": 1}] * 600), allow_pickle=True)
    refused("objects.npy", "is not an array of numbers")
    (hospital / "cut.parquet").write_bytes((hospital / "features.parquet").read_bytes()[:500])
    refused("{file: cut.parquet, column: NAME}", "cannot be read as parquet")
    frame = pd.read_parquet(hospital / "features.parquet")
    pd.concat([frame, frame.head(1)]).to_parquet(hospital / "twice.parquet")
    refused("{file: twice.parquet, column: NAME}", "holds 1 images twice")
    frame.assign(word="a").to_parquet(hospital / "words.parquet")
    refused("{file: words.parquet, column: NAME}", "columns that are no numbers: word")
    frame.assign(NAME="x" + frame["NAME"]).to_parquet(hospital / "others.parquet")
    refused("{file: others.parquet, column: NAME}", "None of the images")
    _remap(hospital, "features.npy\nimage: NAME")
    with pytest.raises(BenchError, match="either image, the column of the image files, or features"):
        choose(compose(_told(hospital)).task).cohort()


def test_images_that_have_no_vector_are_left_out_and_counted(hospital: Path) -> None:
    pd.read_parquet(hospital / "features.parquet").iloc[10:].to_parquet(hospital / "some.parquet")
    _remap(hospital, "{file: some.parquet, column: NAME}")
    cohort = choose(compose(_told(hospital)).task).cohort()
    assert cohort.excluded["features missing"] == 10
    assert vectors.read(VectorFile(hospital / "some.parquet", "NAME"))[1].shape[1] == 16
