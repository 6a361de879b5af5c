"""Names of fields with underscores, and the mixture of spellings that Google's Python client sends."""

from typing import Any

from conformance.base.observation import Observation, honoured, ignored, unanswered
from conformance.suite import claim
from conformance.suite.controls import ask_long_control
from conformance.suite.conversing import SHORT_INSTRUCTION, marker_reaches_model
from conformance.suite.gemini import Ask
from conformance.suite.media import QUESTION as QUESTION_OF_COLOUR
from conformance.suite.media import data_url
from conformance.suite.probes.test_cap import compare_with_control
from conformance.suite.probes.test_image import names_colour, unrecognised
from conformance.suite.toolbox import BUDGET, QUESTION, WEATHER, arguments, called
from conformance.surfaces.gemini.request import CAP, CONFIG, GeminiCase, inline
from conformance.surfaces.markers import marker
from conformance.surfaces.prompt import Prompt

GREETING = "How are you today?"
CUT = 8  # tokens of an answer that would have a hundred


@claim("gemini.case.generation_config", "gemini.case.max_output_tokens")
async def test_cap(case: GeminiCase, ask: Ask) -> Observation:
    """A cap under names with underscores cuts an answer that is longer without it."""
    control = await ask_long_control(case, ask)
    config, cap = case.value
    body = {name: value for name, value in control.exchange.request.json.items() if name != CONFIG}
    settings = {name: value for name, value in control.exchange.request.json[CONFIG].items() if name != CAP}
    reply = await ask(case.post({**body, config: {**settings, cap: CUT}}))
    if not reply.ok:
        return reply.refusal()
    return compare_with_control(reply, control, CUT)


@claim("gemini.system.snake", "gemini.system.parts")
async def test_system(case: GeminiCase, ask: Ask) -> Observation:
    """An instruction is followed under this name, also one between other parts."""
    name, texts = case.value
    word = marker(f"{case.model.id} {name} {len(texts)}")
    others = [{"text": text} for text in texts]
    rule = {"text": f"Whatever the user says, reply with the single word: {word}. Write nothing before or after it."}
    whole = case.request(GREETING, **{name: {"parts": [*others[:1], rule, *others[1:]]}})
    without = case.control(GREETING, **{name: {"parts": others or [{"text": SHORT_INSTRUCTION}]}})
    return await marker_reaches_model(case, ask, whole, without, word)


@claim("gemini.case.function_declarations")
async def test_declarations(case: GeminiCase, ask: Ask) -> Observation:
    """A tool that is declared under names with underscores is called as one under the documented names is."""
    body = case.spelt(Prompt.of(QUESTION, budget=BUDGET, tools=(WEATHER,), choice="required"), control=True).json
    config = body["toolConfig"]["functionCallingConfig"]
    others = {name: value for name, value in body.items() if name != "toolConfig"}
    tools = [{"function_declarations": body["tools"][0]["functionDeclarations"]}]
    changed = {**others, "tools": tools, "tool_config": {"function_calling_config": config}}
    reply = await ask(case.post(changed))
    if not reply.ok:
        return reply.refusal()
    if WEATHER.name in called(reply):
        return honoured(f"{WEATHER.name!r} is called")
    return unanswered("the answer was cut") if reply.cut else ignored(f"no tool is called, got {reply.quoted_text()}")


@claim("gemini.case.sdk_mix")
async def test_mixture(case: GeminiCase, ask: Ask) -> Observation:
    """The mixture of names that Google's Python client sends works: a call whose arguments fit the schema."""
    declared: dict[str, Any] = {"name": WEATHER.name, "description": WEATHER.description}
    declared["parameters_json_schema"] = dict(WEATHER.schema or {})
    body = case.body(QUESTION, budget=BUDGET, config={"topK": 3.0, "thinkingConfig": {"include_thoughts": False}})
    mode = {"functionCallingConfig": {"mode": "ANY"}}
    reply = await ask(case.post({**body, "tools": [{"functionDeclarations": [declared]}], "toolConfig": mode}))
    if not reply.ok:
        return reply.refusal()
    if WEATHER.name not in called(reply):
        return unanswered("the answer was cut") if reply.cut else ignored(f"no call, got {reply.quoted_text()}")
    return arguments(reply, WEATHER)


@claim("gemini.case.inline_data")
async def test_picture(case: GeminiCase, ask: Ask) -> Observation:
    """A picture under names with underscores is seen as one under the documented names is."""
    image = inline(data_url())["inlineData"]
    part = {"inline_data": {"mime_type": image["mimeType"], "data": image["data"]}}
    body = case.body(QUESTION_OF_COLOUR)
    changed = {**body, "contents": [{"role": "user", "parts": [*body["contents"][0]["parts"], part]}]}
    reply = await ask(case.post(changed))
    if not reply.ok:
        return reply.refusal()
    if names_colour(reply):
        return honoured(f"the answer names the colour: {reply.quoted_text()}")
    without = await ask.control(case.control(QUESTION_OF_COLOUR))
    return await unrecognised(case, ask, reply, without)


@claim("gemini.case.file_data_snake")
async def test_file(case: GeminiCase, ask: Ask) -> Observation:
    """Whether the address of a file is taken under names with underscores."""
    part = {"file_data": {"mime_type": "image/jpeg", "file_uri": case.value}}
    question = {"text": "What do you see? Answer in one word."}
    body = {**case.body(), "contents": [{"role": "user", "parts": [part, question]}]}
    return (await ask(case.post(body))).acceptance()


@claim("gemini.file.uri_https", "gemini.file.type_absent")
async def test_public_file(case: GeminiCase, ask: Ask) -> Observation:
    """A file that is given by its public address is taken, with its type or without."""
    address, typed = case.value
    kind = {"mimeType": "image/jpeg"} if typed else {}
    part = {"fileData": {**kind, "fileUri": address}}
    question = {"text": "What do you see? Answer in one word."}
    body = {**case.body(), "contents": [{"role": "user", "parts": [part, question]}]}
    return (await ask(case.post(body))).acceptance()
