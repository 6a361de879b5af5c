"""response_format: the server promises the form of the answer, so a missing form is its own doing."""

import json
from typing import Any

from conformance.base.observation import Observation, accepted, honoured, ignored, mishandled, unanswered
from conformance.base.validation import problem
from conformance.suite import claim
from conformance.suite.chat import Ask
from conformance.surfaces.chat.reply import ChatReply
from conformance.surfaces.chat.request import ChatCase

# The keys are such that no answer has them by chance: what validates was enforced.
CARD: dict[str, Any] = {
    "type": "object",
    "properties": {
        "fruit_q7": {"type": "string"},
        "ripe_q7": {"type": "boolean"},
        "shade_q7": {"type": "string", "enum": ["dark", "light"]},
    },
    "required": ["fruit_q7", "ripe_q7", "shade_q7"],
    "additionalProperties": False,
}
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
BUDGET = 128
CUT = 8  # tokens, less than any answer in the form of the card takes


@claim("chat.response_format.json_schema")
async def test_json_schema(case: ChatCase, ask: Ask) -> Observation:
    """The answer to a question that does not mention the schema validates against it."""
    return _whole(await ask(case.request("Name a fruit.", budget=BUDGET, response_format=described(CARD))))


@claim("chat.response_format.not_strict")
async def test_not_strict(case: ChatCase, ask: Ask) -> Observation:
    """Without strict the answer validates all the same, or does not."""
    loose = described(CARD, strict=False)
    return _whole(await ask(case.request("Name a fruit.", budget=BUDGET, response_format=loose)))


@claim("chat.response_format.nested", "chat.response_format.enum", "chat.response_format.array")
async def test_part(case: ChatCase, ask: Ask) -> Observation:
    """The part of the answer that the claim is about validates against its own part of the schema."""
    reply = await ask(case.request("Describe a chair.", budget=BUDGET, response_format=described(REPORT)))
    if not reply.ok:
        return reply.refusal()
    if reply.cut:
        return unanswered(f"the answer was cut, finish_reason {reply.finish_reason}")
    key = PARTS[case.claim.id.rsplit(".", 1)[-1]]
    value = _json(reply)
    if not isinstance(value, dict) or key not in value:
        return ignored(f"the answer has no {key}: {reply.quoted_text()}")
    wrong = problem(value[key], REPORT["properties"][key])
    return ignored(f"{key} does not validate: {wrong}") if wrong else honoured(f"{key} validates")


@claim("chat.response_format.additional_properties")
async def test_additional_properties(case: ChatCase, ask: Ask) -> Observation:
    """The prompt asks for a key that the schema forbids; the answer is an object without it."""
    prompt = "Name a fruit, and give the country it comes from under the key origin_q7."
    reply = await ask(case.request(prompt, budget=BUDGET, response_format=described(CARD)))
    if not reply.ok:
        return reply.refusal()
    value = _json(reply)
    if not isinstance(value, dict):
        said = reply.quoted_text()
        return unanswered(f"the answer was cut: {said}") if reply.cut else ignored(f"no object: {said}")
    further = sorted(value.keys() - CARD["properties"].keys())
    return ignored(f"further keys: {', '.join(further)}") if further else honoured("no further key")


@claim("chat.response_format.truncated")
async def test_truncated(case: ChatCase, ask: Ask) -> Observation:
    """JSON that would be longer than the cap is cut, and the answer says finish_reason length."""
    cap: dict[str, Any] = {case.traits.cap: CUT}
    reply = await ask(case.request("Name a fruit.", response_format=described(CARD), **cap))
    if not reply.ok:
        return reply.refusal()
    if reply.finish_reason == "length":
        return honoured("finish_reason length")
    if problem(_json(reply), CARD) is None:
        return ignored(f"the whole answer came, {len(reply.text)} characters for a cap of {CUT} tokens")
    if not reply.cut and reply.text.lstrip().startswith("{") and _json(reply) is None:
        return mishandled(f"finish_reason {reply.finish_reason!r} for JSON that was cut: {reply.quoted_text()}")
    return unanswered(f"no JSON that was cut: {reply.quoted_text()}")


@claim("chat.response_format.json_object")
async def test_json_object(case: ChatCase, ask: Ask) -> Observation:
    """The answer is one JSON object; where the control is one as well, the parameter's part in it is not shown."""
    prompt = "Name three colours. Answer in JSON."
    reply = await ask(case.request(prompt, budget=BUDGET, response_format={"type": "json_object"}))
    if not reply.ok:
        return reply.refusal()
    if reply.cut:
        return unanswered(f"the answer was cut, finish_reason {reply.finish_reason}")
    if not isinstance(_json(reply), dict):
        return ignored(f"the answer is not a JSON object: {reply.quoted_text()}")
    control = await ask.control(case.control(prompt, budget=BUDGET))
    if isinstance(_json(control), dict):
        return accepted("the answer is a JSON object, and so is the control")
    return honoured("the answer is a JSON object, the control is not")


@claim("chat.response_format.unknown_type")
async def test_type(case: ChatCase, ask: Ask) -> Observation:
    """The type is accepted or refused."""
    return (await ask(case.request(response_format={"type": case.value}))).acceptance()


@claim("chat.response_format.missing_name", "chat.response_format.bad_schema")
async def test_description(case: ChatCase, ask: Ask) -> Observation:
    """A json_schema with one thing wrong is accepted or refused."""
    wanted = described(CARD)
    if case.claim.id == "chat.response_format.missing_name":
        del wanted["json_schema"]["name"]
    else:
        wanted["json_schema"]["schema"] = {**CARD, "type": "conformance-no-such-type"}
    return (await ask(case.request("Name a fruit.", response_format=wanted))).acceptance()


def described(schema: dict[str, Any], *, strict: bool = True) -> dict[str, Any]:
    """The response_format that asks for a schema."""
    return {"type": "json_schema", "json_schema": {"name": "fruit_card", "strict": strict, "schema": schema}}


def _whole(reply: ChatReply) -> Observation:
    """Whether the answer is JSON that validates as the card."""
    if not reply.ok:
        return reply.refusal()
    if reply.cut:
        return unanswered(f"the answer was cut, finish_reason {reply.finish_reason}")
    value = _json(reply)
    if value is None:
        return ignored(f"the answer is not JSON: {reply.quoted_text()}")
    wrong = problem(value, CARD)
    return ignored(f"the answer does not validate: {wrong}") if wrong else honoured("the answer validates")


def _json(reply: ChatReply) -> Any:
    """The text as JSON; None where it is none."""
    try:
        return json.loads(reply.text)
    except (ValueError, RecursionError):
        return None
