"""What a cap on tokens does to an answer whose control is longer."""

from __future__ import annotations

from typing import Any

from conformance.base.observation import Observation, Seen, honoured, ignored, mishandled, unanswered
from conformance.suite.chat.controls import unstreamed
from conformance.surfaces.chat.chat import ChatCase, ChatReply
from conformance.trial.ask import Ask


async def capped(case: ChatCase, ask: Ask, name: str) -> tuple[Observation, ChatReply]:
    """The parameter `name` at the case's value against a control that runs past it."""
    control = await unstreamed(case, ask)
    changed: dict[str, Any] = {name: case.value}
    reply = await ask(case.vary(control.exchange.request, **changed))
    return _compare(reply, control, case.value), reply


async def finish_reason(case: ChatCase, ask: Ask, name: str) -> Observation:
    """Whether the answer that the cap cut says finish_reason length."""
    seen, reply = await capped(case, ask, name)
    if seen.seen is not Seen.HONOURED:
        return (
            seen
            if seen.seen in {Seen.REFUSED, Seen.UNANSWERED}
            else unanswered(f"no answer that was cut: {seen.detail}")
        )
    if reply.finish_reason == "length":
        return honoured("finish_reason length")
    return mishandled(f"finish_reason {reply.finish_reason!r} for an answer that was cut")


def _compare(reply: ChatReply, control: ChatReply, cap: int) -> Observation:
    if not reply.ok:
        return reply.refusal()
    whole, spent = control.completion_tokens, reply.completion_tokens
    if len(control.text) <= cap or (whole is not None and whole <= cap):
        return unanswered(f"the control itself is no longer than {cap} tokens")
    if spent is not None and spent > cap:
        return ignored(f"{spent} completion tokens for a cap of {cap}")
    if len(reply.text) >= len(control.text):
        return ignored(f"the whole answer came, {len(reply.text)} characters for a cap of {cap} tokens")
    if reply.finish_reason == "length" or spent == cap or (reply.text and control.text.startswith(reply.text.rstrip())):
        return honoured(
            f"{spent if spent is not None else 'unknown'} completion tokens for a cap of {cap}, the control has {whole}"
        )
    if reply.streamed and spent is None and not reply.text and not reply.tool_calls:
        return honoured(
            f"nothing of the answer is left for a cap of {cap}, the control has {len(control.text)} characters"
        )
    return unanswered(f"a shorter answer, but not one that shows the cap: {reply.said()}")
