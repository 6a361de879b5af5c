"""functions and function_call: the older form of tools and tool_choice, which old clients still send."""

from conformance.base.observation import Observation, honoured, ignored, unanswered
from conformance.suite import claim
from conformance.suite.chat import Ask
from conformance.suite.chat.toolbox import WEATHER
from conformance.suite.toolbox import BUDGET, QUESTION
from conformance.surfaces.chat.request import ChatCase


@claim("chat.functions.called")
async def test_called(case: ChatCase, ask: Ask) -> Observation:
    """A function that function_call names is called, in the older form."""
    name = WEATHER["function"]["name"]
    reply = await ask(
        case.request(QUESTION, budget=BUDGET, functions=[WEATHER["function"]], function_call={"name": name})
    )
    if not reply.ok:
        return reply.refusal()
    if reply.cut:
        return unanswered("the answer was cut")
    call = reply.message.get("function_call")
    if isinstance(call, dict) and call.get("name") == name:
        return honoured(f"{name!r} is called with function_call")
    if reply.tool_calls:
        return ignored("the call comes as tool_calls, which clients of functions do not read", enforced=True)
    return ignored(f"{name!r} must be called, got {reply.quoted_text()}", enforced=True)
