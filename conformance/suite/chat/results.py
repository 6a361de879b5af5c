"""The second turn of a tool call: the model's own call, and a result for it.

The call is one that the model made, since some models sign their calls and refuse any other.  The tests decide what is changed
in the conversation.
"""

from __future__ import annotations

from typing import Any

from conformance.http.exchange import Request
from conformance.suite.chat import Ask
from conformance.suite.chat.conversing import Message, message
from conformance.suite.chat.toolbox import BUDGET, QUESTION, WEATHER, function_of
from conformance.surfaces.chat.request import ChatCase
from conformance.trial.ask import NoControl

MARKER = "41.7"  # a temperature that nobody guesses for Paris: an answer with it has read the result
RESULT = f"It is {MARKER} degrees celsius in Paris, with a light wind from the north-west and no cloud in sight."


async def calls(case: ChatCase, ask: Ask) -> list[dict[str, Any]]:
    """Return the calls of a model that must call a tool.  Raises NoControl if there is none that a result can refer to."""
    reply = await ask.control(case.control(QUESTION, budget=BUDGET, tools=[WEATHER], tool_choice="required"))
    if not reply.tool_calls:
        raise NoControl(f"the model made no call that a result could be sent for: {reply.quoted_text()}")
    if not all(isinstance(call.get("id"), str) and call["id"] for call in reply.tool_calls):
        raise NoControl("the model made a call without an id")
    if not all(isinstance(function_of(call).get("arguments"), str) for call in reply.tool_calls):
        raise NoControl("the arguments of a call must be a string to be sent back")
    return reply.tool_calls


def with_results(made: list[dict[str, Any]], result: str = RESULT) -> list[Message]:
    """Return the question, the calls with content null, and a result for each call."""
    results = [{"role": "tool", "tool_call_id": call["id"], "content": result} for call in made]
    return [message("user", QUESTION), {"role": "assistant", "content": None, "tool_calls": made}, *results]


def second_turn(case: ChatCase, messages: list[Message]) -> Request:
    """Return the request that sends the results, with the same tools declared."""
    return case.request(messages=messages, budget=BUDGET, tools=[WEATHER])


def control_turn(case: ChatCase, made: list[dict[str, Any]], result: str = RESULT) -> Request:
    """Return the second turn with these results, never streamed, as a control."""
    return case.control(messages=with_results(made, result), budget=BUDGET, tools=[WEATHER])
