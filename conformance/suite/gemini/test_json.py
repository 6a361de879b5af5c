"""Structured answers: JSON by its media type, by a schema in either form, and one of several words."""

from typing import Any

from conformance.base.observation import Observation, honoured, ignored, unanswered
from conformance.base.validation import problem
from conformance.http.exchange import parse_json
from conformance.suite import claim
from conformance.suite.gemini import Ask
from conformance.suite.toolbox import BUDGET
from conformance.surfaces.gemini.reply import GeminiReply
from conformance.surfaces.gemini.request import GeminiCase, openapi

JSON = "application/json"
COLOURS = "Name three colours. Answer in JSON."
FRUIT = "Name a fruit."
# A key that no model chooses by itself, so that an answer with it shows that the schema was applied.
CARD: dict[str, Any] = {
    "type": "object",
    "properties": {"fruit_q7": {"type": "string"}, "ripe_q7": {"type": "boolean"}},
    "required": ["fruit_q7", "ripe_q7"],
}
REFERRED: dict[str, Any] = {
    "type": "object",
    "properties": {"fruit_q7": {"$ref": "#/$defs/name_q7"}},
    "required": ["fruit_q7"],
    "$defs": {"name_q7": {"type": "string"}},
}
WORDS = ["apple", "pear", "plum"]


@claim("gemini.json.mime")
async def test_mime(case: GeminiCase, ask: Ask) -> Observation:
    """With the media type of JSON the whole text is JSON."""
    reply = await ask(case.request(COLOURS, budget=BUDGET, config={"responseMimeType": JSON}))
    return _observe(reply, {})


@claim("gemini.json.json_schema")
async def test_json_schema(case: GeminiCase, ask: Ask) -> Observation:
    """With a JSON schema the text is JSON that fits it."""
    return _observe(await ask(case.request(FRUIT, budget=BUDGET, config=_format(responseJsonSchema=CARD))), CARD)


@claim("gemini.json.ref")
async def test_reference(case: GeminiCase, ask: Ask) -> Observation:
    """What happens with a JSON schema that refers to its own definitions."""
    return _observe(
        await ask(case.request(FRUIT, budget=BUDGET, config=_format(responseJsonSchema=REFERRED))), REFERRED
    )


@claim("gemini.json.schema_without_mime")
async def test_schema_without_type(case: GeminiCase, ask: Ask) -> Observation:
    """A schema without the media type of JSON is refused or applied, and never ignored."""
    reply = await ask(case.request(FRUIT, budget=BUDGET, config={"responseSchema": openapi(CARD)}))
    if not reply.ok and 400 <= (reply.exchange.status or 0) < 500:
        seen = reply.refusal()
        return honoured(f"refused: {seen.detail}") if seen.seen == "refused" else seen
    return _observe(reply, CARD)


@claim("gemini.json.enum")
async def test_enum(case: GeminiCase, ask: Ask) -> Observation:
    """With the media type of an enum the text is one of the words, and nothing else."""
    config = {"responseMimeType": "text/x.enum", "responseSchema": {"type": "STRING", "enum": WORDS}}
    reply = await ask(case.request("Which fruit is long and green?", config=config))
    if not reply.ok:
        return reply.refusal()
    if reply.cut:
        return unanswered("the answer was cut")
    if reply.text.strip() in WORDS:
        return honoured(f"answered {reply.quoted_text()}")
    return ignored(f"the text must be one of {', '.join(WORDS)}, got {reply.quoted_text()}", enforced=True)


def _format(**schema: Any) -> dict[str, Any]:
    return {"responseMimeType": JSON, **schema}


def _observe(reply: GeminiReply, schema: dict[str, Any]) -> Observation:
    """Return whether the text of an answer is JSON that fits a schema."""
    if not reply.ok:
        return reply.refusal()
    if reply.cut:
        return unanswered("the answer was cut")
    value = parse_json(reply.text)
    if value is None:
        return ignored(f"the text must be JSON, got {reply.quoted_text()}", enforced=True)
    wrong = problem(value, schema)
    if wrong:
        return ignored(f"the text must fit the schema, got {reply.quoted_text()}: {wrong}", enforced=True)
    return honoured(f"answered {reply.quoted_text()}")
