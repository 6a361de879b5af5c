"""The matrix: cases folded into cells, with the facts of the run.

Folding, counting and the JSON form (schema: schemas/data/matrix) live here; formats for people are in render/ and site/.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any

from conformance.base.money import Usage, total
from conformance.base.observation import Observation, Reason, Seen, make_printable
from conformance.contract.claims import Case, Level, Says
from conformance.results.facts import RunFacts
from conformance.results.limits import exceeds
from conformance.trial.judge import AGAINST, FOLDING, Verdict
from conformance.trial.odds import Looks
from conformance.trial.trial import Outcome, stopped

VERSION = 1
_SEEN = tuple(Seen)
_WITHHELD = frozenset({Says.REFUSED, Says.WITHOUT_EFFECT})  # what a client must not get
_WORDS: Mapping[str, Seen | Verdict] = {word.value: word for word in (*Seen, *Verdict)}


@dataclass(frozen=True)
class Result:
    """One case and its verdict; it travels from a worker of pytest-xdist to the controller as a document."""

    case: str
    claim: str
    column: str
    model: str
    documented: str
    says: Says
    level: Level
    observed: Seen | None
    measured: str | None
    verdict: Verdict
    detail: str
    evidence: tuple[str, ...] = ()
    seconds: float = 0.0
    reason: Reason | None = None
    looks: Looks | None = None
    tokens: Usage | None = None
    value: str = ""
    cause: str | None = None
    wider: bool = False

    @property
    def against(self) -> bool:
        """Whether the case is against the contract."""
        return self.verdict in AGAINST

    def document(self) -> dict[str, Any]:
        """Return the result as plain values that any serialiser takes."""
        return {name: _plain(value) for name, value in vars(self).items()}

    @classmethod
    def from_document(cls, data: Mapping[str, Any]) -> Result:
        """Return the result that `document` wrote."""
        return cls(
            **{
                **data,
                **_words(data),
                "evidence": tuple(data["evidence"]),
                "reason": _reason(data),
                "looks": _looks(data),
                "tokens": _tokens(data),
            }
        )


@dataclass(frozen=True)
class Cell:
    """All cases of one claim on one model.

    `observed`, `detail` and `reason` are those of the case that decided the verdict.  `counts` are the cases per verdict, `seen`
    is the observation of each case by its value if there are several; a case that was not tested has its verdict there.
    `tokens` are those that the replies to their own requests were billed for.  `cause` is the claim, of the same model, whose
    failure blocks the cell.  `wider` says that a case showed more than is documented: what is to be refused or to
    have no effect is honoured, or a limit beyond the documented range was measured.  Every text in it is printable, whoever wrote
    the file that it was read from.
    """

    claim: str
    column: str
    model: str
    documented: str
    says: Says
    level: Level
    observed: Seen | None
    measured: str | None
    verdict: Verdict
    detail: str
    evidence: tuple[str, ...]
    counts: Mapping[Verdict, int] = field(hash=False)
    seen: Mapping[str, Seen | Verdict] = field(hash=False, default_factory=dict)
    reason: Reason | None = None
    looks: Looks | None = None
    tokens: Usage | None = None
    cause: str | None = None
    wider: bool = False

    def __post_init__(self) -> None:
        make_printable(self)

    @property
    def id(self) -> str:
        return f"{self.claim}@{self.column}:{self.model}"

    @property
    def surface(self) -> str:
        return self.claim.split(".")[0]

    @property
    def parameter(self) -> str:
        return self.claim.split(".")[1]

    def document(self) -> dict[str, Any]:
        """Return the cell as matrix.json has it; only a blocked cell has a cause."""
        values = {name: _plain(value) for name, value in vars(self).items()}
        return {name: value for name, value in values.items() if name != "cause" or value is not None}

    @classmethod
    def from_document(cls, data: Mapping[str, Any]) -> Cell:
        """Return the cell that `document` wrote; of an older run, the texts tell its reason, its cause and what is wider."""
        cell = cls(
            **{
                **data,
                **_words(data),
                "evidence": tuple(data["evidence"]),
                "counts": {Verdict(verdict): count for verdict, count in data["counts"].items()},
                "seen": {value: _WORDS[word] for value, word in data["seen"].items()},
                "reason": _reason(data),
                "looks": _looks(data),
                "tokens": _tokens(data),
            }
        )
        cell = cell if "reason" in data else replace(cell, reason=reason_of_old(cell))
        cell = cell if "wider" in data else replace(cell, wider=_wider_of_old(cell))
        return cell if cell.cause else replace(cell, cause=_cause_of_old(cell))


@dataclass(frozen=True)
class Matrix:
    """The facts of a run and all its cells, in the contract's order."""

    run: RunFacts
    cells: tuple[Cell, ...]

    @property
    def surfaces(self) -> list[str]:
        """The surfaces that have cells, in the order of the run's."""
        found, known = dict.fromkeys(cell.surface for cell in self.cells), self.run.contract.surfaces
        return sorted(found, key=lambda name: known.index(name) if name in known else len(known))

    def counts(self) -> dict[Verdict, int]:
        """Return the number of cells of each verdict, worst first, without zeros."""
        return _counted(cell.verdict for cell in self.cells)

    def cells_by_claim(self) -> list[tuple[str, list[Cell]]]:
        """Return the cells of each claim, in the contract's order."""
        groups: dict[str, list[Cell]] = {}
        for cell in self.cells:
            groups.setdefault(cell.claim, []).append(cell)
        return list(groups.items())

    def asking(self, exchange: str) -> str:
        """Return the cell whose case asked for an exchange, in words; the exchange alone if there is none."""
        cell = next((cell.id for cell in self.cells if exchange in cell.evidence), None)
        return f"{exchange} of {cell}" if cell else exchange

    def document(self) -> dict[str, Any]:
        """Return the matrix as matrix.json has it (schema: schemas/data/matrix)."""
        return {"schema": VERSION, "run": self.run.document(), "cells": [cell.document() for cell in self.cells]}

    @classmethod
    def from_document(cls, data: Mapping[str, Any]) -> Matrix:
        """Return the matrix that `document` wrote.

        Raises KeyError, TypeError or ValueError for a document that does not fit the schema.
        """
        return cls(RunFacts.from_document(data["run"]), tuple(map(Cell.from_document, data["cells"])))


# How details began before cells had a reason.  Only old runs are read like this: nowhere else does a detail decide anything.
_BLOCKED = {
    "preflight of ": Reason.PREFLIGHT,
    "budget: ": Reason.BUDGET,
    "not in the recording: ": Reason.NOT_RECORDED,
    "stopped: not reached before the run ended": Reason.STOPPED,
    "stopped: not asked, the endpoint no longer answers": Reason.DEAD,
    "stopped: not asked, the endpoint has refused everything": Reason.RATE_LIMITED,
}
_BLOCKED_BY = re.compile(r"blocked by ([a-z0-9_.]+), which ")
_INCONCLUSIVE = {"unstable: ": Reason.UNSTABLE, "mixed: ": Reason.MIXED, "too few answers: ": Reason.TOO_FEW}


def reason_of_old(cell: Cell) -> Reason | None:
    """Return the reason of a cell of an old run, which its detail begins with; None if it begins with something else."""
    beginnings = {Verdict.BLOCKED: _BLOCKED, Verdict.INCONCLUSIVE: _INCONCLUSIVE}.get(cell.verdict, {})
    values = [f"{value}: " for value in cell.seen if cell.detail.startswith(f"{value}: ")]
    detail = cell.detail.removeprefix(max(values, key=len, default=""))
    return next((reason for beginning, reason in beginnings.items() if detail.startswith(beginning)), None)


def _wider_of_old(cell: Cell) -> bool:
    """Return whether a cell of a run that does not say so showed more than is documented."""
    if cell.observed is Seen.HONOURED and cell.says in _WITHHELD:
        return True
    return cell.says is Says.SUPPORTED and exceeds(cell.measured, cell.documented)


def _cause_of_old(cell: Cell) -> str | None:
    """Return the cause of a cell of an old run, which its detail names; None if no claim blocks it."""
    found = _BLOCKED_BY.search(cell.detail) if cell.reason is Reason.PRESUPPOSED else None
    return found[1] if found else None


def _plain(value: object) -> object:
    """Return a value of a record as JSON has it."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Looks | Usage):
        return value.document()
    if isinstance(value, Mapping):
        return {_plain(key): _plain(inner) for key, inner in value.items()}
    return list(value) if isinstance(value, tuple) else value


def _words(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the enums that a result and a cell have in common."""
    return {
        "says": Says(data["says"]),
        "level": Level(data["level"]),
        "observed": None if data["observed"] is None else Seen(data["observed"]),
        "verdict": Verdict(data["verdict"]),
    }


def _looks(data: Mapping[str, Any]) -> Looks | None:
    """Return what a verdict rests on; None where a run of an older version does not say."""
    return None if data.get("looks") is None else Looks.from_document(data["looks"])


def _tokens(data: Mapping[str, Any]) -> Usage | None:
    """Return what replies were billed for; None where a run of an older version does not say."""
    return None if data.get("tokens") is None else Usage.from_document(data["tokens"])


def _reason(data: Mapping[str, Any]) -> Reason | None:
    return None if data.get("reason") is None else Reason(data["reason"])


def _counted(verdicts: Iterable[Verdict]) -> dict[Verdict, int]:
    """Return the number of times each verdict occurs, worst first, without zeros."""
    counts = Counter(verdicts)
    return {verdict: counts[verdict] for verdict in FOLDING if counts[verdict]}


def result(case: Case, outcome: Outcome) -> Result:
    """Return the result of a case from its outcome."""
    observation = outcome.observation
    return Result(
        case=case.id,
        claim=case.claim.id,
        column=case.model.column,
        model=case.model.id,
        documented=case.rule.documented,
        says=case.rule.says,
        level=case.rule.level,
        observed=observation.seen if observation else None,
        measured=observation.measured if observation else None,
        verdict=outcome.verdict,
        detail=outcome.detail,
        evidence=outcome.evidence,
        seconds=round(outcome.seconds, 6),
        reason=outcome.reason,
        looks=outcome.looks,
        tokens=outcome.tokens,
        cause=outcome.cause,
        value=case.value_in_words,
        wider=observation is not None and is_wider(case.rule.says, observation),
    )


def is_wider(says: Says, observation: Observation) -> bool:
    """Return whether what was observed is more than is documented; this changes no verdict."""
    return observation.wider or (observation.seen is Seen.HONOURED and says in _WITHHELD)


def complete(
    planned: Iterable[Case], results: Mapping[str, Result], unreported: Mapping[str, Sequence[str]] | None = None
) -> list[Result]:
    """Return a result for every planned case, in the plan's order; an unreported one is blocked, with its evidence so far."""
    evidence = unreported or {}
    return [
        results.get(case.id) or result(case, replace(stopped(), evidence=tuple(evidence.get(case.id, ()))))
        for case in planned
    ]


def fold(results: Iterable[Result]) -> tuple[Cell, ...]:
    """Return the cells of results: the worst case decides, a measured limit is taken from any case.

    Of two cases with one verdict, the observation later in `Seen` is worse, and then the case that is earlier in the contract.
    """
    groups: dict[tuple[str, str, str], list[Result]] = {}
    for case in results:
        groups.setdefault((case.claim, case.column, case.model), []).append(case)
    return tuple(_cell(group) for group in groups.values())


def _rank(case: Result) -> tuple[int, int]:
    """Return what sorts cases from the worst to the best."""
    return FOLDING.index(case.verdict), -_SEEN.index(case.observed) if case.observed else 0


def _cell(group: list[Result]) -> Cell:
    worst = min(group, key=_rank)
    return Cell(
        claim=worst.claim,
        column=worst.column,
        model=worst.model,
        documented=worst.documented,
        says=worst.says,
        level=worst.level,
        observed=worst.observed,
        measured=next((case.measured for case in group if case.measured), None),
        verdict=worst.verdict,
        detail=_detail(worst, alone=len(group) == 1),
        evidence=tuple(dict.fromkeys(exchange for case in [worst, *group] for exchange in case.evidence)),
        counts=_counted(case.verdict for case in group),
        seen={_value(case): case.observed or case.verdict for case in group} if len(group) > 1 else {},
        reason=worst.reason,
        cause=worst.cause,
        wider=any(case.wider for case in group),
        looks=together(result.looks for result in group),
        tokens=spent_together(result.tokens for result in group),
    )


def together(looks: Iterable[Looks | None]) -> Looks | None:
    """Return what several verdicts rest on together; None where none of them says."""
    known = [each for each in looks if each is not None]
    return sum(known[1:], known[0]) if known else None


def spent_together(tokens: Iterable[Usage | None]) -> Usage | None:
    """Return what several cases or cells were billed for together; None where none of them says."""
    known = [each for each in tokens if each is not None]
    return total(known) if known else None


def _value(result: Result) -> str:
    """Return what distinguishes a case from the others of its cell: its value, its mode, or both."""
    return result.case.removeprefix(f"{result.claim}@{result.column}:{result.model}").removeprefix("=")


def _detail(deciding: Result, *, alone: bool) -> str:
    """Return the detail of a cell: that of the deciding case, after its value if it is one of several that were tested."""
    value = deciding.value or _value(deciding)
    return deciding.detail if alone or not value or deciding.observed is None else f"{value}: {deciding.detail}"
