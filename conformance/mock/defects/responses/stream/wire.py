"""Defects of how a stream is written: as another API's, as a plain reply, or with what is no event."""

from dataclasses import replace

from conformance.mock.defects.responses.building.changes import event, named
from conformance.mock.defects.responses.building.reply import failed
from conformance.mock.defects.responses.building.stream import as_chunks, with_broken_line, with_odd_byte
from conformance.mock.surfaces.responses.defect import ResponsesDefect

DEFECTS = (
    event(
        "streams_chunks_of_chat",
        "A stream has the chunks of Chat Completions.",
        "stream.no_chat_chunks tools.parallel_true",
        as_chunks,
    ),
    ResponsesDefect(
        "never_streams_responses",
        "A request for a stream is answered with a plain response.",
        named("stream.content_type stream.media_type"),
        parameter="stream",
        request=lambda request: replace(request, stream=False),
    ),
    ResponsesDefect(
        "answers_streams_with_errors",
        "A request for a stream gets an error in JSON with status 200.",
        named("stream.content_type reply.no_error stream.same_object include.logprobs_stream"),
        streamed=failed,
    ),
    ResponsesDefect(
        "writes_text_between_events",
        "A stream has data that is no JSON.",
        named("stream.grammar"),
        streamed=with_broken_line,
    ),
    ResponsesDefect(
        "writes_other_encodings",
        "A piece of text has a byte that is not UTF-8.",
        named("stream.unicode text.json_schema_stream include.logprobs_stream"),
        streamed=with_odd_byte,
    ),
)
