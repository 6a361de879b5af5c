"""messages, the second turn of a tool call: whether the result reaches the model, what it may hold, which call it names."""

from conformance.base.observation import Observation, accepted, honoured, unanswered
from conformance.suite import claim
from conformance.suite.chat import Ask
from conformance.suite.chat.conversing import brief, message, message_reaches_model
from conformance.suite.chat.media import picture
from conformance.suite.chat.results import (
    MARKER,
    RESULT,
    call,
    call_request,
    calling,
    control_turn,
    made_calls,
    result,
    second_turn,
    usable_calls,
    with_results,
)
from conformance.suite.chat.toolbox import WEATHER
from conformance.suite.mistakes import is_server_fault
from conformance.suite.toolbox import QUESTION
from conformance.surfaces.chat.reply import ChatReply
from conformance.surfaces.chat.request import ChatCase

NO_RESULT = "none"
UNKNOWN_ID = "call_conformanceNoSuchCall00"


@claim("chat.messages.tool_result")
async def test_tool_result(case: ChatCase, ask: Ask) -> Observation:
    """The answer contains what only the tool's result says, after a message with calls and content null."""
    own = await ask(control_turn(case, [call("Paris")]))
    if is_server_fault(own):
        return own.refusal()  # a server may refuse a call that it did not make, but must not fail on it
    calls = await usable_calls(case, ask)
    return await message_reaches_model(
        case, ask, second_turn(case, with_results(calls)), control_turn(case, calls, NO_RESULT), MARKER
    )


@claim("chat.messages.tool_calls_alone", "chat.messages.tool_calls_empty_content")
async def test_tool_calls_alone(case: ChatCase, ask: Ask) -> Observation:
    """A message with calls is accepted without content, or with an empty one, if it is with content null."""
    calls = await usable_calls(case, ask)
    question, call_message, *results = with_results(calls)
    content = {"content": ""} if case.claim.id.endswith(".tool_calls_empty_content") else {}
    alone = {name: value for name, value in call_message.items() if name != "content"} | content
    reply = await ask(second_turn(case, [question, alone, *results]))
    if not reply.ok:
        await ask.control(control_turn(case, calls))
        return reply.refusal()
    return _knows_result(reply)


@claim("chat.messages.tool_without_id", "chat.messages.tool_unknown_id")
async def test_tool_call_id(case: ChatCase, ask: Ask) -> Observation:
    """A result without a call's id, or with an unknown id, is refused, while the same result with its id is answered."""
    calls = await usable_calls(case, ask)
    question, call_message, *results = with_results(calls)
    other = {} if case.claim.id.endswith(".tool_without_id") else {"tool_call_id": UNKNOWN_ID}
    wrong = [{"role": "tool", "content": sent["content"], **other} for sent in results]
    reply = await ask(second_turn(case, [question, call_message, *wrong]))
    if reply.ok:
        return reply.acceptance()
    await ask.control(control_turn(case, calls))
    return reply.refusal()


@claim("chat.messages.sent_back")
async def test_sent_back(case: ChatCase, ask: Ask) -> Observation:
    """A message of the endpoint is taken back in the next request with all its keys, as it came."""
    if case.value == "call":
        calls = await made_calls(case, ask)
        made = (await ask.control(call_request(case))).message
        turn = [message("user", QUESTION), made, *(result(one, RESULT) for one in calls)]
        reply = await ask(case.request(messages=turn, tools=[WEATHER], **brief(case, 64)))
        return _knows_result(reply) if reply.ok else reply.refusal()
    first = case.plain()
    said = await ask.control(first)
    if said.tool_calls or not said.text.strip():
        return unanswered(f"the answer is no text that could be sent back: {said.quoted_text()}")
    question = message("user", "What did you reply? Repeat that word.")
    reply = await ask(case.request(messages=[*first.json["messages"], said.message, question], **brief(case, 16)))
    return reply.acceptance()


@claim("chat.messages.tool_image")
async def test_tool_image(case: ChatCase, ask: Ask) -> Observation:
    """Whether a result with a picture is accepted."""
    parts = [{"type": "text", "text": "A screenshot."}, picture()]
    turn = [message("user", "Take a screenshot."), calling(call("Paris")), result(call("Paris"), parts)]
    return (await ask(case.request(messages=turn, tools=[WEATHER], **brief(case, 32)))).acceptance()


def _knows_result(reply: ChatReply) -> Observation:
    """Return honoured for an answer that names what the result says, else accepted."""
    known = MARKER in reply.text
    return honoured(f"the answer names {MARKER!r}") if known else accepted(f"answered {reply.quoted_text()}")
