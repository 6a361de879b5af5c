"""How many candidates an answer has."""

from conformance.base.observation import Observation, honoured, ignored
from conformance.suite import claim
from conformance.suite.gemini import Ask
from conformance.surfaces.gemini.request import GeminiCase


@claim("gemini.candidate_count.one", "gemini.candidate_count.two")
async def test_count(case: GeminiCase, ask: Ask) -> Observation:
    """As many candidates come as are asked for."""
    reply = await ask(case.with_value(case.value))
    if not reply.ok:
        return reply.refusal()
    found = len(reply.candidates)
    return honoured(f"{found} candidates") if found == case.value else ignored(f"{found} candidates for {case.value}")
