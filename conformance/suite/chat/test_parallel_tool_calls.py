"""Several calls in one answer, and the fragments of a streamed one: whether a client can tell the calls apart."""

from collections.abc import Callable
from typing import Any

from conformance.base.observation import Observation, honoured, ignored, mishandled, unanswered
from conformance.suite import claim
from conformance.suite.chat import Ask
from conformance.suite.chat.calls import first_fault, id_fault, index_fault, markup, repeated, shared_index, twins
from conformance.suite.chat.toolbox import BOTH, BUDGET, CLOCK, QUESTION, WEATHER, called
from conformance.surfaces.chat.reply import ChatReply
from conformance.surfaces.chat.request import ChatCase

TOOLS = [WEATHER, CLOCK]
NAMES = ["get_time", "get_weather"]
ROOM = 192


@claim("chat.tools.parallel")
async def test_parallel(case: ChatCase, ask: Ask) -> Observation:
    """Two calls that are asked for come as two, each under its own index; to make one only is the model's choice."""
    reply = await ask(case.request(BOTH, budget=ROOM, tools=TOOLS, tool_choice="auto"))
    if reply.broken_off:
        return mishandled(reply.broken_off, suspect=True)
    if not reply.ok:
        return reply.refusal()
    index = shared_index(reply)
    if index is not None:
        return mishandled(f"two calls share the index {index}")
    odd = [name for name in called(reply) if name not in NAMES]
    if odd:
        return mishandled(f"{odd[0]!r} is called, which was not declared")
    if set(called(reply)) == set(NAMES):
        return honoured(f"{len(reply.tool_calls)} calls, each of its own")
    made = (
        f"only {called(reply)[0]!r} is called"
        if reply.tool_calls
        else f"the model answered in text: {reply.quoted_text()}"
    )
    return unanswered("the answer was cut" if reply.cut else made)


@claim("chat.parallel_tool_calls.off")
async def test_off(case: ChatCase, ask: Ask) -> Observation:
    """With parallel_tool_calls false there is one call at most, where the control has two."""
    reply = await ask(case.request(BOTH, budget=ROOM, tools=TOOLS, tool_choice="auto", parallel_tool_calls=False))
    if not reply.ok:
        return reply.refusal()
    if len(reply.tool_calls) > 1:
        return ignored(f"{len(reply.tool_calls)} calls all the same")
    control = await ask.control(case.control(BOTH, budget=ROOM, tools=TOOLS, tool_choice="auto"))
    if len(reply.tool_calls) == 1 and len(control.tool_calls) > 1:
        return honoured(f"one call, the control has {len(control.tool_calls)}")
    return unanswered(f"{len(reply.tool_calls)} calls, the control has {len(control.tool_calls)}")


@claim("chat.tools.ids")
async def test_ids(case: ChatCase, ask: Ask) -> Observation:
    """Every call has an id that no other call of its answer has: of one call that is required, of two where they came."""
    reply = await ask(case.request(QUESTION, budget=BUDGET, tools=[WEATHER], tool_choice="required"))
    if not reply.ok:
        return reply.refusal()
    both = await ask(case.request(BOTH, budget=ROOM, tools=TOOLS, tool_choice="auto"))
    answers = [each for each in (reply, both) if each.ok]
    wrong = next((fault for each in answers if (fault := id_fault(each))), None)
    if wrong:
        return mishandled(wrong)
    most = max(len(each.tool_calls) for each in answers)
    return honoured(f"an id each, of up to {most} calls") if most else unanswered("no call to look at")


@claim("chat.tools.stream_index")
async def test_index(case: ChatCase, ask: Ask) -> Observation:
    """Each fragment carries the index of its call."""
    return await _fragments(case, ask, index_fault, "every fragment carries an index, from 0 on")


@claim("chat.tools.stream_first")
async def test_first(case: ChatCase, ask: Ask) -> Observation:
    """The first fragment of a call carries id, type and name."""
    return await _fragments(case, ask, first_fault, "the first fragment carries id, type and name")


@claim("chat.tools.stream_repeats")
async def test_repeats(case: ChatCase, ask: Ask) -> Observation:
    """Later fragments carry arguments only, or id and name again."""

    def fault(reply: ChatReply) -> str | None:
        again = repeated(reply)
        return f"later fragments carry {' and '.join(again)} again" if again else None

    return await _fragments(case, ask, fault, "later fragments carry neither id nor name")


@claim("chat.tools.stream_agrees")
async def test_agrees(case: ChatCase, ask: Ask) -> Observation:
    """The stream of a required call holds the calls of the plain answer: none is lost, none comes twice."""
    asked: dict[str, Any] = {"budget": BUDGET, "tools": [WEATHER], "tool_choice": "required"}
    control = await ask.control(case.control(QUESTION, **asked))
    reply = await ask(case.request(QUESTION, **asked))
    if reply.broken_off:
        return mishandled(reply.broken_off, suspect=True)
    if not reply.ok:
        return reply.refusal()
    if reply.stream_failure:
        return mishandled(reply.stream_failure)
    plain, streamed = called(control), called(reply)
    said = markup(reply)
    if said and not markup(control):
        return mishandled(f"the stream has the markup of the call as text as well: {said[:80]!r}")
    if reply.cut or control.cut or not plain:
        return unanswered("the answer was cut" if plain else "the plain answer has no call")
    if plain == streamed:
        return honoured(f"{streamed[0]!r} is called in both")
    again = twins(reply)
    if again and not twins(control):
        return mishandled(f"{again!r} is called {len(streamed)} times with the same arguments, without streaming once")
    if not streamed:
        return mishandled(f"the stream has no call, without streaming {plain[0]!r} is called")
    return unanswered(f"{streamed} are called, without streaming {plain}")


async def _fragments(case: ChatCase, ask: Ask, fault: Callable[[ChatReply], str | None], good: str) -> Observation:
    """What the fragments of a required call show, given what would be wrong with them."""
    reply = await ask(case.request(QUESTION, budget=BUDGET, tools=[WEATHER], tool_choice="required"))
    if not reply.ok:
        return reply.refusal()
    if not reply.streamed or not reply.tool_calls:
        return unanswered("no streamed call to look at")
    wrong = fault(reply)
    return mishandled(wrong) if wrong else honoured(good)
