"""Defects of the fields of chunks."""

from collections.abc import Iterator
from dataclasses import replace

from conformance.mock.defects.chat.building.chunks import change_chunk_choices, change_chunks, with_delta, without
from conformance.mock.defects.chat.building.fragments import change_fragments
from conformance.mock.defects.chat.building.kinds import MULTI_CHOICE_KINDS
from conformance.mock.defects.defect import Json
from conformance.mock.surfaces.chat.defect import ChatDefect
from conformance.mock.surfaces.chat.request import ChatRequest

EMPTY_CHUNK = {"id": "", "object": "", "created": 0, "model": "", "choices": [], "prompt_filter_results": []}
STATUS_EVENT = {"type": "tool_status", "status": "searching"}
GATEWAY_KEYS = {"HttpStatusCode": 200, "Successful": True, "StreamEvent": None}
MESSAGE = {"role": "assistant", "content": ""}


def without_role(request: ChatRequest, chunks: Iterator[Json]) -> Iterator[Json]:
    """Yield the chunks without those that have a role."""
    yield from (chunk for chunk in chunks if not any("role" in choice["delta"] for choice in chunk["choices"]))


def after_empty_chunk(request: ChatRequest, chunks: Iterator[Json]) -> Iterator[Json]:
    """Yield a chunk with empty fields, then the chunks."""
    yield EMPTY_CHUNK
    yield from chunks


def with_status_events(request: ChatRequest, chunks: Iterator[Json]) -> Iterator[Json]:
    """Yield the chunks, with an object that is not a chunk after the third."""
    for position, chunk in enumerate(chunks):
        yield chunk
        if position == 2:
            yield STATUS_EVENT


def sample_number(position: int, choice: Json) -> Json:
    """Return a choice with the position of its chunk as the index, if it has text."""
    return {**choice, "index": position} if choice["delta"].get("content") else choice


def with_message_at_end(request: ChatRequest, chunks: Iterator[Json]) -> Iterator[Json]:
    """Yield the chunks, with the whole message instead of a delta in the last one of a choice."""
    text = ""
    for chunk in chunks:
        for position, choice in enumerate(chunk["choices"]):
            text += choice["delta"].get("content") or ""
            if choice["finish_reason"]:
                chunk["choices"][position] = without(choice, "delta") | {"message": {**MESSAGE, "content": text}}
        yield chunk


def with_constant_call_id(fragment: Json) -> Json:
    """Return a fragment with a constant id if it has an id."""
    return {**fragment, "id": "call_1"} if "id" in fragment else fragment


def with_constant_ids(request: ChatRequest, chunks: Iterator[Json]) -> Iterator[Json]:
    """Yield the chunks with the same id in every stream, and the same id for every call."""
    yield from ({**chunk, "id": "seq-1"} for chunk in change_fragments(with_constant_call_id)(request, chunks))


DEFECTS = (
    ChatDefect(
        "streams_choice_at_index_1",
        "The only choice of a stream has index 1.",
        claims=("chat.stream.index",),
        reports=("D100",),
        events=lambda request, chunks: (
            chunks
            if request.n > 1
            else change_chunk_choices(lambda position, choice: {**choice, "index": 1})(request, chunks)
        ),
    ),
    ChatDefect(
        "numbers_pieces_of_text",
        "The index of a streamed choice counts the pieces of its text.",
        claims=("chat.stream.index",),
        reports=("D108",),
        events=lambda request, chunks: (
            chunks if request.n > 1 else change_chunk_choices(sample_number)(request, chunks)
        ),
    ),
    ChatDefect(
        "streams_all_choices_at_index_0",
        "All choices of a stream have index 0.",
        claims=("chat.stream.choices", "chat.n.choices"),
        reports=("D150",),
        parameter="n",
        kinds=MULTI_CHOICE_KINDS,
        events=change_chunk_choices(lambda position, choice: {**choice, "index": 0}),
    ),
    ChatDefect(
        "streams_message_beside_delta",
        "A streamed choice has a message in addition to its delta, and chunks have extra keys of the gateway's own.",
        claims=("chat.stream.etiquette",),
        reports=("D102",),
        events=change_chunks(
            lambda position, chunk: (
                chunk | GATEWAY_KEYS | {"choices": [{**choice, "message": MESSAGE} for choice in chunk["choices"]]}
            )
        ),
    ),
    ChatDefect(
        "ends_streams_with_message",
        "The last chunk of a streamed choice has the whole message instead of a delta.",
        claims=("chat.stream.delta", "chat.stream.schema"),
        reports=("D120",),
        events=with_message_at_end,
    ),
    ChatDefect(
        "chunks_without_id",
        "The chunks of a stream lack id and created.",
        claims=("chat.stream.id", "chat.stream.schema"),
        reports=("D104",),
        events=change_chunks(lambda position, chunk: without(chunk, "id", "created")),
    ),
    ChatDefect(
        "new_id_in_each_chunk",
        "Every chunk of a stream has a different id.",
        claims=("chat.stream.id",),
        events=change_chunks(lambda position, chunk: {**chunk, "id": f"{chunk['id']}-{position}"}),
    ),
    ChatDefect(
        "opens_streams_with_empty_chunk",
        "The first chunk of a stream has empty id, object and model, created 0 and no choices.",
        claims=(
            "chat.stream.id",
            "chat.stream.object",
            "chat.stream.created",
            "chat.stream.model",
            "chat.stream.schema",
        ),
        reports=("D106",),
        events=after_empty_chunk,
    ),
    ChatDefect(
        "mixes_status_into_streams",
        "A stream contains an object that is not a chunk.",
        claims=("chat.stream.id", "chat.stream.object", "chat.stream.schema"),
        reports=("D110",),
        events=with_status_events,
    ),
    ChatDefect(
        "chunks_are_whole_completions",
        "The object of each chunk is chat.completion instead of chat.completion.chunk.",
        claims=("chat.stream.object", "chat.stream.schema"),
        events=change_chunks(lambda position, chunk: {**chunk, "object": "chat.completion"}),
    ),
    ChatDefect(
        "new_time_in_each_chunk",
        "Every chunk of a stream has a different created.",
        claims=("chat.stream.created",),
        reports=("D116",),
        events=change_chunks(lambda position, chunk: {**chunk, "created": chunk["created"] + position}),
    ),
    ChatDefect(
        "new_fingerprint_in_each_chunk",
        "Every chunk of a stream has a different system_fingerprint.",
        claims=("chat.stream.fingerprint",),
        reports=("D189",),
        events=change_chunks(lambda position, chunk: {**chunk, "system_fingerprint": f"fp_{position:010x}"}),
    ),
    ChatDefect(
        "streams_model_null",
        "The model of every chunk is null.",
        claims=("chat.stream.model", "chat.stream.schema"),
        reports=("D147",),
        events=change_chunks(lambda position, chunk: {**chunk, "model": None}),
    ),
    ChatDefect(
        "streams_without_role",
        "No delta of a stream has a role.",
        claims=("chat.stream.role",),
        reports=("D157",),
        events=without_role,
    ),
    ChatDefect(
        "streams_role_null",
        "The role of every delta is null.",
        claims=("chat.stream.role",),
        reports=("D159",),
        events=change_chunk_choices(lambda position, choice: with_delta(choice, role=None)),
    ),
    ChatDefect(
        "streams_role_in_each_delta",
        "Every delta of a stream names the role again.",
        claims=("chat.stream.etiquette",),
        events=change_chunk_choices(lambda position, choice: with_delta(choice, role="assistant")),
    ),
    ChatDefect(
        "streams_constant_ids",
        "All streams have the same id, and all their calls have the same id.",
        claims=("chat.stream.id_unique", "chat.tools.ids"),
        reports=("D141",),
        events=with_constant_ids,
    ),
    ChatDefect(
        "counts_streams_with_empty_options",
        "A stream whose stream_options are empty has a chunk with the usage.",
        claims=("chat.stream.usage_not_asked",),
        reports=("C01",),
        kinds=("chat",),
        parameter="stream_options",
        request=lambda request: request if request.body["stream_options"] else replace(request, include_usage=True),
    ),
)
