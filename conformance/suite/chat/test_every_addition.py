"""What some gateways add to OpenAI's answers, streams and errors.

Each is an invariant: a function of one reply, applied to every reply of a model.
"""

from conformance.suite.baselines import plain, refusals, streams
from conformance.suite.invariants import invariant
from conformance.suite.mistakes import of_error
from conformance.surfaces.chat.reply import ChatReply
from conformance.surfaces.chat.request import ChatCase
from conformance.trial.invariants import SILENT, Finding, Subject

GENERATION_ID = "x-generation-id"


@invariant("chat.reply.generation_id", about=Subject.ANSWER, good="every answer has the header", asks=plain)
def test_generation_id(case: ChatCase, reply: ChatReply) -> Finding:
    """The header X-Generation-Id has a value."""
    return (
        None if reply.exchange.header(GENERATION_ID) else "an answer must have the header X-Generation-Id, it has none"
    )


@invariant("chat.reply.usage_cost", about=Subject.ANSWER, good="usage has the cost", asks=plain)
def test_usage_cost(case: ChatCase, reply: ChatReply) -> Finding:
    """The usage, where there is one, has a cost of 0 or more."""
    usage = reply.body.get("usage")
    if not isinstance(usage, dict):
        return SILENT
    cost = usage.get("cost")
    right = isinstance(cost, int | float) and not isinstance(cost, bool) and cost >= 0
    return None if right else f"cost of the usage must be a number of 0 or more, got {cost!r}"


@invariant("chat.reply.native_finish_reason", about=Subject.ANSWER, good="each choice has the key", asks=plain)
def test_native_finish_reason(case: ChatCase, reply: ChatReply) -> Finding:
    """Each choice that says why it ended has native_finish_reason beside it, which may be null."""
    bodies = reply.chunks if reply.streamed else (reply.body,)
    choices = [choice for body in bodies for choice in body.get("choices", ()) if choice.get("finish_reason")]
    if not choices:
        return SILENT
    if all("native_finish_reason" in choice for choice in choices):
        return None
    return "each choice must have the key native_finish_reason, one has none"


@invariant("chat.stream.usage_always", about=Subject.STREAM, good="every stream ends with the usage", asks=streams)
def test_usage_always(case: ChatCase, reply: ChatReply) -> Finding:
    """The last chunk has the usage, asked for or not."""
    last = reply.chunks[-1:]
    if not last:
        return SILENT
    return None if isinstance(last[0].get("usage"), dict) else "the last chunk must have the usage, it has none"


@invariant("chat.error.code_status", about=Subject.REFUSAL, good="every code is the status", asks=refusals)
def test_code_status(case: ChatCase, reply: ChatReply) -> Finding:
    """The code of an error is the number of the status."""
    error, status = reply.error_as_sent, reply.exchange.status
    if not error:
        return SILENT
    right = error.get("code") == status
    return of_error(reply, None if right else f"code must be the status {status}, got {error.get('code')!r}")
