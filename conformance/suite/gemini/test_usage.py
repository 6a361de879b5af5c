"""Counts that two requests have to agree on."""

from conformance.base.observation import Observation, honoured, mishandled, unanswered
from conformance.suite import claim
from conformance.suite.gemini import Ask
from conformance.surfaces.gemini.request import GeminiCase

LONGER = " Think of nothing else." * 20


@claim("gemini.usage.grows")
async def test_grows(case: GeminiCase, ask: Ask) -> Observation:
    """A longer prompt has more tokens."""
    control = await ask.control(case.plain())
    reply = await ask(case.request(case.body()["contents"][0]["parts"][0]["text"] + LONGER))
    if not reply.ok:
        return reply.refusal()
    less, more = control.counts.prompt, reply.counts.prompt
    if less is None or more is None:
        return unanswered("the prompt is not counted")
    grown = f"{less} tokens of the prompt, {more} of one with {len(LONGER)} characters more"
    return honoured(grown) if more > less else mishandled(grown)


@claim("gemini.usage.count_equal")
async def test_count_equal(case: GeminiCase, ask: Ask) -> Observation:
    """countTokens counts what the usage of an answer to the same prompt counts."""
    control = await ask.control(case.plain())
    reply = await ask(case.count({"contents": control.exchange.request.json["contents"]}))
    if not reply.ok:
        return reply.refusal()
    counted, used = reply.exchange.json.get("totalTokens"), control.counts.prompt
    if counted is None or used is None:
        return unanswered(f"countTokens counts {counted}, the usage {used}")
    return (
        honoured(f"{used} tokens") if counted == used else mishandled(f"countTokens says {counted}, the usage {used}")
    )


@claim("gemini.reply.response_id")
async def test_response_id(case: GeminiCase, ask: Ask) -> Observation:
    """Each answer has a responseId of its own."""
    replies = await ask.samples(case.plain(), 2)
    if failed := next((reply for reply in replies if not reply.ok), None):
        return failed.refusal()
    first, second = (reply.body.get("responseId") for reply in replies)
    if not isinstance(first, str) or not first:
        return mishandled(f"responseId must be a text, got {first!r}")
    return honoured("two answers have two ids") if first != second else mishandled(f"two answers have the id {first!r}")
