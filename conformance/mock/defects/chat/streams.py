"""Streams whose chunks are not as promised, while the plain answer to the same request is."""

from collections.abc import Iterator

from conformance.mock.defects.defect import Json
from conformance.mock.surfaces.chat.defect import ChatDefect
from conformance.mock.surfaces.chat.request import ChatRequest


def usage_with_choices(request: ChatRequest, chunks: Iterator[Json]) -> Iterator[Json]:
    """The chunks, with an empty choice in the one that carries the usage."""
    for chunk in chunks:
        yield {**chunk, "choices": [{"index": 0, "delta": {}}]} if chunk.get("usage") else chunk


DEFECTS = (
    ChatDefect(
        "usage_chunk_has_choices",
        "The last chunk of a stream, which carries the usage, has a choice in it.",
        claims=("chat.stream_options.usage_chunk",),
        reports=("D218",),
        events=usage_with_choices,
    ),
)
