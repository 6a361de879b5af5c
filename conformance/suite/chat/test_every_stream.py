"""What holds for every stream: its events, its chunks and what identifies them.

Each is an invariant: a function of one stream, applied to every stream of a model.
"""

import re
from itertools import groupby
from typing import Any

from conformance.base.observation import ignored, mishandled
from conformance.base.validation import own_problem
from conformance.suite.baselines import calls, streams, streams_with_usage
from conformance.suite.chat.calls import first_fault, fragments, index_fault
from conformance.suite.chat.choices import declared_tools, number_asked
from conformance.suite.chat.streams import constant_fault, delta_fault, done_fault, finish_fault, parts
from conformance.suite.chat.test_every_answer import finish_reasons
from conformance.suite.chat.toolbox import function_of
from conformance.suite.invariants import invariant
from conformance.surfaces.chat.reply import ChatReply
from conformance.surfaces.chat.request import ChatCase
from conformance.trial.invariants import SILENT, Finding, Subject

MANY = 20  # chunks of an answer that takes a while to make
WAITED = 1.0  # seconds without a chunk after which it is striking if all come at once
AT_ONCE = 0.02  # share of that time: an answer is not made fifty times as fast as a model thinks before it

# A surrogate in the text of an event is a byte that is not UTF-8 (the text was decoded with surrogateescape); in parsed JSON it
# is half of an escaped pair.  Only deltas are parsed, because the token of a log probability may be a part of a character.
_SURROGATE = re.compile("[\ud800-\udfff]")


@invariant("chat.stream.done", about=Subject.REPLY, good="[DONE] comes once and last", asks=streams)
def test_done(case: ChatCase, reply: ChatReply) -> Finding:
    """The event [DONE] comes once, as the last one; a stream that breaks off has none."""
    if reply.broken_off:
        return mishandled(reply.broken_off, suspect=True)
    return done_fault(reply) if reply.ok and reply.streamed else SILENT


@invariant("chat.stream.schema", about=Subject.STREAM, good="every chunk validates", asks=streams)
def test_schema(case: ChatCase, reply: ChatReply) -> Finding:
    """Each chunk validates against the schema of the documented fields."""
    faults = (own_problem(chunk, "wire/chat-chunk") for chunk in reply.chunks)
    return next((fault for fault in faults if fault), None)


@invariant("chat.stream.object", about=Subject.STREAM, good="object is chat.completion.chunk throughout", asks=streams)
def test_object(case: ChatCase, reply: ChatReply) -> Finding:
    """Each chunk is a chat.completion.chunk."""
    wanted = "chat.completion.chunk"
    return constant_fault(reply, "object", lambda value: value == wanted, wanted)


@invariant("chat.stream.id", about=Subject.STREAM, good="one id throughout", asks=streams)
def test_id(case: ChatCase, reply: ChatReply) -> Finding:
    """All chunks carry the same id; one of another id between chunks of the same is of another stream."""
    wrong = constant_fault(reply, "id", lambda value: isinstance(value, str) and bool(value), "a non-empty string")
    ids = [value for chunk in reply.chunks if isinstance(value := chunk.get("id"), str) and value]
    runs = [value for value, _ in groupby(ids)]
    return mishandled(wrong, proof=len(set(runs)) < len(runs)) if wrong else None


@invariant(
    "chat.stream.finish_reason_key", about=Subject.STREAM, good="every choice has a finish_reason key", asks=streams
)
def test_finish_reason_key(case: ChatCase, reply: ChatReply) -> Finding:
    """Every choice of a chunk has the key finish_reason, null where it goes on."""
    lacking = [
        number
        for number, chunk in enumerate(reply.chunks, 1)
        if not all("finish_reason" in part for part in parts(chunk))
    ]
    return (
        f"every choice must have the key finish_reason, chunk {lacking[0]} of {len(reply.chunks)} lacks it"
        if lacking
        else None
    )


@invariant("chat.stream.created", about=Subject.STREAM, good="one creation time throughout", asks=streams)
def test_created(case: ChatCase, reply: ChatReply) -> Finding:
    """All chunks that carry a creation time carry the same."""
    return _where_carried(reply, "created", int)


@invariant("chat.stream.model", about=Subject.STREAM, good="one model throughout", asks=streams)
def test_model(case: ChatCase, reply: ChatReply) -> Finding:
    """All chunks that name a model name the same."""
    return _where_carried(reply, "model", str)


@invariant("chat.stream.fingerprint", about=Subject.STREAM, good="one system_fingerprint throughout", asks=streams)
def test_fingerprint(case: ChatCase, reply: ChatReply) -> Finding:
    """All chunks that carry a system_fingerprint carry the same; a stream where all are null shows nothing."""
    if not any(chunk.get("system_fingerprint") is not None for chunk in reply.chunks):
        return SILENT
    return _where_carried(reply, "system_fingerprint", str)


@invariant("chat.stream.role", about=Subject.STREAM, good="the first delta has the role assistant", asks=streams)
def test_role(case: ChatCase, reply: ChatReply) -> Finding:
    """The first delta names the role assistant."""
    first = next((part for chunk in reply.chunks for part in parts(chunk)), {})
    role = first["delta"].get("role") if isinstance(first.get("delta"), dict) else None
    return None if role == "assistant" else f"the role of the first delta must be 'assistant', got {role!r}"


@invariant(
    "chat.stream.etiquette", about=Subject.STREAM, good="later deltas hold what is new", asks=streams, absence=True
)
def test_etiquette(case: ChatCase, reply: ChatReply) -> Finding:
    """Deltas after the first of a choice name no role and have no keys with null, and no message comes beside one."""
    begun: set[str] = set()
    for number, chunk in enumerate(reply.chunks, 1):
        for part in parts(chunk):
            delta, index = part.get("delta"), str(part.get("index"))
            if not isinstance(delta, dict):
                continue
            if "message" in part:
                return f"a choice in chunk {number} has a message as well as its delta"
            if index in begun and delta.get("role") is not None:
                return f"chunk {number} of {len(reply.chunks)} names the role again"
            if index in begun and (null := [name for name, value in delta.items() if value is None]):
                return f"{null[0]} is null in chunk {number} of {len(reply.chunks)}"
            begun.add(index)
    return None


@invariant("chat.stream.index", about=Subject.STREAM, good="the only choice has index 0", asks=streams)
def test_index(case: ChatCase, reply: ChatReply) -> Finding:
    """The only choice of a stream has index 0 throughout."""
    if number_asked(reply) > 1:
        return SILENT
    odd = [part.get("index") for chunk in reply.chunks for part in parts(chunk) if part.get("index") != 0]
    return f"the index of the only choice must be 0, got {odd[0]!r}" if odd else None


@invariant("chat.stream.delta", about=Subject.STREAM, good="every choice has a delta", asks=streams)
def test_delta(case: ChatCase, reply: ChatReply) -> Finding:
    """Each choice of a chunk has a delta."""
    return delta_fault(reply)


@invariant("chat.stream.finish_reason", about=Subject.STREAM, good="one finish_reason per choice, last", asks=streams)
def test_finish_reason(case: ChatCase, reply: ChatReply) -> Finding:
    """One finish_reason comes for each choice, on its last chunk, and it is documented."""
    sent = (part.get("index") for chunk in reply.chunks for part in parts(chunk))
    indexes = sorted({index for index in sent if isinstance(index, int)})
    return finish_fault(reply, [0] if number_asked(reply) == 1 else indexes, finish_reasons(reply))


@invariant("chat.stream.usage_not_asked", about=Subject.STREAM, good="no usage where none was asked", asks=streams)
def test_usage_not_asked(case: ChatCase, reply: ChatReply) -> Finding:
    """Without include_usage no chunk carries usage."""
    if _usage_asked(reply):
        return SILENT
    return "usage comes though it was not asked for" if any(chunk.get("usage") for chunk in reply.chunks) else None


@invariant(
    "chat.stream.usage_null", about=Subject.STREAM, good="no usage before the last chunk", asks=streams_with_usage
)
def test_usage_null(case: ChatCase, reply: ChatReply) -> Finding:
    """With include_usage only the last chunk carries usage; the others have null."""
    if not _usage_asked(reply):
        return SILENT
    early = [number for number, chunk in enumerate(reply.chunks[:-1], 1) if chunk.get("usage")]
    return f"usage must come in the last of {len(reply.chunks)} chunks, got some in chunk {early[0]}" if early else None


@invariant(
    "chat.stream.usage_last", about=Subject.STREAM, good="the usage asked for comes last", asks=streams_with_usage
)
def test_usage_last(case: ChatCase, reply: ChatReply) -> Finding:
    """In every stream with include_usage the last chunk before [DONE] has the usage."""
    if not _usage_asked(reply):
        return SILENT
    counted = [number for number, chunk in enumerate(reply.chunks, 1) if _has_total(chunk)]
    if not counted:
        return ignored("no chunk has the usage that include_usage asks for")
    if counted[-1] == len(reply.chunks):
        return None
    return f"usage must come in the last of {len(reply.chunks)} chunks, got it in chunk {counted[-1]}"


@invariant(
    "chat.stream_options.usage_chunk", about=Subject.STREAM, good="the usage comes alone", asks=streams_with_usage
)
def test_usage_chunk(case: ChatCase, reply: ChatReply) -> Finding:
    """The chunk that carries the usage has an empty list of choices."""
    carriers = [chunk for chunk in reply.chunks if isinstance(chunk.get("usage"), dict)] if _usage_asked(reply) else []
    if not carriers:
        return SILENT
    choices = carriers[-1].get("choices")
    return None if choices == [] else f"choices of the usage chunk must be an empty list, got {str(choices)[:80]}"


@invariant("chat.tools.stream_index", about=Subject.STREAM, good="calls are numbered from 0", asks=calls)
def test_call_index(case: ChatCase, reply: ChatReply) -> Finding:
    """Each fragment of a streamed call carries the index of its call, and calls are numbered from 0."""
    return index_fault(reply) if fragments(reply) else SILENT


@invariant(
    "chat.tools.stream_first",
    about=Subject.STREAM,
    good="the first fragment carries id, type and name",
    asks=calls,
    proves=True,
)
def test_first_fragment(case: ChatCase, reply: ChatReply) -> Finding:
    """The first fragment of a streamed call carries its id, its type and its name."""
    return first_fault(reply) if fragments(reply) else SILENT


@invariant("chat.tools.stream_declared", about=Subject.STREAM, good="fragments name declared functions", asks=calls)
def test_stream_declared(case: ChatCase, reply: ChatReply) -> Finding:
    """Each name in a fragment of a streamed call is the name of a declared tool or a part of it."""
    tools = declared_tools(reply)
    names = [function_of(part).get("name") for sent in fragments(reply).values() for part in sent]
    spelt: list[Any] = [name for name in names if name is not None and name != ""]
    if not spelt or not tools:
        return SILENT
    odd = [name for name in spelt if not any(isinstance(name, str) and name in tool for tool in tools)]
    return (
        f"each fragment must name a declared tool ({', '.join(tools)}) or a part of one, got {odd[0]!r}"
        if odd
        else None
    )


def _has_total(chunk: dict[str, Any]) -> bool:
    usage = chunk.get("usage")
    return isinstance(usage, dict) and usage.get("total_tokens") is not None


def _usage_asked(reply: ChatReply) -> bool:
    options = reply.request_body.get("stream_options")
    return isinstance(options, dict) and options.get("include_usage") is True


def _where_carried(reply: ChatReply, name: str, kind: type) -> Finding:
    """Check a field that must be the same in all chunks that carry it."""
    if not any(name in chunk for chunk in reply.chunks):
        return SILENT

    def is_right(value: Any) -> bool:
        return isinstance(value, kind) and not isinstance(value, bool)

    return constant_fault(reply, name, is_right, kind.__name__, optional=True)
