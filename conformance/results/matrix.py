"""The matrix: cases folded into cells, with the facts of the run.

Folding, counting and the one document form (schema: schemas/data/matrix) live here.  No format for people does.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from conformance.base.observation import Reason, Seen
from conformance.contract.claims import Case
from conformance.trial.judge import FOLDING, Verdict
from conformance.trial.trial import Outcome, stopped

VERSION = 1
_SEEN = tuple(seen.value for seen in Seen)


@dataclass(frozen=True)
class Result:
    """One case and what became of it, as plain words: this is what travels between processes."""

    case: str
    claim: str
    column: str
    model: str
    documented: str
    says: str
    level: str
    observed: str | None
    measured: str | None
    verdict: str
    detail: str
    evidence: tuple[str, ...] = ()
    seconds: float = 0.0
    recorded: bool = False  # whether the verdict is that of the recorded run which this one answers from


@dataclass(frozen=True)
class Cell:
    """All cases of one claim for one model.

    `observed` is the word of the case that decided, `counts` the cases per verdict, `seen` the word of each case by its value
    where there are several.
    """

    claim: str
    column: str
    model: str
    documented: str
    says: str
    level: str
    observed: str | None
    measured: str | None
    verdict: str
    detail: str
    evidence: tuple[str, ...]
    counts: dict[str, int] = field(hash=False)
    seen: dict[str, str] = field(hash=False, default_factory=dict)

    @property
    def id(self) -> str:
        return f"{self.claim}@{self.column}:{self.model}"

    @property
    def parameter(self) -> str:
        return self.claim.split(".")[1]


@dataclass(frozen=True)
class Matrix:
    """The facts of a run and all its cells, in the contract's order."""

    run: dict[str, Any]
    cells: tuple[Cell, ...]

    def counts(self) -> dict[str, int]:
        """Cells per verdict, worst first."""
        counted = Counter(cell.verdict for cell in self.cells)
        return {verdict.value: counted[verdict] for verdict in FOLDING if counted[verdict]}

    def cells_by_claim(self) -> list[tuple[str, list[Cell]]]:
        """Cells of all models per claim, in the contract's order."""
        groups: dict[str, list[Cell]] = {}
        for cell in self.cells:
            groups.setdefault(cell.claim, []).append(cell)
        return list(groups.items())

    def document(self) -> dict[str, Any]:
        cells = [{**asdict(cell), "evidence": list(cell.evidence)} for cell in self.cells]
        return {"schema": VERSION, "run": self.run, "cells": cells}

    @classmethod
    def from_document(cls, data: Mapping[str, Any]) -> Matrix:
        """The matrix that `document` wrote."""
        return cls(
            dict(data["run"]), tuple(Cell(**{**row, "evidence": tuple(row["evidence"])}) for row in data["cells"])
        )


def result(case: Case, outcome: Outcome) -> Result:
    """What travels of a case and its outcome."""
    seen = outcome.observation
    return Result(
        case=case.id,
        claim=case.claim.id,
        column=case.model.column,
        model=case.model.id,
        documented=case.rule.documented,
        says=case.rule.says.value,
        level=case.rule.level.value,
        observed=seen.seen.value if seen else None,
        measured=seen.measured if seen else None,
        verdict=outcome.verdict.value,
        detail=outcome.detail,
        evidence=outcome.evidence,
        seconds=round(outcome.seconds, 6),
        recorded=outcome.reason is Reason.RECORDED,
    )


def complete(
    planned: Iterable[Case], results: Mapping[str, Result], unreported: Mapping[str, Sequence[str]] | None = None
) -> list[Result]:
    """A result for every planned case, in plan order; what was not reported is blocked, with the evidence it had by then."""
    evidence = unreported or {}
    return [
        results.get(case.id) or result(case, replace(stopped(), evidence=tuple(evidence.get(case.id, ()))))
        for case in planned
    ]


def fold(results: Iterable[Result]) -> tuple[Cell, ...]:
    """Cells from results: the worst case decides, a measured limit comes from any case.

    Worst is the verdict, then what was seen (a refused end counts more than an honoured one), then the contract's order.
    """
    groups: dict[tuple[str, str, str], list[Result]] = {}
    for each in results:
        groups.setdefault((each.claim, each.column, each.model), []).append(each)
    return tuple(_cell(group) for group in groups.values())


def _rank(each: Result) -> tuple[int, int]:
    """Worst first."""
    return FOLDING.index(Verdict(each.verdict)), -_SEEN.index(each.observed) if each.observed in _SEEN else 0


def _cell(group: list[Result]) -> Cell:
    worst = min(group, key=_rank)
    counted = Counter(each.verdict for each in group)
    return Cell(
        claim=worst.claim,
        column=worst.column,
        model=worst.model,
        documented=worst.documented,
        says=worst.says,
        level=worst.level,
        observed=worst.observed,
        measured=next((each.measured for each in group if each.measured), None),
        verdict=worst.verdict,
        detail=_detail(worst, alone=len(group) == 1),
        evidence=tuple(dict.fromkeys(evidence for each in [worst, *group] for evidence in each.evidence)),
        counts={verdict.value: counted[verdict] for verdict in FOLDING if counted[verdict]},
        seen={_value(each): each.observed or each.verdict for each in group} if len(group) > 1 else {},
    )


def _value(result: Result) -> str:
    """What makes a case one of several: its value, its mode, or both."""
    return result.case.partition("=")[2]


def _detail(deciding: Result, *, alone: bool) -> str:
    """What the deciding case showed, after its value where the cell has several; what was not asked is about no value."""
    value = _value(deciding)
    return deciding.detail if alone or not value or deciding.observed is None else f"{value}: {deciding.detail}"
