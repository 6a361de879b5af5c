"""tool_choice: whether a tool is called, which the server enforces, not the model."""

from conformance.base.observation import Observation, absent, honoured, ignored, mishandled, unanswered
from conformance.suite import claim
from conformance.suite.chat import Ask
from conformance.suite.chat.toolbox import BUDGET, CLOCK, QUESTION, WEATHER, arguments_are_prose, called, function_of
from conformance.surfaces.chat.request import PLAIN, ChatCase


@claim("chat.tool_choice.default")
async def test_default(case: ChatCase, ask: Ask) -> Observation:
    """Without tool_choice a tool is called exactly when it is with tool_choice auto."""
    for needed, prompt in ((False, PLAIN), (True, QUESTION)):
        reply = await ask(case.request(prompt, budget=BUDGET, tools=[WEATHER]))
        if not reply.ok:
            return reply.refusal()
        if bool(reply.tool_calls) is needed:
            continue
        control = await ask.control(case.control(prompt, budget=BUDGET, tools=[WEATHER], tool_choice="auto"))
        if reply.cut or bool(control.tool_calls) is not needed:
            return unanswered("with tool_choice 'auto' the model decides against what the question needs as well")
        again = await ask(case.request(prompt, budget=BUDGET, tools=[WEATHER]), 1)
        if not again.ok or again.cut or bool(again.tool_calls) is needed:
            return unanswered("without tool_choice the model decides now this way, now that way")
        if needed:
            return ignored("without tool_choice no tool is called; with 'auto' one is")
        return ignored(f"without tool_choice {called(reply)[0]!r} is called; with 'auto' no tool is")
    return honoured("without tool_choice a tool is called if it is needed, and none otherwise")


@claim("chat.tool_choice.none")
async def test_none(case: ChatCase, ask: Ask) -> Observation:
    """With tool_choice none no tool is called, while the control with auto calls it."""
    reply = await ask(case.request(QUESTION, budget=BUDGET, tools=[WEATHER], tool_choice="none"))
    if not reply.ok:
        return reply.refusal()
    if reply.tool_calls:
        return ignored(f"{called(reply)[0]!r} is called with tool_choice 'none'")
    control = await ask.control(case.control(QUESTION, budget=BUDGET, tools=[WEATHER], tool_choice="auto"))
    if control.tool_calls:
        return absent("no tool is called; the control calls one")
    return unanswered("no tool is called, but the control calls none either")


@claim("chat.tool_choice.required")
async def test_required(case: ChatCase, ask: Ask) -> Observation:
    """With tool_choice required the declared tool is called, though the question needs none."""
    reply = await ask(case.request(budget=BUDGET, tools=[WEATHER], tool_choice="required"))
    if not reply.ok:
        return reply.refusal()
    if "get_weather" in called(reply):
        return honoured("'get_weather' is called")
    return (
        unanswered("the answer was cut")
        if reply.cut
        else ignored(f"the declared tool must be called, got {reply.quoted_text()}")
    )


@claim("chat.tool_choice.named")
async def test_named(case: ChatCase, ask: Ask) -> Observation:
    """The function that tool_choice names is called, though another fits the question better."""
    named = {"type": "function", "function": {"name": "get_time"}}
    reply = await ask(case.request(QUESTION, budget=BUDGET, tools=[WEATHER, CLOCK], tool_choice=named))
    if not reply.ok:
        return reply.refusal()
    if called(reply)[:1] == ["get_time"]:
        if not arguments_are_prose(reply):
            return honoured("'get_time' is called")
        text = function_of(reply.tool_calls[0]).get("arguments")
        return mishandled(f"arguments of 'get_time' must be an object in JSON, got {text!r}")
    if reply.tool_calls:
        return ignored(f"'get_time' must be called, got a call of {called(reply)[0]!r}")
    return (
        unanswered("the answer was cut")
        if reply.cut
        else ignored(f"'get_time' must be called, got {reply.quoted_text()}")
    )


@claim("chat.tool_choice.allowed_tools")
async def test_allowed_tools(case: ChatCase, ask: Ask) -> Observation:
    """Of the declared tools only an allowed one is called, though another fits the question better."""
    allowed = [{"type": "function", "function": {"name": "get_time"}}]
    choice = {"type": "allowed_tools", "allowed_tools": {"mode": "required", "tools": allowed}}
    reply = await ask(case.request(QUESTION, budget=BUDGET, tools=[WEATHER, CLOCK], tool_choice=choice))
    if not reply.ok:
        return reply.refusal()
    if reply.cut or set(called(reply)) - {"get_time", "get_weather"}:
        return unanswered(
            "the answer was cut" if reply.cut else f"other tools than the declared ones are called: {called(reply)}"
        )
    if set(called(reply)) == {"get_time"}:
        return honoured("only 'get_time' is called, the tool that is allowed")
    return ignored(f"only 'get_time' is allowed, got {called(reply) or reply.quoted_text()}")


@claim("chat.tool_choice.unknown_value")
async def test_value(case: ChatCase, ask: Ask) -> Observation:
    """Whether this value is accepted or refused."""
    return (await ask(case.request(tools=[WEATHER], tool_choice=case.value))).acceptance()
