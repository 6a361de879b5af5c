"""Fields of an answer that one document shows and another one does not."""

from conformance.base.observation import Observation, absent, honoured
from conformance.suite import claim
from conformance.suite.gemini import Ask
from conformance.surfaces.gemini.request import GeminiCase


@claim("gemini.reply.safety_ratings", "gemini.reply.avg_logprobs")
async def test_field(case: GeminiCase, ask: Ask) -> Observation:
    """Whether a candidate has this field."""
    reply = await ask(case.plain())
    if not reply.ok:
        return reply.refusal()
    name = case.value
    return honoured(f"{name} is there") if name in reply.candidates[0] else absent(f"{name} is not there")
