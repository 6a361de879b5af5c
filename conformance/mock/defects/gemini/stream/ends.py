"""Defects of how a stream ends: its last response, errors in its place, and streams that end before they began."""

from conformance.mock.defects.defect import Json
from conformance.mock.defects.gemini.building import Chunks, is_short, of_candidates, streaming, without
from conformance.mock.surfaces.gemini.defect import GeminiDefect
from conformance.mock.surfaces.gemini.request import GeminiRequest


def without_content(request: GeminiRequest, chunks: Chunks) -> Chunks:
    """Yield the last response only, without any content, where a single word is asked for."""
    every = list(chunks)
    if not is_short(request):
        yield from every
        return
    yield {**every[-1], "candidates": [{**every[-1]["candidates"][0], "content": {"role": "model"}}]}


def without_last_usage(request: GeminiRequest, chunks: Chunks) -> Chunks:
    """Yield the responses, the last one without usage."""
    *first, last = chunks
    yield from (*first, without(last, "usageMetadata"))


def with_odd_error(request: GeminiRequest, chunks: Chunks) -> Chunks:
    """Yield the responses and an error whose code is no number, where a single word is asked for."""
    yield from chunks
    if is_short(request):
        yield {"error": {"message": "The upstream broke off.", "status": "INTERNAL"}}


def without_end(candidate: Json) -> Json:
    """Return a candidate that does not say why it ended."""
    return without(candidate, "finishReason")


def with_empty_end(request: GeminiRequest, chunks: Chunks) -> Chunks:
    """Yield the responses and an empty one in place of the end, where a single word is asked for."""
    every = list(chunks)
    if not is_short(request):
        yield from every
        return
    yield from map(of_candidates(without_end), every)
    yield {**every[-1], "candidates": [{"content": {"role": "model"}, "index": 0}]}


def nothing(request: GeminiRequest, chunks: Chunks) -> Chunks:
    """Yield nothing where a single word is asked for."""
    if not is_short(request):
        yield from chunks


def broken(request: GeminiRequest, chunks: Chunks) -> Chunks:
    """Yield the first response and an error, where a single word is asked for."""
    for chunk in chunks:
        yield of_candidates(without_end)(chunk) if is_short(request) else chunk
        if is_short(request):
            yield {"error": {"code": 503, "message": "The upstream broke off.", "status": "UNAVAILABLE"}}
            return


DEFECTS = (
    GeminiDefect(
        "gemini_ends_in_every_chunk",
        "Every response of a stream has a finishReason.",
        ("gemini.stream.finish_once",),
        events=streaming(of_candidates(lambda candidate: {"finishReason": "STOP", **candidate})),
    ),
    GeminiDefect(
        "gemini_never_ends",
        "No response of a stream has a finishReason.",
        ("gemini.stream.whole",),
        reports=("N256", "N181"),
        events=streaming(of_candidates(without_end), is_short),
    ),
    GeminiDefect(
        "gemini_streams_nothing",
        "A stream has no content.",
        ("gemini.stream.last_not_empty_turn",),
        reports=("N143",),
        events=without_content,
    ),
    GeminiDefect(
        "gemini_streams_no_usage_at_the_end",
        "The last response of a stream has no usage.",
        ("gemini.stream.usage_last",),
        events=without_last_usage,
    ),
    GeminiDefect(
        "gemini_streams_odd_errors",
        "An error in a stream has no number as its code.",
        ("gemini.stream.error_frame",),
        events=with_odd_error,
    ),
    GeminiDefect(
        "gemini_continues_without_token",
        "An answer ends with CONTINUATION and has no token to go on with.",
        ("gemini.stream.continuation",),
        events=streaming(
            of_candidates(lambda each: {**each, "finishReason": "CONTINUATION"} if "finishReason" in each else each),
            is_short,
        ),
    ),
    GeminiDefect(
        "gemini_ends_with_nothing",
        "The last response of a stream is empty, and none says why the answer ended.",
        ("gemini.stream.whole",),
        reports=("N182",),
        events=with_empty_end,
    ),
    GeminiDefect(
        "gemini_streams_no_events",
        "A stream has status 200 and no event.",
        ("gemini.stream.answered",),
        reports=("N158",),
        events=nothing,
    ),
    GeminiDefect(
        "gemini_breaks_off_streams",
        "An error takes the place of the rest of a stream.",
        ("gemini.stream.no_error",),
        events=broken,
    ),
)
