"""Too few or too many of the likeliest tokens, and top_logprobs whose limits are off."""

from dataclasses import replace

from conformance.mock.defects.chat.building.kinds import CHAT, SAMPLED
from conformance.mock.defects.chat.building.limits import above_minimum, below, beyond, off
from conformance.mock.defects.chat.building.profiles import without_combination
from conformance.mock.defects.chat.building.types import mistyped, no_null
from conformance.mock.engine.rules import is_integer
from conformance.mock.surfaces.chat import combinations
from conformance.mock.surfaces.chat.defect import ChatDefect, Entries
from conformance.mock.surfaces.chat.request import ChatRequest

FEW = 5


def shorter(request: ChatRequest, entries: Entries) -> Entries:
    """Return the entries, each with one of the likeliest tokens less."""
    return tuple({**entry, "top_logprobs": entry["top_logprobs"][1:]} for entry in entries)


DEFECTS = (
    ChatDefect(
        "lists_one_logprob_too_few",
        "Each position lists one token fewer than top_logprobs asks for.",
        claims=("chat.top_logprobs.range", "chat.top_logprobs.limit", "chat.top_logprobs.disputed"),
        parameter="top_logprobs",
        kinds=CHAT,
        logprobs=shorter,
    ),
    ChatDefect(
        "clamps_top_logprobs",
        "top_logprobs is limited to 5 without an error.",
        claims=("chat.top_logprobs.disputed",),
        parameter="top_logprobs",
        kinds=CHAT,
        request=lambda request: replace(request, top_logprobs=min(request.top_logprobs, FEW)),
    ),
    ChatDefect(
        "accepts_top_logprobs_alone",
        "top_logprobs is accepted without logprobs.",
        claims=("chat.top_logprobs.without_logprobs",),
        parameter="top_logprobs",
        kinds=("chat",),
        profile=without_combination(combinations.top_logprobs_with_logprobs),
    ),
    off("refuses_top_logprobs_0", "A top_logprobs of 0 is refused.", "top_logprobs: range", above_minimum, CHAT),
    off("refuses_top_logprobs_20", "A top_logprobs of 20 is refused.", "top_logprobs: disputed", below(20), CHAT),
    off("refuses_top_logprobs_6", "A top_logprobs above 5 is refused.", "top_logprobs: disputed", below(6), CHAT),
    off(
        "refuses_top_logprobs_5",
        "A top_logprobs above 4 is refused.",
        "top_logprobs: range limit disputed",
        below(5),
        CHAT,
    ),
    *beyond("top_logprobs", 1, CHAT, "D268"),
    *mistyped("top_logprobs", is_integer, CHAT),
    no_null("top_logprobs", SAMPLED),  # it is asked with logprobs, which reasoning models refuse
)
