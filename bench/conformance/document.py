"""What ``bench check`` shows: what holds of a method, what does not and how to mend it, and what it costs."""

from __future__ import annotations

from bench.conformance.checking import Finding, Report
from bench.pages.document import Block, Cell, Column, Document, Facts, Mark, Paragraph, Section, Styled, Text, single

_COLUMNS = (Column("", "center"), Column("what must hold"), Column("what does not"), Column("how to mend it"))


def document(report: Report, name: str) -> Document:
    """The findings in a table, and the costs."""
    rows = [_row(finding) for finding in report.findings]
    blocks: list[Block] = [single(_COLUMNS, rows)]
    failed = sum(not finding.holds for finding in report.findings)
    said = f"{failed} of {len(rows)} do not hold." if failed else f"All {len(rows)} hold."
    blocks.append(Paragraph(said))
    sections = [Section(tuple(blocks))]
    if report.cost is not None:
        sections.append(Section((Facts(_costs(report)),), "What it costs on a small cohort"))
    return Document(tuple(sections), name)


def _row(finding: Finding) -> tuple[Cell, ...]:
    what: Cell = Styled(finding.what, "alarm") if finding.what else ""
    return Mark(finding.holds, "✓"), finding.check.title, what, finding.mend


def _costs(report: Report) -> tuple[tuple[str, Text], ...]:
    cost = report.cost
    assert cost is not None
    each = max(cost.images, 1)
    ways = f"{cost.forward / each:.2f} forward, {cost.backward / each:.2f} backward, {cost.other / each:.2f} of others"
    return (
        ("Image passes", f"{cost.relative:.2f} × plain training (an image learnt from: {ways})"),
        ("Parameters beside encoder and head", f"{cost.extra_parameters:,}"),
        ("CPU time", f"{report.seconds / max(report.plain_seconds, 1e-9):.1f} × plain training, on images of 16 px"),
    )
