"""Conversations with tool calls and their results.

The calls are written by the suite, so that no test of a result has to wait for a model to call a tool.  Some models sign their
calls and refuse any other: for them the model's own calls take their place.  The tests decide what is changed.
"""

from __future__ import annotations

import json
from typing import Any

from conformance.base.observation import Observation, Seen, unanswered
from conformance.http.exchange import Request
from conformance.suite import toolbox
from conformance.suite.chat import Ask
from conformance.suite.chat.conversing import Message, message
from conformance.suite.chat.toolbox import WEATHER, function_of
from conformance.suite.toolbox import BUDGET, QUESTION
from conformance.surfaces.chat.reply import ChatReply
from conformance.surfaces.chat.request import ChatCase
from conformance.surfaces.dialogue import Tool
from conformance.trial.ask import NoControl

MARKER = "41.7"  # a temperature that nobody guesses for Paris: an answer with it has read the result
RESULT = f"It is {MARKER} degrees celsius in Paris, with a light wind from the north-west and no cloud in sight."


def call(city: str) -> dict[str, Any]:
    """Return a call of the weather tool for a city."""
    return call_of(toolbox.WEATHER, city, city=city, unit="celsius")


def call_of(tool: Tool, name: str, **arguments: Any) -> dict[str, Any]:
    """Return a call of a tool with these arguments, whose id ends with `name`."""
    function = {"name": tool.name, "arguments": json.dumps(arguments, ensure_ascii=False)}
    return {"id": f"call_conformance{name}", "type": "function", "function": function}


def calling(*calls: dict[str, Any], content: Any = None) -> Message:
    """Return a message of the assistant with these calls."""
    return {**message("assistant", content), "tool_calls": list(calls)}


def result(made: dict[str, Any], content: Any) -> Message:
    """Return the message with the result of a call."""
    return {**message("tool", content), "tool_call_id": made["id"]}


async def usable_calls(case: ChatCase, ask: Ask) -> list[dict[str, Any]]:
    """Return calls whose results the endpoint takes: the suite's own, or those that the model makes if it refuses them."""
    own = [call("Paris")]
    return own if (await ask(control_turn(case, own))).ok else await made_calls(case, ask)


async def refusal_of(case: ChatCase, ask: Ask, reply: ChatReply) -> Observation:
    """Return what a refused conversation shows: nothing if the endpoint refuses any call that it did not make itself."""
    seen = reply.refusal()
    if seen.seen is not Seen.REFUSED or '"tool_calls"' not in (reply.exchange.request.body or ""):
        return seen
    if (await ask(control_turn(case, [call("Paris")]))).ok:
        return seen
    return unanswered(f"refused, as is any call that the endpoint did not make itself: {seen.detail}")


async def made_calls(case: ChatCase, ask: Ask) -> list[dict[str, Any]]:
    """Return the calls of a model that must call a tool.  Raises NoControl if there is none that a result can refer to."""
    reply = await ask.control(call_request(case))
    if not reply.tool_calls:
        raise NoControl(f"the model made no call that a result could be sent for: {reply.quoted_text()}")
    if reply.cut:
        raise NoControl("the call was cut at the cap, and half a call cannot be sent back")
    if not all(isinstance(made.get("id"), str) and made["id"] for made in reply.tool_calls):
        raise NoControl("the model made a call without an id")
    if not all(isinstance(function_of(made).get("arguments"), str) for made in reply.tool_calls):
        raise NoControl("the arguments of a call must be a string to be sent back")
    return reply.tool_calls


def call_request(case: ChatCase) -> Request:
    """Return the request whose answer must be a call."""
    return case.control(QUESTION, budget=BUDGET, tools=[WEATHER], tool_choice="required")


def with_results(calls: list[dict[str, Any]], content: str = RESULT) -> list[Message]:
    """Return the question, the calls with content null, and a result for each call."""
    return [message("user", QUESTION), calling(*calls), *(result(made, content) for made in calls)]


def second_turn(case: ChatCase, messages: list[Message]) -> Request:
    """Return the request that sends the results, with the same tools declared."""
    return case.request(messages=messages, budget=BUDGET, tools=[WEATHER])


def control_turn(case: ChatCase, calls: list[dict[str, Any]], content: str = RESULT) -> Request:
    """Return the second turn with these results, never streamed, as a control."""
    return case.control(messages=with_results(calls, content), budget=BUDGET, tools=[WEATHER])
