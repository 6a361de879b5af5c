"""The matrix as CSV (RFC 4180): a header and one row per cell, for spreadsheets and data frames."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from typing import Any

from conformance.base.observation import printable
from conformance.results.matrix import Cell, Matrix

COLUMNS = (
    "target", "claim", "parameter", "column", "model", "documented", "says", "level",
    "observed", "measured", "verdict", "detail", "evidence", "counts", "seen", "surface", "reason", "looks", "against", "noticed",
    "cause", "wider",
)  # fmt: skip
# A spreadsheet computes a cell that begins with one of these, the full-width forms included; a reply could then run a formula.
_READ_AS_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")


def render(matrix: Matrix) -> str:
    """Return the whole table; the same matrix gives the same text."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    writer.writerows([_field(value) for value in _row(cell, matrix.run.target)] for cell in matrix.cells)
    return buffer.getvalue()


def _row(cell: Cell, target: str) -> list[Any]:
    words = [target, cell.claim, cell.parameter, cell.column, cell.model, cell.documented, cell.says, cell.level]
    seen = [cell.observed, cell.measured, cell.verdict, cell.detail, " ".join(cell.evidence), cell.counts, cell.seen]
    looks = [cell.looks.count, cell.looks.against, cell.looks.noticed] if cell.looks else [None, None, None]
    added = [cell.surface, cell.reason, *looks, cell.cause, "true" if cell.wider else "false"]
    return [*words, *seen, *added]


def _field(value: Any) -> str:
    """Return a value for CSV: None is empty, an object is JSON, and a text that looks like a formula gets an apostrophe."""
    if value is None:
        return ""
    if isinstance(value, Mapping):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    text = printable(str(value))
    return f"'{text}" if text.lstrip(" '").startswith(_READ_AS_FORMULA) or text.startswith("'") else text
