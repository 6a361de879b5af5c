"""Defects of the parameter stream."""

from dataclasses import replace

from conformance.mock.defects.chat.building.bodies import read_as
from conformance.mock.defects.chat.building.kinds import MULTI_CHOICE_KINDS
from conformance.mock.defects.defect import Json
from conformance.mock.engine.errors import unknown_parameter
from conformance.mock.server.wire import Wire
from conformance.mock.surfaces.chat.defect import ChatDefect
from conformance.mock.surfaces.chat.request import ChatRequest
from conformance.mock.surfaces.chat.stream import DONE, MEDIA_TYPE


def with_stream_ending(request: ChatRequest, wire: Wire) -> Wire:
    """Return the plain answer with the media type of a stream, and [DONE] after it."""
    return wire.with_pieces(wire.body + b"\n\n" + DONE, media_type=MEDIA_TYPE)


def with_stream_forced(request: ChatRequest) -> ChatRequest:
    """Return the request with stream true if it says false."""
    return replace(request, stream=True) if request.body.get("stream") is False else request


def refuse_added_options(body: Json) -> Json:
    """Return the body; raise ApiError for the stream_options that the gateway would add to a request for a stream."""
    if body.get("stream") is True and "stream_options" not in body:
        raise unknown_parameter("stream_options")
    return body


DEFECTS = (
    ChatDefect(
        "ends_plain_answers_like_streams",
        "With stream false, the answer has the media type of an event stream and ends with [DONE].",
        claims=("chat.stream.off",),
        reports=("D005",),
        parameter="stream",
        answered=with_stream_ending,
    ),
    ChatDefect(
        "streams_unasked",
        "With stream false, the answer is streamed.",
        claims=("chat.stream.off",),
        parameter="stream",
        request=with_stream_forced,
    ),
    ChatDefect(
        "drops_stream_of_wrong_type",
        "A value of the wrong type for stream is treated as false.",
        claims=("chat.stream.wrong_type",),
        parameter="stream",
        body=read_as("stream", bool, False),
    ),
    ChatDefect(
        "takes_stream_for_truth",
        "A value of the wrong type for stream is treated as true.",
        claims=("chat.stream.wrong_type",),
        parameter="stream",
        body=read_as("stream", bool, True),
    ),
    ChatDefect(
        "adds_stream_options",
        "A streamed request for two choices is refused because of stream_options that the gateway added itself.",
        claims=("chat.stream.choices",),
        reports=("D187",),
        parameter="n",
        kinds=MULTI_CHOICE_KINDS,
        body=refuse_added_options,
    ),
)
