"""A comparison of two matrices as JSON for programs."""

from __future__ import annotations

from typing import Any

from conformance.results.facts import RunFacts
from conformance.results.gate import VERSION, Change, Comparison, Kind, Moved
from conformance.results.matrix import Cell


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
