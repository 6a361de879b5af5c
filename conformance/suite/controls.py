"""The long control that probes of any surface start from: repeatable if the endpoint accepts the parameters for it."""

from __future__ import annotations

from typing import TypeVar

from conformance.base.observation import Observation, Seen
from conformance.surfaces.dialogue import DialogueCase
from conformance.surfaces.prompt import Prompt
from conformance.surfaces.reply import Reply
from conformance.surfaces.surface import PromptCase
from conformance.trial.ask import Ask

R = TypeVar("R", bound=Reply)

NO_SURE_CUT = "the model may reason, which takes tokens of the cap, so none is certain to cut the answer"


async def ask_long_control(case: PromptCase, ask: Ask[R]) -> R:
    """Return the answer to the repeatable control, or to the long one if that fails.  Raises NoControl if neither is answered."""
    repeatable = await ask(case.repeatable_control())
    return repeatable if repeatable.ok else await ask.control(case.long_control())


async def ask_streamed_control(case: DialogueCase, ask: Ask[R], *, usage: bool = False) -> R:
    """Return the reply to the repeatable control as a stream, or to the long one if the repeatable one is refused."""
    repeatable = await ask(case.as_stream(case.repeatable_control(), usage=usage))
    refused = not repeatable.ok and repeatable.refusal().seen is Seen.REFUSED
    return await ask(case.as_stream(case.long_control(), usage=usage)) if refused else repeatable


async def refused_as_stream(case: DialogueCase, ask: Ask[R], prompt: Prompt, reply: R) -> Observation:
    """Return the refusal of a streamed prompt.  Raises NoControl if the prompt fails without streaming as well."""
    await ask.control(case.spelt(prompt, control=True))
    return reply.refusal()
