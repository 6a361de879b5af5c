"""A cap on tokens: whether it cuts an answer whose control is longer, and what the answer says about its end."""

from __future__ import annotations

from conformance.base.observation import Observation, Seen, honoured, ignored, mishandled, unanswered
from conformance.suite import probe
from conformance.suite.controls import ask_long_control
from conformance.suite.probes import Ask
from conformance.surfaces.reply import End, Reply
from conformance.surfaces.surface import PromptCase


@probe("cap.cuts_answer")
async def test_cuts_answer(case: PromptCase, ask: Ask) -> Observation:
    """The answer has no more tokens than the cap allows, while the control has more."""
    return (await observe_cap(case, ask))[0]


@probe("cap.end_reason")
async def test_end_reason(case: PromptCase, ask: Ask) -> Observation:
    """An answer that was cut at the cap says that it ended because of its length."""
    seen, reply, control = await observe_cap(case, ask)
    if seen.seen in {Seen.REFUSED, Seen.UNANSWERED}:
        return seen
    if seen.seen is not Seen.HONOURED:
        return unanswered(f"there is no cut answer to look at: {seen.detail}")
    if reply.end is End.LENGTH:
        return honoured(reply.end_as_sent)
    is_piece = bool(reply.text.strip()) and control.text.startswith(
        reply.text.rstrip()
    )  # else it may have ended by itself
    return mishandled(f"{reply.end_as_sent} for an answer that was cut at the cap", enforced=is_piece)


async def observe_cap(case: PromptCase, ask: Ask) -> tuple[Observation, Reply, Reply]:
    """Return what the cap does to a control that is longer, the reply that shows it, and the control."""
    control = await ask_long_control(case, ask)
    reply = await ask(case.capped(control.exchange.request, case.value))
    return compare_with_control(reply, control, case.value), reply, control


def compare_with_control(reply: Reply, control: Reply, cap: int) -> Observation:
    """Return what a reply with a cap shows next to a control without it."""
    if not reply.ok:
        return reply.refusal()
    whole, spent = control.answer_tokens, reply.answer_tokens
    if len(control.text) <= cap or (whole is not None and whole <= cap):
        return unanswered(f"the control is too short for a cap of {cap} tokens: {control.quoted_text()}")
    if spent is not None and spent > cap:
        return ignored(f"{spent} completion tokens for a cap of {cap}", enforced=True)
    if len(reply.text) >= len(control.text):
        detail = f"the whole answer of {len(reply.text)} characters came for a cap of {cap} tokens"
        return ignored(detail, enforced=whole is not None)
    if reply.end is End.LENGTH or spent == cap or (reply.text and control.text.startswith(reply.text.rstrip())):
        counted = spent if spent is not None else "an unknown number of"
        return honoured(
            f"{counted} completion tokens for a cap of {cap}; the control has {whole or 'an unknown number'}"
        )
    if reply.streamed and spent is None and not reply.text and not reply.calls:
        longer = len(control.text)
        return honoured(f"the cap of {cap} leaves no text of the answer; the control has {longer} characters")
    return unanswered(f"the answer is shorter than the control, but not cut from it: {reply.quoted_text()}")
