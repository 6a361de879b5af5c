"""stream and stream_options that are taken for something else, and mistakes that a stream says in another way."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from conformance.mock.defects.chat.refusals import stream_wanted
from conformance.mock.defects.defect import Json
from conformance.mock.engine.errors import unknown_parameter, wrong_type
from conformance.mock.server.refusal import Refusal
from conformance.mock.server.wire import json_bytes
from conformance.mock.surfaces.chat.columns import Profile
from conformance.mock.surfaces.chat.combinations import stream_options_with_stream
from conformance.mock.surfaces.chat.defect import ChatDefect
from conformance.mock.surfaces.chat.request import ChatRequest
from conformance.mock.surfaces.chat.stream import DONE, MEDIA_TYPE
from conformance.mock.surfaces.openai import envelope

STRICT = ("chat", "reasoning", "gemini")  # kinds that refuse stream_options without stream, and give two choices
OPENING = {
    "id": "chatcmpl-0",
    "object": "chat.completion.chunk",
    "created": 1_767_225_600,
    "model": "mock-openai",
    "choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": None}],
}


def read_as(parameter: str, wanted: type, value: Any) -> Callable[[Json], Json]:
    """Bodies in which a value of another type than it takes stands for this one."""

    def lie(body: Json) -> Json:
        given = body[parameter]
        return body if given is None or isinstance(given, wanted) else {**body, parameter: value}

    return lie


def streamed_anyway(request: ChatRequest) -> ChatRequest:
    """The request, streamed though it says that it should not be."""
    return replace(request, stream=True) if request.body.get("stream") is False else request


def without_pairing(profile: Profile) -> Profile:
    """The profile that takes stream_options without stream."""
    kept = tuple(each for each in profile.combinations if each is not stream_options_with_stream)
    return replace(profile, combinations=kept)


def refusing_null(body: Json) -> Json:
    """The body, unless stream_options is null."""
    if body["stream_options"] is None:
        raise wrong_type("stream_options", "an object", None)
    return body


def with_options_of_its_own(body: Json) -> Json:
    """The body, unless a stream is wanted: then options go with it that the model does not know."""
    if body.get("stream") is True and "stream_options" not in body:
        raise unknown_parameter("stream_options")
    return body


def of_messages(refusal: Refusal) -> bool:
    """Whether something is wrong with the messages of a stream that was asked for."""
    return stream_wanted(refusal) and (refusal.error.param or "").startswith("messages")


def after_opening(refusal: Refusal) -> Refusal:
    """What is wrong with the messages as an event behind the first chunk of a stream."""
    if not of_messages(refusal):
        return refusal
    said = b"".join(b"data: " + json_bytes(each) + b"\n\n" for each in (OPENING, envelope(refusal.error)))
    return replace(refusal, status=200, body=said + DONE, media_type=MEDIA_TYPE)


def as_plain_event(refusal: Refusal) -> Refusal:
    """What is wrong with a request as bare words in an event."""
    if not stream_wanted(refusal) or refusal.status != 400:
        return refusal
    said = b"data: " + refusal.error.message.encode("utf-8", "replace") + b"\n\n"
    return replace(refusal, status=200, body=said + DONE, media_type=MEDIA_TYPE)


DEFECTS = (
    ChatDefect(
        "streams_unasked",
        "With stream false the answer is a stream all the same.",
        claims=("chat.stream.off",),
        parameter="stream",
        request=streamed_anyway,
    ),
    ChatDefect(
        "drops_stream_of_wrong_type",
        "stream of a type that it does not take counts as false.",
        claims=("chat.stream.wrong_type",),
        parameter="stream",
        body=read_as("stream", bool, False),
    ),
    ChatDefect(
        "takes_stream_for_truth",
        "A word in stream counts as true.",
        claims=("chat.stream.wrong_type",),
        parameter="stream",
        body=read_as("stream", bool, True),
    ),
    ChatDefect(
        "drops_stream_options_of_wrong_type",
        "stream_options that are no object are dropped without an error.",
        claims=("chat.stream_options.wrong_type",),
        parameter="stream_options",
        body=read_as("stream_options", dict, None),
    ),
    ChatDefect(
        "refuses_null_stream_options",
        "stream_options of null are refused.",
        claims=("chat.stream_options.null",),
        parameter="stream_options",
        body=refusing_null,
    ),
    ChatDefect(
        "takes_stream_options_without_stream",
        "stream_options are taken, and without effect, where nothing is streamed.",
        claims=("chat.stream_options.without_stream",),
        parameter="stream_options",
        kinds=STRICT,
        profile=without_pairing,
    ),
    ChatDefect(
        "adds_stream_options",
        "A stream of two choices is refused for stream_options that the gateway itself sent along.",
        claims=("chat.stream.choices",),
        reports=("D187",),
        parameter="n",
        kinds=STRICT,
        body=with_options_of_its_own,
    ),
    ChatDefect(
        "refuses_behind_first_chunk",
        "What is wrong with the messages of a streamed request comes behind the first chunk, with status 200.",
        claims=("chat.error.stream_refusal",),
        reports=("D182",),
        parameter="stream",
        refusal=after_opening,
    ),
    ChatDefect(
        "refuses_in_bare_words",
        "What is wrong with a streamed request comes as an event of bare words, with status 200.",
        claims=(
            "chat.error.stream_refusal",
            "chat.stream_options.wrong_type",
            "chat.response_format.json_object",
        ),
        reports=("D148",),
        parameter="stream",
        refusal=as_plain_event,
    ),
)
