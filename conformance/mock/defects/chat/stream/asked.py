"""The parameter stream, taken for something else than it says."""

from dataclasses import replace

from conformance.mock.defects.chat.building.bodies import read_as
from conformance.mock.defects.chat.building.kinds import SEVERAL
from conformance.mock.defects.defect import Json
from conformance.mock.engine.errors import unknown_parameter
from conformance.mock.server.wire import Wire
from conformance.mock.surfaces.chat.defect import ChatDefect
from conformance.mock.surfaces.chat.request import ChatRequest
from conformance.mock.surfaces.chat.stream import DONE, MEDIA_TYPE


def as_half_a_stream(request: ChatRequest, wire: Wire) -> Wire:
    """Return the answer under a stream's media type, with a stream's end after it."""
    return wire.saying(wire.text + b"\n\n" + DONE, media_type=MEDIA_TYPE)


def streamed_anyway(request: ChatRequest) -> ChatRequest:
    """Return the request, streamed though it says that it should not be."""
    return replace(request, stream=True) if request.body.get("stream") is False else request


def with_options_of_its_own(body: Json) -> Json:
    """Return the body, unless a stream is wanted: then options go with it that the model does not know."""
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
        answered=as_half_a_stream,
    ),
    ChatDefect(
        "streams_unasked",
        "With stream false, the answer is streamed.",
        claims=("chat.stream.off",),
        parameter="stream",
        request=streamed_anyway,
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
        kinds=SEVERAL,
        body=with_options_of_its_own,
    ),
)
