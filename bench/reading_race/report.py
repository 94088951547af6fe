"""The report of a study: one page, one CSV, one LaTeX file and the figures."""

from __future__ import annotations

from pathlib import Path

from bench.errors import BenchError
from bench.files import write_text
from bench.pages import comma_separated, latex, markdown
from bench.reading_race import document, tables
from bench.reading_race.walk import StudyResults


def write(study: StudyResults) -> list[Path]:
    """Write ``report.md``, ``report.csv``, ``report.tex`` and the figures; returns the files.

    Raises:
        BenchError: when they cannot be written.
    """
    # Here, since the command line has no use for matplotlib before.
    from bench.reading_race import figures

    made = [tables.make(found, study.groups, study.run.config.task.name) for found in study.found]
    out = study.settings.out
    try:
        out.mkdir(parents=True, exist_ok=True)
        drawn = figures.write(study, made, out)
        contents = {
            "report.md": markdown.render(document.page(study, made, drawn)),
            "report.csv": comma_separated.render(document.numbers(study, made)),
            "report.tex": latex.render(document.paper(study, made), "report"),
        }
        for name, content in contents.items():
            write_text(out / name, content)
    except OSError as error:
        raise BenchError(f"The report cannot be written to {out}: {error.strerror or error}.") from error
    return [*(out / name for name in contents), *(out / name for name, _ in drawn)]
