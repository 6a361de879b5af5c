"""What holds for the event with which every stream begins, message_start, and the message in it."""

from conformance.suite.invariants import invariant
from conformance.suite.messages.baselines import streams
from conformance.suite.messages.grammar import prompt_of, start_fault, start_of
from conformance.surfaces.messages.reply import CACHE_COUNTS, MessagesReply
from conformance.surfaces.messages.request import MessagesCase
from conformance.surfaces.values import as_dict
from conformance.trial.invariants import SILENT, Finding, Subject


@invariant("messages.stream.start_message", about=Subject.STREAM, good="message_start is complete", asks=streams)
def test_start_message(case: MessagesCase, reply: MessagesReply) -> Finding:
    """The message in message_start has content [], stop_reason null and a usage."""
    return start_fault(reply)


@invariant(
    "messages.stream.start_input_tokens", about=Subject.STREAM, good="message_start counts the prompt", asks=streams
)
def test_start_input_tokens(case: MessagesCase, reply: MessagesReply) -> Finding:
    """The usage in message_start counts the tokens of the prompt."""
    usage = as_dict(start_of(reply).get("usage"))
    if not usage:
        return SILENT
    return None if prompt_of(usage) else "usage in message_start counts no token of the prompt"


@invariant(
    "messages.stream.start_cache_counts",
    about=Subject.STREAM,
    good="message_start has the counts of the cache that message_delta has",
    asks=streams,
)
def test_start_cache_counts(case: MessagesCase, reply: MessagesReply) -> Finding:
    """The usage in message_start has each count of the cache that the usage in message_delta has."""
    first = as_dict(start_of(reply).get("usage"))
    deltas = [as_dict(event.data.get("usage")) for event in reply.sent_events if event.type == "message_delta"]
    known = [name for name in CACHE_COUNTS if any(usage.get(name) is not None for usage in deltas)]
    if not first or not known:
        return SILENT
    lacking = [name for name in known if first.get(name) is None]
    return f"usage in message_start lacks {lacking[0]}, which message_delta has" if lacking else None


@invariant("messages.stream.one_id", about=Subject.STREAM, good="a stream has an id and a model", asks=streams)
def test_one_id(case: MessagesCase, reply: MessagesReply) -> Finding:
    """The message in message_start has an id, a type, a role and a model, as a plain answer has."""
    message = start_of(reply)
    if not message:
        return SILENT
    wanted = {"type": "message", "role": "assistant"}
    odd = [name for name, value in wanted.items() if message.get(name) != value]
    odd += [name for name in ("id", "model") if not isinstance(message.get(name), str) or not message[name]]
    return f"{odd[0]} in message_start is {message.get(odd[0])!r}" if odd else None
