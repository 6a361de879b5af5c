"""Pictures: whether those in a message reach the model.

No document says which models take pictures, so a refusal counts only if another picture is answered.
"""

from __future__ import annotations

from typing import TypeVar

from conformance.base.observation import Observation, honoured, ignored, mishandled, unanswered
from conformance.suite import probe
from conformance.suite.conversing import SLACK, counts_prompt_tokens
from conformance.suite.media import COLOURS, QUESTION, QUESTION_OF_FIRST, data_url, two_data_urls
from conformance.suite.probes import Ask
from conformance.surfaces.dialogue import DialogueCase
from conformance.surfaces.prompt import Prompt, user
from conformance.surfaces.reply import Reply
from conformance.surfaces.surface import PromptCase
from conformance.trial.ask import Ask as AnyAsk

R = TypeVar("R", bound=Reply)

ONE = Prompt((user(QUESTION, images=(data_url(),)),))
TWO = Prompt((user(QUESTION_OF_FIRST, images=two_data_urls()),))


@probe("image.colour_seen")
async def test_colour_seen(case: DialogueCase, ask: Ask) -> Observation:
    """The answer names the colour of the first of two pictures, or else of one; prompt tokens show whether one was dropped."""
    both = await ask(case.spelt(TWO))
    if both.ok and names_colour(both):
        return honoured(f"the answer names the colour: {both.quoted_text()}")
    reply = await ask(case.spelt(ONE))
    if not reply.ok:
        return unanswered(f"the model may take no pictures: {reply.refusal().detail}")
    without = await ask.control(case.spelt(Prompt((user(QUESTION, parts=True),)), control=True))
    if not names_colour(reply):
        return await unrecognised(case, ask, reply, without)
    two, one, none = (each.counts.prompt for each in (both, reply, without))
    # A server that counts no pictures shows nothing by its count of two.
    if two is not None and one is not None and none is not None and two <= one + SLACK < one + (one - none):
        detail = f"two pictures in a message cost {two} prompt tokens, one costs {one}, so one was dropped"
        return ignored(f"{detail}; the answer about the first is {both.quoted_text()}", enforced=True)
    return honoured(f"the answer names the colour of one picture; about two it is {both.quoted_text()}")


@probe("image.refused")
async def test_refused(case: DialogueCase, ask: Ask) -> Observation:
    """A picture with this mistake is refused."""
    return await with_picture(case, ask, await ask(case.with_mistake(case.value)))


async def with_picture(case: DialogueCase, ask: AnyAsk[R], reply: R) -> Observation:
    """Return what the reply to a request with a picture shows; a refusal counts only if a sound picture is answered."""
    if reply.ok:
        return reply.acceptance()
    for prompt in (TWO, ONE):
        sound = await ask(case.spelt(prompt))
        if sound.ok:
            return reply.refusal()
    return unanswered(f"the model may take no pictures: {sound.refusal().detail}")


def names_colour(reply: Reply) -> bool:
    """Return whether an answer names the colour of the picture."""
    return any(name in reply.text.lower() for name in COLOURS)


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
