"""The signs of verdicts where there is little room, for all formats.  A colour never is the only sign."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from conformance.contract.claims import Cost
from conformance.results.facts import RunFacts
from conformance.results.matrix import Cell, Matrix
from conformance.trial.judge import Verdict


@dataclass(frozen=True)
class Sign:
    """How a verdict is shown: a mark, one in ASCII, a style of rich, and its meaning in words."""

    mark: str
    plain: str
    style: str
    meaning: str


SIGNS: dict[Verdict, Sign] = {
    Verdict.DEVIATES: Sign("✗", "X", "bold red", "deviates (a must)"),
    Verdict.DIFFERS: Sign("≠", "!", "yellow", "differs (a should)"),
    Verdict.BLOCKED: Sign("■", "#", "magenta", "blocked, not judged"),
    Verdict.INCONCLUSIVE: Sign("?", "?", "cyan", "inconclusive"),
    Verdict.NOTED: Sign("·", ".", "dim", "noted, undocumented"),
    Verdict.CONFORMS: Sign("✓", "+", "green", "conforms"),
    Verdict.NOT_APPLICABLE: Sign("–", "-", "dim", "not applicable"),
}


WIDER = "^"  # after what was seen where it is more than is documented


def counts_in_words(counts: Mapping[Verdict, int] | Mapping[str, int]) -> str:
    """Return counts per verdict as words: "3 deviates, 40 conforms"."""
    return ", ".join(f"{count} {verdict}" for verdict, count in counts.items()) or "nothing"


def selection(run: RunFacts) -> str:
    """Return words for a run that tested less than the whole contract; nothing for a whole one."""
    named = "" if run.profile is Cost.FULL else f"profile {run.profile}, "
    part = f"shard {run.shard}" if run.shard else "a selection"
    return f"{named}{part}" if run.partial else ""


def death(matrix: Matrix) -> str | None:
    """Return what ended an endpoint that stopped answering, by the requests before and after; None if it answered to the end."""
    if matrix.run.died is None:
        return None
    asked = [matrix.asking(exchange) for exchange in matrix.run.died.asked]
    which = (
        f"what it had to answer then is {asked[0]}" if len(asked) == 1 else f"one of these ended it: {', '.join(asked)}"
    )
    return f"the endpoint stopped answering: the last it answered is {matrix.asking(matrix.run.died.answered)}; {which}"


def seen(cell: Cell) -> str:
    """Return the measured limit of a cell in brackets, or else what was observed, or else its verdict; marked if it is wider."""
    shown = f"[{cell.measured}]" if cell.measured else cell.observed or cell.verdict
    return "" if cell.verdict is Verdict.NOT_APPLICABLE else f"{shown}{WIDER if cell.wider else ''}"
