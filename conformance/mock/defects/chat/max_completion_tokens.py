"""A max_completion_tokens that is dropped, moved or not checked, or that the server cannot do without."""

from collections.abc import Iterator
from dataclasses import replace

from conformance.mock.defects.chat.building.limits import above_minimum, lower, off, one_token_later
from conformance.mock.defects.chat.building.types import mistyped, no_null
from conformance.mock.defects.defect import Json
from conformance.mock.engine.classes import KINDS
from conformance.mock.engine.errors import ApiError
from conformance.mock.engine.rules import is_integer
from conformance.mock.surfaces.chat.defect import ChatDefect
from conformance.mock.surfaces.chat.request import ChatRequest

CAPS = ("max_tokens", "max_completion_tokens")


def with_cap(body: Json) -> Json:
    """Return the body, refused where it has no cap."""
    if not any(name in body for name in CAPS):
        raise ApiError("Field required: max_tokens.", param="max_tokens", code="missing_required_parameter")
    return body


def begun_again(request: ChatRequest, chunks: Iterator[Json]) -> Iterator[Json]:
    """Yield the chunks, and where a cap ended them the answer once more, as if it were complete."""
    sent: list[Json] = []
    for chunk in chunks:
        capped = any(choice["finish_reason"] == "length" for choice in chunk["choices"])
        if capped:
            yield from sent
            chunk = {**chunk, "choices": [{**choice, "finish_reason": "stop"} for choice in chunk["choices"]]}
        sent.append(chunk)
        yield chunk


def by_max_tokens_alone(request: ChatRequest) -> ChatRequest:
    """Return the request without the cap that max_completion_tokens sets."""
    return replace(request, cap=request.body.get("max_tokens"))


DEFECTS = (
    ChatDefect(
        "caps_completion_one_token_late",
        "max_completion_tokens allows one token more than its value.",
        claims=("chat.max_completion_tokens.caps",),
        parameter="max_completion_tokens",
        request=one_token_later,
    ),
    off(
        "accepts_max_completion_tokens_0",
        "A max_completion_tokens of 0 is treated as 1.",
        "max_completion_tokens: below_minimum",
        lower(1),
        KINDS,
        "D276",
    ),
    off(
        "refuses_max_completion_tokens_1",
        "A max_completion_tokens of 1 is refused.",
        "max_completion_tokens: caps",
        above_minimum,
    ),
    ChatDefect(
        "demands_a_cap",
        "A request without max_tokens or max_completion_tokens is refused.",
        claims=("chat.max_completion_tokens.left_out",),
        body=with_cap,
    ),
    ChatDefect(
        "streams_again_at_the_cap",
        "When a cap ends a streamed answer, the text is sent a second time and ends with finish_reason stop.",
        claims=("chat.max_completion_tokens.finish_reason",),
        reports=("D146",),
        kinds=("reasoning",),
        events=begun_again,
    ),
    ChatDefect(
        "drops_max_completion_tokens",
        "max_completion_tokens is ignored; only max_tokens works.",
        claims=("chat.max_completion_tokens.caps",),
        reports=("D035",),
        parameter="max_completion_tokens",
        request=by_max_tokens_alone,
    ),
    *mistyped("max_completion_tokens", is_integer, KINDS),
    no_null("max_completion_tokens"),
)
