from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from bench.config import compose
from bench.reading_race import parts, scores
from bench.reading_race.experiment import Unavailable, every
from bench.reading_race.experiments import a1, a2, c1
from bench.reading_race.experiments.histogram import histograms
from bench.reading_race.scores import Judge
from bench.reading_race.study import Study
from bench.records import Score
from bench.run import plan
from tests.conftest import TINY


def test_frequencies_cover_the_papers_grid_and_carry_its_figures(study: Study) -> None:
    study.preset = "full"
    cells = c1.EXPERIMENT.cells(study)
    assert len(cells) == 10 + 10 + 21 + 21
    assert len({c1.EXPERIMENT.label(cell) for cell in cells}) == len(cells)
    white = Score(metric="auroc", value=0.9, n=9, target="White")
    for cell, value in (
        ({"filter": "low-pass", "to": 5}, 0.733),
        ({"filter": "high-pass", "from": 125}, 0.740),
        ({"filter": "notch", "from": 50, "to": 125}, 0.908),
        ({"filter": "notch", "from": 125, "to": 150}, 0.915),
    ):
        published = c1.EXPERIMENT.published(cell, white)
        assert published is not None
        assert published.value == value
    assert dict(c1.curve("high-pass"))[200] == 0.5
    assert c1.EXPERIMENT.published({"filter": "band-pass", "from": 10, "to": 25}, white) is None


def test_figures_are_those_of_the_images_that_are_read() -> None:
    pair = Score(metric="auroc_pair", value=0.8, n=9, attribute="race", group="Black against White")
    black = Score(metric="auroc", value=0.9, n=9, target="Black")
    images, studies = ({"read": read} for read in ("images as they are", "studies, the mean over their images"))
    for task, cell, score, value in (
        ("cxr", images, black, 0.982),
        ("cxr", studies, black, None),
        ("cxr", images, pair, None),
        ("mammo", images, black, None),
        ("mammo", images, pair, 0.78),
        ("mammo", studies, pair, 0.81),
        ("ct", studies, pair, 0.96),
        ("hand", images, pair, 0.87),
        ("hand", images, pair.model_copy(update={"group": "Asian against Black"}), None),
        ("skin", images, black, None),
    ):
        found = a1.EXPERIMENT.published_of(task, cell, score)
        assert (found and found.value) == value, (task, cell, score.group)


def test_a_study_is_read_by_the_mean_over_its_images(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scores, "MIN_IMAGES", 1)
    monkeypatch.setattr(scores, "MIN_PATIENTS", 1)
    assert len(a1.EXPERIMENT.cells(study)) == 1
    # Studies of all the images of a patient: of a chest most have one.
    several = study.test.table["patient"].duplicated(keep=False).to_numpy()
    study.test = study.test.take(np.flatnonzero(several))
    study.test = replace(study.test, table=study.test.table.assign(study=study.test.table["patient"]))
    posteriors = study.posteriors(study.plain.network)[several]
    study.judge, study.plain_posteriors = Judge(study.test), posteriors
    cells = a1.EXPERIMENT.cells(study)
    assert [a1.EXPERIMENT.label(cell) for cell in cells] == [
        "images as they are",
        "studies, the mean over their images",
    ]
    measured = a1.EXPERIMENT.measure(study, cells[1])
    patients = study.test.table["patient"].to_numpy()
    mean = pd.DataFrame(np.exp(posteriors)).groupby(patients).mean()
    race = pd.Series(study.test.table["race"].to_numpy()).groupby(patients).first()
    for k, name in enumerate(study.judge.names):
        (found,) = [score for score in measured.scores if score.target == name]
        assert found.n == len(race)
        assert found.value == pytest.approx(roc_auc_score(race == name, mean[k]))
    assert len([score for score in measured.scores if score.metric == "auroc_pair"]) == 3


def test_full_is_more_than_quick_everywhere(study: Study) -> None:
    for experiment in every().values():
        try:
            experiment.require(study)
            study.preset = "quick"
            quick = experiment.cells(study)
            study.preset = "full"
            full = experiment.cells(study)
        except Unavailable:
            continue
        assert len(quick) <= len(full)
        assert quick
        assert all(experiment.label(cell) for cell in full)


def test_external_validation_trains_on_one_site_and_says_what_is_lost(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With sites that differ in nothing but what the network says of them: the loss is the difference of two AUROCs."""
    for module, name in ((a2, "MIN_IMAGES"), (scores, "MIN_IMAGES"), (scores, "MIN_PATIENTS")):
        monkeypatch.setattr(module, name, 1)
    site = np.where(np.arange(len(study.cohort)) % 2, "north", "south")
    study.cohort = replace(study.cohort, table=study.cohort.table.assign(site=site))
    cells = a2.EXPERIMENT.cells(study)
    assert [a2.EXPERIMENT.label(cell) for cell in cells] == [
        "north → north", "north → south", "south → south", "south → north",
    ]  # fmt: skip
    measured = a2.EXPERIMENT.measure(study, cells[1])
    trained = study.network(pictures=study.pictures.take(site == "north"))
    posteriors = study.posteriors(trained.network)
    judge, tested = Judge(study.test), study.test.table["site"].to_numpy()
    internal, external = (judge.readings(posteriors, tested == name)["macro"].value for name in ("north", "south"))
    by_kind = {(score.reference, score.target): score.value for score in measured.scores}
    assert by_kind[None, "macro"] == pytest.approx(external)
    assert by_kind["loss", "macro"] == pytest.approx(internal - external)
    study.cohort = replace(study.cohort, table=study.cohort.table.drop(columns=["site", "scanner"]))
    with pytest.raises(Unavailable, match="no site or scanner"):
        a2.EXPERIMENT.cells(study)


def test_external_validation_goes_over_the_data_sets_that_are_named(tiny_runs, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MIN_IMAGES", "MIN_PATIENTS"):
        monkeypatch.setattr(scores, name, 1)
    planned = plan(compose([*TINY, "method=erm", "test.bias.race_signal=0", f"runs_dir={tiny_runs}"]))
    study = Study(planned, "quick")
    cells = a2.EXPERIMENT.cells(study)
    other = "phantom, bias.race_signal=0"
    pairs = [(cell["train"], cell["test"]) for cell in cells]
    assert pairs == [("phantom", "phantom"), ("phantom", other), (other, other), (other, "phantom")]
    measured = a2.EXPERIMENT.measure(study, cells[1])
    pictures = study.elsewhere(planned.externals[0])
    expected = Judge(pictures.cohort.part("test")).readings(study.posteriors(study.plain.network, pictures))
    (found,) = [score for score in measured.scores if (score.target, score.reference) == ("macro", None)]
    assert found.value == pytest.approx(expected["macro"].value)
    assert a2.EXPERIMENT.determinants(study) != []


def test_bands_and_cells(study: Study) -> None:
    codes, names = parts.codes(study.test, "bmi")
    bmi = study.test.table["bmi"].to_numpy()
    assert (codes[bmi < 18.5] == 0).all()
    assert (codes[(bmi >= 25) & (bmi < 30)] == names.index("25–30")).all()
    assert (codes[bmi >= 30] == 3).all()
    views, found = parts.codes(study.test, "view")
    assert [found[code] for code in views] == study.test.table["view"].tolist()
    both = parts.cells(study.test, ["bmi", "view"])
    assert len(np.unique(both)) == len({*zip(codes, views, strict=True)})


def test_histograms_are_numpys() -> None:
    rng = np.random.default_rng(0)
    grey, coloured = (rng.integers(0, 256, shape, dtype=np.uint8) for shape in ((3, 8, 8), (3, 8, 8, 3)))
    for i in range(3):
        wanted = np.histogram(grey[i], 256, (0, 256))[0] / 64
        np.testing.assert_allclose(histograms(grey)[i], wanted)
        blue = np.histogram(coloured[i, ..., 2], 256, (0, 256))[0] / 64
        np.testing.assert_allclose(histograms(coloured)[i, 512:], blue)
