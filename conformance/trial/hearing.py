"""A hearing: the case of one invariant, from the preflight of its model to the verdict.

It has two parts, because a verdict has to wait for the exchanges of all other cases of the model: `open_hearing` makes sure that
the model answers, `close_hearing` judges after the model's last exchange.  The session knows when that is.  An invariant that
hardly any exchange bears on by then sends a few requests itself, so that a run of this one claim has something to judge; in a run
of all claims these requests are not needed.  What one invariant asks for is evidence for all others of its model as well, so none
of them is judged before all have asked.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

from conformance.base.observation import Observation, Reason, unanswered
from conformance.contract.claims import Says
from conformance.http.source import NotSent
from conformance.surfaces import registry as surfaces
from conformance.surfaces.reply import Reply
from conformance.surfaces.surface import BoundCase
from conformance.trial import trial as trials
from conformance.trial.ask import Ask, NoControl
from conformance.trial.concluding import FIRST_REPEAT, conclude
from conformance.trial.invariants import SILENT, Silence
from conformance.trial.judge import AGAINST, Verdict, judge
from conformance.trial.odds import Looks, looks_for
from conformance.trial.request_cache import RequestCache
from conformance.trial.samples import SIGHTINGS, renewal
from conformance.trial.tallies import Sighting, Tally
from conformance.trial.trial import Interrupted, Outcome, Preflights, Test, known_preflight, stopped
from conformance.trial.witness import Witness

# An invariant sends its own requests if fewer exchanges than this bear on it.  Every run has one, the preflight, which shows
# little by itself.
FEWEST = 2

# The first turn of the requests that an invariant asks so that `--share` is met; no ordinary case has so many turns.
FIRST_TURN = 1000


async def open_hearing(case: BoundCase, cache: RequestCache, preflights: Preflights) -> Outcome | None:
    """Return the outcome if the invariant does not apply or its model does not answer; None if it can be judged."""
    if case.case.rule.says is Says.NOT_APPLICABLE:
        return Outcome(Verdict.NOT_APPLICABLE, case.case.rule.why)
    try:
        before = await known_preflight(case, cache, preflights)
    except NotSent as error:
        if error.reason is Reason.NOT_RECORDED:
            return None  # the recording may still have other exchanges of the model
        return Outcome(Verdict.BLOCKED, error.detail, reason=error.reason)
    except asyncio.CancelledError:
        raise Interrupted(stopped()) from None
    if before.reason and not before.exchange.taken:
        detail = f"preflight of {case.model}: {before.reason}"
        return Outcome(Verdict.BLOCKED, detail, evidence=(before.exchange.id,), reason=Reason.PREFLIGHT)
    return None


async def close_hearing(
    test: Test,
    witness: Witness,
    case: BoundCase,
    cache: RequestCache,
    *,
    share: float | None = None,
    fewest: int = FEWEST,
    known: bool = False,
    all_asked: Callable[[], Awaitable[None]] | None = None,
) -> Outcome:
    """Return the outcome of an invariant from all exchanges that the witness heard; a violation is repeated before it counts.

    If fewer than `fewest` exchanges bear on it, it asks its own requests.  With a `share` it asks until enough exchanges bear on
    it to notice a fault on this share of them.  `all_asked` returns when the other invariants have asked their own requests too.
    A violation that is `known` from an earlier run is not repeated.  Raises Interrupted with the outcome so far if the hearing is
    cancelled.
    """
    tally, before, asks = witness.tally(case), witness.before(case), list[Ask[Reply]]()
    needed = 1 if tally.invariant.proves else SIGHTINGS
    wanted = fewest if share is None else max(fewest, looks_for(share, needed))

    async def send_own(turns: range) -> int:
        """Send the requests of these turns, and return how many of the exchanges bear on the invariant."""
        own = [Ask[Reply](cache, turn=turn) for turn in turns]
        asks.extend(own)
        results = await asyncio.gather(*(test(case, ask) for ask in own), return_exceptions=True)
        gain = sum(witness.hear_own(case, exchange) for ask in own for exchange in ask.used)
        for failure in (result for result in results if isinstance(result, BaseException)):
            raise failure
        return gain

    async def send_enough() -> None:
        bearing = before
        if bearing < fewest:
            bearing += await send_own(range(1))
        turn, gain = FIRST_TURN, 1
        while gain > 0 and (lacking := wanted - bearing) > 0 and share is not None:
            # The first turn shows how many exchanges of one bear on the invariant; the others are asked at once.
            turns = range(turn, turn + (1 if turn == FIRST_TURN else -(-lacking // gain)))
            gained = await send_own(turns)
            gain, bearing, turn = gained // len(turns), bearing + gained, turns.stop

    async def repeat(sighting: Sighting, attempt: int) -> Observation | Silence | None:
        # A value that is compared with that of equal requests means nothing for a changed one.
        renewed = 0 if tally.invariant.compares else renewal(attempt - FIRST_REPEAT + 1)
        ask: Ask[Reply] = Ask(cache, attempt, renewed=renewed)
        asks.append(ask)
        request = replace(sighting.request, quiet=case.claim.quiet)
        seen = tally.look(await ask(request, sighting.sample))
        if isinstance(seen, Observation) and seen.suspect:
            try:
                await trials.control_after(case, ask, case.case.id)
            except NoControl:
                return SILENT  # the server fails altogether, so its failure says nothing about this request
        return seen

    try:
        missing: NotSent | None = None
        try:
            await send_enough()
        except NotSent as error:
            missing = error
        if all_asked is not None:
            await all_asked()
        if missing is not None and not tally.bearing:
            raise missing
        seen = await conclude(tally, case, repeat, known=known) if tally.bearing else _nothing(tally, case, asks)
    except NotSent as error:
        outcome = _not_sent(error, asks)
        # The exchanges without their secrets would have made these requests needless, so the recording has none of them.
        lacking = witness.lacks_secrets and error.reason is Reason.NOT_RECORDED
        return trials.redacted(outcome) if lacking else outcome
    except asyncio.CancelledError:
        raise Interrupted(replace(stopped(), evidence=trials.answered(asks))) from None
    rule, used = case.case.rule, [exchange for ask in asks for exchange in ask.used]
    verdict = judge(rule.says, rule.level, seen.seen)
    own = [exchange.id for exchange in used]
    evidence = dict.fromkeys([*tally.examples, *own])
    looks = Looks(*tally.total, witness.left_out, needed)
    seconds = sum(exchange.seconds for exchange in used)
    reason = Reason.REDACTED if witness.lacks_secrets and verdict not in AGAINST else seen.reason
    borrowed = frozenset(evidence).difference(own)
    tokens = trials.billed(used)
    return Outcome(verdict, seen.detail, seen, tuple(evidence), seconds, reason, looks, borrowed, tokens)


def _nothing(tally: Tally, case: BoundCase, asks: list[Ask[Reply]]) -> Observation:
    """Return the observation of an invariant that no exchange bears on: its own requests were refused or show nothing either.

    For an unstated claim the refusal is the observation; otherwise another claim reports the refusal.
    """
    tally.check()
    replies = (surfaces.for_request(exchange.request).read(exchange) for ask in asks for exchange in ask.used)
    refusal = next((reply.refusal() for reply in replies if not reply.ok), None)
    if refusal is not None and case.case.rule.says is Says.UNSTATED:
        return refusal
    own = f"; its own request: {refusal.detail}" if refusal else ""
    return unanswered(f"none of the {tally.invariant.subject.value} of this run shows anything about it{own}")


def _not_sent(error: NotSent, asks: list[Ask[Reply]]) -> Outcome:
    return Outcome(Verdict.BLOCKED, error.detail, evidence=trials.answered(asks), reason=error.reason)
