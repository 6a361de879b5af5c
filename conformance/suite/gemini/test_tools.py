"""Tools in the words of this API: declarations in several forms, allowed names, and results."""

from dataclasses import replace
from typing import Any

from conformance.base.observation import Observation, absent, accepted, honoured, ignored, mishandled, unanswered
from conformance.suite import claim
from conformance.suite.gemini import Ask
from conformance.suite.toolbox import BUDGET, CLOCK, QUESTION, ROOM, WEATHER, arguments, call_of, called
from conformance.surfaces.gemini.reply import GeminiReply
from conformance.surfaces.gemini.request import GeminiCase, declared
from conformance.surfaces.prompt import Prompt, Result, Turn, assistant, user

TIME = "What time is it in Paris? Use the tool get_time."


@claim("gemini.tools.parameters_json_schema")
async def test_json_schema(case: GeminiCase, ask: Ask) -> Observation:
    """Parameters in JSON schema act, under either spelling of their name: the arguments of a call fit them."""
    tool = {"name": WEATHER.name, "description": WEATHER.description, case.value: dict(WEATHER.schema or {})}
    reply = await ask(_with_tools(case, QUESTION, [{"functionDeclarations": [tool]}], "ANY"))
    if not reply.ok:
        return reply.refusal()
    if not reply.made:
        return _uncalled(reply, WEATHER.name)
    return arguments(reply, WEATHER)


@claim("gemini.tools.many_declarations", "gemini.tools.several_entries")
async def test_second_declaration(case: GeminiCase, ask: Ask) -> Observation:
    """The second tool is called where the question needs it, in the same entry as the first or in one of its own."""
    rows = [declared(WEATHER), declared(CLOCK)]
    reply = await ask(_with_tools(case, TIME, _entries(case, rows), "ANY"))
    if not reply.ok:
        return reply.refusal()
    if CLOCK.name in called(reply):
        return honoured(f"{CLOCK.name!r} is called")
    if reply.made:
        swapped = await ask.control(_with_tools(case, TIME, _entries(case, rows[::-1]), "ANY"))
        if CLOCK.name not in called(swapped):
            return unanswered(f"the model calls {called(reply)[0]!r} in whatever order the tools are declared")
    return _uncalled(reply, CLOCK.name)


def _entries(case: GeminiCase, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    if case.value == "one_entry":
        return [{"functionDeclarations": rows}]
    return [{"functionDeclarations": [row]} for row in rows]


@claim("gemini.tools.mode_validated")
async def test_validated(case: GeminiCase, ask: Ask) -> Observation:
    """The mode VALIDATED is accepted, and a call has arguments that fit."""
    reply = await ask(_with_tools(case, QUESTION, [{"functionDeclarations": [declared(WEATHER)]}], "VALIDATED"))
    if not reply.ok or not reply.made:
        return reply.acceptance()
    return arguments(reply, WEATHER)


@claim("gemini.tools.id")
async def test_id(case: GeminiCase, ask: Ask) -> Observation:
    """Whether a call has an id."""
    reply = await _call(case, ask)
    if not reply.ok or not reply.made:
        return reply.refusal() if not reply.ok else unanswered("no tool is called")
    return honoured("the call has an id") if reply.made[0].id else absent("the call has no id")


@claim("gemini.tools.response_error_key")
async def test_error_as_response(case: GeminiCase, ask: Ask) -> Observation:
    """A tool that reports an error instead of a result is accepted, for a call with an id or without."""
    reply = await ask(case.spelt(_with_error("")))
    return (reply if reply.ok else await ask(case.spelt(_with_error("1")))).acceptance()


@claim("gemini.tools.calls_without_ids")
async def test_calls_without_ids(case: GeminiCase, ask: Ask) -> Observation:
    """A history whose calls have no ids, as clients of older models send it, is answered as one with ids is."""
    reply = await ask(case.spelt(_with_error("")))
    if reply.ok and (reply.text.strip() or reply.made or reply.cut):
        return honoured(f"answered {reply.quoted_text()}")
    named = await ask.control(case.spelt(_with_error("1"), control=True))
    if not reply.ok:
        return reply.refusal()
    if named.text.strip() or named.made:
        return mishandled(f"the answer must not be empty; with an id it is {named.quoted_text()}")
    return unanswered("the answer is empty, with an id as well")


def _with_error(name: str) -> Prompt:
    """Return a call with this id, or none, and the error that came of it."""
    made = call_of(WEATHER, name, city="Paris", unit="celsius")
    call = made if name else replace(made, id="")
    results = Turn("user", results=(Result(call, "The weather service is down.", failed=True),))
    return Prompt((user(QUESTION), assistant(calls=(call,)), results), tools=(WEATHER,), budget=BUDGET)


@claim("gemini.tools.schema_keyword")
async def test_schema_keyword(case: GeminiCase, ask: Ask) -> Observation:
    """What happens with a keyword of JSON schema in parameters that have none of its keywords."""
    tool = declared(WEATHER)
    parameters = {**tool["parameters"], "$schema": "https://json-schema.org/draft/2020-12/schema"}
    entry = {"functionDeclarations": [{**tool, "parameters": parameters}]}
    return (await ask(_with_tools(case, QUESTION, [entry], "AUTO"))).acceptance()


@claim("gemini.tools.google_search", "gemini.tools.code_execution", "gemini.tools.url_context")
async def test_built_in(case: GeminiCase, ask: Ask) -> Observation:
    """What an answer shows of a tool of the provider's own."""
    name, question = case.value
    reply = await ask(case.request(question, budget=ROOM, tools=[{name: {}}]))
    if not reply.ok:
        return reply.refusal()
    shown = {"groundingMetadata", "urlContextMetadata"} & reply.candidates[0].keys()
    shown |= {key for part in reply.parts for key in ("executableCode", "codeExecutionResult") if key in part}
    return (
        honoured(f"the answer has {', '.join(sorted(shown))}") if shown else accepted("answered without a trace of it")
    )


@claim("gemini.tools.search_and_functions")
async def test_search_and_functions(case: GeminiCase, ask: Ask) -> Observation:
    """What happens with search and functions in one request."""
    tools: list[dict[str, Any]] = [{"googleSearch": {}}, {"functionDeclarations": [declared(WEATHER)]}]
    return (await ask(case.request(budget=BUDGET, tools=tools))).acceptance()


def _with_tools(case: GeminiCase, question: str, tools: list[dict[str, Any]], mode: str) -> Any:
    """Return a question with tools, and the mode in which they are called."""
    config = {"functionCallingConfig": {"mode": mode}}
    return case.request(question, budget=BUDGET, tools=tools, toolConfig=config)


def _uncalled(reply: GeminiReply, name: str) -> Observation:
    if reply.cut:
        return unanswered("the answer was cut")
    got = f"a call of {called(reply)[0]!r}" if reply.made else reply.quoted_text()
    return ignored(f"{name!r} must be called, got {got}", enforced=not reply.made)


async def _call(case: GeminiCase, ask: Ask) -> GeminiReply:
    return await ask(case.spelt(Prompt.of(QUESTION, budget=BUDGET, tools=(WEATHER,), choice="required")))
