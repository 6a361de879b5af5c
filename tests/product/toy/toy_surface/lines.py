"""A format of somebody else's package: a line for each cell."""

from conformance.render import Format
from conformance.results.matrix import Matrix


def render(matrix: Matrix) -> str:
    """Return the claims and their verdicts."""
    return "".join(f"{cell.claim}: {cell.verdict}\n" for cell in matrix.cells)


FORMAT = Format("lines.txt", render)
