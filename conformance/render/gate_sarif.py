"""A comparison of two matrices as SARIF 2.1.0: what deviates in the candidate, for code scanning and other readers of SARIF."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from typing import Any

from conformance.base.observation import printable
from conformance.render.gate import seen, unknown
from conformance.results.findings import findings
from conformance.results.gate import FAILS, Change, Comparison, Kind
from conformance.results.matrix import Cell
from conformance.trial.judge import AGAINST, Verdict

# GitHub shows no result without a file, and takes results for the same if their files and this fingerprint are the same.  So the
# file is one name for all runs, and the fingerprint stands for the cell.
MATRIX = "matrix.json"
SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def sarif(found: Comparison) -> dict[str, Any]:
    """Return a log with a result for each cell that deviates or differs now, not only those that are news.

    A reader closes what is no longer in the log, so what deviates in both runs must stay in it, as "unchanged".  What is expected
    is suppressed.
    """
    against = [change for change in found.changes if change.after and change.after.verdict in AGAINST]
    rules = list(dict.fromkeys(change.after.claim for change in against if change.after))
    documented = {change.after.claim: change.after.documented for change in against if change.after}
    run = {
        "tool": {
            "driver": {
                "name": "llm-conformance",
                "version": found.candidate.suite_version,
                "rules": [{"id": rule, "shortDescription": _text(f"{rule}: {documented[rule]}")} for rule in rules],
            }
        },
        "invocations": [
            {
                "executionSuccessful": not (found.interrupted or found.unjudged or found.is_empty),
                "toolExecutionNotifications": [
                    {"level": "warning", "message": _text(line)} for line in _unknown(found)
                ],
            }
        ],
        "results": [_result(change, change.after, rules) for change in against if change.after],
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _unknown(found: Comparison) -> Iterator[str]:
    """Yield what was not judged, which must not be taken for what is in order."""
    yield from unknown(found)
    for kind in (Kind.LOST, Kind.UNSTABLE):
        if cells := [change.cell for finding in findings(found, kind) for change in finding.changes]:
            yield f"{kind.value}: {', '.join(cells)}"


def _result(change: Change, cell: Cell, rules: list[str]) -> dict[str, Any]:
    model = f"{cell.column}:{cell.model}"
    known = change.before is not None and change.before.verdict in AGAINST and change.kind not in FAILS
    result = {
        "ruleId": cell.claim,
        "ruleIndex": rules.index(cell.claim),
        "level": "error" if cell.verdict is Verdict.DEVIATES else "warning",
        "message": _text(f"{model}: documented {cell.documented}; {seen(cell)}; before: {seen(change.before)}"),
        "locations": [
            {
                "physicalLocation": {"artifactLocation": {"uri": MATRIX}, "region": {"startLine": 1}},
                "logicalLocations": [{"fullyQualifiedName": printable(cell.id)}],
            }
        ],
        "partialFingerprints": {
            "primaryLocationLineHash": f"{sha256(cell.id.encode('utf-8', 'backslashreplace')).hexdigest()[:16]}:1"
        },
        "baselineState": "unchanged" if known else "new",
    }
    if change.kind is Kind.EXPECTED:
        result["suppressions"] = [{"kind": "external", "justification": printable(change.entry)}]
    return result


def _text(text: str) -> dict[str, str]:
    # Readers make a link of [text](address).
    return {"text": printable(text).replace("](", "] (")}
