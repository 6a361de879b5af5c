"""Defects of max_completion_tokens."""

from collections.abc import Iterator
from dataclasses import replace

from conformance.mock.defects.chat.building.limits import (
    exclude_minimum,
    lower_minimum,
    shifted_limit,
    with_cap_one_higher,
)
from conformance.mock.defects.chat.building.types import null_refused, type_defects
from conformance.mock.defects.defect import Json
from conformance.mock.engine.classes import KINDS
from conformance.mock.engine.errors import ApiError
from conformance.mock.engine.rules import is_integer
from conformance.mock.surfaces.chat.defect import ChatDefect
from conformance.mock.surfaces.chat.request import ChatRequest

CAPS = ("max_tokens", "max_completion_tokens")


def require_cap(body: Json) -> Json:
    """Return the body; raise ApiError if it has no cap."""
    if not any(name in body for name in CAPS):
        raise ApiError("Field required: max_tokens.", param="max_tokens", code="missing_required_parameter")
    return body


def repeat_when_capped(request: ChatRequest, chunks: Iterator[Json]) -> Iterator[Json]:
    """Yield the chunks and, if a cap ended them, all of them again with finish_reason stop."""
    sent: list[Json] = []
    for chunk in chunks:
        capped = any(choice["finish_reason"] == "length" for choice in chunk["choices"])
        if capped:
            yield from sent
            chunk = {**chunk, "choices": [{**choice, "finish_reason": "stop"} for choice in chunk["choices"]]}
        sent.append(chunk)
        yield chunk


def by_max_tokens_alone(request: ChatRequest) -> ChatRequest:
    """Return the request with the cap of max_tokens only."""
    return replace(request, cap=request.body.get("max_tokens"))


DEFECTS = (
    ChatDefect(
        "caps_completion_one_token_late",
        "max_completion_tokens allows one token more than its value.",
        claims=("chat.max_completion_tokens.caps",),
        parameter="max_completion_tokens",
        request=with_cap_one_higher,
    ),
    shifted_limit(
        "accepts_max_completion_tokens_0",
        "A max_completion_tokens of 0 is treated as 1.",
        "max_completion_tokens: below_minimum",
        lower_minimum(1),
        KINDS,
        "D276",
    ),
    shifted_limit(
        "refuses_max_completion_tokens_1",
        "A max_completion_tokens of 1 is refused.",
        "max_completion_tokens: caps",
        exclude_minimum,
    ),
    ChatDefect(
        "demands_a_cap",
        "A request without max_tokens or max_completion_tokens is refused.",
        claims=("chat.max_completion_tokens.left_out", "chat.max_tokens.default", "chat.example.answered"),
        body=require_cap,
    ),
    ChatDefect(
        "streams_again_at_the_cap",
        "When a cap ends a streamed answer, the text is sent a second time and ends with finish_reason stop.",
        claims=("chat.max_completion_tokens.finish_reason",),
        reports=("D146",),
        kinds=("reasoning",),
        events=repeat_when_capped,
    ),
    ChatDefect(
        "drops_max_completion_tokens",
        "max_completion_tokens is ignored; only max_tokens works.",
        claims=("chat.max_completion_tokens.caps",),
        reports=("D035",),
        parameter="max_completion_tokens",
        request=by_max_tokens_alone,
    ),
    *type_defects("max_completion_tokens", is_integer, KINDS),
    null_refused("max_completion_tokens"),
)
