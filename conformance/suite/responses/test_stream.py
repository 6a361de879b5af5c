"""What only a stream of its own shows: that it comes, in pieces, and with what a plain answer has."""

from conformance.base.observation import Observation, honoured, mishandled, unanswered
from conformance.suite import claim
from conformance.suite.responses import Ask
from conformance.suite.responses.grammar import response_of
from conformance.surfaces.responses.request import ResponsesCase


@claim("responses.stream.content_type")
async def test_content_type(case: ResponsesCase, ask: Ask) -> Observation:
    """An answer to a request with stream true is an event stream."""
    reply = await ask(case.as_stream(case.repeatable_control()))
    if reply.streamed:  # an error in a stream may be an outage, and others say what is wrong with its events
        return honoured("text/event-stream") if reply.ok else reply.refusal()
    return mishandled(reply.stream_failure) if reply.stream_failure else reply.refusal()


@claim("responses.stream.same_object")
async def test_same_object(case: ResponsesCase, ask: Ask) -> Observation:
    """The response that ends a stream has all keys of a plain one."""
    plain = await ask.control(case.plain())
    reply = await ask(case.as_stream(case.plain()))
    if not reply.ok or not reply.streamed:
        return reply.refusal() if not reply.ok else unanswered("no stream came")
    last = response_of(reply.endings[-1]) if reply.endings else {}
    lacking = sorted(plain.body.keys() - last.keys())
    if lacking:
        return mishandled(f"the response that ends a stream lacks {', '.join(lacking)}, which a plain one has")
    return honoured(f"{len(plain.body)} keys, as without streaming")
