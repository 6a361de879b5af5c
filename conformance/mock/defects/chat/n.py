"""Defects of n."""

from collections.abc import Callable
from dataclasses import replace

from conformance.mock.defects.chat.building.answers import change_choices
from conformance.mock.defects.chat.building.kinds import CHAT_KINDS, MULTI_CHOICE_KINDS
from conformance.mock.defects.chat.building.limits import (
    exclude_from,
    exclude_minimum,
    lower_minimum,
    raise_maximum,
    shifted_limit,
)
from conformance.mock.defects.chat.building.types import null_refused, type_defects
from conformance.mock.defects.defect import Json
from conformance.mock.engine.classes import KINDS
from conformance.mock.engine.rules import Integer, is_integer
from conformance.mock.surfaces.chat.columns import Profile
from conformance.mock.surfaces.chat.defect import ChatDefect
from conformance.mock.surfaces.chat.request import ChatRequest

CLAMPED_MAXIMUM = 4


def one_choice_more(request: ChatRequest) -> ChatRequest:
    """Return the request with n one higher if n is above 1."""
    return replace(request, n=request.n + 1) if request.n > 1 else request


def with_any_n(profile: Profile) -> Profile:
    """Return the profile with n obeyed up to 128."""
    return replace(profile, rules={**profile.rules, "n": Integer(1, 128)})


def one_choice_beside(name: str) -> Callable[[ChatRequest], ChatRequest]:
    """Return a mutation that leaves one choice if the request has another parameter too."""
    return lambda request: replace(request, n=1) if request.body.get(name) else request


def with_one_choice_counted(request: ChatRequest, body: Json) -> Json:
    """Return the body with the completion tokens of one of several choices."""
    usage = body["usage"]
    tokens = usage["completion_tokens"] // request.n
    return {**body, "usage": {**usage, "completion_tokens": tokens, "total_tokens": usage["prompt_tokens"] + tokens}}


DEFECTS = (
    ChatDefect(
        "counts_one_choice",
        "The completion tokens of an answer with several choices are those of one choice.",
        claims=("chat.n.usage",),
        parameter="n",
        kinds=MULTI_CHOICE_KINDS,
        whole=with_one_choice_counted,
    ),
    ChatDefect(
        "drops_n_beside_tools",
        "With tools in the request n is dropped, and one choice comes.",
        parameter="n",
        claims=("chat.n.choices",),
        kinds=("chat", "gemini"),
        request=one_choice_beside("tools"),
    ),
    ChatDefect(
        "drops_n_in_streams",
        "In a stream n is dropped, and one choice comes.",
        parameter="n",
        claims=("chat.n.choices", "chat.stream.choices"),
        reports=("P1888",),
        kinds=MULTI_CHOICE_KINDS,
        request=one_choice_beside("stream"),
    ),
    ChatDefect(
        "gives_one_choice_more",
        "When n is above 1, the answer has one choice more than n.",
        claims=("chat.n.count", "chat.n.limit", "chat.n.disputed", "chat.stream.choices"),
        parameter="n",
        kinds=("chat", "reasoning", "gemini"),
        request=one_choice_more,
    ),
    shifted_limit("takes_n_0_for_1", "An n of 0 is treated as 1.", "n: below_minimum", lower_minimum(1), KINDS, "D275"),
    shifted_limit(
        "accepts_one_choice_too_many",
        "An n that is one above the documented maximum is accepted.",
        "n: above_maximum",
        raise_maximum(1),
        MULTI_CHOICE_KINDS,
    ),
    shifted_limit("refuses_n_1", "An n of 1 is refused.", "n: one", exclude_minimum, ("chat", "reasoning", "gemini")),
    shifted_limit(
        "refuses_n_8", "An n of 8 or more is refused.", "n: count limit disputed", exclude_from(8), MULTI_CHOICE_KINDS
    ),
    shifted_limit("refuses_n_128", "An n of 128 is refused.", "n: disputed", exclude_from(128), CHAT_KINDS),
    ChatDefect(
        "drops_n",
        "n is ignored: there is always one choice.",
        parameter="n",
        claims=("chat.n.count", "chat.n.limit", "chat.stream.choices", "chat.n.disputed"),
        reports=("D053",),
        kinds=("chat", "reasoning", "gemini"),
        request=lambda request: replace(request, n=1),
    ),
    ChatDefect(
        "clamps_n",
        "n is limited to 4 without an error.",
        parameter="n",
        claims=("chat.n.count", "chat.n.limit", "chat.n.disputed"),
        kinds=("chat", "reasoning", "gemini"),
        request=lambda request: replace(request, n=min(request.n, CLAMPED_MAXIMUM)),
    ),
    ChatDefect(
        "numbers_choices_from_one",
        "When n is given, the first choice has index 1 instead of 0.",
        claims=("chat.n.one", "chat.n.count", "chat.n.limit", "chat.n.disputed"),
        parameter="n",
        whole=change_choices(lambda choice: {**choice, "index": choice["index"] + 1}),
    ),
    ChatDefect(
        "gives_choices_where_one_is_documented",
        "Models documented to support only n = 1 return more than one choice.",
        claims=("chat.n.unsupported",),
        parameter="n",
        kinds=("claude",),
        profile=with_any_n,
    ),
    *type_defects("n", is_integer, KINDS),
    null_refused("n"),
)
