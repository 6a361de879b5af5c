"""Defects of the usage in streams."""

from collections.abc import Iterator

from conformance.mock.defects.chat.building.chunks import change_chunks, without
from conformance.mock.defects.chat.stream.adding_up import without_last_text
from conformance.mock.defects.defect import Json
from conformance.mock.engine.tokens import count_prompt
from conformance.mock.surfaces.chat.defect import ChatDefect
from conformance.mock.surfaces.chat.request import ChatRequest

ZEROS = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}
DETAIL_KEYS = ("prompt_tokens_details", "completion_tokens_details")


def with_unrequested_usage(request: ChatRequest, chunks: Iterator[Json]) -> Iterator[Json]:
    """Yield the chunks, and a usage chunk if none was requested."""
    chunk: Json = {}
    pieces = 0
    for chunk in chunks:
        pieces += len(chunk["choices"])
        yield chunk
    if not request.include_usage:
        prompt = count_prompt(request.messages)
        counts = {"prompt_tokens": prompt, "completion_tokens": pieces, "total_tokens": prompt + pieces}
        yield {**chunk, "choices": [], "usage": counts}


def with_unrequested_zeros(request: ChatRequest, chunks: Iterator[Json]) -> Iterator[Json]:
    """Return the chunks with a usage of zeros in each if none was requested."""
    return chunks if request.include_usage else ({**chunk, "usage": ZEROS} for chunk in chunks)


def with_running_usage(position: int, chunk: Json) -> Json:
    """Return the chunk with the tokens so far as its usage, if usage was requested."""
    counts = {"prompt_tokens": 1, "completion_tokens": position, "total_tokens": position + 1}
    return {**chunk, "usage": chunk["usage"] or counts} if "usage" in chunk else chunk


def without_details(position: int, chunk: Json) -> Json:
    """Return the chunk with its usage reduced to the three sums."""
    return {**chunk, "usage": without(chunk["usage"], *DETAIL_KEYS)} if chunk.get("usage") else chunk


def with_prompt_counted_twice(position: int, chunk: Json) -> Json:
    """Return the chunk with the prompt tokens of its usage doubled."""
    usage = chunk.get("usage")
    if not usage:
        return chunk
    prompt = 2 * usage["prompt_tokens"]
    return {**chunk, "usage": {**usage, "prompt_tokens": prompt, "total_tokens": prompt + usage["completion_tokens"]}}


DEFECTS = (
    ChatDefect(
        "streams_usage_in_each_chunk",
        "With include_usage, every chunk of a stream has a usage instead of null.",
        claims=("chat.stream.usage_null",),
        parameter="stream_options",
        events=change_chunks(with_running_usage),
    ),
    ChatDefect(
        "streams_usage_unasked",
        "A stream ends with a usage chunk that was not requested.",
        claims=("chat.stream.usage_not_asked",),
        reports=("D228",),
        events=with_unrequested_usage,
    ),
    ChatDefect(
        "streams_zero_usage_unasked",
        "Every chunk of a stream has a usage of zeros that was not requested.",
        claims=("chat.stream.usage_not_asked",),
        reports=("D224",),
        events=with_unrequested_zeros,
    ),
    ChatDefect(
        "streams_usage_without_details",
        "The usage of a stream lacks the token details that the non-streamed usage has.",
        claims=("chat.stream.usage_agrees",),
        reports=("D222",),
        parameter="stream_options",
        events=change_chunks(without_details),
    ),
    ChatDefect(
        "streams_no_usage_of_texts_at_temperature_0",
        "At temperature 0, a stream lacks the usage that include_usage asked for.",
        claims=("chat.stream.usage_last",),
        parameter="stream_options",
        kinds=("chat", "claude", "gemini"),
        events=lambda request, chunks: (
            (chunk for chunk in chunks if chunk["choices"]) if request.temperature == 0 else chunks
        ),
    ),
    ChatDefect(
        "loses_last_piece_before_usage",
        "A stream with include_usage lacks the last piece of its text.",
        claims=("chat.stream.alike",),
        parameter="stream_options",
        kinds=("chat", "claude", "gemini"),
        events=lambda request, chunks: without_last_text(request, chunks) if request.include_usage else chunks,
    ),
    ChatDefect(
        "streams_double_prompt_tokens",
        "The usage of a stream counts the prompt twice.",
        claims=("chat.stream.usage_agrees",),
        parameter="stream_options",
        events=change_chunks(with_prompt_counted_twice),
    ),
)
