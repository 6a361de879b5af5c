"""tools: whether a declared tool is called with fitting arguments, what the answer looks like then, and what is refused.

test_parallel_tool_calls.py tests several calls in one answer and the fragments of a stream.
"""

from typing import Any

from conformance.base.observation import Observation, absent, honoured, mishandled, unanswered
from conformance.http.exchange import Request
from conformance.suite import claim
from conformance.suite.chat import Ask
from conformance.suite.chat.toolbox import BUDGET, QUESTION, STATUS, WEATHER, arguments, called
from conformance.surfaces.chat.request import ChatCase


@claim("chat.tools.called")
async def test_called(case: ChatCase, ask: Ask) -> Observation:
    """A model that is asked to use its tool calls it by name; whether it does is the model's choice with tool_choice auto."""
    reply = await ask(case.request(QUESTION, budget=BUDGET, tools=[WEATHER], tool_choice="auto"))
    if not reply.ok:
        return reply.refusal()
    if not reply.tool_calls:
        return unanswered(f"the model answered in text: {reply.quoted_text()}")
    if called(reply)[0] == "get_weather":
        return honoured("'get_weather' is called")
    return mishandled(f"only declared tools may be called, got a call of {called(reply)[0]!r}")


@claim("chat.tools.arguments")
async def test_arguments(case: ChatCase, ask: Ask) -> Observation:
    """The arguments of a required call are a string of JSON that fits the declared schema."""
    reply = await ask(case.request(QUESTION, budget=BUDGET, tools=[WEATHER], tool_choice="required"))
    if not reply.ok:
        return reply.refusal()
    return arguments(reply, WEATHER) if reply.tool_calls else unanswered("there is no call to look at")


@claim("chat.tools.no_parameters")
async def test_no_parameters(case: ChatCase, ask: Ask) -> Observation:
    """The arguments of a required call of a tool without parameters are a JSON object, which may be empty."""
    prompt = "Use the tool get_server_status."
    reply = await ask(case.request(prompt, budget=BUDGET, tools=[STATUS], tool_choice="required"))
    if not reply.ok:
        return reply.refusal()
    return arguments(reply, STATUS) if reply.tool_calls else unanswered("there is no call to look at")


@claim("chat.tools.finish_reason")
async def test_finish_reason(case: ChatCase, ask: Ask) -> Observation:
    """An answer with a tool call has the finish_reason tool_calls."""
    for choice in ("auto", "required"):
        reply = await ask(case.request(QUESTION, budget=BUDGET, tools=[WEATHER], tool_choice=choice))
        if not reply.ok:
            return reply.refusal()
        if reply.tool_calls and not reply.cut:
            if reply.finish_reason == "tool_calls":
                return honoured(f"finish_reason 'tool_calls' with tool_choice {choice!r}")
            return mishandled(
                f"finish_reason must be 'tool_calls' with tool_choice {choice!r}, got {reply.finish_reason!r}"
            )
    return unanswered("there is no complete answer with a tool call")


@claim("chat.tools.content_null")
async def test_content(case: ChatCase, ask: Ask) -> Observation:
    """The content of an answer with a required call is null or absent."""
    reply = await ask(case.request(QUESTION, budget=BUDGET, tools=[WEATHER], tool_choice="required"))
    if not reply.ok:
        return reply.refusal()
    if not reply.tool_calls:
        return unanswered("there is no call to look at")
    content: Any = reply.message.get("content")
    if content is None:
        return honoured("content is null" if "content" in reply.message else "content is absent")
    if reply.text.strip():
        return unanswered(f"the model wrote text in addition to its call: {reply.quoted_text()}")
    return mishandled(f"content of an answer with a call must be null, got {content!r}")


@claim("chat.tools.not_declared")
async def test_not_declared(case: ChatCase, ask: Ask) -> Observation:
    """An answer to a request without tools has no calls and no finish_reason tool_calls."""
    reply = await ask.control(case.plain())
    if reply.tool_calls:
        return mishandled(f"without tools no tool may be called, got a call of {called(reply)[0]!r}")
    if reply.finish_reason == "tool_calls":
        return mishandled("finish_reason 'tool_calls' without tools")
    return absent("no tool is called")


@claim("chat.tools.empty_absent")
async def test_empty(case: ChatCase, ask: Ask) -> Observation:
    """In an answer with text only, tool_calls is absent or null."""
    reply = await ask.control(case.plain())
    value = reply.message.get("tool_calls")
    if value is None:
        return honoured("tool_calls is null" if "tool_calls" in reply.message else "tool_calls is absent")
    return mishandled(f"tool_calls of an answer with text only must be absent, got {str(value)[:60]}")


@claim("chat.tools.unknown_type", "chat.tools.bad_name", "chat.tools.too_many")
async def test_declaration(case: ChatCase, ask: Ask) -> Observation:
    """Whether this declaration of tools is accepted or refused."""
    return (await ask(declaration(case))).acceptance()


def declaration(case: ChatCase) -> Request:
    """Return the plain request with the tools that the case's value describes: their number, type or name."""
    function = WEATHER["function"]
    if isinstance(case.value, int):
        return case.request(tools=[{"type": "function", "function": {"name": f"f{n}"}} for n in range(case.value)])
    if case.claim.id == "chat.tools.unknown_type":
        return case.request(tools=[{"type": case.value, case.value: function, "function": function}])
    return case.request(tools=[{"type": "function", "function": {**function, "name": case.value}}])
