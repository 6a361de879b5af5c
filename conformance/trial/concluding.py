"""What all exchanges of a model show about an invariant: repeating a violating request, and the rate of violations."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

from conformance.base.observation import Observation, Reason, absent, honoured, unanswered
from conformance.contract.claims import Level
from conformance.http.source import NotSent
from conformance.surfaces.surface import BoundCase
from conformance.trial import odds
from conformance.trial.invariants import Silence
from conformance.trial.samples import DEVIATIONS_NEEDED, FAILURES_NEEDED, FURTHER_LOOKS, SIGHTINGS
from conformance.trial.tallies import Sighting, Tally

KINDS = 3  # kinds of request whose rates are in the detail, the most frequent first; more would not fit into a sentence
# The attempt number of the first repeated request: the first one that no ordinary case uses, since the cache would answer an
# attempt that was made before with the old reply.
FIRST_REPEAT = DEVIATIONS_NEEDED + FURTHER_LOOKS
# How often a violating request is repeated in any case.  With the first sighting that makes three looks, as for any deviation
# (see DEVIATIONS_NEEDED): three of three show a fault of this very request.
REPEATS = DEVIATIONS_NEEDED - 1
Repeat = Callable[[Sighting, int], Awaitable[Observation | Silence | None]]
"""Sends the request of a sighting once more, as the attempt with this number, and returns what the new reply shows."""


async def conclude(tally: Tally, case: BoundCase, repeat: Repeat, *, known: bool = False) -> Observation:
    """Return what all exchanges of a model show about an invariant; a violating request is repeated before it counts.

    A violation that may be an outage counts only if every repeat violates the invariant as well, or if that request violates it
    more often than others do.  One that is `known` from an earlier run is not repeated.  Raises NotSent if a repeat cannot be
    sent and the earlier replies are not enough to decide.
    """
    tally.check()
    tally.settle()
    bearing, violating = tally.total
    holds = absent if tally.invariant.absence else honoured
    if not violating:
        return holds(f"{tally.invariant.good}: {bearing} of {bearing} {tally.invariant.subject.value}")
    first, certain = tally.sightings[0], violating - min(violating, tally.suspect.total())
    # What is about time counts only if it comes each time, and so does what may be up to the model, such as a lost word.
    at_times = certain == 0 and not (case.claim.quiet or tally.invariant.compares)
    if proof := proved(tally):
        return proof
    unstated = case.case.rule.level is Level.UNSTATED
    if (unstated or known) and certain:
        return _against(first, _rate(tally))
    seen_again, looks, missing = 0, 0, None

    def is_open() -> bool:
        return (certain == 1 and not seen_again) or (at_times and seen_again < looks)

    while looks < REPEATS or (is_open() and looks < REPEATS + FURTHER_LOOKS):
        try:
            seen = await repeat(first, FIRST_REPEAT + looks)
        except NotSent as error:
            missing = error  # the budget is spent, or the request is not recorded: the replies so far decide
            break
        looks, seen_again = looks + 1, seen_again + isinstance(seen, Observation)
    if looks >= REPEATS and seen_again == looks:
        return _against(first, f"{_rate(tally)}; the same request again: {looks + 1} of {looks + 1} times")
    if certain and certain + seen_again >= SIGHTINGS:
        times = f"; the same request again: {odds.spelled(1 + seen_again, 1 + looks, 'times')}" if looks else ""
        return _against(first, f"{_rate(tally)}{times}")
    if at_times and (more := _more_often(tally, first.request.key, seen_again, looks)):
        return _against(first, f"{_rate(tally)}; {more}")
    if missing is not None:
        raise missing
    if unstated and violating < bearing:  # what may have been an accident and does not come again is nothing to note
        return holds(f"{tally.invariant.good}, apart from {_rate(tally)}, which did not come again")
    detail = f"unstable: {_rate(tally)}, and {seen_again} of {looks} times when that request was asked again"
    return unanswered(f"{detail}; {first.seen.detail}", reason=Reason.UNSTABLE)


def _more_often(tally: Tally, request: str, seen_again: int, looks: int) -> str | None:
    """Return how often a request violates an invariant, if it is more often than others do; it was repeated `looks` times."""
    failed, asked = tally.suspect[request] + seen_again, tally.asked[request] + looks
    others_failed, others = tally.suspect.total() - tally.suspect[request], tally.asked.total() - tally.asked[request]
    if failed < FAILURES_NEEDED or not odds.more_often(failed, asked, others_failed, others):
        return None
    return f"this request {odds.spelled(failed, asked, 'times')}, others {others_failed} of {others}"


def proved(tally: Tally) -> Observation | None:
    """Return the first violation that is proof by itself, over all exchanges so far; None if there is none."""
    tally.check()
    tally.settle()
    proofs = (sighting for sighting in tally.sightings if tally.invariant.proves or sighting.seen.proof)
    first = next(proofs, None)
    return _against(first, _rate(tally)) if first else None


def _against(first: Sighting, rate: str) -> Observation:
    return replace(first.seen, detail=f"{first.seen.detail} ({rate})", suspect=False)


def _rate(tally: Tally) -> str:
    """Return how often an invariant is violated: in all exchanges, and in those of each kind of request with a violation."""
    bearing, violating = tally.total
    overall = odds.spelled(violating, bearing, tally.invariant.subject.value)
    if violating == bearing or len(tally.bearing) < 2:
        return overall
    kinds = [f"{kind} {count} of {tally.bearing[kind]}" for kind, count in tally.violating.most_common(KINDS)]
    return f"{overall}: {', '.join(kinds)}"
