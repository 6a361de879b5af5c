"""response_format: whether answers have the requested form, which the server enforces, not the model."""

from collections.abc import Collection
from typing import Any

from conformance.base.observation import Observation, accepted, honoured, ignored, mishandled, unanswered
from conformance.base.validation import problem
from conformance.http.exchange import Request
from conformance.suite import claim
from conformance.suite.chat import Ask
from conformance.suite.chat.structured import (
    CARD,
    featured,
    key_of,
    parsed,
    schema_format,
    schema_of,
    together_or_alone,
)
from conformance.surfaces.chat.reply import ChatReply
from conformance.surfaces.chat.request import ChatCase

REPORT: dict[str, Any] = {
    "type": "object",
    "properties": {
        "mood_q7": {"type": "string", "enum": ["vex_q7", "zal_q7"]},
        "spot_q7": {
            "type": "object",
            "properties": {"row_q7": {"type": "integer"}, "lit_q7": {"type": "boolean"}},
            "required": ["row_q7", "lit_q7"],
            "additionalProperties": False,
        },
        "tags_q7": {"type": "array", "items": {"type": "string"}, "minItems": 1},
    },
    "required": ["mood_q7", "spot_q7", "tags_q7"],
    "additionalProperties": False,
}
PARTS = {"enum": "mood_q7", "nested": "spot_q7", "array": "tags_q7"}
FEATURED = 320  # tokens: twice what an answer with all features takes
BUDGET = 128  # tokens: several times what an answer in either form takes
CUT = 8  # tokens, fewer than any answer that fits CARD takes


@claim("chat.response_format.json_schema")
async def test_json_schema(case: ChatCase, ask: Ask) -> Observation:
    """The answer fits the schema, though the question does not mention it."""
    return _observe_card(await ask(case.request("Name a fruit.", budget=BUDGET, response_format=schema_format(CARD))))


@claim("chat.response_format.not_strict")
async def test_not_strict(case: ChatCase, ask: Ask) -> Observation:
    """Whether the answer fits the schema without strict."""
    loose = schema_format(CARD, strict=False)
    return _observe_card(await ask(case.request("Name a fruit.", budget=BUDGET, response_format=loose)))


@claim("chat.response_format.nested", "chat.response_format.enum", "chat.response_format.array")
async def test_part(case: ChatCase, ask: Ask) -> Observation:
    """The enum, nested object or array in the answer fits its part of the schema."""
    reply = await ask(case.request("Describe a chair.", budget=BUDGET, response_format=schema_format(REPORT)))
    if not reply.ok:
        return reply.refusal()
    if unfinished := _unfinished(reply):
        return unfinished
    key = PARTS[case.claim.id.rsplit(".", 1)[-1]]
    value = parsed(reply.text)
    if not isinstance(value, dict) or key not in value:
        return ignored(f"the answer lacks the key {key!r}: {reply.quoted_text()}")
    wrong = problem(value[key], REPORT["properties"][key])
    return ignored(f"{key!r} must fit its schema: {wrong}") if wrong else honoured(f"{key!r} fits its schema")


@claim("chat.response_format.features", "chat.response_format.keywords")
async def test_feature(case: ChatCase, ask: Ask) -> Observation:
    """A schema with this feature is accepted and obeyed: together with all others, or by itself where those fail."""

    async def observe(features: Collection[str], feature: str) -> Observation:
        return _observe_feature(await ask(_featured_request(case, features)), feature)

    return await together_or_alone(case.value, observe)


@claim("chat.response_format.additional_properties")
async def test_additional_properties(case: ChatCase, ask: Ask) -> Observation:
    """The answer has no key that the schema forbids, though the prompt asks for one."""
    prompt = "Name a fruit, and give the country it comes from under the key origin_q7."
    reply = await ask(case.request(prompt, budget=BUDGET, response_format=schema_format(CARD)))
    if not reply.ok:
        return reply.refusal()
    value = parsed(reply.text)
    if not isinstance(value, dict):
        return _unfinished(reply) or ignored(f"the answer must be a JSON object, got {reply.quoted_text()}")
    further = sorted(value.keys() - CARD["properties"].keys())
    return (
        ignored(f"the schema forbids the key {further[0]!r} of the answer") if further else honoured("no forbidden key")
    )


@claim("chat.response_format.truncated")
async def test_truncated(case: ChatCase, ask: Ask) -> Observation:
    """JSON longer than the cap is cut, and the finish_reason is length."""
    cap: dict[str, Any] = {case.traits.cap: CUT}
    reply = await ask(case.request("Name a fruit.", response_format=schema_format(CARD), **cap))
    if not reply.ok:
        return reply.refusal()
    if reply.finish_reason == "length" and not _is_prose(reply):
        return honoured("finish_reason 'length' for JSON that was cut")
    if problem(parsed(reply.text), CARD) is None:
        return ignored(f"the whole answer of {len(reply.text)} characters came for a cap of {CUT} tokens")
    if not reply.cut and reply.text.lstrip().startswith("{") and parsed(reply.text) is None:
        return mishandled(
            f"finish_reason of cut JSON must be 'length', got {reply.finish_reason!r}: {reply.quoted_text()}"
        )
    return unanswered(f"there is no cut JSON to look at: {reply.quoted_text()}")


@claim("chat.response_format.json_object")
async def test_json_object(case: ChatCase, ask: Ask) -> Observation:
    """The answer is one JSON object, while the control without response_format is not."""
    prompt = "Name three colours. Answer in JSON."
    reply = await ask(case.request(prompt, budget=BUDGET, response_format={"type": "json_object"}))
    if not reply.ok:
        return reply.refusal()
    if unfinished := _unfinished(reply):
        return unfinished
    if not isinstance(parsed(reply.text), dict):
        return ignored(f"the answer must be a JSON object, got {reply.quoted_text()}")
    control = await ask.control(case.control(prompt, budget=BUDGET))
    if isinstance(parsed(control.text), dict):
        return accepted("the answer is a JSON object, and so is the control")
    return honoured("the answer is a JSON object; the control is not")


@claim("chat.response_format.unknown_type")
async def test_type(case: ChatCase, ask: Ask) -> Observation:
    """Whether this type is accepted or refused."""
    return (await ask(case.request(response_format={"type": case.value}))).acceptance()


@claim("chat.response_format.missing_name", "chat.response_format.bad_schema")
async def test_description(case: ChatCase, ask: Ask) -> Observation:
    """Whether a json_schema without a name, or with an unknown type, is accepted or refused."""
    wanted = schema_format(CARD)
    if case.claim.id == "chat.response_format.missing_name":
        del wanted["json_schema"]["name"]
    else:
        wanted["json_schema"]["schema"] = {**CARD, "type": "conformance-no-such-type"}
    return (await ask(case.request("Name a fruit.", response_format=wanted))).acceptance()


def _unfinished(reply: ChatReply) -> Observation | None:
    """Return what an answer that was cut shows, None for a whole one; a text that does not begin as JSON never becomes it."""
    if not reply.cut:
        return None
    if reply.finish_reason == "length" and _is_prose(reply):
        return ignored(f"the answer must be a JSON object, got {reply.quoted_text()}, which was cut")
    return unanswered(f"the answer was cut, finish_reason {reply.finish_reason!r}")


def _is_prose(reply: ChatReply) -> bool:
    """Return whether an answer has a text that does not even begin an object."""
    text = reply.text.lstrip()
    return bool(text) and not text.startswith("{")


def _observe_card(reply: ChatReply) -> Observation:
    """Observe whether an answer is JSON that fits CARD."""
    if not reply.ok:
        return reply.refusal()
    if unfinished := _unfinished(reply):
        return unfinished
    value = parsed(reply.text)
    if value is None:
        return ignored(f"the answer must be JSON, got {reply.quoted_text()}")
    wrong = problem(value, CARD)
    return ignored(f"the answer must fit the schema: {wrong}") if wrong else honoured("the answer fits the schema")


def _featured_request(case: ChatCase, features: Collection[str]) -> Request:
    """Return a request for an answer whose schema has these features."""
    wanted = schema_format(featured(features))
    return case.request(
        "Make up a short entry: every text is one word, and every list is as short as possible.",
        budget=FEATURED,
        response_format=wanted,
    )


def _observe_feature(reply: ChatReply, feature: str) -> Observation:
    """Observe whether the part of an answer that has a feature fits its schema."""
    if not reply.ok:
        return reply.refusal()
    if unfinished := _unfinished(reply):
        return unfinished
    value, key = parsed(reply.text), key_of(feature)
    if not isinstance(value, dict) or key not in value:
        return ignored(f"the answer lacks the key {key!r}: {reply.quoted_text()}")
    wrong = problem(value[key], schema_of(feature))
    return ignored(f"{key!r} must fit its schema: {wrong}") if wrong else honoured(f"{key!r} fits its schema")
