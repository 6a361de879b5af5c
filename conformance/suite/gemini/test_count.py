"""Counting tokens without generating anything."""

from conformance.base.observation import Observation, honoured, ignored, mishandled, unanswered
from conformance.suite import claim
from conformance.suite.gemini import Ask
from conformance.surfaces.gemini.reply import GeminiReply
from conformance.surfaces.gemini.request import GeminiCase
from conformance.surfaces.values import as_integer

SYSTEM = {"parts": [{"text": "You are a helpful assistant who always answers in one short sentence."}]}


@claim("gemini.count.answer")
async def test_answer(case: GeminiCase, ask: Ask) -> Observation:
    """A count has totalTokens as a number."""
    reply = await _count(case, ask)
    if not reply.ok:
        return reply.refusal()
    total = reply.exchange.json.get("totalTokens")
    return (
        mishandled(f"totalTokens must be a number, got {total!r}")
        if as_integer(total) is None
        else honoured(f"{total} tokens")
    )


@claim("gemini.count.not_zero")
async def test_not_zero(case: GeminiCase, ask: Ask) -> Observation:
    """The count of a text is not 0."""
    reply = await _count(case, ask)
    if not reply.ok:
        return reply.refusal()
    total = reply.exchange.json.get("totalTokens")
    return honoured(f"{total} tokens") if total else ignored("totalTokens is 0 or missing for a text", enforced=True)


@claim("gemini.count.not_generation")
async def test_not_generation(case: GeminiCase, ask: Ask) -> Observation:
    """A count holds no candidates: nothing was generated, and billed."""
    reply = await _count(case, ask)
    if not reply.ok:
        return reply.refusal()
    if "candidates" in reply.exchange.json:
        return ignored("the count has candidates, as content that was generated has", enforced=True)
    if as_integer(reply.exchange.json.get("totalTokens")) is None:
        return unanswered("the reply is no count")
    return honoured("no candidates")


@claim("gemini.count.system")
async def test_system(case: GeminiCase, ask: Ask) -> Observation:
    """The count of a whole request grows with its system instruction."""
    contents = case.body()["contents"]
    named = {"model": f"models/{case.model.id}", "contents": contents}
    control = await ask.control(case.count({"generateContentRequest": named}))
    reply = await ask(case.count({"generateContentRequest": {**named, "systemInstruction": SYSTEM}}))
    if not reply.ok:
        return reply.refusal()
    less, more = (as_integer(each.exchange.json.get("totalTokens")) or 0 for each in (control, reply))
    grown = f"{less} tokens, {more} with an instruction"
    return honoured(grown) if more > less else ignored(grown, enforced=True)


async def _count(case: GeminiCase, ask: Ask) -> GeminiReply:
    return await ask(case.count({"contents": case.body()["contents"]}))
