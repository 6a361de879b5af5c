"""The second turn of a tool call: the model's own call, and a result for it.

The call is the endpoint's, not made up, since some models sign their calls and refuse others.  What a test changes of the
conversation is for the test to say.
"""

from __future__ import annotations

from typing import Any

from conformance.http.exchange import Request
from conformance.suite.chat import Ask
from conformance.suite.chat.conversing import Message, message
from conformance.suite.chat.toolbox import BUDGET, QUESTION, WEATHER, function_of
from conformance.surfaces.chat.request import ChatCase
from conformance.trial.ask import NoControl

SIGN = "41.7"  # of no weather in Paris: who names it has read the result
RESULT = f"It is {SIGN} degrees celsius in Paris, with a light wind from the north-west and no cloud in sight."


async def calls(case: ChatCase, ask: Ask) -> list[dict[str, Any]]:
    """The calls that the model makes when it has to; NoControl where there is none that a result could name."""
    reply = await ask.control(case.control(QUESTION, budget=BUDGET, tools=[WEATHER], tool_choice="required"))
    if not reply.tool_calls:
        raise NoControl(f"the model made no call to send a result for: {reply.quoted_text()}")
    if not all(isinstance(call.get("id"), str) and call["id"] for call in reply.tool_calls):
        raise NoControl("the model made a call without an id")
    if not all(isinstance(function_of(call).get("arguments"), str) for call in reply.tool_calls):
        raise NoControl("the model made a call whose arguments are no text, which cannot be sent back")
    return reply.tool_calls


def answered(made: list[dict[str, Any]], result: str = RESULT) -> list[Message]:
    """The question, the calls with content null, and a result for each."""
    results = [{"role": "tool", "tool_call_id": call["id"], "content": result} for call in made]
    return [message("user", QUESTION), {"role": "assistant", "content": None, "tool_calls": made}, *results]


def second_turn(case: ChatCase, messages: list[Message]) -> Request:
    """The request that sends the results, the tools being declared as before."""
    return case.request(messages=messages, budget=BUDGET, tools=[WEATHER])


def before(case: ChatCase, made: list[dict[str, Any]], result: str = RESULT) -> Request:
    """The same with other results, never streamed: a control."""
    return case.control(messages=answered(made, result), budget=BUDGET, tools=[WEATHER])
