"""Caches that a request names."""

from conformance.base.observation import Observation, refused
from conformance.suite import claim
from conformance.suite.gemini import Ask
from conformance.surfaces.gemini.request import GeminiCase

# Google's API says of a cache that does not exist that it may not be used either, with 403.
UNKNOWN = (400, 403, 404)


@claim("gemini.cached_content.unknown")
async def test_unknown(case: GeminiCase, ask: Ask) -> Observation:
    """A cache that does not exist is refused."""
    reply = await ask(case.with_value(case.value))
    seen = reply.acceptance()
    return refused(seen.detail) if reply.error and reply.exchange.status in UNKNOWN else seen
