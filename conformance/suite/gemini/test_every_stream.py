"""What holds for every stream of content: its frames, its responses and what they add up to.

Each is an invariant: a function of one stream, applied to every stream of a model.  The statements about frames come from what
makes Google's own clients fail.
"""

import json
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from conformance.base.observation import mishandled
from conformance.base.validation import own_problem
from conformance.http import sse
from conformance.suite.gemini.baselines import called_streams, streams
from conformance.suite.invariants import invariant
from conformance.surfaces.gemini.reply import GeminiReply
from conformance.surfaces.gemini.request import GeminiCase
from conformance.surfaces.reply import End
from conformance.surfaces.values import as_dict, as_dicts, as_integer
from conformance.trial.invariants import SILENT, Finding, Subject

DONE = "[DONE]"
FIELDS = ("event:", "id:", "retry:")
REPEATS = 3  # pieces of which each begins with the one before, in an answer that repeats itself from the start
COUNTS = ("promptTokenCount", "candidatesTokenCount", "totalTokenCount", "thoughtsTokenCount")


@invariant(
    "gemini.stream.data_prefix", about=Subject.EVENTS, good="every line begins with data and a space", asks=streams
)
def test_data_prefix(case: GeminiCase, reply: GeminiReply) -> Finding:
    """Each line of data begins with `data: `, with the space: without it Google's Python client fails."""
    for number, line in enumerate(sse.lines(reply.exchange.text), 1):
        if line and not line.startswith(("data: ", ":", *FIELDS)):
            return f"line {number} must begin with 'data: ', got {line[:60]!r}"
    return None


@invariant("gemini.stream.no_event_lines", about=Subject.EVENTS, good="no line but data", asks=streams)
def test_no_event_lines(case: GeminiCase, reply: GeminiReply) -> Finding:
    """No event has a name, an id or a time to retry: with one Google's JavaScript client reads nothing at all."""
    odd = next((line for line in sse.lines(reply.exchange.text) if line.startswith(FIELDS)), None)
    return f"an event must only have data, got {odd[:60]!r}" if odd else None


@invariant("gemini.stream.no_comments", about=Subject.EVENTS, good="no comment", asks=streams)
def test_no_comments(case: GeminiCase, reply: GeminiReply) -> Finding:
    """No line is a comment, such as one that keeps a connection open: Google's Python client fails."""
    return f"the stream has a comment: {reply.stream.comments[0][:60]!r}" if reply.stream.comments else None


@invariant("gemini.stream.no_done", about=Subject.EVENTS, good="no [DONE]", asks=streams)
def test_no_done(case: GeminiCase, reply: GeminiReply) -> Finding:
    """No event is [DONE], which is another API's mark of the end: both of Google's clients fail."""
    return (
        "the stream has the event [DONE]" if any(event.data.strip() == DONE for event in reply.stream.events) else None
    )


@invariant("gemini.stream.last_blank_line", about=Subject.EVENTS, good="the last event is closed", asks=streams)
def test_last_blank_line(case: GeminiCase, reply: GeminiReply) -> Finding:
    """A blank line follows the last event too: without it clients fail, or lose the event in silence."""
    if not reply.stream.events:
        return SILENT
    closed = reply.exchange.text.replace("\r\n", "\n").endswith("\n\n")
    return None if closed else "the stream must end with a blank line"


@invariant("gemini.stream.single_line_json", about=Subject.EVENTS, good="every event is one line", asks=streams)
def test_single_line(case: GeminiCase, reply: GeminiReply) -> Finding:
    """Each event is one line of data, and a blank line separates it from the next."""
    odd = next((event for event in reply.stream.events if "\n" in event.data), None)
    return f"the event on line {odd.line} must be one line of data, got {odd.data[:60]!r}" if odd else None


@invariant("gemini.stream.whole", about=Subject.REPLY, good="no stream breaks off", asks=streams)
def test_whole(case: GeminiCase, reply: GeminiReply) -> Finding:
    """No stream ends without a finishReason; it may be an outage, so it counts only if it repeats."""
    if reply.broken_off:
        return mishandled(reply.broken_off, suspect=True)
    return None if reply.ok and reply.streamed else SILENT


@invariant("gemini.stream.chunk_shape", about=Subject.STREAM, good="every event validates", asks=streams)
def test_chunk_shape(case: GeminiCase, reply: GeminiReply) -> Finding:
    """Each event is a response of content generation, by the schema of the documented fields."""
    faults = (own_problem(chunk, "wire/gemini-chunk") for chunk in reply.chunks)
    return next((fault for fault in faults if fault), None)


@invariant("gemini.stream.no_chat_chunks", about=Subject.EVENTS, good="no event of another API", asks=streams)
def test_no_chat_chunks(case: GeminiCase, reply: GeminiReply) -> Finding:
    """No event is a chunk of a Chat Completion, which Google's clients read as nothing."""
    odd = any("choices" in chunk or "completion" in str(chunk.get("object")) for chunk in reply.chunks)
    return "the stream has chunks of a Chat Completion" if odd else None


@invariant("gemini.stream.finish_once", about=Subject.STREAM, good="one finishReason per candidate, last", asks=streams)
def test_finish_once(case: GeminiCase, reply: GeminiReply) -> Finding:
    """One finishReason comes for each candidate, in its last response."""
    by_index: dict[Any, list[Any]] = {}
    for candidate in candidates(reply):
        by_index.setdefault(json.dumps(candidate.get("index") or 0), []).append(candidate.get("finishReason"))
    for index, values in by_index.items():
        reasons = [value for value in values if value is not None]
        if len(reasons) != 1:
            return f"candidate {index} must have one finishReason, got {len(reasons)}: {reasons[:4]}"
        if values[-1] is None:
            return f"candidate {index} goes on after its finishReason"
    return None


@invariant("gemini.stream.last_not_empty_turn", about=Subject.STREAM, good="no stream is without content", asks=streams)
def test_not_empty(case: GeminiCase, reply: GeminiReply) -> Finding:
    """A stream that ended by itself has text, a call or other data: clients send a request with an empty answer again."""
    if reply.end is End.LENGTH or reply.end is End.FILTER or "stopSequences" in str(reply.request_body):
        return SILENT
    others = [part for part in reply.parts if part.get("thought") is not True and "text" not in part]
    return None if reply.text.strip() or others else "the stream has neither text nor a call"


@invariant("gemini.stream.usage_last", about=Subject.STREAM, good="usage in every last event", asks=streams)
def test_usage_last(case: GeminiCase, reply: GeminiReply) -> Finding:
    """The last response has the usage of the whole answer."""
    used = as_dict(reply.chunks[-1].get("usageMetadata"))
    total = as_integer(used.get("totalTokenCount"))
    return None if total else f"the last event must have a totalTokenCount above 0, got {str(used)[:80]}"


@invariant("gemini.stream.usage_monotonic", about=Subject.STREAM, good="no count falls", asks=streams)
def test_usage_monotonic(case: GeminiCase, reply: GeminiReply) -> Finding:
    """No count is smaller than in an earlier response of the stream, and that of the prompt stays the same."""
    for name in COUNTS:
        values = [as_integer(as_dict(chunk.get("usageMetadata")).get(name)) for chunk in reply.chunks]
        known = [value for value in values if value is not None]
        if any(later < earlier for earlier, later in pairwise(known)):
            return f"{name} must not fall, got {known[:8]}"
    prompts = [as_dict(chunk.get("usageMetadata")).get("promptTokenCount") for chunk in reply.chunks]
    distinct = list(dict.fromkeys(str(value) for value in prompts if value is not None))
    return f"promptTokenCount must stay the same, got {', '.join(distinct[:4])}" if len(distinct) > 1 else None


@invariant("gemini.stream.response_id", about=Subject.STREAM, good="one responseId and modelVersion", asks=streams)
def test_response_id(case: GeminiCase, reply: GeminiReply) -> Finding:
    """All responses of a stream that have a responseId or a modelVersion have the same."""
    for name in ("responseId", "modelVersion"):
        distinct = list(dict.fromkeys(str(chunk[name]) for chunk in reply.chunks if chunk.get(name) is not None))
        if len(distinct) > 1:
            return f"{name} changes from {distinct[0][:60]} to {distinct[1][:60]}"
    return None if any("responseId" in chunk for chunk in reply.chunks) else "no event has a responseId"


@invariant("gemini.stream.increments", about=Subject.STREAM, good="every event holds what is new", asks=streams)
def test_increments(case: GeminiCase, reply: GeminiReply) -> Finding:
    """The parts of a response are what is new since the one before, and do not repeat it."""
    if len(reply.pieces) < REPEATS:
        return SILENT
    repeats = all(later.startswith(earlier) and later != earlier for earlier, later in pairwise(reply.pieces[:-1]))
    twice = reply.pieces[-1].strip() == "".join(reply.pieces[:-1]).strip()
    whole = f"the last event repeats the text of all before it: {reply.pieces[-1][:60]!r}"
    return "every event repeats the text of those before it" if repeats else whole if twice else None


@invariant(
    "gemini.stream.function_call_whole", about=Subject.STREAM, good="every call comes whole", asks=called_streams
)
def test_function_call_whole(case: GeminiCase, reply: GeminiReply) -> Finding:
    """A call comes in one part, with its name and its arguments."""
    if not reply.calls:
        return SILENT
    for part in reply.calls:
        call = part["functionCall"]
        if not call.get("name") or "partialArgs" in call or call.get("willContinue"):
            return f"a call must come whole, in one part, got {str(call)[:100]}"
    known = [part["functionCall"]["name"] for part in reply.calls if "args" not in part["functionCall"]]
    bare = next((name for name in known if _takes_arguments(reply, name)), None)
    return f"the call of {bare!r} must have its args in the same part" if bare else None


@invariant("gemini.stream.thoughts_first", about=Subject.STREAM, good="thoughts come before the answer", asks=streams)
def test_thoughts_first(case: GeminiCase, reply: GeminiReply) -> Finding:
    """No thought comes after text of the answer."""
    kinds = [part.get("thought") is True for part in reply.parts if part.get("text")]
    if True not in kinds:
        return SILENT
    late = any(thought and not before for before, thought in pairwise(kinds))
    return "a thought comes after text of the answer" if late else None


@invariant(
    "gemini.stream.error_frame", about=Subject.EVENTS, good="every error can be read", asks=streams, absence=True
)
def test_error_frame(case: GeminiCase, reply: GeminiReply) -> Finding:
    """An error in a stream has the key error first, with its code as a number: else clients fail or are silent."""
    for chunk in reply.chunks:
        if "error" in chunk and (
            next(iter(chunk)) != "error" or as_integer(as_dict(chunk["error"]).get("code")) is None
        ):
            fault = f"an error in a stream must begin with error and have a number as code, got {str(chunk)[:100]}"
            return mishandled(fault, suspect=True)
    return None


@invariant(
    "gemini.stream.continuation",
    about=Subject.STREAM,
    good="no continuation without a token",
    asks=streams,
    absence=True,
)
def test_continuation(case: GeminiCase, reply: GeminiReply) -> Finding:
    """An answer ends with CONTINUATION only if it has a token to go on with: Google's client sends the request again."""
    for candidate in candidates(reply):
        if candidate.get("finishReason") == "CONTINUATION" and not candidate.get("continuationToken"):
            return "finishReason CONTINUATION comes without a continuationToken"
    return None


def candidates(reply: GeminiReply) -> Iterator[dict[str, Any]]:
    """Yield the candidates of all responses of a stream, in order."""
    return (candidate for chunk in reply.chunks for candidate in as_dicts(chunk.get("candidates")))


def _takes_arguments(reply: GeminiReply, name: str) -> bool:
    """Return whether a declared tool has parameters that a call must give."""
    tools = as_dicts(reply.request_body.get("tools"))
    declared = [each for tool in tools for each in as_dicts(tool.get("functionDeclarations"))]
    schemas = [
        each.get("parameters") or each.get("parametersJsonSchema") for each in declared if each.get("name") == name
    ]
    return any(as_dict(schema).get("required") for schema in schemas)
