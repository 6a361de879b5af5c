"""Counts of tokens over two requests."""

from conformance.base.observation import Observation, honoured, ignored, mishandled, unanswered
from conformance.suite import claim
from conformance.suite.responses import Ask
from conformance.surfaces.dialogue import PLAIN
from conformance.surfaces.responses.request import ResponsesCase

# More than the 1,024 tokens from which a prefix is cached, in words of one token each.
LONG = f"{PLAIN}. Do not mind these letters: " + " ".join("abcdefgh"[number % 8] for number in range(1600))


@claim("responses.usage.grows")
async def test_grows(case: ResponsesCase, ask: Ask) -> Observation:
    """A longer input has more tokens."""
    control = await ask.control(case.plain())
    longer = f"{case.plain().json['input']}. Do not mind these words: {'oak elm ash ' * 20}"
    reply = await ask(case.request(longer))
    if not reply.ok:
        return reply.refusal()
    few, many = control.counts.prompt, reply.counts.prompt
    if few is None or many is None:
        return unanswered("no count of input tokens")
    return (
        honoured(f"{few} and {many} tokens") if many > few else mishandled(f"{few} tokens, and {many} for more words")
    )


@claim("responses.usage.cached")
async def test_cached(case: ResponsesCase, ask: Ask) -> Observation:
    """A long input that comes again was cached in part."""
    await ask.control(case.control(LONG))
    reply = await ask(case.control(LONG), 1)
    if not reply.ok:
        return reply.refusal()
    cached = reply.counts.cached
    return honoured(f"{cached} cached tokens") if cached else ignored(f"cached_tokens of a repeated input: {cached}")
