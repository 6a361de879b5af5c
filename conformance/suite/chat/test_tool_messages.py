"""messages, the second turn of a tool call: whether the result reaches the model, and whether it must name its call."""

from conformance.base.observation import Observation, accepted, honoured
from conformance.suite import claim
from conformance.suite.chat import Ask
from conformance.suite.chat.conversing import message_reaches_model
from conformance.suite.chat.results import MARKER, calls, control_turn, second_turn, with_results
from conformance.surfaces.chat.request import ChatCase

NO_RESULT = "none"
UNKNOWN_ID = "call_conformanceNoSuchCall00"


@claim("chat.messages.tool_result")
async def test_tool_result(case: ChatCase, ask: Ask) -> Observation:
    """The answer contains what only the tool's result says, after a message with calls and content null."""
    made = await calls(case, ask)
    return await message_reaches_model(
        case, ask, second_turn(case, with_results(made)), control_turn(case, made, NO_RESULT), MARKER
    )


@claim("chat.messages.tool_calls_alone", "chat.messages.tool_calls_empty_content")
async def test_tool_calls_alone(case: ChatCase, ask: Ask) -> Observation:
    """A message with calls is accepted without content, or with an empty one, if it is with content null."""
    made = await calls(case, ask)
    question, call_message, *results = with_results(made)
    content = {"content": ""} if case.claim.id.endswith(".tool_calls_empty_content") else {}
    alone = {name: value for name, value in call_message.items() if name != "content"} | content
    reply = await ask(second_turn(case, [question, alone, *results]))
    if not reply.ok:
        await ask.control(control_turn(case, made))
        return reply.refusal()
    return (
        honoured(f"the answer names {MARKER!r}")
        if MARKER in reply.text
        else accepted(f"answered {reply.quoted_text()}")
    )


@claim("chat.messages.tool_without_id", "chat.messages.tool_unknown_id")
async def test_tool_call_id(case: ChatCase, ask: Ask) -> Observation:
    """A result without a call's id, or with an unknown id, is refused, while the same result with its id is answered."""
    made = await calls(case, ask)
    question, call_message, *results = with_results(made)
    other = {} if case.claim.id.endswith(".tool_without_id") else {"tool_call_id": UNKNOWN_ID}
    wrong = [{"role": "tool", "content": result["content"], **other} for result in results]
    reply = await ask(second_turn(case, [question, call_message, *wrong]))
    if reply.ok:
        return reply.acceptance()
    await ask.control(control_turn(case, made))
    return reply.refusal()
