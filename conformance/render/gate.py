"""A comparison of two matrices as text for a terminal, as Markdown for a pull request, and as JSON for programs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from conformance.base.money import Usage
from conformance.base.observation import printable
from conformance.render.escaping import markdown as plain
from conformance.render.signs import counts_in_words
from conformance.results.expectations import lines as stale_lines
from conformance.results.facts import RunFacts
from conformance.results.gate import VERSION, Change, Comparison, Kind, Moved, dearer
from conformance.results.matrix import Cell

LISTED = (
    Kind.REGRESSED,
    Kind.CONSEQUENCE,
    Kind.LOST,
    Kind.UNSTABLE,
    Kind.FIXED,
    Kind.CHANGED,
    Kind.REVISED,
    Kind.DEARER,
    Kind.EXPECTED,
    Kind.STANDING,
)
MEANING = {
    Kind.REGRESSED: "deviate now and did not before, or not as often",
    Kind.CONSEQUENCE: "are blocked by a claim that deviates; only that claim is counted",
    Kind.LOST: "were judged before and are not now",
    Kind.UNSTABLE: "were judged before; now their answers contradict each other",
    Kind.FIXED: "deviated before and do not now",
    Kind.CHANGED: "are not against the contract, and something else was seen than before",
    Kind.REVISED: "show what they showed before; the contract says something else",
    Kind.DEARER: "show what they showed before, and take more tokens for it",
    Kind.EXPECTED: "deviate as expected",
    Kind.STANDING: "deviate now as before",
}
RESULTS = {0: "passed", 1: "FAILED", 5: "left open: nothing got worse that is known, but not enough is known"}
MOST = 50  # rows of one table in Markdown: GitHub refuses a comment of more than 65,536 characters


def text(found: Comparison) -> str:
    """Return the comparison for a terminal."""
    return "\n".join(printable(line, keep="\n") for line in _text(found)) + "\n"


def markdown(found: Comparison) -> str:
    """Return the comparison for a comment on a pull request or the summary of a CI step."""
    return "\n".join(_markdown(found)) + "\n"


def document(found: Comparison) -> dict[str, Any]:
    """Return the comparison for programs (schema: schemas/data/gate)."""
    return {
        "schema": VERSION,
        "exit_code": found.exit_code,
        "baseline": _run(found.baseline),
        "candidate": _run(found.candidate),
        "moved": [_moved(moved) for moved in found.moved],
        "counts": found.counts(),
        "changes": [_row(change) for change in found.changes if change.kind is not Kind.SAME],
        "stale": [vars(entry) for entry in found.stale],
    }


def _text(found: Comparison) -> Iterator[str]:
    yield from _facts(found)
    for line in stale_lines(found.stale):
        yield f"stale expectation: {line}"
    for kind in LISTED:
        changes = found.of(kind)
        if changes:
            yield f"\n{kind.value} ({len(changes)}), cells that {MEANING[kind]}:"
            yield from (f"  {change.cell}\n    {_change(change)}" for change in changes)
    new = found.of(Kind.NEW)
    if new:
        yield f"\nnew ({len(new)}): {', '.join(change.cell for change in new[:5])}{' ...' if len(new) > 5 else ''}"
    yield f"\ngate: {RESULTS[found.exit_code]} ({_counted(found)})"


def _counted(found: Comparison) -> str:
    """Return the counts that the exit code depends on."""
    stale = len(found.stale)
    entries = {f"stale expectation{'' if stale == 1 else 's'}": stale} if stale else {}
    return counts_in_words({**entries, **found.counts()})


def _facts(found: Comparison) -> Iterator[str]:
    """Yield lines about the two runs, those about changes of the provider first."""
    for moved in found.moved:
        yield (
            f"the provider moved: {moved.model}{f' on {moved.surface}' if moved.surface else ''} {_WORDS[moved.what]} "
            f"{moved.before!r} before and {moved.after!r} now; what changed may not be the gateway's"
        )
    for name, run in (("baseline", found.baseline), ("candidate", found.candidate)):
        yield (
            f"{name}: {run.target} {run.target_version or 'of unknown version'} at {run.base_url}, "
            f"contract {run.contract.name} {run.contract.digest}, suite {run.suite_version}, {run.started}"
        )
    if found.baseline.contract.digest != found.candidate.contract.digest:
        yield "the contract changed between the two: a verdict may differ though the gateway does not"
    for model in found.unjudged:
        yield f"nothing was judged of {model} in the candidate; see why in its run, and run it again"
    for name in found.interrupted:
        yield f"the {name} was stopped before its end; run it again"


_WORDS = {"echoed": "called itself", "fingerprint": "had the fingerprint"}


def _change(change: Change) -> str:
    """Return a cell before and now, with what was observed."""
    if change.kind is Kind.DEARER and change.before and change.after:
        return str(dearer(change.before, change.after))
    return f"{_cell(change.before)} -> {_cell(change.after)}" + (f" [{change.entry}]" if change.entry else "")


def _cell(cell: Cell | None, *, tokens: bool = False) -> str:
    if cell is None:
        return "not there"
    limit = f", measured {cell.measured}" if cell.measured else ""
    if tokens:
        used = cell.tokens or Usage()
        return f"{used.prompt_tokens} prompt and {used.completion_tokens} answer tokens in {used.requests} replies"
    return f"{cell.verdict} ({cell.observed or 'nothing seen'}{limit}: {cell.detail[:160]})"


def _markdown(found: Comparison) -> Iterator[str]:
    title = {0: "✓ passed", 1: "✗ failed", 5: "? left open"}[found.exit_code]
    yield f"## Conformance gate: {title}\n"
    yield f"{_counted(found)}.\n"
    yield from (f"- {plain(line)}" for line in _facts(found))
    if found.stale:
        yield "\n### Stale expectations\n"
        yield from (f"- {plain(line)}" for line in stale_lines(found.stale))
    for kind in LISTED:
        changes = found.of(kind)
        if changes:
            tokens = kind is Kind.DEARER
            yield f"\n### {kind.value} ({len(changes)})\n"
            yield f"Cells that {MEANING[kind]}.\n"
            yield "| cell | before | now |"
            yield "|---|---|---|"
            yield from (
                f"| {plain(change.cell)} | {plain(_cell(change.before, tokens=tokens))} "
                f"| {plain(_cell(change.after, tokens=tokens))} |"
                for change in changes[:MOST]
            )
            if len(changes) > MOST:
                yield f"\n{len(changes) - MOST} more are in the JSON output."


def _run(run: RunFacts) -> dict[str, Any]:
    facts = run.document()
    names = ("target", "target_version", "base_url", "contract", "suite_version", "started")
    return {name: facts[name] for name in names}


def _moved(moved: Moved) -> dict[str, str]:
    """Return a changed model for JSON, with its surface if it was tested on several."""
    return {name: value for name, value in vars(moved).items() if value is not None}


def _row(change: Change) -> dict[str, Any]:
    return {
        "cell": change.cell,
        "kind": change.kind.value,
        "before": _seen(change.before),
        "after": _seen(change.after),
        "expectation": change.entry or None,
    }


def _seen(cell: Cell | None) -> dict[str, Any] | None:
    if cell is None:
        return None
    facts = cell.document()
    return {name: facts[name] for name in ("verdict", "observed", "measured", "detail", "seen", "tokens")}
