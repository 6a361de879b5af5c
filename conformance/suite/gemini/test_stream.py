"""Streams: how they are asked for, and how they come."""

from dataclasses import replace

from conformance.base.observation import Observation, honoured, mishandled
from conformance.suite import claim
from conformance.suite.gemini import Ask
from conformance.surfaces.gemini.request import SSE, GeminiCase


@claim("gemini.stream.array_mode")
async def test_array(case: GeminiCase, ask: Ask) -> Observation:
    """What comes of a stream that is asked for without alt=sse: an array of responses, or events all the same."""
    request = case.as_stream(case.plain())
    reply = await ask(replace(request, path=request.path.removesuffix(SSE)))
    if not reply.ok:
        return reply.refusal()
    kind = reply.exchange.header("content-type") or "no content type"
    return honoured(f"an array, {kind}") if isinstance(reply.exchange.json, list) else mishandled(f"no array, {kind}")
