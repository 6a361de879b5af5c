"""Defects of stream_options."""

from collections.abc import Iterator
from dataclasses import replace

from conformance.mock.defects.chat.building.bodies import read_as
from conformance.mock.defects.chat.building.kinds import MULTI_CHOICE_KINDS
from conformance.mock.defects.defect import Json
from conformance.mock.engine.errors import wrong_type
from conformance.mock.surfaces.chat.columns import Profile
from conformance.mock.surfaces.chat.combinations import stream_options_with_stream
from conformance.mock.surfaces.chat.defect import ChatDefect
from conformance.mock.surfaces.chat.request import ChatRequest


def without_stream_required(profile: Profile) -> Profile:
    """Return the profile with stream_options accepted without stream."""
    kept = tuple(combination for combination in profile.combinations if combination is not stream_options_with_stream)
    return replace(profile, combinations=kept)


def refuse_null(body: Json) -> Json:
    """Return the body; raise ApiError if stream_options is null."""
    if body["stream_options"] is None:
        raise wrong_type("stream_options", "an object", None)
    return body


def with_choice_in_usage_chunk(request: ChatRequest, chunks: Iterator[Json]) -> Iterator[Json]:
    """Yield the chunks, with a choice in the chunk that carries the usage."""
    for chunk in chunks:
        yield {**chunk, "choices": [{"index": 0, "delta": {}}]} if chunk.get("usage") else chunk


def with_chunk_after_usage(request: ChatRequest, chunks: Iterator[Json]) -> Iterator[Json]:
    """Yield the chunks, and after the usage one more without choices and usage."""
    for chunk in chunks:
        yield chunk
        if chunk.get("usage"):
            yield {**chunk, "usage": None}


DEFECTS = (
    ChatDefect(
        "drops_stream_options_of_wrong_type",
        "A value of the wrong type for stream_options is dropped without an error.",
        claims=("chat.stream_options.wrong_type",),
        parameter="stream_options",
        body=read_as("stream_options", dict, None),
    ),
    ChatDefect(
        "refuses_null_stream_options",
        "null for stream_options is refused, though it should count as left out.",
        claims=("chat.stream_options.null",),
        parameter="stream_options",
        body=refuse_null,
    ),
    ChatDefect(
        "takes_stream_options_without_stream",
        "stream_options without stream true is accepted, and has no effect.",
        claims=("chat.stream_options.without_stream",),
        parameter="stream_options",
        kinds=MULTI_CHOICE_KINDS,
        profile=without_stream_required,
    ),
    ChatDefect(
        "usage_chunk_has_choices",
        "The last chunk of a stream, which carries the usage, contains a choice.",
        claims=("chat.stream_options.usage_chunk",),
        reports=("D218",),
        events=with_choice_in_usage_chunk,
    ),
    ChatDefect(
        "streams_usage_before_the_last",
        "The chunk with the usage is followed by a chunk with neither usage nor choices.",
        claims=("chat.stream_options.include_usage", "chat.stream.usage_null"),
        reports=("D220",),
        parameter="stream_options",
        events=with_chunk_after_usage,
    ),
    ChatDefect(
        "drops_stream_options",
        "A stream lacks the usage that include_usage asked for.",
        claims=("chat.stream_options.include_usage",),
        parameter="stream_options",
        events=lambda request, chunks: (chunk for chunk in chunks if not chunk.get("usage")),
    ),
)
