"""tools: whether a declared tool is called with fitting arguments, what the answer looks like then, and what is refused.

test_parallel_tool_calls.py tests several calls in one answer and the fragments of a stream.
"""

from collections.abc import Collection
from typing import Any

from conformance.base.observation import Observation, Seen, honoured, ignored, mishandled, unanswered
from conformance.base.validation import problem
from conformance.http.exchange import Request
from conformance.suite import claim
from conformance.suite.chat import Ask
from conformance.suite.chat.structured import featured, key_of, parsed, schema_of, together_or_alone
from conformance.suite.chat.toolbox import BUDGET, QUESTION, STATUS, WEATHER, arguments, called, function_of
from conformance.surfaces.chat.reply import ChatReply
from conformance.surfaces.chat.request import ChatCase
from conformance.surfaces.surface import End

CUT = 8  # tokens: fewer than any call with two arguments takes
FEATURED = 320  # tokens: twice what a call with all features takes


@claim("chat.tools.called")
async def test_called(case: ChatCase, ask: Ask) -> Observation:
    """A model that is asked to use its tool calls it by name; whether it does is the model's choice with tool_choice auto."""
    reply = await ask(case.request(QUESTION, budget=BUDGET, tools=[WEATHER], tool_choice="auto"))
    if not reply.ok:
        return reply.refusal()
    if not reply.tool_calls:
        return unanswered(f"the model answered in text: {reply.quoted_text()}")
    if called(reply)[0] == "get_weather":
        return honoured("'get_weather' is called")
    return mishandled(f"only declared tools may be called, got a call of {called(reply)[0]!r}")


@claim("chat.tools.arguments")
async def test_arguments(case: ChatCase, ask: Ask) -> Observation:
    """The arguments of a required call are a string of JSON that fits the declared schema."""
    reply = await ask(case.request(QUESTION, budget=BUDGET, tools=[WEATHER], tool_choice="required"))
    if not reply.ok:
        return reply.refusal()
    return arguments(reply, WEATHER) if reply.tool_calls else unanswered("there is no call to look at")


@claim("chat.tools.no_parameters")
async def test_no_parameters(case: ChatCase, ask: Ask) -> Observation:
    """The arguments of a required call of a tool without parameters are a JSON object, which may be empty."""
    prompt = "Use the tool get_server_status."
    reply = await ask(case.request(prompt, budget=BUDGET, tools=[STATUS], tool_choice="required"))
    if not reply.ok:
        return reply.refusal()
    return arguments(reply, STATUS) if reply.tool_calls else unanswered("there is no call to look at")


@claim("chat.tools.features", "chat.tools.keywords")
async def test_feature(case: ChatCase, ask: Ask) -> Observation:
    """Parameters with this feature are accepted and obeyed: together with all others, or by themselves where those fail."""

    async def observe(features: Collection[str], feature: str) -> Observation:
        return _observe_feature(await ask(_featured_request(case, features)), feature)

    return await together_or_alone(case.value, observe)


@claim("chat.tools.strict")
async def test_strict(case: ChatCase, ask: Ask) -> Observation:
    """A tool that is declared strict is accepted, and the arguments of a required call fit its schema."""
    strict = {**WEATHER, "function": {**WEATHER["function"], "strict": True}}
    reply = await ask(case.request(QUESTION, budget=BUDGET, tools=[strict], tool_choice="required"))
    if not reply.ok:
        return reply.refusal()
    given = parsed(str(function_of(reply.tool_calls[0]).get("arguments"))) if reply.tool_calls else None
    if not isinstance(given, dict):
        return unanswered("there is no call with a JSON object as its arguments")
    wrong = problem(given, WEATHER["function"]["parameters"])
    return ignored(f"strict arguments must fit the tool's schema: {wrong}") if wrong else honoured("the arguments fit")


@claim("chat.tools.cut")
async def test_cut(case: ChatCase, ask: Ask) -> Observation:
    """A required call that the cap cuts ends with finish_reason length, and is neither an error nor a whole call."""
    control = await ask.control(case.request(QUESTION, budget=BUDGET, tools=[WEATHER], tool_choice="required"))
    if not control.tool_calls or control.end is not End.CALLS or control.stream_failure:
        return unanswered(f"without the cap there is no whole call that it could cut, with {control.end_as_sent}")
    cap: dict[str, Any] = {case.traits.cap: CUT}
    reply = await ask(case.request(QUESTION, tools=[WEATHER], tool_choice="required", **cap))
    if reply.stream_failure:
        return mishandled(
            f"a cut call must end the stream with finish_reason 'length': {reply.stream_failure}", suspect=True
        )
    if not reply.ok:
        return reply.refusal()
    if reply.finish_reason == "length":
        return honoured("finish_reason 'length' for a call that was cut")
    if reply.finish_reason == "content_filter" or (reply.text and not reply.tool_calls):
        return unanswered(f"there is no cut call to look at: {reply.quoted_text()}")
    if reply.tool_calls and arguments(reply, WEATHER).seen is Seen.HONOURED:
        return unanswered(f"the whole call came for a cap of {CUT} tokens")
    sent = [function_of(call).get("arguments") for call in reply.tool_calls]
    return mishandled(
        f"finish_reason of a cut call must be 'length', got {reply.finish_reason!r}, with arguments {sent}"
    )


@claim("chat.tools.unknown_type", "chat.tools.bad_name", "chat.tools.too_many")
async def test_declaration(case: ChatCase, ask: Ask) -> Observation:
    """Whether this declaration of tools is accepted or refused."""
    return (await ask(declaration(case))).acceptance()


def _featured_request(case: ChatCase, features: Collection[str]) -> Request:
    """Return a request that requires a call of a tool whose parameters have these features."""
    function = {"name": "add_entry", "description": "Add an entry.", "parameters": featured(features)}
    tool = {"type": "function", "function": function}
    prompt = "Add an entry with the tool add_entry: every text is one word, every list as short as possible."
    return case.request(prompt, budget=FEATURED, tools=[tool], tool_choice="required")


def _observe_feature(reply: ChatReply, feature: str) -> Observation:
    """Observe whether the argument that has a feature fits its schema."""
    if not reply.ok:
        return reply.refusal()
    if not reply.tool_calls or reply.cut:
        return unanswered("the answer was cut" if reply.cut else "there is no call to look at")
    text, key = str(function_of(reply.tool_calls[0]).get("arguments")), key_of(feature)
    given = parsed(text)
    if not isinstance(given, dict):
        return unanswered(f"the arguments are no JSON object, which other claims are about: {text[:80]!r}")
    if key not in given:
        return mishandled(f"the arguments must have the key {key!r}, got {text[:80]!r}")
    wrong = problem(given[key], schema_of(feature))
    return mishandled(f"the argument {key!r} must fit its schema: {wrong}") if wrong else honoured(f"{key!r} fits")


def declaration(case: ChatCase) -> Request:
    """Return the plain request with the tools that the case's value describes: their number, type or name."""
    function = WEATHER["function"]
    if isinstance(case.value, int):
        return case.request(tools=[{"type": "function", "function": {"name": f"f{n}"}} for n in range(case.value)])
    if case.claim.id == "chat.tools.unknown_type":
        return case.request(tools=[{"type": case.value, case.value: function, "function": function}])
    return case.request(tools=[{"type": "function", "function": {**function, "name": case.value}}])
