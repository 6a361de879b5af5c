"""The long control, streamed."""

from __future__ import annotations

from typing import Any

from conformance.base.observation import Seen
from conformance.suite.chat import Ask
from conformance.surfaces.chat.reply import ChatReply
from conformance.surfaces.chat.request import ChatCase


async def ask_streamed_control(case: ChatCase, ask: Ask, **parameters: Any) -> ChatReply:
    """Return the reply to the repeatable control as a stream, or to the long one if the repeatable one is refused."""
    repeatable = await ask(case.vary(case.repeatable_control(), **parameters))
    refused = not repeatable.ok and repeatable.refusal().seen is Seen.REFUSED
    return await ask(case.vary(case.long_control(), **parameters)) if refused else repeatable
