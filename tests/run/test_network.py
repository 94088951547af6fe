"""What a trained network computes: images, their blocks and twins, and studies."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from bench import records, training
from bench.config import compose
from bench.data.cohorts import twins
from bench.leaderboard import build
from bench.records import Record, ScoreFile
from bench.run import arenas, plan, run
from bench.run.arenas import Arena
from bench.run.network import Network
from bench.run.planning import Run
from bench.scoring import Computed, choose_thresholds
from tests.conftest import TINY
from tests.places import ROOT
from tests.run.conftest import by_arena, config


@pytest.mark.parametrize(("method", "flags"), [("erm", []), ("tests/cheats/random_features.py", ["RANDOMISED"])])
def test_blocks_are_read_on_test_and_a_randomised_network_is_flagged(
    tmp_path: Path, few_probes: None, monkeypatch: pytest.MonkeyPatch, method: str, flags: list[str]
) -> None:
    seen: dict[str, Computed] = {}

    def watched(network: Network, arena: Arena, opened):  # type: ignore[no-untyped-def]
        found, seen[arena.name] = compute(network, arena, opened)
        return found, seen[arena.name]

    compute = Network.compute
    monkeypatch.setattr(Network, "compute", watched)
    path = method if method == "erm" else ROOT / method
    outcome = run(compose([*TINY, f"method={path}", "trainer.max_epochs=1", f"runs_dir={tmp_path}"]))
    assert [[f for f in file.flags if f == "RANDOMISED"] for file in outcome.record.files] == [flags, flags]
    assert {name: one.outputs.randomised for name, one in seen.items()} == dict.fromkeys(("val", "test"), bool(flags))
    # Its twins, too, are averages.
    found = seen["test"].twins
    assert found is not None
    assert [outputs.randomised for outputs in found.values()] == [bool(flags)] * 3
    # Nothing but the network itself is read on val patients.
    assert (seen["val"].outputs.blocks, seen["val"].untrained, seen["val"].twins) == ({}, None, None)
    n = outcome.record.run.data.images["test"]
    assert {name: block.shape for name, block in seen["test"].outputs.blocks.items()} == {
        "block 1": (n, 16),
        "block 2": (n, 32),
        "block 3": (n, 128),
    }
    assert not outcome.record.run.method.reference


BY_RACE = """
from bench.method import Method

class ByRace(Method):
    \"\"\"Says the race it is told, and nothing of the image.\"\"\"

    uses_race = "test"

    def encode(self, images):
        return images.flatten(1)[:, :1]

    def classify(self, features, groups):
        return groups.float()[:, None].expand(-1, len(self.spec.targets))
"""


def on_test(planned: Run) -> Computed:
    """What an untrained network of this run computes on test patients."""
    method = planned.build()
    (arena,) = arenas.of(planned, ["test"])
    return Network(planned, method).compute(arena, arena.open())[1]


def test_a_network_that_is_told_race_is_told_the_twins(tmp_path: Path) -> None:
    (tmp_path / "by_race.py").write_text(BY_RACE)
    planned = plan(compose([*TINY, f"method={tmp_path / 'by_race.py'}", f"runs_dir={tmp_path}"]))
    found = on_test(planned).twins
    assert found is not None
    assert [set(np.unique(outputs.logits)) for outputs in found.values()] == [{0.0}, {1.0}, {2.0}]
    assert list(found) == list(planned.cohort.spec.groups)


def test_the_twin_of_an_images_own_race_is_the_image(tiny_runs: Path) -> None:
    planned = plan(config(tiny_runs))
    found = on_test(planned)
    part = planned.cohort.part("test")
    assert found.twins is not None
    own = np.stack([outputs.logits for outputs in found.twins.values()])[part.groups, np.arange(len(part))]
    np.testing.assert_array_equal(own, found.outputs.logits)


def test_a_twin_that_is_the_image_is_not_predicted_again_and_the_others_are_what_they_were(
    tiny_runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned = plan(config(tiny_runs))
    predict, asked = training.predict, []

    def watched(reader, cohort, *rest, **more):  # type: ignore[no-untyped-def]
        asked.append(cohort)
        return predict(reader, cohort, *rest, **more)

    monkeypatch.setattr(training, "predict", watched)
    found, part = on_test(planned), planned.cohort.part("test")
    assert found.twins is not None
    names = part.spec.groups
    others = [cohort for cohort in asked if set(cohort.table["race"]) <= {cohort.table["race"].iloc[0]}]
    assert {cohort.table["race"].iloc[0]: len(cohort) for cohort in others} == {
        name: int((part.groups != code).sum()) for code, name in enumerate(names)
    }
    made = [twins.twin(part, planned.dataset, name) for name in names]
    blocks = np.split(planned.open_images(twins.joined(made)).pixels, len(made))
    channel = Network(planned, planned.build()).channel
    for name, twin, pixels in zip(names, made, blocks, strict=True):
        whole = predict(training.copies(planned.build()), twin, pixels, channel, once=True)
        np.testing.assert_allclose(found.twins[name].logits, whole.logits, rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(found.twins[name].features, whole.features, rtol=1e-5, atol=1e-6)


def test_what_is_kept_says_which_half_of_val_and_val_is_scored_on_the_one_half(
    tmp_path: Path, few_probes: None
) -> None:
    asked = config(tmp_path, "task.patients=700", "trainer.max_epochs=1")
    outcome, planned = run(asked), plan(asked)
    kept = pd.read_parquet(outcome.folder / "predictions.parquet")
    halves = planned.val
    parts = {"fitting": halves.fitting, "choosing": halves.choosing}
    assert kept[kept["split"] == "test"]["part"].isna().all()
    val = kept[kept["split"] == "val"]
    assert val["part"].value_counts().to_dict() == {name: len(part) for name, part in parts.items()}
    key = records.patient_key(tmp_path)
    for name, part in parts.items():
        hashes = records.keyed_hashes(key, part.table["image"])
        assert val[val["part"] == name]["image"].tolist() == hashes
    assert len(np.load(outcome.folder / "features.npy", allow_pickle=False)) == len(kept)
    scored = outcome.record.of("val")
    assert scored is not None
    assert (scored.head.n, scored.head.patients) == (len(halves.choosing), halves.choosing.table["patient"].nunique())
    chosen = val[val["part"] == "choosing"]
    # Val is scored on what is reported.
    reported = chosen.get("reported_effusion", chosen["true_effusion"])
    wanted = roc_auc_score(reported, chosen["logit_effusion"])
    assert scored.find.value("auroc", target="effusion") == pytest.approx(wanted)
    (arena,) = arenas.of(planned, ["test"])
    network = Network(planned, planned.build())
    training.load(network.method, outcome.folder / training.WEIGHTS)
    thresholds = choose_thresholds(halves.choosing, network.on_val[1])
    np.testing.assert_array_equal(network.compute(arena, arena.open())[1].thresholds, thresholds)


def test_the_oracle_sees_no_race_and_its_outputs_do_not_move(
    tmp_path: Path, tiny_record: Record, few_probes: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 1)  # few images: no worker has to start
    outcome = run(compose([*TINY, "method=oracle", "trainer.max_epochs=1", f"runs_dir={tmp_path}"]))
    test = outcome.record.of("test")
    assert test is not None
    moved = [score for score in test.scores if score.metric.startswith("counterfactual")]
    assert {(score.value, score.low, score.high) for score in moved} == {(0.0, 0.0, 0.0)}
    # Its patients, labels and groups are those of every other run: it stands in the same table.
    made, info = outcome.record.run, outcome.record.run.method
    assert made.data == tiny_record.run.data
    assert (info.race_free, info.reference) == (True, True)
    kept = pd.read_parquet(outcome.folder / "predictions.parquet")
    cohort = plan(config(tmp_path)).cohort.part("test")
    assert kept[kept["split"] == "test"]["race"].tolist() == cohort.table["race"].tolist()


def test_without_twins_there_is_no_counterfactual(tmp_path: Path, few_probes: None) -> None:
    record = run(config(tmp_path, "trainer.max_epochs=1", "task.protected=sex")).record
    assert not [score for file in record.files for score in file.scores if "counterfactual" in score.metric]


def test_studies_are_scored_by_the_mean_over_their_images(
    copied: Path, tiny_record: Record, tiny_scores: ScoreFile, few_probes: None
) -> None:
    """In files of their own, beside those by image, which stay as they were."""
    outcome = run(config(copied, "scoring.unit=study"))
    record = outcome.record
    assert record.run == tiny_record.run
    by_study = record.of("test", "study")
    assert by_study is not None
    assert by_study == outcome.scores(config(copied, "scoring.unit=study"))
    found = by_arena(record)
    assert set(found) == {"val.2", "test.2", "val by study.2", "test by study.2"}
    assert {name: found[name] for name in ("val.2", "test.2")} == by_arena(tiny_record)
    kept = pd.read_parquet(outcome.folder / "predictions.parquet")
    assert len(kept[kept["split"] == "test"]) == tiny_scores.head.n
    part = plan(config(copied)).cohort.part("test")
    test = kept[kept["split"] == "test"].assign(study=part.table["study"].to_numpy())
    for target in record.run.task.targets:
        p = 1 / (1 + np.exp(-test[f"logit_{target}"].astype(float)))
        rows = pd.DataFrame({"p": p, "y": test[f"true_{target}"]}).groupby(test["study"])
        expected = roc_auc_score(rows["y"].max(), rows["p"].mean())
        score = by_study.find.one("auroc", target=target)
        assert score is not None
        assert score.value == pytest.approx(expected)
        assert score.n == by_study.head.n == test["study"].nunique() < len(test)
    # Each unit is a table of its own, and no number of one stands in the other's.
    build([record], copied / "out", lambda _: None)
    pages = [page.read_text() for page in (copied / "out").rglob("leaderboard.md")]
    assert sorted("| Scored | studies |" in page for page in pages) == [False, True]
