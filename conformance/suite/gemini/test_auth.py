"""How the key is sent: each way that the documents name, and others that clients use."""

from dataclasses import replace

from conformance.base.observation import Observation, honoured
from conformance.suite import claim
from conformance.suite.gemini import Ask
from conformance.surfaces.gemini.request import GeminiCase


@claim("gemini.auth.goog_key", "gemini.auth.bearer", "gemini.auth.both", "gemini.auth.bare")
async def test_accepted(case: GeminiCase, ask: Ask) -> Observation:
    """A request with the key sent in this way is answered."""
    reply = await ask(replace(case.plain(), auth=case.value))
    return honoured(f"answered {reply.quoted_text()}") if reply.ok else reply.refusal()
