"""tools: a declared tool is called by its name, with arguments that fit, and the answer says so."""

from conformance.asking import Ask
from conformance.chat import ChatCase
from conformance.observation import Observation, honoured, mishandled, unanswered
from conformance.suite import claim
from conformance.suite.chat.toolbox import BUDGET, QUESTION, WEATHER, arguments, called


@claim("chat.tools.called")
async def test_called(case: ChatCase, ask: Ask) -> Observation:
    """Asked to use its tool, the model calls it; whether it does is the model's own choice here."""
    reply = await ask(case.request(QUESTION, budget=BUDGET, tools=[WEATHER], tool_choice="auto"))
    if not reply.ok:
        return reply.refusal()
    if not reply.tool_calls:
        return unanswered(f"the model answered in text: {reply.said()}")
    if called(reply)[0] == "get_weather":
        return honoured("get_weather is called")
    return mishandled(f"{called(reply)[0]!r} is called, which was not declared")


@claim("chat.tools.arguments")
async def test_arguments(case: ChatCase, ask: Ask) -> Observation:
    """The arguments of a required call are a JSON string that validates against the declared schema."""
    reply = await ask(case.request(QUESTION, budget=BUDGET, tools=[WEATHER], tool_choice="required"))
    if not reply.ok:
        return reply.refusal()
    return arguments(reply, WEATHER) if reply.tool_calls else unanswered("no call to look at")


@claim("chat.tools.finish_reason")
async def test_finish_reason(case: ChatCase, ask: Ask) -> Observation:
    """An answer that calls a tool of the model's own choice, or else because it must, has finish_reason tool_calls."""
    for choice in ("auto", "required"):
        reply = await ask(case.request(QUESTION, budget=BUDGET, tools=[WEATHER], tool_choice=choice))
        if not reply.ok:
            return reply.refusal()
        if reply.tool_calls and not reply.cut:
            if reply.finish_reason == "tool_calls":
                return honoured(f"finish_reason tool_calls with tool_choice {choice}")
            return mishandled(f"finish_reason {reply.finish_reason!r} with tool calls, tool_choice {choice}")
    return unanswered("no finished answer with a tool call")


@claim("chat.tools.wrong_type", "chat.tools.null")
async def test_value(case: ChatCase, ask: Ask) -> Observation:
    """The value is accepted or refused."""
    return (await ask(case.request(tools=case.value))).acceptance()
