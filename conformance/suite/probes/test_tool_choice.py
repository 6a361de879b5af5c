"""The choice of a tool: whether the declared tools are called, not called, or one of them by name, as the request demands."""

from __future__ import annotations

from dataclasses import replace

from conformance.base.observation import Observation, absent, honoured, ignored, mishandled, unanswered
from conformance.suite import probe
from conformance.suite.probes import Ask
from conformance.suite.toolbox import BUDGET, CLOCK, QUESTION, WEATHER, called
from conformance.surfaces.dialogue import DialogueCase
from conformance.surfaces.prompt import Named, Prompt


@probe("tool_choice.default")
async def test_default(case: DialogueCase, ask: Ask) -> Observation:
    """Without a choice a tool is called exactly when it is with the choice auto."""
    for needed, text in ((False, case.question()), (True, QUESTION)):
        prompt = Prompt.of(text, budget=BUDGET, tools=(WEATHER,))
        reply = await ask(case.spelt(prompt))
        if not reply.ok:
            return reply.refusal()
        if bool(reply.made) is needed:
            continue
        control = await ask.control(case.spelt(replace(prompt, choice="auto"), control=True))
        if reply.cut or bool(control.made) is not needed:
            return unanswered("with the choice 'auto' the model decides against what the question needs as well")
        again = await ask(case.spelt(prompt), 1)
        if not again.ok or again.cut or bool(again.made) is needed:
            return unanswered("without a choice the model decides now this way, now that way")
        if needed:
            return ignored("without a choice no tool is called; with 'auto' one is")
        return ignored(f"without a choice {called(reply)[0]!r} is called; with 'auto' no tool is")
    return honoured("without a choice a tool is called if it is needed, and none otherwise")


@probe("tool_choice.none")
async def test_none(case: DialogueCase, ask: Ask) -> Observation:
    """With the choice none no tool is called, while the control with auto calls it."""
    reply = await ask(case.spelt(Prompt.of(QUESTION, budget=BUDGET, tools=(WEATHER,), choice="none")))
    if not reply.ok:
        return reply.refusal()
    if reply.made:
        return ignored(f"{called(reply)[0]!r} is called with the choice 'none'", enforced=True)
    auto = Prompt.of(QUESTION, budget=BUDGET, tools=(WEATHER,), choice="auto")
    control = await ask.control(case.spelt(auto, control=True))
    if control.made:
        return absent("no tool is called; the control calls one")
    return unanswered("no tool is called, but the control calls none either")


@probe("tool_choice.required")
async def test_required(case: DialogueCase, ask: Ask) -> Observation:
    """With the choice required the declared tool is called, though the question needs none."""
    reply = await ask(case.spelt(Prompt.of(case.question(), budget=BUDGET, tools=(WEATHER,), choice="required")))
    if not reply.ok:
        return reply.refusal()
    if WEATHER.name in called(reply):
        return honoured(f"{WEATHER.name!r} is called")
    if reply.cut:
        return unanswered("the answer was cut")
    return ignored(f"the declared tool must be called, got {reply.quoted_text()}")


@probe("tool_choice.named")
async def test_named(case: DialogueCase, ask: Ask) -> Observation:
    """The tool that the choice names is called, though another fits the question better."""
    tools = (WEATHER, CLOCK)
    reply = await ask(case.spelt(Prompt.of(QUESTION, budget=BUDGET, tools=tools, choice=Named(CLOCK.name))))
    if not reply.ok:
        return reply.refusal()
    if called(reply)[:1] == [CLOCK.name]:
        text = reply.made[0].arguments
        if reply.cut or text is None or text.lstrip().startswith("{"):  # what fits is a claim of its own
            return honoured(f"{CLOCK.name!r} is called")
        return mishandled(f"arguments of {CLOCK.name!r} must be an object in JSON, got {text!r}")
    if reply.made:
        return ignored(f"{CLOCK.name!r} must be called, got a call of {called(reply)[0]!r}")
    if reply.cut:
        return unanswered("the answer was cut")
    return ignored(f"{CLOCK.name!r} must be called, got {reply.quoted_text()}")
