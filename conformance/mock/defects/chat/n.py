"""Other numbers of choices than n says, and n whose limits are off."""

from dataclasses import replace

from conformance.mock.defects.chat.building.answers import in_choices
from conformance.mock.defects.chat.building.kinds import CHAT, SEVERAL
from conformance.mock.defects.chat.building.limits import above_minimum, below, higher, lower, off
from conformance.mock.defects.chat.building.types import mistyped, no_null
from conformance.mock.engine.classes import KINDS
from conformance.mock.engine.rules import Integer, is_integer
from conformance.mock.surfaces.chat.columns import Profile
from conformance.mock.surfaces.chat.defect import ChatDefect
from conformance.mock.surfaces.chat.request import ChatRequest

FEW = 4


def one_choice_more(request: ChatRequest) -> ChatRequest:
    """Return the request for one more choice, where it is for several."""
    return replace(request, n=request.n + 1) if request.n > 1 else request


def with_any_n(profile: Profile) -> Profile:
    """Return the profile that gives as many choices as are asked for."""
    return replace(profile, rules={**profile.rules, "n": Integer(1, 128)})


DEFECTS = (
    ChatDefect(
        "gives_one_choice_more",
        "When n is above 1, the answer has one choice more than n.",
        claims=("chat.n.count", "chat.n.limit", "chat.n.disputed", "chat.stream.choices"),
        parameter="n",
        kinds=("chat", "reasoning", "gemini"),
        request=one_choice_more,
    ),
    off("takes_n_0_for_1", "An n of 0 is treated as 1.", "n: below_minimum", lower(1), KINDS, "D275"),
    off(
        "accepts_one_choice_too_many",
        "An n that is one above the documented maximum is accepted.",
        "n: above_maximum",
        higher(1),
        SEVERAL,
    ),
    off("refuses_n_1", "An n of 1 is refused.", "n: one", above_minimum, ("chat", "reasoning", "gemini")),
    off("refuses_n_8", "An n of 8 or more is refused.", "n: count limit disputed", below(8), SEVERAL),
    off("refuses_n_128", "An n of 128 is refused.", "n: disputed", below(128), CHAT),
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
        request=lambda request: replace(request, n=min(request.n, FEW)),
    ),
    ChatDefect(
        "numbers_choices_from_one",
        "When n is given, the first choice has index 1 instead of 0.",
        claims=("chat.n.one", "chat.n.count", "chat.n.limit", "chat.n.disputed"),
        parameter="n",
        whole=in_choices(lambda choice: {**choice, "index": choice["index"] + 1}),
    ),
    ChatDefect(
        "gives_choices_where_one_is_documented",
        "Models documented to support only n = 1 return more than one choice.",
        claims=("chat.n.unsupported",),
        parameter="n",
        kinds=("claude",),
        profile=with_any_n,
    ),
    *mistyped("n", is_integer, KINDS),
    no_null("n"),
)
