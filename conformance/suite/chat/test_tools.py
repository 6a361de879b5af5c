"""tools: whether a declared tool is called with fitting arguments, what the answer looks like then, and what is refused.

test_parallel_tool_calls.py tests several calls in one answer and the fragments of a stream.
"""

from conformance.base.observation import Observation, honoured, mishandled, unanswered
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
