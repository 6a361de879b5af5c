"""Image parts: whether a picture in a data URL reaches the model, and which values of detail are accepted.

No document says which models take pictures, so a refusal counts only if another picture is answered.
"""

from conformance.base.observation import Observation, accepted, honoured, ignored, mishandled, unanswered
from conformance.http.exchange import Request
from conformance.suite import claim
from conformance.suite.chat import Ask
from conformance.suite.chat.conversing import SLACK, counts_prompt_tokens, message, prompt_tokens
from conformance.suite.chat.media import COLOUR, Part, data_url, picture
from conformance.surfaces.chat.reply import ChatReply
from conformance.surfaces.chat.request import ChatCase

QUESTION = {"type": "text", "text": "What colour is this picture? Reply with the name of the colour alone."}
NAMES = (COLOUR, "amber")  # what people call this colour
DETAILS = (None, "low", "high", "auto")


@claim("chat.image.data_url")
async def test_data_url(case: ChatCase, ask: Ask) -> Observation:
    """The answer names the picture's colour; if not, the prompt tokens show whether the picture was dropped or read as text."""
    reply = await ask(colour_question(case))
    if not reply.ok:
        return unanswered(f"the model may take no pictures: {reply.refusal().detail}")
    if any(name in reply.text.lower() for name in NAMES):
        return honoured(f"the answer names the colour: {reply.quoted_text()}")
    without = await ask.control(case.control(messages=[message("user", [QUESTION])]))
    whole, text = prompt_tokens(reply), prompt_tokens(without)
    if whole is None or text is None or not await counts_prompt_tokens(case, ask, without):
        return unanswered(f"the answer does not name the colour: {reply.quoted_text()}")
    return _unrecognised(whole - text, reply)


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
    parts: list[Part] = [QUESTION, picture(detail)]
    return case.request(messages=[message("user", parts)])


async def _costs(case: ChatCase, ask: Ask, *details: str | None) -> list[int] | Observation:
    """Return the prompt tokens of the question with each of these details, or why one of them is not known."""
    costs = []
    for detail in details:
        reply = await ask(colour_question(case, detail))
        cost = prompt_tokens(reply) if reply.ok else None
        if cost is None:
            return unanswered(f"detail {detail!r}: no answer that reports prompt tokens")
        costs.append(cost)
    return costs


def _unrecognised(cost: int, reply: ChatReply) -> Observation:
    """Return what it shows that a picture was not recognised, given the prompt tokens that it added."""
    size = len(data_url())
    if cost <= SLACK:
        return ignored(f"the picture adds {cost} prompt tokens, so it was dropped; the answer is {reply.quoted_text()}")
    # Base64 read as text costs one token for one to three characters; pictures cost far more or far less.
    if size // 3 <= cost <= size:
        return mishandled(
            f"the picture was read as text, {cost} prompt tokens for {size} characters; the answer is {reply.quoted_text()}"
        )
    return unanswered(
        f"the picture adds {cost} prompt tokens, but the answer does not name its colour: {reply.quoted_text()}"
    )
