"""top_logprobs: how many of the most likely tokens each position lists."""

from conformance.base.observation import Observation, clamped, honoured, ignored, unanswered
from conformance.suite import claim
from conformance.suite.chat import Ask
from conformance.suite.chat.probabilities import unsupported
from conformance.suite.measuring import measure
from conformance.surfaces.chat.reply import ChatReply
from conformance.surfaces.chat.request import ChatCase


@claim("chat.top_logprobs.range", "chat.top_logprobs.disputed")
async def test_count(case: ChatCase, ask: Ask) -> Observation:
    """Each position lists this number of tokens."""
    return _listed(await ask(case.request(logprobs=True, top_logprobs=case.value)), case.value)


@claim(
    "chat.top_logprobs.below_minimum",
    "chat.top_logprobs.above_maximum",
    "chat.top_logprobs.wrong_type",
    "chat.top_logprobs.lax_type",
    "chat.top_logprobs.null",
)
async def test_value(case: ChatCase, ask: Ask) -> Observation:
    """Whether this value is accepted or refused."""
    return (await ask(case.request(logprobs=True, top_logprobs=case.value))).acceptance()


@claim("chat.top_logprobs.unsupported")
async def test_unsupported(case: ChatCase, ask: Ask) -> Observation:
    """With logprobs true, an answer of a column without documented support has no log probabilities."""
    return unsupported(await ask(case.request(logprobs=True, top_logprobs=case.value)))


@claim("chat.top_logprobs.without_logprobs")
async def test_without_logprobs(case: ChatCase, ask: Ask) -> Observation:
    """Whether top_logprobs without logprobs is refused, ignored, or works."""
    return unsupported(await ask(case.request(top_logprobs=case.value)))


@claim("chat.top_logprobs.limit")
async def test_limit(case: ChatCase, ask: Ask) -> Observation:
    """The largest top_logprobs for which that many tokens are listed."""

    async def probe(value: int, ask: Ask) -> Observation:
        return _listed(await ask(case.request(logprobs=True, top_logprobs=value)), value)

    return await measure(case.parameter, ask, probe)


def _listed(reply: ChatReply, wanted: int) -> Observation:
    """Return what the lists of a reply show; some positions may list fewer tokens, but not all of them."""
    if not reply.ok:
        return reply.refusal()
    if not reply.text:
        return unanswered("the answer has no text")
    if not reply.logprobs:
        return ignored("the answer has no log probabilities", enforced=True)
    counts = [
        len(entry["top_logprobs"]) if isinstance(entry.get("top_logprobs"), list) else 0 for entry in reply.logprobs
    ]
    if max(counts) == wanted:
        return honoured(f"{wanted} tokens at a position for top_logprobs {wanted}")
    if max(counts) > wanted or max(counts) == 0:
        return ignored(f"{max(counts)} tokens at a position for top_logprobs {wanted}", enforced=True)
    return clamped(f"at most {max(counts)} tokens at a position for top_logprobs {wanted}", enforced=True)
