"""Defects of max_tokens."""

from dataclasses import replace

from conformance.mock.defects.messages.building.bodies import lax, strict, with_field
from conformance.mock.surfaces.messages.defect import MessagesDefect

DEFECTS = (
    lax(
        "fills_in_max_tokens",
        "A request without max_tokens is served with a default.",
        "messages.max_tokens.missing",
        reports=("N229",),
        change=lambda body: {"max_tokens": 1024, **body},
    ),
    lax(
        "takes_negative_max_tokens",
        "A max_tokens below 1 is taken for a default.",
        "messages.max_tokens.negative",
        "messages.max_tokens.zero",
        change=with_field("max_tokens", lambda value: 64 if isinstance(value, int) and value < 1 else value),
    ),
    lax(
        "takes_max_tokens_of_any_type",
        "A max_tokens that is no number is taken for a default.",
        "messages.max_tokens.wrong_type",
        change=with_field("max_tokens", lambda value: value if isinstance(value, int) else 64),
    ),
    lax(
        "takes_huge_max_tokens",
        "A max_tokens that no model has is lowered.",
        "messages.max_tokens.huge",
        change=with_field("max_tokens", lambda value: min(value, 128_000) if isinstance(value, int) else value),
    ),
    strict(
        "refuses_long_plain_answers",
        "A max_tokens above 21,333 is refused without streaming.",
        "messages.max_tokens.large_nonstream",
        reports=("N133",),
        wrong=lambda body: (
            isinstance(body.get("max_tokens"), int) and body["max_tokens"] > 21_333 and not body.get("stream")
        ),
    ),
    strict(
        "refuses_the_cap_of_the_ai_sdk",
        "A max_tokens of 128,000 is refused.",
        "messages.max_tokens.sdk_default",
        wrong=lambda body: body.get("max_tokens") == 128_000,
    ),
    MessagesDefect(
        "ignores_max_tokens",
        "The cap max_tokens is not applied.",
        (*("messages.max_tokens.caps",), "messages.format.cut"),
        request=lambda request: replace(request, cap=None),
    ),
    MessagesDefect(
        "cuts_as_end_turn",
        "An answer that max_tokens cut ends with end_turn.",
        (*("messages.max_tokens.reason", "messages.max_tokens.stream"), "messages.format.cut", "messages.tools.cut"),
        message=lambda request, message: (
            {**message, "stop_reason": "end_turn"} if message["stop_reason"] == "max_tokens" else message
        ),
    ),
)
