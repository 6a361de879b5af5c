"""Streaming: the events, the chunks, and what they add up to, read off one long stream and its plain twin."""

from typing import Any

from conformance.base.observation import Observation, honoured, ignored, mishandled, unanswered
from conformance.base.validation import own_problem
from conformance.suite import claim
from conformance.suite.chat import Ask
from conformance.suite.chat.controls import ask_streamed_control
from conformance.suite.chat.streams import (
    constant_fault,
    delta_fault,
    done_fault,
    finish_fault,
    grammar_fault,
    look,
    parts,
    shown,
)
from conformance.suite.chat.test_reply import FINISH_REASONS
from conformance.suite.controls import ask_long_control
from conformance.surfaces.chat.reply import ChatReply
from conformance.surfaces.chat.request import ChatCase

USAGE = {"include_usage": True}


@claim("chat.stream.content_type")
async def test_content_type(case: ChatCase, ask: Ask) -> Observation:
    """The reply is an event stream."""
    reply = await ask_streamed_control(case, ask)
    if reply.stream_failure and not reply.streamed:
        return mishandled(reply.stream_failure)
    return honoured("text/event-stream") if reply.ok else reply.refusal()


@claim("chat.stream.off")
async def test_off(case: ChatCase, ask: Ask) -> Observation:
    """With stream false the reply is one JSON document."""
    reply = await ask(case.request(stream=case.value))
    if not reply.ok:
        return reply.refusal()
    kind = reply.exchange.header("content-type") or "nothing"
    return honoured(kind) if "json" in kind else mishandled(f"content type {kind}")


@claim("chat.stream.grammar")
async def test_grammar(case: ChatCase, ask: Ask) -> Observation:
    """Every line belongs to an event, every event is closed and carries JSON or the end."""
    reply = await ask_streamed_control(case, ask)
    if reply.stream_failure and reply.stream_failure == reply.unreadable_event:
        return mishandled(reply.stream_failure)
    return shown(reply, grammar_fault, "every event carries a JSON object or the end")


@claim("chat.stream.done")
async def test_done(case: ChatCase, ask: Ask) -> Observation:
    """[DONE] comes once and last; a stream that breaks off is suspect, since a connection can be lost on the way."""
    reply = await ask_streamed_control(case, ask)
    if reply.broken_off:
        return mishandled(reply.broken_off, suspect=True)
    return shown(reply, done_fault, "[DONE] comes once and last")


@claim("chat.stream.schema")
async def test_schema(case: ChatCase, ask: Ask) -> Observation:
    """Each chunk validates against the schema of the documented fields."""

    def fault(reply: ChatReply) -> str | None:
        found = (own_problem(chunk, "wire/chat-chunk") for chunk in reply.chunks)
        return next((each for each in found if each), None)

    return await look(case, ask, fault, "every chunk validates")


@claim("chat.stream.object")
async def test_object(case: ChatCase, ask: Ask) -> Observation:
    """Each chunk is a chat.completion.chunk."""
    return await _constant(case, ask, "object", "chat.completion.chunk")


@claim("chat.stream.id")
async def test_id(case: ChatCase, ask: Ask) -> Observation:
    """All chunks carry the same id."""
    return await _constant(case, ask, "id")


@claim("chat.stream.id_unique")
async def test_id_unique(case: ChatCase, ask: Ask) -> Observation:
    """Two streams have different ids."""
    ids = []
    for more in ({}, {"stream_options": USAGE}):
        reply = await ask_streamed_control(case, ask, **more)
        if not reply.ok or not reply.streamed:
            return reply.refusal() if not reply.ok else unanswered(str(reply.stream_failure))
        ids.append(next((chunk["id"] for chunk in reply.chunks if chunk.get("id")), None))
    if None in ids:
        return unanswered("a stream without an id")
    return mishandled(f"two streams share the id {ids[0]!r}") if ids[0] == ids[1] else honoured("two streams, two ids")


@claim("chat.stream.finish_reason_key")
async def test_finish_reason_key(case: ChatCase, ask: Ask) -> Observation:
    """Every choice of a chunk has the key finish_reason, null where it goes on."""

    def fault(reply: ChatReply) -> str | None:
        lacking = [number for number, chunk in enumerate(reply.chunks, 1) if not _has_reasons(chunk)]
        return f"no key finish_reason in chunk {lacking[0]} of {len(reply.chunks)}" if lacking else None

    return await look(case, ask, fault, "every choice has the key finish_reason")


@claim("chat.stream.created")
async def test_created(case: ChatCase, ask: Ask) -> Observation:
    """All chunks carry the same creation time; a stream that carries none shows nothing."""
    return await _where_carried(case, ask, "created", int)


@claim("chat.stream.model")
async def test_model(case: ChatCase, ask: Ask) -> Observation:
    """All chunks name the same model; a stream that names none shows nothing."""
    return await _where_carried(case, ask, "model", str)


@claim("chat.stream.fingerprint")
async def test_fingerprint(case: ChatCase, ask: Ask) -> Observation:
    """All chunks carry the same system_fingerprint, where they carry one."""
    return await _where_carried(case, ask, "system_fingerprint", str)


@claim("chat.stream.role")
async def test_role(case: ChatCase, ask: Ask) -> Observation:
    """The first delta names the role assistant."""

    def fault(reply: ChatReply) -> str | None:
        first = next((part for chunk in reply.chunks for part in parts(chunk)), {})
        role = first["delta"].get("role") if isinstance(first.get("delta"), dict) else None
        return None if role == "assistant" else f"the first delta has the role {role!r}"

    return await look(case, ask, fault, "the first delta has the role assistant")


@claim("chat.stream.index")
async def test_index(case: ChatCase, ask: Ask) -> Observation:
    """The only choice of a stream has index 0 throughout."""

    def fault(reply: ChatReply) -> str | None:
        odd = [part.get("index") for chunk in reply.chunks for part in parts(chunk) if part.get("index") != 0]
        return f"a choice has the index {odd[0]!r}" if odd else None

    return await look(case, ask, fault, "index 0 throughout")


@claim("chat.stream.delta")
async def test_delta(case: ChatCase, ask: Ask) -> Observation:
    """Each choice of a chunk has a delta and no whole message."""
    return await look(case, ask, delta_fault, "every choice has a delta only")


@claim("chat.stream.finish_reason")
async def test_finish_reason(case: ChatCase, ask: Ask) -> Observation:
    """One finish_reason comes, on the last chunk of the choice, and it is documented."""
    return await look(case, ask, lambda reply: finish_fault(reply, [0], FINISH_REASONS), "one finish_reason, last")


@claim("chat.stream.choices")
async def test_choices(case: ChatCase, ask: Ask) -> Observation:
    """With n 2 both choices are streamed under their own index, each with its finish_reason."""
    reply = await ask(case.request(n=2, budget=2))
    if not reply.ok or not reply.streamed:
        return unanswered(reply.stream_failure) if reply.stream_failure else reply.refusal()
    if reply.indexes != [0, 1]:
        return ignored(f"the stream has choices with the indexes {reply.indexes}")
    wrong = finish_fault(reply, [0, 1], FINISH_REASONS)
    return mishandled(wrong) if wrong else honoured("two choices, each with its finish_reason")


@claim("chat.stream.joins")
async def test_joins(case: ChatCase, ask: Ask) -> Observation:
    """The deltas join to the text that the same request gets without streaming, where that is the same each time."""
    first = await ask_long_control(case, ask)
    second = await ask.control(first.exchange.request, 1)
    reply = await ask_streamed_control(case, ask)
    if reply.stream_failure and reply.empty_stream and not reply.broken_off:
        return mishandled(f"the stream is empty, without streaming there is {first.quoted_text()}")
    if not reply.ok or not reply.streamed:
        return unanswered(reply.stream_failure) if reply.stream_failure else reply.refusal()
    if first.text != second.text:
        return unanswered("two plain answers differ, so nothing can be held against the stream")
    if reply.text == first.text:
        return honoured(f"{len(reply.text)} characters, as without streaming")
    return mishandled(f"the stream joins to {reply.quoted_text()}, without streaming it is {first.quoted_text()}")


@claim("chat.stream.incremental")
async def test_incremental(case: ChatCase, ask: Ask) -> Observation:
    """The text comes in pieces; when they come is no evidence, as a first one that is late may have waited anywhere."""

    def fault(reply: ChatReply) -> str | None:
        pieces = [part for chunk in reply.chunks for part in parts(chunk) if _content(part)]
        if len(pieces) < 2 and len(reply.text) > 20:
            return f"{len(reply.text)} characters come in one piece"
        return None

    return await look(case, ask, fault, "the text comes in pieces")


@claim("chat.stream.usage_null")
async def test_usage_null(case: ChatCase, ask: Ask) -> Observation:
    """With include_usage only the last chunk carries usage; the others have null."""

    def fault(reply: ChatReply) -> str | None:
        early = [number for number, chunk in enumerate(reply.chunks[:-1], 1) if chunk.get("usage")]
        return f"usage in chunk {early[0]} of {len(reply.chunks)}" if early else None

    return await look(case, ask, fault, "no usage before the last chunk", stream_options=USAGE)


@claim("chat.stream.usage_not_asked")
async def test_usage_not_asked(case: ChatCase, ask: Ask) -> Observation:
    """Without include_usage no chunk carries usage."""

    def fault(reply: ChatReply) -> str | None:
        return "usage though it was not asked for" if any(chunk.get("usage") for chunk in reply.chunks) else None

    return await look(case, ask, fault, "no usage")


@claim("chat.stream.usage_agrees")
async def test_usage_agrees(case: ChatCase, ask: Ask) -> Observation:
    """The streamed usage counts the prompt as the plain one does."""
    control = await ask_long_control(case, ask)
    reply = await ask_streamed_control(case, ask, stream_options=USAGE)
    if not reply.ok or not reply.streamed:
        return unanswered(reply.stream_failure) if reply.stream_failure else reply.refusal()
    plain, seen = control.usage.get("prompt_tokens"), reply.usage.get("prompt_tokens")
    if plain is None or seen is None:
        return unanswered(f"prompt tokens: {seen} streamed, {plain} plain")
    if plain != seen:
        return mishandled(f"{seen} prompt tokens streamed, {plain} plain")
    lost = [name for name in ("prompt_tokens_details",) if control.usage.get(name) and not reply.usage.get(name)]
    return (
        mishandled(f"the stream has no {lost[0]}, the plain answer has") if lost else honoured(f"{seen} prompt tokens")
    )


async def _constant(case: ChatCase, ask: Ask, name: str, wanted: str | None = None) -> Observation:
    def good(value: Any) -> bool:
        return value == wanted if wanted else isinstance(value, str) and bool(value)

    told = wanted or "a non-empty string"
    return await look(case, ask, lambda reply: constant_fault(reply, name, good, told), f"the same {name} throughout")


async def _where_carried(case: ChatCase, ask: Ask, name: str, kind: type) -> Observation:
    reply = await ask_streamed_control(case, ask)
    if reply.ok and reply.streamed and not any(name in chunk for chunk in reply.chunks):
        return unanswered(f"no chunk carries {name}")

    def good(value: Any) -> bool:
        return isinstance(value, kind) and not isinstance(value, bool)

    def fault(seen: ChatReply) -> str | None:
        return constant_fault(seen, name, good, kind.__name__, carried=True)

    return await look(case, ask, fault, f"the same {name} throughout")


def _content(part: dict[str, Any]) -> bool:
    return isinstance(part.get("delta"), dict) and bool(part["delta"].get("content"))


def _has_reasons(chunk: dict[str, Any]) -> bool:
    return all("finish_reason" in part for part in parts(chunk))
