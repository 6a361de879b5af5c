"""Streams: how they are asked for, and how they come."""

from dataclasses import replace

from conformance.base.observation import Observation, honoured, ignored, mishandled
from conformance.suite import claim
from conformance.suite.gemini import Ask
from conformance.surfaces.gemini.request import SSE, GeminiCase


@claim("gemini.stream.content_type")
async def test_content_type(case: GeminiCase, ask: Ask) -> Observation:
    """With alt=sse the answer is an event stream."""
    reply = await ask(case.as_stream(case.repeatable_control()))
    if reply.stream_failure and not reply.streamed:
        return mishandled(reply.stream_failure)
    return honoured("text/event-stream") if reply.ok else reply.refusal()


@claim("gemini.stream.incremental")
async def test_incremental(case: GeminiCase, ask: Ask) -> Observation:
    """The text comes in more than one piece."""
    reply = await ask(case.as_stream(case.repeatable_control()))
    if not reply.ok or not reply.streamed:
        return reply.refusal()
    if len(reply.pieces) < 2 and len(reply.text) > 20:
        return ignored(f"the text must come in pieces, got {len(reply.text)} characters in one", enforced=True)
    return honoured(f"{len(reply.pieces)} pieces")


@claim("gemini.stream.array_mode")
async def test_array(case: GeminiCase, ask: Ask) -> Observation:
    """What comes of a stream that is asked for without alt=sse: an array of responses, or events all the same."""
    request = case.as_stream(case.plain())
    reply = await ask(replace(request, path=request.path.removesuffix(SSE)))
    if not reply.ok:
        return reply.refusal()
    kind = reply.exchange.header("content-type") or "no content type"
    return honoured(f"an array, {kind}") if isinstance(reply.exchange.json, list) else mishandled(f"no array, {kind}")
