"""A comparison of two matrices as Markdown, for a comment on a pull request or the summary of a CI step."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.render.escaping import markdown as plain
from conformance.render.gate import (
    GROUPS,
    IN_ONE_LINE,
    LISTED,
    MEANING,
    blocked,
    count,
    counted,
    facts,
    in_one_line,
    most,
    observations,
    seen,
    title,
    where,
)
from conformance.results.expectations import lines as stale_lines
from conformance.results.findings import Finding, findings
from conformance.results.gate import Comparison, Kind

MOST = 50  # findings of one table, even if all are asked for: GitHub refuses a comment of more than 65,536 characters


def markdown(found: Comparison, *, whole: bool = False) -> str:
    """Return the comparison for a comment on a pull request or the summary of a CI step."""
    return "\n".join(_markdown(found, whole=whole)) + "\n"


def _markdown(found: Comparison, *, whole: bool) -> Iterator[str]:
    heading = {0: "✓ passed", 1: "✗ failed", 5: "? left open"}[found.exit_code]
    yield f"## Conformance gate: {heading}\n"
    yield f"{counted(found)}.\n"
    yield from (f"- {plain(line)}" for line in facts(found))
    if found.stale:
        yield "\n### Stale expectations\n"
        yield from (f"- {plain(line)}" for line in stale_lines(found.stale))
    for kind in LISTED:
        if not (entries := findings(found, kind)):
            continue
        if kind in IN_ONE_LINE and not whole:
            yield f"\n{plain(in_one_line(kind, entries))}"
            continue
        yield f"\n### {kind.value} ({count(entries)})\n"
        yield f"Cells that {MEANING[kind]}.\n"
        yield "| cells | before | now |"
        yield "|---|---|---|"
        shown = entries[: MOST if whole else most(kind, whole=False)]
        for finding in shown:
            yield from _rows(finding, found, kind, whole=whole)
        if len(entries) > len(shown):
            yield f"\n{len(entries) - len(shown)} more are in the JSON output."


def _rows(finding: Finding, found: Comparison, kind: Kind, *, whole: bool) -> Iterator[str]:
    """Yield the rows of a finding in a table: one for each observation, the first with the cells and what they block."""
    head = "; ".join([title(finding, found, whole=whole), *blocked(finding, kind, whole=whole)])
    groups = observations(finding, whole=whole)
    for group in groups[: None if whole else GROUPS]:
        named = where(group, finding, whole=whole).removesuffix(": ")
        cells = [seen(cell, tokens=kind is Kind.DEARER) for cell in (group[0].before, group[0].after)]
        yield "| " + " | ".join(map(plain, [f"{head}{f' ({named})' if named else ''}", *cells])) + " |"
        head = "the same claims"
