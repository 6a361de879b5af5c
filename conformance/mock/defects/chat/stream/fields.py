"""Defects of fields of chunks that the plain answer has right: finish_reason, created, usage."""

from collections.abc import Iterator

from conformance.mock.defects.chat.building.chunks import change_chunk_choices, change_chunks
from conformance.mock.defects.defect import Json
from conformance.mock.engine.tokens import count_prompt
from conformance.mock.surfaces.chat.defect import ChatDefect
from conformance.mock.surfaces.chat.request import ChatRequest


def with_prompt_in_first_chunk(request: ChatRequest, chunks: Iterator[Json]) -> Iterator[Json]:
    """Yield the chunks, the first with a usage without completion_tokens, if usage was requested."""
    prompt = count_prompt(request.messages)
    for position, chunk in enumerate(chunks):
        first = request.include_usage and not position
        yield chunk | ({"usage": {"prompt_tokens": prompt, "total_tokens": prompt}} if first else {})


DEFECTS = (
    ChatDefect(
        "streams_finish_reason_empty",
        "finish_reason is an empty string in all chunks of a stream but the last of each choice.",
        claims=("chat.stream.finish_reason", "chat.stream.choices", "chat.stream.schema"),
        reports=("B06",),
        events=change_chunk_choices(
            lambda position, choice: {**choice, "finish_reason": choice["finish_reason"] or ""}
        ),
    ),
    ChatDefect(
        "streams_created_in_milliseconds",
        "created is in milliseconds in chunks, and in seconds in plain answers.",
        claims=("chat.stream.schema",),
        reports=("B40",),
        events=change_chunks(lambda position, chunk: {**chunk, "created": 1000 * chunk["created"]}),
    ),
    ChatDefect(
        "streams_usage_of_the_prompt_first",
        "With include_usage, the first chunk of a stream has a usage without completion_tokens.",
        claims=("chat.stream.schema", "chat.stream.usage_null"),
        reports=("B05",),
        parameter="stream_options",
        events=with_prompt_in_first_chunk,
    ),
)
