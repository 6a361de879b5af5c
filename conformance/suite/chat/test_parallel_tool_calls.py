"""Several tool calls in one answer, and the fragments of a streamed call: whether clients can tell the calls apart."""

from collections.abc import Callable
from typing import Any

from conformance.base.observation import Observation, honoured, ignored, mishandled, unanswered
from conformance.suite import claim
from conformance.suite.chat import Ask
from conformance.suite.chat.calls import (
    markup,
    repeated,
    repeated_call,
    shared_index,
)
from conformance.suite.chat.toolbox import BUDGET, CLOCK, QUESTION, QUESTION_FOR_BOTH, WEATHER, called
from conformance.surfaces.chat.reply import ChatReply
from conformance.surfaces.chat.request import ChatCase

TOOLS = [WEATHER, CLOCK]
NAMES = ["get_time", "get_weather"]
ROOM = 192  # tokens: enough for two calls; BUDGET is enough for one


@claim("chat.tools.parallel")
async def test_parallel(case: ChatCase, ask: Ask) -> Observation:
    """Two calls come as two, each with its own index and a declared name; whether there are two is the model's choice."""
    reply = await ask(case.request(QUESTION_FOR_BOTH, budget=ROOM, tools=TOOLS, tool_choice="auto"))
    if reply.broken_off:
        return mishandled(reply.broken_off, suspect=True)
    if not reply.ok:
        return reply.refusal()
    index = shared_index(reply)
    if index is not None:
        return mishandled(f"two calls share the index {index}")
    undeclared = [name for name in called(reply) if name not in NAMES]
    if undeclared:
        return mishandled(f"only declared tools may be called, got a call of {undeclared[0]!r}")
    if set(called(reply)) == set(NAMES):
        return honoured(f"{len(reply.tool_calls)} calls, each with its own index")
    made = (
        f"only {called(reply)[0]!r} is called"
        if reply.tool_calls
        else f"the model answered in text: {reply.quoted_text()}"
    )
    return unanswered("the answer was cut" if reply.cut else made)


@claim("chat.parallel_tool_calls.off")
async def test_off(case: ChatCase, ask: Ask) -> Observation:
    """With parallel_tool_calls false the answer has at most one call, while the control has two."""
    reply = await ask(
        case.request(QUESTION_FOR_BOTH, budget=ROOM, tools=TOOLS, tool_choice="auto", parallel_tool_calls=False)
    )
    if not reply.ok:
        return reply.refusal()
    if len(reply.tool_calls) > 1:
        return ignored(f"{len(reply.tool_calls)} calls with parallel_tool_calls false")
    control = await ask.control(case.control(QUESTION_FOR_BOTH, budget=ROOM, tools=TOOLS, tool_choice="auto"))
    if len(reply.tool_calls) == 1 and len(control.tool_calls) > 1:
        return honoured(f"one call; the control has {len(control.tool_calls)}")
    return unanswered(f"calls: {len(reply.tool_calls)}, in the control {len(control.tool_calls)}, which must have two")


@claim("chat.tools.stream_repeats")
async def test_repeats(case: ChatCase, ask: Ask) -> Observation:
    """Later fragments of a streamed call repeat neither its id nor its name."""

    def fault(reply: ChatReply) -> str | None:
        again = repeated(reply)
        return f"later fragments repeat {' and '.join(again)}" if again else None

    return await _fragments(case, ask, fault, "later fragments repeat neither id nor name")


@claim("chat.tools.stream_agrees")
async def test_agrees(case: ChatCase, ask: Ask) -> Observation:
    """The stream of a required call has the calls of the answer without streaming: none is lost, none comes twice."""
    parameters: dict[str, Any] = {"budget": BUDGET, "tools": [WEATHER], "tool_choice": "required"}
    control = await ask.control(case.control(QUESTION, **parameters))
    reply = await ask(case.request(QUESTION, **parameters))
    if reply.broken_off:
        return mishandled(reply.broken_off, suspect=True)
    if not reply.ok:
        return reply.refusal()
    if reply.stream_failure:
        return mishandled(reply.stream_failure)
    plain, streamed = called(control), called(reply)
    text = markup(reply)
    if text and not markup(control):
        return mishandled(f"the text of the stream must not contain the call, got {text[:80]!r}")
    if reply.cut or control.cut or not plain:
        return unanswered("the answer was cut" if plain else "without streaming there is no call")
    if plain == streamed:
        return honoured(f"{streamed[0]!r} is called with and without streaming")
    again = repeated_call(reply)
    if again and not repeated_call(control):
        return mishandled(f"{again!r} is called {len(streamed)} times with the same arguments; without streaming once")
    if not streamed:
        return mishandled(f"the stream has no call; without streaming {plain[0]!r} is called")
    return unanswered(f"calls in the stream: {streamed}, without streaming: {plain}")


async def _fragments(case: ChatCase, ask: Ask, fault: Callable[[ChatReply], str | None], good: str) -> Observation:
    """Observe the fragments of a required call; `fault` returns what is wrong with them, or None."""
    reply = await ask(case.request(QUESTION, budget=BUDGET, tools=[WEATHER], tool_choice="required"))
    if not reply.ok:
        return reply.refusal()
    if not reply.streamed or not reply.tool_calls:
        return unanswered("there is no streamed call to look at")
    wrong = fault(reply)
    return mishandled(wrong) if wrong else honoured(good)
