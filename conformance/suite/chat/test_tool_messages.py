"""messages, the second turn of a tool call: the result reaches the answer, and names the call that it is of."""

from conformance.base.observation import Observation, accepted, honoured
from conformance.suite import claim
from conformance.suite.chat import Ask
from conformance.suite.chat.conversing import followed
from conformance.suite.chat.results import SIGN, answered, before, calls, second_turn
from conformance.surfaces.chat.request import ChatCase

NO_RESULT = "none"
UNKNOWN_ID = "call_conformanceNoSuchCall00"


@claim("chat.messages.tool_result")
async def test_tool_result(case: ChatCase, ask: Ask) -> Observation:
    """The answer says what only the result says; the message with the calls has content null."""
    made = await calls(case, ask)
    return await followed(case, ask, second_turn(case, answered(made)), before(case, made, NO_RESULT), SIGN)


@claim("chat.messages.tool_calls_alone", "chat.messages.tool_calls_empty_content")
async def test_tool_calls_alone(case: ChatCase, ask: Ask) -> Observation:
    """The message with the calls is accepted without content, or with an empty one, where it is with content null."""
    made = await calls(case, ask)
    question, calling, *results = answered(made)
    content = {"content": ""} if case.claim.id.endswith(".tool_calls_empty_content") else {}
    alone = {name: value for name, value in calling.items() if name != "content"} | content
    reply = await ask(second_turn(case, [question, alone, *results]))
    if not reply.ok:
        await ask.control(before(case, made))
        return reply.refusal()
    return honoured(f"the answer names {SIGN!r}") if SIGN in reply.text else accepted(f"answered {reply.quoted_text()}")


@claim("chat.messages.tool_without_id", "chat.messages.tool_unknown_id")
async def test_tool_call_id(case: ChatCase, ask: Ask) -> Observation:
    """The result without the id of its call, or with that of no call, is refused, where with the id it is answered."""
    made = await calls(case, ask)
    question, calling, *results = answered(made)
    other = {} if case.claim.id.endswith(".tool_without_id") else {"tool_call_id": UNKNOWN_ID}
    wrong = [{"role": "tool", "content": each["content"], **other} for each in results]
    reply = await ask(second_turn(case, [question, calling, *wrong]))
    if reply.ok:
        return reply.acceptance()
    await ask.control(before(case, made))
    return reply.refusal()
