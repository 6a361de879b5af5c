"""A hearing: one invariant, from the preflight of its model to the verdict over every exchange of it.

It has two parts, since a verdict has to wait for everybody else's exchanges: `open_hearing` makes sure that the model answers,
`close_hearing` judges once the model's last exchange is in.  When that is, the session knows.  An invariant on which hardly
anything bears by then asks for the least that it needs; so a run of that one claim has something to look at, and a run of all
pays nothing for it.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace

from conformance.base.observation import Observation, Reason, unanswered
from conformance.contract.claims import Says
from conformance.http.source import NotSent
from conformance.surfaces import registry as surfaces
from conformance.surfaces.surface import BoundCase, Reply
from conformance.trial import trial as trials
from conformance.trial.ask import Ask, NoControl
from conformance.trial.invariants import SILENT, Sighting, Silence, Tally, Witness, conclude
from conformance.trial.judge import AGAINST, Verdict, judge
from conformance.trial.odds import Looks
from conformance.trial.request_cache import RequestCache
from conformance.trial.samples import SIGHTINGS
from conformance.trial.trial import Interrupted, Outcome, Preflights, Test, known_preflight, stopped

# Exchanges below which an invariant asks for itself: one, the preflight, is there in every run, and shows little alone.
FEWEST = 2


async def open_hearing(case: BoundCase, cache: RequestCache, preflights: Preflights) -> Outcome | None:
    """Return the outcome of an invariant that does not apply or whose model does not answer; None if it can be judged."""
    if case.case.rule.says is Says.NOT_APPLICABLE:
        return Outcome(Verdict.NOT_APPLICABLE, case.case.rule.why)
    try:
        before = await known_preflight(case, cache, preflights)
    except NotSent as error:
        recorded = (
            error.reason is Reason.NOT_RECORDED
        )  # a recording may hold exchanges of the model without its preflight
        return None if recorded else Outcome(Verdict.BLOCKED, error.detail, reason=error.reason)
    except asyncio.CancelledError:
        raise Interrupted(stopped()) from None
    if before.reason and not before.exchange.taken:
        detail = f"preflight of {case.model}: {before.reason}"
        return Outcome(Verdict.BLOCKED, detail, evidence=(before.exchange.id,), reason=Reason.PREFLIGHT)
    return None


async def close_hearing(test: Test, witness: Witness, case: BoundCase, cache: RequestCache) -> Outcome:
    """Judge an invariant over all that the witness heard; a violation is asked again, fresh, before it counts.

    If the hearing is cancelled, it raises Interrupted with the outcome so far.
    """
    witness.close()
    tally, asks = witness.tally(case), list[Ask[Reply]]()

    async def ask_itself() -> None:
        asks.append(Ask(cache))
        await test(case, asks[0])
        for exchange in asks[0].used:
            witness.hear_for(case, exchange)

    async def again(sighting: Sighting, number: int) -> Observation | Silence | None:
        ask: Ask[Reply] = Ask(cache, number)
        asks.append(ask)
        seen = tally.look(await ask(sighting.request, sighting.sample))
        if isinstance(seen, Observation) and seen.suspect:
            try:
                await ask.control(case.plain(), trials.control_sample(case.case.id))
            except NoControl:
                return SILENT  # the server fails altogether, so its failure says nothing about this request
        return seen

    try:
        try:
            if tally.bearing.total() < FEWEST:
                await ask_itself()
        except NotSent:
            if not tally.bearing:
                raise
        seen = await conclude(tally, case, again) if tally.bearing else _nothing(tally, case, asks)
    except NotSent as error:
        return _not_sent(error, asks)
    except asyncio.CancelledError:
        raise Interrupted(replace(stopped(), evidence=trials.answered(asks))) from None
    rule, used = case.case.rule, [exchange for ask in asks for exchange in ask.used]
    verdict = judge(rule.says, rule.level, seen.seen)
    own = [exchange.id for exchange in used]
    evidence = dict.fromkeys([*tally.examples, *own])
    looks = Looks(*tally.total, witness.left_out, 1 if tally.invariant.proves else SIGHTINGS)
    seconds = sum(exchange.seconds for exchange in used)
    reason = Reason.REDACTED if witness.lacks_secrets and verdict not in AGAINST else seen.reason
    borrowed = frozenset(evidence).difference(own)
    return Outcome(verdict, seen.detail, seen, tuple(evidence), seconds, reason, looks, borrowed)


def _nothing(tally: Tally, case: BoundCase, asks: list[Ask[Reply]]) -> Observation:
    """Return why nothing bears on an invariant: what the invariant asked for itself was refused, or shows nothing either.

    Where the contract says nothing, that it was refused is what there is to note; else another claim says so already.
    """
    tally.check()
    replies = (surfaces.for_request(exchange.request).read(exchange) for ask in asks for exchange in ask.used)
    refusal = next((reply.refusal() for reply in replies if not reply.ok), None)
    if refusal is not None and case.case.rule.says is Says.UNSTATED:
        return refusal
    said = f"; what it asked for itself: {refusal.detail}" if refusal else ""
    return unanswered(f"none of the {tally.invariant.subject.value} of this run shows anything about it{said}")


def _not_sent(error: NotSent, asks: list[Ask[Reply]]) -> Outcome:
    return Outcome(Verdict.BLOCKED, error.detail, evidence=trials.answered(asks), reason=error.reason)
