"""What a cap on tokens does to an answer whose control is longer, and what the answer says of its end."""

from __future__ import annotations

from conformance.base.observation import Observation, Seen, honoured, ignored, mishandled, unanswered
from conformance.suite import probe
from conformance.suite.controls import ask_long_control
from conformance.suite.probes import Ask
from conformance.surfaces.surface import End, PromptCase, Reply


@probe("cap.cuts_answer")
async def test_cuts_answer(case: PromptCase, ask: Ask) -> Observation:
    """No more tokens come than the cap allows, where the control has more."""
    return (await capped(case, ask))[0]


@probe("cap.end_reason")
async def test_end_reason(case: PromptCase, ask: Ask) -> Observation:
    """The answer that was cut says that it ended for its length."""
    seen, reply = await capped(case, ask)
    if seen.seen in {Seen.REFUSED, Seen.UNANSWERED}:
        return seen
    if seen.seen is not Seen.HONOURED:
        return unanswered(f"no answer that was cut: {seen.detail}")
    if reply.end is End.LENGTH:
        return honoured(reply.end_as_sent)
    return mishandled(f"{reply.end_as_sent} for an answer that was cut")


async def capped(case: PromptCase, ask: Ask) -> tuple[Observation, Reply]:
    """Return what the cap at the case's value does to a control that runs past it, and the reply that shows it."""
    control = await ask_long_control(case, ask)
    reply = await ask(case.capped(control.exchange.request, case.value))
    return _compare(reply, control, case.value), reply


def _compare(reply: Reply, control: Reply, cap: int) -> Observation:
    if not reply.ok:
        return reply.refusal()
    whole, spent = control.answer_tokens, reply.answer_tokens
    if len(control.text) <= cap or (whole is not None and whole <= cap):
        return unanswered(f"the control itself is no longer than {cap} tokens")
    if spent is not None and spent > cap:
        return ignored(f"{spent} completion tokens for a cap of {cap}")
    if len(reply.text) >= len(control.text):
        return ignored(f"the whole answer came, {len(reply.text)} characters for a cap of {cap} tokens")
    if reply.end is End.LENGTH or spent == cap or (reply.text and control.text.startswith(reply.text.rstrip())):
        counted = spent if spent is not None else "unknown"
        return honoured(f"{counted} completion tokens for a cap of {cap}, the control has {whole}")
    if reply.streamed and spent is None and not reply.text and not reply.calls:
        longer = len(control.text)
        return honoured(f"nothing of the answer is left for a cap of {cap}, the control has {longer} characters")
    return unanswered(f"a shorter answer, but not one that shows the cap: {reply.quoted_text()}")
