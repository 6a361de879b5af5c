"""Defects of top_logprobs."""

from dataclasses import replace

from conformance.mock.defects.chat.building.kinds import CHAT_KINDS, SAMPLING_KINDS
from conformance.mock.defects.chat.building.limits import accepted_beyond, exclude_from, exclude_minimum, shifted_limit
from conformance.mock.defects.chat.building.profiles import without_combination
from conformance.mock.defects.chat.building.types import null_refused, type_defects
from conformance.mock.engine.rules import is_integer
from conformance.mock.surfaces.chat import combinations
from conformance.mock.surfaces.chat.defect import ChatDefect, Entries
from conformance.mock.surfaces.chat.request import ChatRequest

CLAMPED_MAXIMUM = 5


def with_one_alternative_fewer(request: ChatRequest, entries: Entries) -> Entries:
    """Return the entries without the first of their top_logprobs."""
    return tuple({**entry, "top_logprobs": entry["top_logprobs"][1:]} for entry in entries)


DEFECTS = (
    ChatDefect(
        "lists_one_logprob_too_few",
        "Each position lists one token fewer than top_logprobs asks for.",
        claims=(
            "chat.top_logprobs.range",
            "chat.top_logprobs.limit",
            "chat.top_logprobs.disputed",
            "chat.logprobs.alternatives",
        ),
        parameter="top_logprobs",
        kinds=CHAT_KINDS,
        logprobs=with_one_alternative_fewer,
    ),
    ChatDefect(
        "takes_no_alternatives_for_no_logprobs",
        "With a top_logprobs of 0 an answer has no log probabilities at all.",
        claims=("chat.logprobs.given", "chat.top_logprobs.range"),
        parameter="top_logprobs",
        kinds=CHAT_KINDS,
        request=lambda request: replace(request, logprobs=request.logprobs and request.top_logprobs > 0),
    ),
    ChatDefect(
        "clamps_top_logprobs",
        "top_logprobs is limited to 5 without an error.",
        claims=("chat.top_logprobs.disputed",),
        parameter="top_logprobs",
        kinds=CHAT_KINDS,
        request=lambda request: replace(request, top_logprobs=min(request.top_logprobs, CLAMPED_MAXIMUM)),
    ),
    ChatDefect(
        "accepts_top_logprobs_alone",
        "top_logprobs is accepted without logprobs.",
        claims=("chat.top_logprobs.without_logprobs",),
        parameter="top_logprobs",
        kinds=("chat",),
        profile=without_combination(combinations.top_logprobs_with_logprobs),
    ),
    shifted_limit(
        "refuses_top_logprobs_0", "A top_logprobs of 0 is refused.", "top_logprobs: range", exclude_minimum, CHAT_KINDS
    ),
    shifted_limit(
        "refuses_top_logprobs_20",
        "A top_logprobs of 20 is refused.",
        "top_logprobs: disputed",
        exclude_from(20),
        CHAT_KINDS,
    ),
    shifted_limit(
        "refuses_top_logprobs_6",
        "A top_logprobs above 5 is refused.",
        "top_logprobs: disputed",
        exclude_from(6),
        CHAT_KINDS,
    ),
    shifted_limit(
        "refuses_top_logprobs_5",
        "A top_logprobs above 4 is refused.",
        "top_logprobs: range limit disputed",
        exclude_from(5),
        CHAT_KINDS,
    ),
    *accepted_beyond("top_logprobs", 1, CHAT_KINDS, "D268"),
    *type_defects("top_logprobs", is_integer, CHAT_KINDS),
    null_refused("top_logprobs", SAMPLING_KINDS),  # the suite sends it with logprobs, which reasoning models refuse
)
