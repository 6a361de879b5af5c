"""response_format: what only this API has besides a strict schema, which is tested by shared probes."""

from conformance.base.observation import Observation, accepted, honoured, ignored
from conformance.suite import claim
from conformance.suite.chat import Ask
from conformance.suite.structured import BUDGET, CARD, QUESTION, observe_fit, parsed, unfinished
from conformance.surfaces.chat.request import ChatCase, schema_format


@claim("chat.response_format.not_strict")
async def test_not_strict(case: ChatCase, ask: Ask) -> Observation:
    """Whether the answer fits the schema without strict."""
    loose = schema_format(CARD, strict=False)
    return observe_fit(await ask(case.request(QUESTION, budget=BUDGET, response_format=loose)), CARD)


@claim("chat.response_format.json_object")
async def test_json_object(case: ChatCase, ask: Ask) -> Observation:
    """The answer is one JSON object, while the control without response_format is not."""
    prompt = "Name three colours. Answer in JSON."
    reply = await ask(case.request(prompt, budget=BUDGET, response_format={"type": "json_object"}))
    if not reply.ok:
        return reply.refusal()
    if seen := unfinished(reply):
        return seen
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


@claim("chat.response_format.missing_name")
async def test_missing_name(case: ChatCase, ask: Ask) -> Observation:
    """Whether a json_schema without a name is accepted or refused."""
    wanted = schema_format(CARD)
    del wanted["json_schema"]["name"]
    return (await ask(case.request(QUESTION, response_format=wanted))).acceptance()


@claim("chat.response_format.bad_schema")
async def test_bad_schema(case: ChatCase, ask: Ask) -> Observation:
    """Whether a schema with an unknown type is accepted or refused."""
    bad = schema_format({**CARD, "type": "conformance-no-such-type"})
    return (await ask(case.request(QUESTION, response_format=bad))).acceptance()
