"""image parts: a picture in a data URL reaches the model, and detail is one of the documented values.

Whether a model takes pictures at all no document says of each, so a refusal counts only where another picture is answered.
"""

from conformance.base.observation import Observation, accepted, honoured, ignored, mishandled, unanswered
from conformance.http.exchange import Request
from conformance.suite import claim
from conformance.suite.chat import Ask
from conformance.suite.chat.conversing import SLACK, counts, message, prompt_tokens
from conformance.suite.chat.media import COLOUR, Part, data_url, picture
from conformance.surfaces.chat.reply import ChatReply
from conformance.surfaces.chat.request import ChatCase

QUESTION = {"type": "text", "text": "What colour is this picture? Reply with the name of the colour alone."}
NAMES = (COLOUR, "amber")
DETAILS = (None, "low", "high", "auto")


@claim("chat.image.data_url")
async def test_data_url(case: ChatCase, ask: Ask) -> Observation:
    """The answer names the colour; if not, prompt tokens tell whether the picture was dropped or read as text."""
    reply = await ask(asked(case))
    if not reply.ok:
        return unanswered(f"the model may take no pictures: {reply.refusal().detail}")
    if any(name in reply.text.lower() for name in NAMES):
        return honoured(f"the answer names the colour: {reply.quoted_text()}")
    without = await ask.control(case.control(messages=[message("user", [QUESTION])]))
    whole, text = prompt_tokens(reply), prompt_tokens(without)
    if whole is None or text is None or not await counts(case, ask, without):
        return unanswered(f"the answer does not name the colour: {reply.quoted_text()}")
    return _unseen(whole - text, reply)


@claim("chat.image.detail")
async def test_detail(case: ChatCase, ask: Ask) -> Observation:
    """The detail is accepted; a refusal counts where the picture is answered with another detail or none."""
    reply = await ask(asked(case, case.value))
    if reply.ok:
        return reply.acceptance()
    others = [await ask(asked(case, each)) for each in DETAILS if each != case.value]
    if any(each.ok for each in others):
        return reply.refusal()
    return unanswered(f"the model may take no pictures: {reply.refusal().detail}")


@claim("chat.image.unknown_detail")
async def test_unknown_detail(case: ChatCase, ask: Ask) -> Observation:
    """The detail is refused; that counts where the picture is answered without it."""
    reply = await ask(asked(case, case.value))
    if not reply.ok:
        await ask.control(asked(case))
    return reply.acceptance()


@claim("chat.image.detail_default")
async def test_detail_default(case: ChatCase, ask: Ask) -> Observation:
    """Without a detail the picture costs what it costs with auto."""
    costs = await _costs(case, ask, None, "auto")
    if isinstance(costs, Observation):
        return costs
    none, auto = costs
    said = f"{none} prompt tokens without a detail, {auto} with auto"
    return honoured(said) if none == auto else mishandled(said)


@claim("chat.image.tokens")
async def test_tokens(case: ChatCase, ask: Ask) -> Observation:
    """The picture costs no less with detail high than with low."""
    costs = await _costs(case, ask, "low", "high")
    if isinstance(costs, Observation):
        return costs
    low, high = costs
    said = f"{low} prompt tokens with low, {high} with high"
    if low == high:
        return accepted(said)
    return honoured(said) if low < high else ignored(said)


def asked(case: ChatCase, detail: str | None = None) -> Request:
    """The question for the colour of the picture, with that detail or without any."""
    parts: list[Part] = [QUESTION, picture(detail)]
    return case.request(messages=[message("user", parts)])


async def _costs(case: ChatCase, ask: Ask, *details: str | None) -> list[int] | Observation:
    """What the question costs in prompt tokens with each of these details."""
    costs = []
    for detail in details:
        reply = await ask(asked(case, detail))
        cost = prompt_tokens(reply) if reply.ok else None
        if cost is None:
            return unanswered(f"no picture with detail {detail} that prompt tokens are told of")
        costs.append(cost)
    return costs


def _unseen(cost: int, reply: ChatReply) -> Observation:
    """What it means that a picture of this cost was not recognised."""
    size = len(data_url())
    if cost <= SLACK:
        return ignored(
            f"the picture costs {cost} prompt tokens, as if it were not there, and the answer is {reply.quoted_text()}"
        )
    if size // 3 <= cost <= size:
        return mishandled(
            f"{cost} prompt tokens for {size} characters: the picture was read as text: {reply.quoted_text()}"
        )
    return unanswered(
        f"the picture costs {cost} prompt tokens, the answer does not name its colour: {reply.quoted_text()}"
    )
