"""Pictures: whether one in a message reaches the model.

No document says which models take pictures, so a refusal counts only if another picture is answered.
"""

from __future__ import annotations

from typing import TypeVar

from conformance.base.observation import Observation, honoured, ignored, mishandled, unanswered
from conformance.suite import probe
from conformance.suite.conversing import SLACK, counts_prompt_tokens
from conformance.suite.media import COLOURS, QUESTION, data_url
from conformance.suite.probes import Ask
from conformance.surfaces.dialogue import DialogueCase
from conformance.surfaces.prompt import Prompt, user
from conformance.surfaces.reply import Reply
from conformance.surfaces.surface import PromptCase
from conformance.trial.ask import Ask as AnyAsk

R = TypeVar("R", bound=Reply)


@probe("image.colour_seen")
async def test_colour_seen(case: DialogueCase, ask: Ask) -> Observation:
    """The answer names the picture's colour; if not, the prompt tokens show whether the picture was dropped or read as text."""
    reply = await ask(case.spelt(Prompt((user(QUESTION, image=data_url()),))))
    if not reply.ok:
        return unanswered(f"the model may take no pictures: {reply.refusal().detail}")
    if any(name in reply.text.lower() for name in COLOURS):
        return honoured(f"the answer names the colour: {reply.quoted_text()}")
    without = await ask.control(case.spelt(Prompt((user(QUESTION, parts=True),)), control=True))
    return await unrecognised(case, ask, reply, without)


@probe("image.refused")
async def test_refused(case: DialogueCase, ask: Ask) -> Observation:
    """A picture with this mistake is refused."""
    return await with_picture(case, ask, await ask(case.with_mistake(case.value)))


async def with_picture(case: DialogueCase, ask: AnyAsk[R], reply: R) -> Observation:
    """Return what the reply to a request with a picture shows; a refusal counts only if a sound picture is answered."""
    if reply.ok:
        return reply.acceptance()
    sound = await ask(case.spelt(Prompt((user(QUESTION, image=data_url()),))))
    return reply.refusal() if sound.ok else unanswered(f"the model may take no pictures: {sound.refusal().detail}")


async def unrecognised(case: PromptCase, ask: AnyAsk[R], reply: R, without: R) -> Observation:
    """Return what it shows that a picture was not recognised, given the answer to the same question without it."""
    whole, text = reply.counts.prompt, without.counts.prompt
    if whole is None or text is None or not await counts_prompt_tokens(case, ask, without):
        return unanswered(f"the answer does not name the colour: {reply.quoted_text()}")
    cost = whole - text
    size = len(data_url())
    if cost <= SLACK:
        detail = f"the picture adds {cost} prompt tokens, so it was dropped; the answer is {reply.quoted_text()}"
        return ignored(detail, enforced=True)
    # Base64 read as text costs one token for one to three characters; pictures cost far more or far less.
    if size // 3 <= cost <= size:
        return mishandled(
            f"the picture was read as text, {cost} prompt tokens for {size} characters; the answer is {reply.quoted_text()}"
        )
    return unanswered(
        f"the picture adds {cost} prompt tokens, but the answer does not name its colour: {reply.quoted_text()}"
    )
