"""stream_options that are dropped, refused or not checked, and the chunk with the usage."""

from collections.abc import Iterator
from dataclasses import replace

from conformance.mock.defects.chat.building.bodies import read_as
from conformance.mock.defects.chat.building.kinds import SEVERAL
from conformance.mock.defects.defect import Json
from conformance.mock.engine.errors import wrong_type
from conformance.mock.surfaces.chat.columns import Profile
from conformance.mock.surfaces.chat.combinations import stream_options_with_stream
from conformance.mock.surfaces.chat.defect import ChatDefect
from conformance.mock.surfaces.chat.request import ChatRequest


def without_pairing(profile: Profile) -> Profile:
    """Return the profile that takes stream_options without stream."""
    kept = tuple(combination for combination in profile.combinations if combination is not stream_options_with_stream)
    return replace(profile, combinations=kept)


def refusing_null(body: Json) -> Json:
    """Return the body, unless stream_options is null."""
    if body["stream_options"] is None:
        raise wrong_type("stream_options", "an object", None)
    return body


def usage_with_choices(request: ChatRequest, chunks: Iterator[Json]) -> Iterator[Json]:
    """Yield the chunks, with an empty choice in the one that carries the usage."""
    for chunk in chunks:
        yield {**chunk, "choices": [{"index": 0, "delta": {}}]} if chunk.get("usage") else chunk


def before_the_last(request: ChatRequest, chunks: Iterator[Json]) -> Iterator[Json]:
    """Yield the chunks, and one more without choices and without usage where the usage was the last."""
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
        body=refusing_null,
    ),
    ChatDefect(
        "takes_stream_options_without_stream",
        "stream_options without stream true is accepted, and has no effect.",
        claims=("chat.stream_options.without_stream",),
        parameter="stream_options",
        kinds=SEVERAL,
        profile=without_pairing,
    ),
    ChatDefect(
        "usage_chunk_has_choices",
        "The last chunk of a stream, which carries the usage, contains a choice.",
        claims=("chat.stream_options.usage_chunk",),
        reports=("D218",),
        events=usage_with_choices,
    ),
    ChatDefect(
        "streams_usage_before_the_last",
        "The chunk with the usage is followed by a chunk with neither usage nor choices.",
        claims=("chat.stream_options.include_usage", "chat.stream.usage_null"),
        reports=("D220",),
        parameter="stream_options",
        events=before_the_last,
    ),
    ChatDefect(
        "drops_stream_options",
        "A stream lacks the usage that include_usage asked for.",
        claims=("chat.stream_options.include_usage",),
        parameter="stream_options",
        events=lambda request, chunks: (chunk for chunk in chunks if not chunk.get("usage")),
    ),
)
