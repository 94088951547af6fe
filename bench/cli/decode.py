"""``bench decode``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def decode(
    features: Annotated[Path, typer.Argument(help="NumPy file with an array (images, features)")],
    labels: Annotated[Path, typer.Argument(help="CSV table of the same rows, with the columns named below")],
    group: Annotated[str, typer.Option(help="column of the group to be read; blank cells are left out")] = "race",
    unknown: Annotated[
        list[str] | None, typer.Option(help="a word in that column for an unknown group, left out too: NA; repeatable")
    ] = None,
    patient: Annotated[str, typer.Option(help="column of the patient")] = "patient",
    strata: Annotated[str, typer.Option(help="columns of what may explain the group: label,view,sex")] = "",
    seed: Annotated[int, typer.Option(help="of splits, probes and controls")] = 0,
    fast: Annotated[bool, typer.Option("--fast", help="linear probes and the headline only")] = False,
    out: Annotated[Path | None, typer.Option(help="JSON file for every score")] = None,
) -> None:
    """How well the group can be read from anyone's features: bench decode features.npy labels.csv."""
    import json

    import numpy as np

    from bench.files import write_text
    from bench.pages import terminal
    from bench.records import FEATURES, NETWORK, Scores
    from bench.scoring import decodability, document, readings
    from bench.scoring.decodability import files
    from bench.scoring.suites import V2
    from bench.terminal import say, step

    columns = [name.strip() for name in strata.split(",") if name.strip()]
    data = files.read(features, labels, group, patient, columns, unknown or [])
    for reason, n in data.left_out.items():
        say(f"left out: {n:,} of {len(data.groups):,} images, whose {reason}")
    known = [
        f"{name!r} ({n:,})"
        for name, n in zip(data.names, np.bincount(data.groups + 1, minlength=len(data.names) + 1)[1:], strict=True)
    ]
    say(f"read as {group}: {', '.join(known)}")
    with step("decoding", {}):
        found = decodability.decode(
            {FEATURES: data.features},
            data.groups,
            data.patients,
            data.strata,
            suite=V2,
            group_names=data.names,
            seed=seed,
            fast=fast,
            tell=say,
        )
    scores = [score for one in found.values() for score in readings.scores(one, attribute=group)]
    raised = {layer: one.flags for layer, one in found.items()}
    shown = [flag if layer == NETWORK else f"{layer}: {flag}" for layer, names in raised.items() for flag in names]
    terminal.show(document.document(Scores(scores, group), shown))
    if out:
        # What is read here is no layer of a network we know.
        rows = [score.model_dump(exclude={"layer", "target"}) for score in scores]
        report = {
            "suite_version": V2.version,
            "flags": shown,
            "left_out": dict(data.left_out),
            "scores": rows,
        }
        write_text(out, json.dumps(report, indent=1))
        typer.echo(out)
