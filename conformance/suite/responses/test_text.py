"""The form of an answer: a JSON object without a schema, and how long it is."""

from conformance.base.observation import Observation, honoured, ignored, unanswered
from conformance.suite import claim
from conformance.suite.responses import Ask
from conformance.suite.structured import BUDGET, parsed, unfinished
from conformance.surfaces.responses.request import ResponsesCase

OPEN = "Describe a harbour in the morning."
LONG = 512  # tokens: more than a model needs for any verbosity


@claim("responses.text.json_object")
async def test_json_object(case: ResponsesCase, ask: Ask) -> Observation:
    """The answer is a JSON object where text.format asks for one."""
    text = "Name three colours. Answer in JSON."
    reply = await ask(case.request(text, budget=BUDGET, text={"format": {"type": "json_object"}}))
    if not reply.ok:
        return reply.refusal()
    if seen := unfinished(reply):
        return seen
    if isinstance(parsed(reply.text), dict):
        return honoured("the answer is a JSON object")
    return ignored(f"the answer must be a JSON object, got {reply.quoted_text()}")


@claim("responses.text.verbosity")
async def test_verbosity(case: ResponsesCase, ask: Ask) -> Observation:
    """An answer of low verbosity is shorter than one of high verbosity."""
    low = await ask(case.request(OPEN, budget=LONG, text={"verbosity": "low"}))
    if not low.ok:
        return low.refusal()
    high = await ask(case.request(OPEN, budget=LONG, text={"verbosity": "high"}))
    if not high.ok:
        return high.refusal()
    if low.cut or high.cut:
        return unanswered("an answer was cut")
    sizes = f"{len(low.text)} characters with low, {len(high.text)} with high verbosity"
    return honoured(sizes) if len(low.text) < len(high.text) else ignored(sizes)
