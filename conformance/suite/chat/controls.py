"""The long control of a test, plain or streamed: steady where the endpoint takes what makes it so, else as it comes."""

from __future__ import annotations

from typing import Any

from conformance.base.observation import Seen
from conformance.surfaces.chat.chat import ChatCase, ChatReply
from conformance.trial.ask import Ask


async def unstreamed(case: ChatCase, ask: Ask) -> ChatReply:
    """The answer to the steady control, or to the long one where that is none; NoControl where neither is answered."""
    steady = await ask(case.steady())
    return steady if steady.ok else await ask.control(case.long())


async def streamed(case: ChatCase, ask: Ask, **parameters: Any) -> ChatReply:
    """The reply to the steady control as a stream, or to the long one where the steady one is refused."""
    steady = await ask(case.vary(case.steady(), **parameters))
    refused = not steady.ok and steady.refusal().seen is Seen.REFUSED
    return await ask(case.vary(case.long(), **parameters)) if refused else steady
