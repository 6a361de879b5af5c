"""tools: what only this API declares and how it streams a call; what every API has are shared probes."""

from conformance.base.observation import Observation, honoured, mishandled, unanswered
from conformance.suite import claim
from conformance.suite.chat import Ask
from conformance.suite.chat.calls import repeated
from conformance.suite.chat.toolbox import WEATHER
from conformance.suite.toolbox import BUDGET, QUESTION
from conformance.surfaces.chat.request import ChatCase


@claim("chat.tools.unknown_type")
async def test_type(case: ChatCase, ask: Ask) -> Observation:
    """Whether a tool of this type is accepted or refused."""
    function = WEATHER["function"]
    tools = [{"type": case.value, case.value: function, "function": function}]
    return (await ask(case.request(tools=tools))).acceptance()


@claim("chat.tools.stream_repeats")
async def test_repeats(case: ChatCase, ask: Ask) -> Observation:
    """Later fragments of a streamed call repeat neither its id nor its name."""
    reply = await ask(case.request(QUESTION, budget=BUDGET, tools=[WEATHER], tool_choice="required"))
    if not reply.ok:
        return reply.refusal()
    if not reply.streamed or not reply.tool_calls:
        return unanswered("there is no streamed call to look at")
    again = repeated(reply)
    if again:
        return mishandled(f"later fragments repeat {' and '.join(again)}")
    return honoured("later fragments repeat neither id nor name")
