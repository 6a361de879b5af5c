"""Usage in streams that comes unasked, too often, or that counts otherwise than the plain answer."""

from collections.abc import Iterator

from conformance.mock.defects.chat.building.chunks import each_chunk, without
from conformance.mock.defects.defect import Json
from conformance.mock.engine.tokens import count_prompt
from conformance.mock.surfaces.chat.defect import ChatDefect
from conformance.mock.surfaces.chat.request import ChatRequest

NOTHING = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}
DETAILS = ("prompt_tokens_details", "completion_tokens_details")


def unasked(request: ChatRequest, chunks: Iterator[Json]) -> Iterator[Json]:
    """Yield the chunks, and the usage after them though nobody asked for it."""
    chunk: Json = {}
    pieces = 0
    for chunk in chunks:
        pieces += len(chunk["choices"])
        yield chunk
    if not request.include_usage:
        prompt = count_prompt(request.messages)
        counts = {"prompt_tokens": prompt, "completion_tokens": pieces, "total_tokens": prompt + pieces}
        yield {**chunk, "choices": [], "usage": counts}


def zeros_unasked(request: ChatRequest, chunks: Iterator[Json]) -> Iterator[Json]:
    """Return the chunks with a usage of zeros where nobody asked for any."""
    return chunks if request.include_usage else ({**chunk, "usage": NOTHING} for chunk in chunks)


def with_usage(place: int, chunk: Json) -> Json:
    """Return the chunk with a running count of what came so far."""
    counts = {"prompt_tokens": 1, "completion_tokens": place, "total_tokens": place + 1}
    return {**chunk, "usage": chunk["usage"] or counts} if "usage" in chunk else chunk


def without_details(place: int, chunk: Json) -> Json:
    """Return the chunk with the sums of its usage alone."""
    return {**chunk, "usage": without(chunk["usage"], *DETAILS)} if chunk.get("usage") else chunk


def with_prompt_counted_twice(place: int, chunk: Json) -> Json:
    """Return the chunk with twice the tokens of the prompt in its usage."""
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
        events=each_chunk(with_usage),
    ),
    ChatDefect(
        "streams_usage_unasked",
        "A stream ends with a usage chunk that was not requested.",
        claims=("chat.stream.usage_not_asked",),
        reports=("D228",),
        events=unasked,
    ),
    ChatDefect(
        "streams_zero_usage_unasked",
        "Every chunk of a stream has a usage of zeros that was not requested.",
        claims=("chat.stream.usage_not_asked",),
        reports=("D224",),
        events=zeros_unasked,
    ),
    ChatDefect(
        "streams_usage_without_details",
        "The usage of a stream lacks the token details that the non-streamed usage has.",
        claims=("chat.stream.usage_agrees",),
        reports=("D222",),
        parameter="stream_options",
        events=each_chunk(without_details),
    ),
    ChatDefect(
        "streams_double_prompt_tokens",
        "The usage of a stream counts the prompt twice.",
        claims=("chat.stream.usage_agrees",),
        parameter="stream_options",
        events=each_chunk(with_prompt_counted_twice),
    ),
)
