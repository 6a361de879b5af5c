"""tools: a declared tool is called by its name, with arguments that fit, and the answer says so; what is no tool is refused.

How several calls, and the fragments of a stream, are told apart is tested in test_parallel_tool_calls.py.
"""

from typing import Any

from conformance.base.observation import Observation, honoured, mishandled, unanswered
from conformance.http.exchange import Request
from conformance.suite import claim
from conformance.suite.chat import Ask
from conformance.suite.chat.toolbox import BUDGET, QUESTION, STATUS, WEATHER, arguments, called
from conformance.surfaces.chat.request import ChatCase


@claim("chat.tools.called")
async def test_called(case: ChatCase, ask: Ask) -> Observation:
    """Asked to use its tool, the model calls it; whether it does is the model's own choice here."""
    reply = await ask(case.request(QUESTION, budget=BUDGET, tools=[WEATHER], tool_choice="auto"))
    if not reply.ok:
        return reply.refusal()
    if not reply.tool_calls:
        return unanswered(f"the model answered in text: {reply.quoted_text()}")
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


@claim("chat.tools.no_parameters")
async def test_no_parameters(case: ChatCase, ask: Ask) -> Observation:
    """A required call of a tool without parameters has a JSON object as its arguments, and be it an empty one."""
    prompt = "Use the tool get_server_status."
    reply = await ask(case.request(prompt, budget=BUDGET, tools=[STATUS], tool_choice="required"))
    if not reply.ok:
        return reply.refusal()
    return arguments(reply, STATUS) if reply.tool_calls else unanswered("no call to look at")


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


@claim("chat.tools.content_null")
async def test_content(case: ChatCase, ask: Ask) -> Observation:
    """The content beside a required call is null or absent; text that the model wrote beside it shows nothing."""
    reply = await ask(case.request(QUESTION, budget=BUDGET, tools=[WEATHER], tool_choice="required"))
    if not reply.ok:
        return reply.refusal()
    if not reply.tool_calls:
        return unanswered("no call to look at")
    content: Any = reply.message.get("content")
    if content is None:
        return honoured("content is null" if "content" in reply.message else "no content")
    if reply.text.strip():
        return unanswered(f"the model wrote text beside its call: {reply.quoted_text()}")
    return mishandled(f"content is {content!r} beside the call")


@claim("chat.tools.not_declared")
async def test_not_declared(case: ChatCase, ask: Ask) -> Observation:
    """An answer to the plain request, which declares no tool, calls none and does not say that it does."""
    reply = await ask.control(case.plain())
    if reply.tool_calls:
        return mishandled(f"{called(reply)[0]!r} is called though no tool is declared")
    if reply.finish_reason == "tool_calls":
        return mishandled("finish_reason tool_calls though no tool is declared")
    return honoured("no tool is called")


@claim("chat.tools.empty_absent")
async def test_empty(case: ChatCase, ask: Ask) -> Observation:
    """A text answer has no tool_calls at all, or an empty list of them."""
    reply = await ask.control(case.plain())
    found = reply.message.get("tool_calls")
    if found is None:
        return honoured("tool_calls is null" if "tool_calls" in reply.message else "no tool_calls")
    return mishandled(f"tool_calls is {str(found)[:60]} in a text answer")


@claim("chat.tools.unknown_type", "chat.tools.bad_name", "chat.tools.too_many")
async def test_declaration(case: ChatCase, ask: Ask) -> Observation:
    """The declaration is accepted or refused."""
    return (await ask(declared(case))).acceptance()


def declared(case: ChatCase) -> Request:
    """The plain request with the tool or tools that the case's value makes: a number, a type or a name."""
    function = WEATHER["function"]
    if isinstance(case.value, int):
        return case.request(tools=[{"type": "function", "function": {"name": f"f{n}"}} for n in range(case.value)])
    if case.claim.id == "chat.tools.unknown_type":
        return case.request(tools=[{"type": case.value, case.value: function, "function": function}])
    return case.request(tools=[{"type": "function", "function": {**function, "name": case.value}}])
