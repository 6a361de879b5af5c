"""Defects of max_tokens, or of both caps."""

import math
from collections.abc import Callable
from dataclasses import replace

from conformance.mock.defects.chat.building.kinds import SAMPLING_KINDS
from conformance.mock.defects.chat.building.limits import (
    exclude_minimum,
    lower_minimum,
    shifted_limit,
    with_cap_one_higher,
)
from conformance.mock.defects.chat.building.profiles import without_combination
from conformance.mock.defects.chat.building.types import null_refused, type_defects
from conformance.mock.defects.defect import Json
from conformance.mock.engine.answer import Choice
from conformance.mock.engine.rules import is_integer
from conformance.mock.surfaces.chat import combinations
from conformance.mock.surfaces.chat.columns import MOST_TOKENS
from conformance.mock.surfaces.chat.defect import ChatDefect
from conformance.mock.surfaces.chat.request import ChatRequest


def with_reason_stop(request: ChatRequest, choice: Choice) -> Choice:
    """Return the choice with finish_reason length replaced by stop."""
    return replace(choice, finish_reason="stop") if choice.finish_reason == "length" else choice


def with_clamped_cap(body: Json) -> Json:
    """Return the body with max_tokens lowered to the largest context of any model."""
    cap = body["max_tokens"]
    return {**body, "max_tokens": min(cap, MOST_TOKENS)} if type(cap) is int else body


def with_double_cap(request: ChatRequest) -> ChatRequest:
    """Return the request with its cap doubled."""
    return request if request.cap is None else replace(request, cap=2 * request.cap)


def with_default_cap(cap: int) -> Callable[[ChatRequest], ChatRequest]:
    """Return a mutation that gives a request without a cap this one."""
    return lambda request: replace(request, cap=cap) if request.cap is None else request


DEFECTS = (
    ChatDefect(
        "caps_answers_at_2048",
        "A request without a cap gets one of 2,048 tokens.",
        claims=("chat.max_tokens.default",),
        reports=("E044",),
        kinds=SAMPLING_KINDS,
        request=with_default_cap(2048),
    ),
    ChatDefect(
        "caps_answers_at_4096",
        "A request without a cap gets one of 4,096 tokens.",
        claims=("chat.max_tokens.default",),
        kinds=SAMPLING_KINDS,
        request=with_default_cap(4096),
    ),
    ChatDefect(
        "cut_answers_end_with_stop",
        "An answer cut by its token cap has finish_reason stop.",
        claims=(
            "chat.max_tokens.finish_reason",
            "chat.max_completion_tokens.finish_reason",
            "chat.response_format.truncated",
            "chat.tools.cut",
        ),
        reports=("D011",),
        choice=with_reason_stop,
    ),
    ChatDefect(
        "caps_one_token_late",
        "max_tokens allows one token more than its value.",
        claims=("chat.max_tokens.caps",),
        parameter="max_tokens",
        kinds=SAMPLING_KINDS,
        request=with_cap_one_higher,
    ),
    ChatDefect(
        "accepts_both_caps",
        "max_tokens and max_completion_tokens are accepted together.",
        claims=("chat.max_tokens.both_caps",),
        parameter="max_completion_tokens",
        kinds=("chat",),
        profile=without_combination(combinations.one_cap),
    ),
    ChatDefect(
        "clamps_huge_caps",
        "A max_tokens larger than any model's context is lowered without an error.",
        claims=("chat.max_tokens.huge",),
        reports=("B53",),
        parameter="max_tokens",
        kinds=("chat", "claude", "gemini"),
        body=with_clamped_cap,
    ),
    shifted_limit(
        "accepts_max_tokens_0",
        "A max_tokens of 0 or below is treated as 1.",
        "max_tokens: below_minimum",
        lower_minimum(math.inf),
        SAMPLING_KINDS,
        "D276",
    ),
    shifted_limit("refuses_max_tokens_1", "A max_tokens of 1 is refused.", "max_tokens: caps", exclude_minimum),
    ChatDefect(
        "drops_token_caps",
        "max_tokens and max_completion_tokens are ignored: the answer is complete and ends with stop.",
        claims=("chat.max_tokens.caps", "chat.max_completion_tokens.caps", "chat.response_format.truncated"),
        reports=("D033",),
        request=lambda request: replace(request, cap=None),
    ),
    ChatDefect(
        "doubles_caps",
        "An answer is cut after twice as many tokens as its cap allows.",
        claims=("chat.max_tokens.caps", "chat.max_completion_tokens.caps"),
        request=with_double_cap,
    ),
    *type_defects("max_tokens", is_integer, SAMPLING_KINDS, ("chat.max_tokens.spelling",)),
    null_refused("max_tokens"),
)
