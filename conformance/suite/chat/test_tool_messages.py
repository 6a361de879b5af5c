"""messages, the second turn of a tool call: the forms of content next to calls, which only this API has."""

from conformance.base.observation import Observation
from conformance.suite import claim
from conformance.suite.chat import Ask
from conformance.suite.results import knows_result, second_turn, usable_calls
from conformance.surfaces.chat.request import ChatCase, spelling


@claim("chat.messages.tool_calls_alone", "chat.messages.tool_calls_empty_content")
async def test_tool_calls_alone(case: ChatCase, ask: Ask) -> Observation:
    """A message with calls is accepted without content, or with an empty one, if it is with content null."""
    prompt = second_turn(await usable_calls(case, ask))
    question, call_message, *results = spelling(prompt)["messages"]
    content = {"content": ""} if case.claim.id.endswith(".tool_calls_empty_content") else {}
    alone = {name: value for name, value in call_message.items() if name != "content"} | content
    reply = await ask(case.spelt(prompt, messages=[question, alone, *results]))
    if not reply.ok:
        await ask.control(case.spelt(prompt, control=True))
        return reply.refusal()
    return knows_result(reply)
