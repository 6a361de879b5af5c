"""response_format: the server promises the form of the answer, so a missing form is its own doing."""

import json
from typing import Any

from conformance.asking import Ask
from conformance.chat import ChatCase, ChatReply
from conformance.observation import Observation, accepted, honoured, ignored, unanswered
from conformance.suite import claim
from conformance.validation import problem

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
BUDGET = 128


@claim("chat.response_format.json_schema")
async def test_json_schema(case: ChatCase, ask: Ask) -> Observation:
    """The answer to a question that does not mention the schema validates against it."""
    wanted = {"type": "json_schema", "json_schema": {"name": "fruit_card", "strict": True, "schema": CARD}}
    reply = await ask(case.request("Name a fruit.", budget=BUDGET, response_format=wanted))
    if not reply.ok:
        return reply.refusal()
    if reply.cut:
        return unanswered(f"the answer was cut, finish_reason {reply.finish_reason}")
    value = _json(reply)
    wrong = problem(value, CARD)
    if value is None:
        return ignored(f"the answer is not JSON: {reply.said()}")
    return ignored(f"the answer does not validate: {wrong}") if wrong else honoured("the answer validates")


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
        return ignored(f"the answer is not a JSON object: {reply.said()}")
    control = await ask.control(case.control(prompt, budget=BUDGET))
    if isinstance(_json(control), dict):
        return accepted("the answer is a JSON object, and so is the control")
    return honoured("the answer is a JSON object, the control is not")


@claim("chat.response_format.unknown_type")
async def test_type(case: ChatCase, ask: Ask) -> Observation:
    """The type is accepted or refused."""
    return (await ask(case.request(response_format={"type": case.value}))).acceptance()


@claim("chat.response_format.wrong_type", "chat.response_format.null")
async def test_value(case: ChatCase, ask: Ask) -> Observation:
    """The value is accepted or refused."""
    return (await ask(case.request(response_format=case.value))).acceptance()


def _json(reply: ChatReply) -> Any:
    """The text as JSON; None where it is none."""
    try:
        return json.loads(reply.text)
    except (ValueError, RecursionError):
        return None
