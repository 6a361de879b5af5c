"""Image parts: which values of detail are accepted, and what they cost.

No document says which models take pictures, so a refusal counts only if another picture is answered.
"""

from conformance.base.observation import Observation, accepted, honoured, ignored, mishandled, unanswered
from conformance.http.exchange import Request
from conformance.suite import claim
from conformance.suite.chat import Ask
from conformance.suite.chat.conversing import message
from conformance.suite.chat.media import picture
from conformance.suite.media import QUESTION
from conformance.surfaces.chat.request import ChatCase

DETAILS = (None, "low", "high", "auto")


@claim("chat.image.detail")
async def test_detail(case: ChatCase, ask: Ask) -> Observation:
    """The picture is accepted with this detail; a refusal counts only if it is answered with another detail or none."""
    reply = await ask(colour_question(case, case.value))
    if reply.ok:
        return reply.acceptance()
    others = [await ask(colour_question(case, detail)) for detail in DETAILS if detail != case.value]
    if any(other.ok for other in others):
        return reply.refusal()
    return unanswered(f"the model may take no pictures: {reply.refusal().detail}")


@claim("chat.image.unknown_detail")
async def test_unknown_detail(case: ChatCase, ask: Ask) -> Observation:
    """An unknown detail is refused; that counts only if the picture is answered without it."""
    reply = await ask(colour_question(case, case.value))
    if not reply.ok:
        await ask.control(colour_question(case))
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


def colour_question(case: ChatCase, detail: str | None = None) -> Request:
    """Return the question for the colour of the picture, with this detail or with none."""
    return case.request(messages=[message("user", [{"type": "text", "text": QUESTION}, picture(detail)])])


async def _costs(case: ChatCase, ask: Ask, *details: str | None) -> list[int] | Observation:
    """Return the prompt tokens of the question with each of these details, or why one of them is not known."""
    costs = []
    for detail in details:
        reply = await ask(colour_question(case, detail))
        cost = reply.counts.prompt if reply.ok else None
        if cost is None:
            return unanswered(f"detail {detail!r}: no answer that reports prompt tokens")
        costs.append(cost)
    return costs
