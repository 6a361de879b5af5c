"""Causes: which failures are the consequence of another claim's failure."""

import asyncio
from dataclasses import replace

from conformance.base.observation import Reason
from conformance.contract.claims import STREAM, Case
from conformance.run.causes import Causes
from conformance.trial.judge import Verdict
from conformance.trial.trial import Interrupted, Outcome
from tests.support.making import case, contract

STREAMS = case("chat.stream.content_type").case
PLAIN = case("chat.stop.ends_text").case
STREAMED = replace(PLAIN, mode=STREAM)
AFTER = replace(case("chat.stop.finish_reason").case, mode=STREAM)


def attributed(failing: dict[str, Verdict], of: Case) -> Outcome:
    """Return the outcome of a case that deviates, where these claims have these verdicts."""

    async def run() -> Outcome:
        causes = Causes(contract())
        cases = [case(name).case for name in failing]
        for each in cases:
            causes.expect(each)
        waiting = asyncio.ensure_future(causes.attribute(of, Outcome(Verdict.DEVIATES, "its own fault")))
        await asyncio.sleep(0)
        for each in cases:
            causes.finish(each, Outcome(failing[each.claim.id], "the first fault"))
        return await waiting

    return asyncio.run(run())


def test_a_streamed_case_is_blocked_where_no_streams_come() -> None:
    """A plain case of the same claim is not, and the claim about streams is never blocked by itself."""
    failing = {STREAMS.claim.id: Verdict.DEVIATES}
    found = attributed(failing, STREAMED)
    assert (found.verdict, found.reason) == (Verdict.BLOCKED, Reason.PRESUPPOSED)
    assert "blocked by chat.stream.content_type, which deviates: the first fault" in found.detail
    assert attributed(failing, PLAIN).verdict == Verdict.DEVIATES
    assert Causes(contract()).is_effect(STREAMED)
    assert not Causes(contract()).is_effect(STREAMS)


def test_a_case_names_the_first_of_the_causes_that_failed() -> None:
    """A consequence of a consequence is blocked by the cause of both; without a failure it keeps its own verdict."""
    both = {"chat.stop.ends_text": Verdict.DEVIATES, "chat.stream.content_type": Verdict.DEVIATES}
    assert "blocked by chat.stream.content_type" in attributed(both, AFTER).detail
    one = {**both, "chat.stream.content_type": Verdict.CONFORMS}
    assert "blocked by chat.stop.ends_text" in attributed(one, AFTER).detail
    none = dict.fromkeys(both, Verdict.CONFORMS)
    assert attributed(none, AFTER).detail == "its own fault"


def test_a_case_that_is_stopped_while_it_waits_keeps_its_evidence() -> None:
    """What was asked for it was paid for, so its blocked outcome still names it."""

    async def run() -> Outcome:
        causes = Causes(contract())
        causes.expect(STREAMS)
        own = Outcome(Verdict.DEVIATES, "its own fault", evidence=("one", "two"))
        waiting = asyncio.ensure_future(causes.attribute(STREAMED, own))
        await asyncio.sleep(0)
        waiting.cancel()
        try:
            await waiting
        except Interrupted as interrupted:
            return interrupted.outcome
        raise AssertionError("the wait was not interrupted")

    found = asyncio.run(run())
    assert (found.verdict, found.reason, found.evidence) == (Verdict.BLOCKED, Reason.STOPPED, ("one", "two"))
