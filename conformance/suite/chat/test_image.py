"""Image parts: which values of detail are accepted, and what they cost.

No document says which models take pictures, so a refusal counts only if another picture is answered.
"""

from conformance.base.observation import Observation, accepted, honoured, ignored, mishandled, unanswered
from conformance.http.exchange import Request
from conformance.suite import claim
from conformance.suite.chat import Ask
from conformance.suite.chat.conversing import message
from conformance.suite.chat.media import picture
from conformance.suite.probes.test_image import ONE, TWO
from conformance.surfaces.chat.request import ChatCase
from conformance.surfaces.prompt import Prompt

DETAILS = (None, "low", "high", "auto")


@claim("chat.image.detail")
async def test_detail(case: ChatCase, ask: Ask) -> Observation:
    """The picture is accepted with this detail; a refusal counts only if it is answered with another detail or none."""
    prompt = await _taken(case, ask)
    reply = await ask(colour_question(case, prompt, case.value))
    if reply.ok:
        return reply.acceptance()
    others = [await ask(colour_question(case, prompt, detail)) for detail in DETAILS if detail != case.value]
    if any(other.ok for other in others):
        return reply.refusal()
    return unanswered(f"the model may take no pictures: {reply.refusal().detail}")


@claim("chat.image.unknown_detail")
async def test_unknown_detail(case: ChatCase, ask: Ask) -> Observation:
    """An unknown detail is refused; that counts only if the picture is answered without it."""
    prompt = await _taken(case, ask)
    reply = await ask(colour_question(case, prompt, case.value))
    if not reply.ok:
        await ask.control(colour_question(case, prompt))
    return reply.acceptance()


@claim("chat.image.detail_default")
async def test_detail_default(case: ChatCase, ask: Ask) -> Observation:
    """Without a detail the picture costs as many prompt tokens as with detail auto."""
    costs = await _costs(case, ask, None, "auto")
    if isinstance(costs, Observation):
        return costs
    none, auto = costs
    detail = f"{none} prompt tokens without a detail, {auto} with 'auto'"
    return honoured(detail) if none == auto else mishandled(detail)


@claim("chat.image.tokens")
async def test_tokens(case: ChatCase, ask: Ask) -> Observation:
    """The picture costs no fewer prompt tokens with detail high than with low."""
    costs = await _costs(case, ask, "low", "high")
    if isinstance(costs, Observation):
        return costs
    low, high = costs
    detail = f"{low} prompt tokens with 'low', {high} with 'high'"
    if low == high:
        return accepted(detail)
    return honoured(detail) if low < high else ignored(detail)


def colour_question(case: ChatCase, prompt: Prompt, detail: str | None = None) -> Request:
    """Return the question of a prompt about its pictures, with this detail or with none."""
    (turn,) = prompt.turns
    pictures = [picture(url, detail) for url in turn.images]
    return case.request(messages=[message("user", [{"type": "text", "text": turn.text}, *pictures])])


async def _taken(case: ChatCase, ask: Ask) -> Prompt:
    """Return the question about two pictures, or about one if a model refuses two."""
    return TWO if (await ask(colour_question(case, TWO))).ok else ONE


async def _costs(case: ChatCase, ask: Ask, *details: str | None) -> list[int] | Observation:
    """Return the prompt tokens of the question with each of these details, or why one of them is not known."""
    prompt = await _taken(case, ask)
    costs = []
    for detail in details:
        reply = await ask(colour_question(case, prompt, detail))
        cost = reply.counts.prompt if reply.ok else None
        if cost is None:
            return unanswered(f"detail {detail!r}: no answer that reports prompt tokens")
        costs.append(cost)
    return costs
