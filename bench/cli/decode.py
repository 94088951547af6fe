"""``bench decode``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def decode(
    files: Annotated[
        list[Path],
        typer.Argument(
            help="NumPy files of features, one a network (.npy: one layer; .npz: several), and last the table of the "
            "same rows, with the columns named below"
        ),
    ],
    group: Annotated[
        list[str] | None, typer.Option(help="column of a group to be read, blank cells left out; repeatable")
    ] = None,
    unknown: Annotated[
        list[str] | None, typer.Option(help="a word that stands for unknown, left out of groups: NA; repeatable")
    ] = None,
    patient: Annotated[str, typer.Option(help="column of the patient")] = "patient",
    given: Annotated[
        str, typer.Option(help="columns of the diagnosis, typed by their values: label,view,sex,age")
    ] = "",
    known: Annotated[str, typer.Option(help="columns of what else is known: bmi,site,scanner")] = "",
    seed: Annotated[int, typer.Option(help="of splits, probes and controls")] = 0,
    fast: Annotated[bool, typer.Option("--fast", help="linear probes and the headline only")] = False,
    out: Annotated[Path | None, typer.Option(help="JSON file for every score")] = None,
) -> None:
    """How well groups can be read from anyone's features: bench decode features.npy labels.csv."""
    import json

    from bench.errors import BenchError
    from bench.files import write_text
    from bench.pages import terminal
    from bench.scoring import from_files
    from bench.scoring.decodability.files import read_features, read_labels
    from bench.scoring.suites import V2
    from bench.terminal import say, step

    *of_networks, table = files
    if not of_networks:
        raise BenchError(
            f"bench decode takes one file of features or more, and the table of the same rows; it got {table} alone."
        )
    networks = from_files.named(of_networks, [read_features(path) for path in of_networks])
    diagnosis, others = ([name.strip() for name in text.split(",") if name.strip()] for text in (given, known))
    labels = read_labels(table, from_files.rows(networks), group or ["race"], patient, diagnosis, others, unknown or [])
    report: dict[str, object] = {"suite_version": V2.version, "attributes": {}}
    for attribute in labels.attributes:
        for line in from_files.told(labels, attribute):
            say(line)
        with step("decoding", {}):
            compared = from_files.compare(networks, labels, attribute, V2, seed, fast, say)
        for page in from_files.documents(compared):
            terminal.show(page)
        report["attributes"] |= {attribute.name: compared.report(labels)}  # type: ignore[operator]
    if out:
        write_text(out, json.dumps(report, indent=1))
        typer.echo(out)
