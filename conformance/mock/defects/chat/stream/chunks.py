"""Chunks whose fields are wrong: who speaks, which choice, what kind of object, made when."""

from collections.abc import Iterator

from conformance.mock.defects.chat.building.chunks import each_choice, each_chunk, with_delta, without
from conformance.mock.defects.chat.building.fragments import each_fragment
from conformance.mock.defects.chat.building.kinds import SEVERAL
from conformance.mock.defects.defect import Json
from conformance.mock.surfaces.chat.defect import ChatDefect
from conformance.mock.surfaces.chat.request import ChatRequest

EMPTY = {"id": "", "object": "", "created": 0, "model": "", "choices": [], "prompt_filter_results": []}
STATUS = {"type": "tool_status", "status": "searching"}
INTERNAL = {"HttpStatusCode": 200, "Successful": True, "StreamEvent": None}
MESSAGE = {"role": "assistant", "content": ""}


def without_opening(request: ChatRequest, chunks: Iterator[Json]) -> Iterator[Json]:
    """Yield the chunks without the first of each choice, which names the role."""
    yield from (chunk for chunk in chunks if not any("role" in choice["delta"] for choice in chunk["choices"]))


def after_empty_chunk(request: ChatRequest, chunks: Iterator[Json]) -> Iterator[Json]:
    """Yield the chunks after one in which nothing is filled in."""
    yield EMPTY
    yield from chunks


def with_status_events(request: ChatRequest, chunks: Iterator[Json]) -> Iterator[Json]:
    """Yield the chunks, and after the third an object that is none."""
    for place, chunk in enumerate(chunks):
        yield chunk
        if place == 2:
            yield STATUS


def sample_number(place: int, choice: Json) -> Json:
    """Return a piece of text with its own place in place of the index of its choice."""
    return {**choice, "index": place} if choice["delta"].get("content") else choice


def ending_in_message(request: ChatRequest, chunks: Iterator[Json]) -> Iterator[Json]:
    """Yield the chunks, the last of the choice with the whole message in place of a delta."""
    text = ""
    for chunk in chunks:
        for place, choice in enumerate(chunk["choices"]):
            text += choice["delta"].get("content") or ""
            if choice["finish_reason"]:
                chunk["choices"][place] = without(choice, "delta") | {"message": {**MESSAGE, "content": text}}
        yield chunk


def call_1(fragment: Json) -> Json:
    """Return a fragment whose id, where it has one, is the same in every answer."""
    return {**fragment, "id": "call_1"} if "id" in fragment else fragment


def with_constant_ids(request: ChatRequest, chunks: Iterator[Json]) -> Iterator[Json]:
    """Yield the chunks with one id for every stream and one for every call."""
    yield from ({**chunk, "id": "seq-1"} for chunk in each_fragment(call_1)(request, chunks))


DEFECTS = (
    ChatDefect(
        "streams_choice_at_index_1",
        "The only choice of a stream has index 1.",
        claims=("chat.stream.index",),
        reports=("D100",),
        events=lambda request, chunks: (
            chunks if request.n > 1 else each_choice(lambda place, it: {**it, "index": 1})(request, chunks)
        ),
    ),
    ChatDefect(
        "numbers_pieces_of_text",
        "The index of a streamed choice counts the pieces of its text.",
        claims=("chat.stream.index",),
        reports=("D108",),
        events=lambda request, chunks: chunks if request.n > 1 else each_choice(sample_number)(request, chunks),
    ),
    ChatDefect(
        "streams_all_choices_at_index_0",
        "All choices of a stream have index 0.",
        claims=("chat.stream.choices",),
        reports=("D150",),
        parameter="n",
        kinds=SEVERAL,
        events=each_choice(lambda place, it: {**it, "index": 0}),
    ),
    ChatDefect(
        "streams_message_beside_delta",
        "A streamed choice has a message in addition to its delta, and chunks have extra keys of the gateway's own.",
        claims=("chat.stream.delta",),
        reports=("D102",),
        events=each_chunk(
            lambda place, it: it | INTERNAL | {"choices": [{**choice, "message": MESSAGE} for choice in it["choices"]]}
        ),
    ),
    ChatDefect(
        "ends_streams_with_message",
        "The last chunk of a streamed choice has the whole message instead of a delta.",
        claims=("chat.stream.delta", "chat.stream.schema"),
        reports=("D120",),
        events=ending_in_message,
    ),
    ChatDefect(
        "chunks_without_id",
        "The chunks of a stream lack id and created.",
        claims=("chat.stream.id", "chat.stream.schema"),
        reports=("D104",),
        events=each_chunk(lambda place, it: without(it, "id", "created")),
    ),
    ChatDefect(
        "new_id_in_each_chunk",
        "Every chunk of a stream has a different id.",
        claims=("chat.stream.id",),
        events=each_chunk(lambda place, it: {**it, "id": f"{it['id']}-{place}"}),
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
        events=each_chunk(lambda place, it: {**it, "object": "chat.completion"}),
    ),
    ChatDefect(
        "new_time_in_each_chunk",
        "Every chunk of a stream has a different created.",
        claims=("chat.stream.created",),
        reports=("D116",),
        events=each_chunk(lambda place, it: {**it, "created": it["created"] + place}),
    ),
    ChatDefect(
        "new_fingerprint_in_each_chunk",
        "Every chunk of a stream has a different system_fingerprint.",
        claims=("chat.stream.fingerprint",),
        reports=("D189",),
        events=each_chunk(lambda place, it: {**it, "system_fingerprint": f"fp_{place:010x}"}),
    ),
    ChatDefect(
        "streams_model_null",
        "The model of every chunk is null.",
        claims=("chat.stream.model", "chat.stream.schema"),
        reports=("D147",),
        events=each_chunk(lambda place, it: {**it, "model": None}),
    ),
    ChatDefect(
        "streams_without_role",
        "No delta of a stream has a role.",
        claims=("chat.stream.role",),
        reports=("D157",),
        events=without_opening,
    ),
    ChatDefect(
        "streams_role_null",
        "The role of every delta is null.",
        claims=("chat.stream.role",),
        reports=("D159",),
        events=each_choice(lambda place, it: with_delta(it, role=None)),
    ),
    ChatDefect(
        "streams_constant_ids",
        "All streams have the same id, and all their calls have the same id.",
        claims=("chat.stream.id_unique", "chat.tools.ids"),
        reports=("D141",),
        events=with_constant_ids,
    ),
)
