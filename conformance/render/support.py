"""What works on which model, for programs: per parameter whether it works, the measured limit, and the verdicts behind it.

The format is described by schemas/data/support.  A finished matrix is summed up here; nothing is judged again.
"""

from __future__ import annotations

import json
from typing import Any

from conformance.base.observation import Seen
from conformance.contract.claims import Says
from conformance.render.escaping import one_line
from conformance.results.facts import ContractFacts
from conformance.results.grouping import titles
from conformance.results.matrix import Cell, Matrix
from conformance.trial.judge import AGAINST, Verdict

VERSION = 1
_HELD = AGAINST | {Verdict.CONFORMS}  # held against something that the contract says
_UNKNOWN = frozenset({Verdict.INCONCLUSIVE, Verdict.BLOCKED})


def render(matrix: Matrix) -> str:
    """Return the whole document; the same matrix gives the same text."""
    return json.dumps(document(matrix), indent=1, ensure_ascii=False) + "\n"


def document(matrix: Matrix) -> dict[str, Any]:
    """Return the facts of the run, then each model with its parameters in the contract's order."""
    run, named = matrix.run, titles(matrix.cells)
    models: dict[str, dict[str, list[Cell]]] = {}
    for cell in matrix.cells:
        parameters = models.setdefault(one_line(f"{cell.column}:{cell.model}"), {})
        parameters.setdefault(named[cell.surface, cell.parameter], []).append(cell)
    return {
        "schema": VERSION,
        "target": one_line(run.target),
        "target_version": _text(run.target_version),
        "contract": _contract(run.contract),
        "suite_version": run.suite_version,
        "date": run.ended[:10],
        "whole": run.whole,
        "models": {
            model: {name: _parameter(cells) for name, cells in parameters.items()}
            for model, parameters in models.items()
        },
    }


def _parameter(cells: list[Cell]) -> dict[str, Any]:
    usable = works(cells)
    limits = [cell.measured for cell in cells if cell.measured and cell.verdict not in _UNKNOWN]
    return {
        "works": usable,
        "effect_seen": any(_holds(cell) and cell.observed is Seen.HONOURED for cell in cells),
        "limit": _text(limits[0]) if limits and usable else None,
        "refuses_invalid": _refuses(cells),
        "wider": any(cell.wider for cell in cells),
        "claims": {cell.claim: cell.verdict.value for cell in cells},
    }


def works(cells: list[Cell]) -> bool | str | None:
    """Return whether a client can use the parameter: True, False, "partial", or None if that is not known.

    Cells that were not tested, not answered or only noted never count as working.
    """
    holds = [cell for cell in cells if _holds(cell)]
    fails = [cell for cell in cells if _fails(cell)]
    if holds and fails:
        return "partial"
    if fails:
        return False
    unknown = any(cell.says is Says.SUPPORTED and cell.verdict in _UNKNOWN for cell in cells)
    seen = any(cell.observed is Seen.HONOURED for cell in holds)
    return True if seen or (holds and not unknown) else None


def _holds(cell: Cell) -> bool:
    """Return whether a use of the parameter works, as documented or although it is documented to have no effect."""
    if cell.says is Says.SUPPORTED:
        return cell.verdict is Verdict.CONFORMS
    return cell.says is Says.WITHOUT_EFFECT and cell.verdict in AGAINST and cell.observed is Seen.HONOURED


def _fails(cell: Cell) -> bool:
    """Return whether a use of the parameter does not work, against the documentation or just as it says."""
    if cell.says is Says.SUPPORTED:
        return cell.verdict in AGAINST
    return cell.says is Says.WITHOUT_EFFECT and cell.verdict in _HELD and cell.observed is not Seen.HONOURED


def _refuses(cells: list[Cell]) -> bool | None:
    """Return whether everything is refused that has to be; None if nothing of the kind was judged."""
    judged = [cell.verdict for cell in cells if cell.says is Says.REFUSED and cell.verdict in _HELD]
    return all(verdict is Verdict.CONFORMS for verdict in judged) if judged else None


def _contract(contract: ContractFacts) -> dict[str, Any]:
    surfaces = [one_line(surface) for surface in contract.surfaces]
    return {"name": one_line(contract.name), "surfaces": surfaces, "digest": one_line(contract.digest)}


def _text(text: str | None) -> str | None:
    return None if text is None else one_line(text)
