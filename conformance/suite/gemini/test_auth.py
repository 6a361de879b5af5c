"""How the key is sent: each way that the documents name, and others that clients use."""

from dataclasses import replace

from conformance.base.observation import Observation, honoured, mishandled, unanswered
from conformance.suite import claim
from conformance.suite.gemini import Ask
from conformance.surfaces.gemini.request import GeminiCase

UNAUTHORISED = (401, 403)


@claim("gemini.auth.goog_key", "gemini.auth.bearer", "gemini.auth.both", "gemini.auth.bare", "gemini.auth.query_key")
async def test_accepted(case: GeminiCase, ask: Ask) -> Observation:
    """A request with the key sent in this way is answered."""
    request = case.as_stream(case.plain()) if case.streams else case.plain()
    reply = await ask(replace(request, auth=case.value))
    if reply.exchange.status in UNAUTHORISED:
        # Not a refusal of what the request asks for: the key is right.
        return mishandled(f"the key is not accepted: {reply.refusal().detail}")
    return honoured(f"answered {reply.quoted_text()}") if reply.ok else unanswered(reply.refusal().detail)
