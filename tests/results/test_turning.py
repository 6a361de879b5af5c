"""What turns against what was known, and what does not: an outage, a repeated deviation, a consequence."""

from conformance.base.observation import Reason
from conformance.results.matrix import Cell
from conformance.results.turning import Direction, Turned, attributed, joined, remembered, to_confirm, turned
from tests.support.collecting import over
from tests.support.matrices import cell

GOOD, BAD, DIFFERS = (cell("chat.n.count", verdict) for verdict in ("conforms", "deviates", "differs"))
OUT = cell("chat.n.count", "inconclusive")
BLOCKED = cell("chat.n.count", "blocked", reason="preflight failed")
WORSE, BETTER = Direction.WORSE, Direction.BETTER


@over(
    "before, after, direction",
    [
        (GOOD, BAD, WORSE),
        (GOOD, DIFFERS, WORSE),
        (None, BAD, WORSE),
        (OUT, BAD, WORSE),
        (BAD, GOOD, BETTER),
        (BAD, BAD, None),
        (GOOD, GOOD, None),
        (None, GOOD, None),
        (GOOD, OUT, None),
        (GOOD, BLOCKED, None),
        (BAD, OUT, None),
        (BAD, BLOCKED, None),
    ],
)
def test_a_cell_turns_only_by_a_verdict(before: Cell | None, after: Cell, direction: Direction | None) -> None:
    """The contract is expected of a cell that was never asked."""
    known = {before.id: before} if before else {}
    assert [turn.direction for turn in turned(known, [after])] == ([direction] if direction else [])


def test_an_outage_forgets_nothing_and_is_asked_again() -> None:
    """A cell keeps its verdict; only one that was asked in vain is asked again, not one that a dead model blocks."""
    known = {BAD.id: BAD}
    assert remembered(known, [OUT]) == remembered(known, [BLOCKED]) == known
    assert remembered(known, [GOOD]) == {GOOD.id: GOOD}
    assert to_confirm((), known, [OUT]) == {OUT.id}
    assert to_confirm((), known, [BLOCKED]) == frozenset()
    assert to_confirm((Turned(GOOD, BAD),), known, [BAD]) == {BAD.id}


def test_what_was_not_told_is_told_once_and_not_at_all_if_it_is_over() -> None:
    """From what somebody last heard to what is now."""
    assert joined([Turned(GOOD, BAD)], []) == (Turned(GOOD, BAD),)
    assert joined([Turned(GOOD, BAD)], [Turned(BAD, GOOD)]) == ()
    assert joined([Turned(BAD, GOOD)], [Turned(GOOD, DIFFERS)]) == ()
    assert Turned.from_document(Turned(None, BAD).document()) == Turned(None, BAD)


def test_a_cell_is_blocked_by_a_cause_that_another_night_found() -> None:
    """One cause is told once; without it the cell itself is."""
    effect = cell("chat.n.limit", "deviates")
    causes = {effect.id: ["chat.n.other@openai:gpt-4.1-mini", BAD.id]}
    [blocked] = attributed([effect], {BAD.id: BAD}, causes)
    assert (blocked.verdict, blocked.reason, blocked.cause) == ("blocked", Reason.PRESUPPOSED, "chat.n.count")
    assert attributed([effect], {GOOD.id: GOOD}, causes) == [effect]
    assert attributed([GOOD, effect], {BAD.id: BAD}, causes) == [GOOD, effect]
    assert turned({}, [blocked]) == ()
