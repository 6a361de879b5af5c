"""tool_choice: what only this API can choose; the choices that every API has are shared probes."""

from conformance.base.observation import Observation, honoured, ignored, unanswered
from conformance.suite import claim
from conformance.suite.chat import Ask
from conformance.suite.chat.toolbox import CLOCK, WEATHER
from conformance.suite.toolbox import BUDGET, QUESTION, called
from conformance.surfaces.chat.request import ChatCase


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
    return ignored(f"only 'get_time' is allowed, got {called(reply) or reply.quoted_text()}", enforced=True)


@claim("chat.tool_choice.unknown_value")
async def test_value(case: ChatCase, ask: Ask) -> Observation:
    """Whether this value is accepted or refused."""
    return (await ask(case.request(tools=[WEATHER], tool_choice=case.value))).acceptance()
