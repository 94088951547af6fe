"""A record of schema version 1, ``record.json``, as it was written: small, and with every kind of score in it."""

from __future__ import annotations

from itertools import count
from typing import Any

GROUPS = ("Asian", "Black", "White")
_PLACES = ("metric", "target", "attribute", "group", "view", "probe", "reference", "level", "note")


def _score(value: float | None, split: str, n: int, **about: Any) -> dict[str, Any]:
    around = None if value is None else 0.0123456789012345
    return {
        **dict.fromkeys(_PLACES),
        "value": value,
        "low": None if around is None or value is None else value - around,
        "high": None if around is None or value is None else value + around,
        "n": n,
        "patients": n - 3,
        "split": split,
        **about,
    }


def _diagnosis(every: bool) -> list[dict[str, Any]]:
    race = {"attribute": "race", "target": "macro"}
    found: list[dict[str, Any]] = [
        {"metric": "auroc", "target": "effusion"},
        {"metric": "auroc", "target": "macro"},
        {"metric": "brier", "target": "macro"},
    ]
    if every:
        found += [
            {"metric": "auroc", "group": "Black", **race},
            {"metric": "worst_auroc", "note": "worst: Black", **race},
            {"metric": "auroc_gap", **race},
            {"metric": "equalized_odds_difference", **race},
            {"metric": "underdiagnosis_rate", "target": "no_finding"},
            {"metric": "counterfactual_effect", **race},
            {"metric": "counterfactual_effect", **race, "group": "Asian → Black"},
            {"metric": "counterfactual_shift", **race, "group": "Asian → Black"},
        ]
    return found


def _of_layer(view: str, reference: str | None = None) -> list[dict[str, Any]]:
    of = {"attribute": "race", "view": view, "reference": reference, "probe": "trees"}
    return [
        {"metric": "decodability", **of, "note": "flags: PLANT_MISSED"},
        {"metric": "decodability_conditional", **of},
        {"metric": "v_information", **of, "probe": "logistic"},
        *({"metric": "decodability_ovr", "group": group, **of} for group in GROUPS),
        {"metric": "decodability_worst_pair", "group": "Asian vs Black", **of},
        {"metric": "decodability_hand_till", **of},
        {"metric": "decodability_linear", **of, "probe": None},
        *({"metric": "decodability_probe", **of, "probe": probe} for probe in ("ridge", "trees")),
    ]


def _controls(view: str) -> list[dict[str, Any]]:
    of = {"attribute": "race", "view": view}
    return [
        *({"metric": "decodability_depth", "level": level, **of} for level in (0.01, 1.0)),
        {"metric": "removal_bound", "probe": "logistic", **of},
        *({"metric": "removal", "level": level, "note": "a probe may read more", **of} for level in (0.02, 0.05)),
        {"metric": "decodability_null", "reference": "permuted", "probe": "ridge", **of},
        {"metric": "decodability_random_label", "reference": "random label", **of},
        {"metric": "decodability_plant", "reference": "planted linear, percentile 1", **of},
    ]


def _of_test(n: int, first: int) -> list[dict[str, Any]]:
    kinds = _diagnosis(every=True)
    for view in ("penultimate", "outputs"):
        kinds += [*_of_layer(view), *_controls(view), *_of_layer(view, "untrained")]
    kinds += [*_of_layer("penultimate", "leace"), *_of_layer("stage 1"), *_of_layer("stage 2")]
    numbers = count(first)
    # Numbers with all their digits, each another; of one score there is none.
    made = [_score(1 / next(numbers) + 1 / 3, "test", n, **kind) for kind in kinds]
    return [*made, _score(None, "test", 5, metric="auroc", target="macro", attribute="sex", group="F", note="too few")]


def _data(dataset: str, fingerprint: str, **counts: tuple[int, int]) -> dict[str, Any]:
    cells = [
        {
            "split": split,
            "group": "Black",
            "images": images,
            "patients": patients,
            "positive": {"effusion": 1},
            "negative": {"effusion": images - 1},
        }
        for split, (images, patients) in counts.items()
    ]
    kept = sum(images for images, _ in counts.values())
    return {
        "dataset": dataset,
        "synthetic": True,
        "fingerprint": fingerprint,
        "split_fingerprint": f"split of {fingerprint}",
        "images": {split: images for split, (images, _) in counts.items()},
        "patients": {split: patients for split, (_, patients) in counts.items()},
        "attrition": {
            "rows": kept + 2,
            "excluded": {"view not frontal": 2},
            "kept": kept,
            "patients": sum(patients for _, patients in counts.values()),
            "unknown": {"race": 1},
            "set_to_unknown": {},
            "cells": cells,
        },
        "excluded": {},
        "true_labels": ["effusion"],
    }


_METHOD = {
    "name": "erm",
    "summary": "Plain training.",
    "origin": "erm.py",
    "code": "c0de" * 16,
    "uses_race": "never",
    "hyperparameters": {"lr": 0.003, "warmup": True, "kind": "a", "steps": 3},
    "reference": False,
    "race_free": False,
}
_TASK = {
    "name": "cxr",
    "targets": ["effusion", "no_finding"],
    "protected": "race",
    "groups": list(GROUPS),
    "image_size": 64,
}


def record(
    unit: str | None = None,
    external: bool = True,
    scored: tuple[str, ...] = ("val", "test"),
    id: str = "0123456789abcdef",
) -> dict[str, Any]:
    """The record as JSON. Scored by image, no ``unit`` was written; a study is fewer than its images."""
    scoring = {"replicates": 1000, "version": 1, **({"unit": unit} if unit else {})}
    units = {"val": 70, "test": 90} if unit == "study" else {"val": 100, "test": 130}
    features = [*_of_layer("penultimate")[:1], *_of_layer("outputs")[:1]]
    val = [
        _score(1 / n + 0.4, "val", units["val"], **kind) for n, kind in enumerate([*_diagnosis(False), *features], 7)
    ]
    scores = {"val": val, "test": _of_test(units["test"], 11)}
    flags = [
        "RANDOMISED",
        "INSUFFICIENT",
        "penultimate: PLANT_MISSED",
        "outputs: CONTROL_LEAK",
        "stage 1: UNDERPOWERED",
    ]
    other = {
        "name": "phantom, site south",
        "data": _data("phantom", "fea7", test=(60, 44)),
        "targets": ["effusion"],
        "groups": ["Black", "White"],
        "scoring": scoring,
        "suite_version": 1,
        "flags": ["penultimate: UNDERPOWERED"],
        "scores": _of_test(60, 200),
    }
    return {
        "schema_version": 1,
        "id": id,
        "created": "2026-01-01T00:00:00+00:00",
        "method": _METHOD,
        "task": _TASK,
        "data": _data("phantom", "da7a", train=(400, 300), val=(100, 60), test=(130, 80)),
        "backbone": "resnet_small",
        "seed": 3,
        "trainer": {"max_epochs": 8, "batch_size": 128, "patience": 5, "precision": "32"},
        "training": {
            "epochs": 2,
            "best_epoch": 1,
            "best_auroc": 0.7123456789,
            "curve": [{"train_loss": 0.5, "val_auroc": 0.7}, {"train_loss": 0.4, "val_auroc": 0.7123456789}],
            "seconds": 12.3,
        },
        "scored": list(scored),
        "scoring": scoring,
        "suite_version": 1,
        "flags": flags,
        "scores": [score for split in scored for score in scores[split]],
        "external": [other] if external else [],
        "environment": {"bench": "0.1.0", "device": "x86_64", "packages": {"torch": "2.12"}},
        "seconds": {"images": 1.5, "training": 12.5, "scoring": 20.25, "scoring on phantom, site south": 9.0},
    }
