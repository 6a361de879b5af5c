"""What only this API has of tools: custom and hosted ones, namespaces, tools in the input, and results without a stored call."""

from dataclasses import replace
from typing import Any

from conformance.base.observation import Observation, honoured, ignored, mishandled, unanswered
from conformance.suite import claim
from conformance.suite.responses import Ask
from conformance.suite.responses.test_input import shows
from conformance.suite.toolbox import BUDGET, CLOCK, QUESTION, WEATHER, call_of, called
from conformance.surfaces.prompt import Prompt, Result
from conformance.surfaces.responses.reply import ResponsesReply
from conformance.surfaces.responses.request import ResponsesCase, declared, made, message, output_of

ASKED = Prompt.of(QUESTION, budget=BUDGET, tools=(WEATHER,), choice="required")
RESULT = "The flower of the day is zinnia."
ASKED_FOR_RESULT = "Which flower did the tool return for Paris?"
FLOWER = "zinnia"
CALL = call_of(WEATHER, "Paris", city="Paris", unit="celsius")
NOTE_TOOL: dict[str, Any] = {"type": "custom", "name": "write_note", "description": "Write a note of any form."}
HOSTED = {
    "hosted_web_search": ({"type": "web_search_preview"}, "Search the web for the news of today.", "web_search_call"),
    "hosted_code_interpreter": (
        {"type": "code_interpreter", "container": {"type": "auto"}},
        "Run Python to compute 17 * 23.",
        "code_interpreter_call",
    ),
    "file_search": (
        {"type": "file_search", "vector_store_ids": ["vs_conformance"]},
        "Search the files for the news.",
        "file_search_call",
    ),
}


@claim("responses.tools.second_turn_by_id")
async def test_second_turn_by_id(case: ResponsesCase, ask: Ask) -> Observation:
    """The result of a call is enough, where the request goes on from the response with the call."""
    first = await ask.control(case.spelt(ASKED, control=True))
    if not first.made:
        return unanswered("there is no call to give a result for")
    results = [output_of(Result(call, RESULT)) for call in first.made]
    return shows(await ask(case.after(first, [*results, message("user", ASKED_FOR_RESULT)], budget=BUDGET)), FLOWER)


@claim("responses.tools.output_empty")
async def test_output_empty(case: ResponsesCase, ask: Ask) -> Observation:
    """A result without any text is accepted."""
    items = [message("user", QUESTION), made(CALL), output_of(Result(CALL, "")), message("user", case.question())]
    return (await ask(case.request(items, budget=BUDGET, tools=[declared(WEATHER)]))).acceptance()


@claim("responses.tools.choice_allowed")
async def test_choice_allowed(case: ResponsesCase, ask: Ask) -> Observation:
    """Of the declared tools only an allowed one is called, though another one fits the question better."""
    choice = {"type": "allowed_tools", "mode": "required", "tools": [{"type": "function", "name": CLOCK.name}]}
    prompt = replace(ASKED, tools=(WEATHER, CLOCK), choice=None)
    return _calls(await ask(case.spelt(prompt, tool_choice=choice)), CLOCK.name)


@claim("responses.input.additional_tools")
async def test_additional_tools(case: ResponsesCase, ask: Ask) -> Observation:
    """A tool that an item of the input declares can be called like one of the request."""
    item = {"type": "additional_tools", "role": "developer", "tools": [declared(WEATHER)]}
    return await _calls_if_it_must(case, ask, [item, message("user", QUESTION)])


@claim("responses.tools.namespace")
async def test_namespace(case: ResponsesCase, ask: Ask) -> Observation:
    """A tool inside a namespace can be called."""
    space = {"type": "namespace", "name": "home", "description": "The house.", "tools": [declared(WEATHER)]}
    return await _calls_if_it_must(case, ask, QUESTION, tools=[space])


@claim("responses.tools.custom")
async def test_custom(case: ResponsesCase, ask: Ask) -> Observation:
    """A custom tool is called with a text of any form."""
    choice = {"type": "custom", "name": NOTE_TOOL["name"]}
    text = "Write a note that says oak, with the tool write_note."
    reply = await ask(case.request(text, budget=BUDGET, tools=[NOTE_TOOL], tool_choice=choice))
    if not reply.ok:
        return reply.refusal()
    (item, *_) = reply.items("custom_tool_call") or [{}]
    if not item:
        return (
            unanswered("the answer was cut")
            if reply.cut
            else ignored(f"no custom_tool_call came: {reply.quoted_text()}")
        )
    if not isinstance(item.get("input"), str) or item.get("name") != NOTE_TOOL["name"]:
        return mishandled(f"a custom_tool_call must have the name and an input, a text, got {item!r:.120}")
    return honoured(f"{item['name']!r} is given {item['input'][:40]!r}")


@claim("responses.input.custom_tool_items")
async def test_custom_items(case: ResponsesCase, ask: Ask) -> Observation:
    """A call of a custom tool and its result, a text or parts, are accepted and known to the model."""
    output: Any = RESULT if case.value == "text" else [{"type": "input_text", "text": RESULT}]
    items = [
        message("user", "Write a note about Paris."),
        {"type": "custom_tool_call", "call_id": "call_conformance3", "name": "write_note", "input": "Paris"},
        {"type": "custom_tool_call_output", "call_id": "call_conformance3", "output": output},
        message("user", ASKED_FOR_RESULT),
    ]
    return shows(await ask(case.request(items, budget=BUDGET, tools=[NOTE_TOOL])), FLOWER)


@claim("responses.tools.hosted_web_search", "responses.tools.hosted_code_interpreter", "responses.tools.file_search")
async def test_hosted(case: ResponsesCase, ask: Ask) -> Observation:
    """Whether a tool that the server runs is accepted, and used where the question asks for it."""
    tool, question, wanted = HOSTED[case.claim.id.rsplit(".", 1)[-1]]
    reply = await ask(case.request(question, budget=BUDGET, tools=[tool]))
    if not reply.ok:
        return reply.refusal()
    found = [item.get("type") for item in reply.output]
    return (
        honoured(f"{wanted} is in the output")
        if wanted in found
        else ignored(f"the output has no {wanted}, got {found}")
    )


async def _calls_if_it_must(case: ResponsesCase, ask: Ask, sent: Any, **more: Any) -> Observation:
    """Observe whether a tool that is declared in another place is called; if the model does not want to, where it must."""
    reply = await ask(case.request(sent, budget=BUDGET, **more))
    if reply.ok and not reply.made and not reply.cut:
        forced = await ask(case.request(sent, budget=BUDGET, tool_choice="required", **more))
        if not forced.made and not forced.cut:
            return ignored(f"{WEATHER.name!r} is not called, not even where a call is required: {reply.quoted_text()}")
        reply = forced
    return _calls(reply, WEATHER.name)


def _calls(reply: ResponsesReply, name: str) -> Observation:
    """Observe whether an answer calls this tool; whether it calls any is the model's choice, unless the request says so."""
    if not reply.ok:
        return reply.refusal()
    if not reply.made:
        return unanswered(f"the answer calls no tool: {reply.quoted_text()}")
    if called(reply)[0] != name:
        return ignored(f"{name!r} must be called, got a call of {called(reply)[0]!r}")
    return honoured(f"{name!r} is called")
