"""tool_choice: what the server itself enforces about calling tools."""

from conformance.base.observation import Observation, honoured, ignored, mishandled, unanswered
from conformance.suite import claim
from conformance.suite.chat import Ask
from conformance.suite.chat.toolbox import BUDGET, CLOCK, QUESTION, WEATHER, called, function_of, is_prose
from conformance.surfaces.chat.request import PLAIN, ChatCase


@claim("chat.tool_choice.default")
async def test_default(case: ChatCase, ask: Ask) -> Observation:
    """Where leaving it out and auto differ in whether a tool is called, the default is another one."""
    for needed, prompt in ((False, PLAIN), (True, QUESTION)):
        reply = await ask(case.request(prompt, budget=BUDGET, tools=[WEATHER]))
        if not reply.ok:
            return reply.refusal()
        if bool(reply.tool_calls) is needed:
            continue
        control = await ask.control(case.control(prompt, budget=BUDGET, tools=[WEATHER], tool_choice="auto"))
        if reply.cut or bool(control.tool_calls) is not needed:
            return unanswered("with auto the model decides in the same way against what the question needs")
        did = (
            "no tool is called where auto calls one"
            if needed
            else f"{called(reply)[0]!r} is called where auto calls none"
        )
        return ignored(f"without tool_choice {did}")
    return honoured("a tool is called where one is asked for, and none where none is needed")


@claim("chat.tool_choice.none")
async def test_none(case: ChatCase, ask: Ask) -> Observation:
    """No tool is called though one is asked for; it counts only where the control, with auto, calls it."""
    reply = await ask(case.request(QUESTION, budget=BUDGET, tools=[WEATHER], tool_choice="none"))
    if not reply.ok:
        return reply.refusal()
    if reply.tool_calls:
        return ignored(f"{called(reply)[0]!r} is called all the same")
    control = await ask.control(case.control(QUESTION, budget=BUDGET, tools=[WEATHER], tool_choice="auto"))
    return (
        honoured("no tool is called; the control calls it")
        if control.tool_calls
        else unanswered("the control calls none either")
    )


@claim("chat.tool_choice.required")
async def test_required(case: ChatCase, ask: Ask) -> Observation:
    """A declared tool is called though the question needs none."""
    reply = await ask(case.request(budget=BUDGET, tools=[WEATHER], tool_choice="required"))
    if not reply.ok:
        return reply.refusal()
    if "get_weather" in called(reply):
        return honoured("get_weather is called")
    return (
        unanswered("the answer was cut") if reply.cut else ignored(f"no declared tool is called: {reply.quoted_text()}")
    )


@claim("chat.tool_choice.named")
async def test_named(case: ChatCase, ask: Ask) -> Observation:
    """The named function is called though another fits the question better."""
    named = {"type": "function", "function": {"name": "get_time"}}
    reply = await ask(case.request(QUESTION, budget=BUDGET, tools=[WEATHER, CLOCK], tool_choice=named))
    if not reply.ok:
        return reply.refusal()
    if called(reply)[:1] == ["get_time"]:
        given = function_of(reply.tool_calls[0]).get("arguments")
        return (
            mishandled(f"the arguments of get_time are {given!r}")
            if is_prose(reply)
            else honoured("get_time is called")
        )
    if reply.tool_calls:
        return ignored(f"{called(reply)[0]!r} is called instead of get_time")
    return unanswered("the answer was cut") if reply.cut else ignored(f"no tool is called: {reply.quoted_text()}")


@claim("chat.tool_choice.unknown_value")
async def test_value(case: ChatCase, ask: Ask) -> Observation:
    """The value is accepted or refused."""
    return (await ask(case.request(tools=[WEATHER], tool_choice=case.value))).acceptance()
