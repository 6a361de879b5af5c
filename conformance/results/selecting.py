"""A part of a finished matrix, selected by patterns of claims and cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from conformance.contract.selection import check, covered
from conformance.results.matrix import Matrix


def select(matrix: Matrix, patterns: Sequence[str]) -> Matrix:
    """Return the matrix with the cells that the patterns cover; raises UsageError for a pattern that covers none."""
    check(patterns, (cell.id for cell in matrix.cells))
    return replace(matrix, cells=tuple(cell for cell in matrix.cells if covered(patterns, cell.id)))
