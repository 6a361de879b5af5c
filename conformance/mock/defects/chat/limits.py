"""Documented limits that are off: what lies just beyond is accepted, or the limit itself is refused."""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from conformance.mock.engine.classes import KINDS
from conformance.mock.engine.rules import Integer, Number, Rule
from conformance.mock.surfaces.chat.columns import Profile
from conformance.mock.surfaces.chat.defect import ChatDefect
from conformance.mock.surfaces.chat.request import ChatRequest
from conformance.mock.surfaces.chat.structures import Biases, Stop

SAMPLED = ("chat", "claude", "gemini")
SEVERAL = ("chat", "reasoning", "gemini")  # kinds that give more than one choice
CHAT = ("chat",)
PENALTIES = ("presence_penalty", "frequency_penalty")

Change = Callable[[Any], Any]


def with_rule(parameter: str, change: Change) -> Callable[[Profile], Profile]:
    """A profile whose rule for a parameter is changed, where the parameter has limits at all."""

    def lie(profile: Profile) -> Profile:
        rule: Rule = profile.rule(parameter)
        limited = isinstance(rule, Number | Integer | Biases | Stop)
        return replace(profile, rules={**profile.rules, parameter: change(rule)}) if limited else profile

    return lie


def lower(step: float) -> Change:
    """A rule whose minimum is lower."""
    return lambda rule: replace(rule, low=rule.low - step)


def higher(step: float) -> Change:
    """A rule whose maximum is higher."""
    return lambda rule: replace(rule, high=rule.high + step)


def above_minimum(rule: Any) -> Any:
    """A rule that refuses its own minimum."""
    return replace(rule, low=rule.low + 1 if isinstance(rule, Integer) else math.nextafter(rule.low, math.inf))


def below_maximum(rule: Any) -> Any:
    """A rule that refuses its own maximum."""
    return replace(rule, high=rule.high - 1 if isinstance(rule, Integer) else math.nextafter(rule.high, -math.inf))


def below(most: float) -> Change:
    """A rule that refuses a value of its range and all above it."""
    return lambda rule: below_maximum(replace(rule, high=most))


def at_most(count: int) -> Change:
    """A rule for so many stop sequences."""
    return lambda rule: replace(rule, most=count)


def one_at_least(request: ChatRequest) -> ChatRequest:
    """The request with limits that can be obeyed."""
    cap = None if request.cap is None else max(1, request.cap)
    return replace(request, n=max(1, request.n), cap=cap, top_logprobs=max(0, request.top_logprobs))


def off(
    name: str, symptom: str, claims: str, change: Change, kinds: tuple[str, ...] = SAMPLED, *reports: str
) -> ChatDefect:
    """A limit that is off; `claims` is the parameter, a colon, and the last words of the claims that turn."""
    parameter, _, words = claims.partition(": ")
    ids = tuple(f"chat.{parameter}.{word}" for word in words.split())
    lie = with_rule(parameter, change)
    return ChatDefect(
        name, symptom, ids, tuple(reports), parameter=parameter, kinds=kinds, profile=lie, request=one_at_least
    )


def beyond(parameter: str, step: float, kinds: tuple[str, ...], *reports: str) -> tuple[ChatDefect, ...]:
    """Two defects: the next value below the minimum is accepted, and the next one above the maximum."""
    return tuple(
        off(
            f"accepts_{parameter}_just_{side}_{end}",
            f"{parameter} is accepted {step:g} {side} its documented {end}.",
            f"{parameter}: {side}_{end}",
            change(step),
            kinds,
            *reports,
        )
        for side, end, change in (("below", "minimum", lower), ("above", "maximum", higher))
    )


def short(parameter: str, kinds: tuple[str, ...], low: str, high: str) -> tuple[ChatDefect, ...]:
    """Two defects: the documented minimum is refused, and the maximum; with the claims that each turns."""
    return tuple(
        off(
            f"refuses_{end}_{parameter}",
            f"The documented {end} of {parameter} is refused.",
            f"{parameter}: {claims}",
            change,
            kinds,
        )
        for end, claims, change in (("minimum", low, above_minimum), ("maximum", high, below_maximum))
    )


DEFECTS = (
    *beyond("top_p", 0.1, SAMPLED),
    *beyond("top_logprobs", 1, CHAT, "D268"),
    *beyond("logit_bias", 1, CHAT),
    *(defect for name in PENALTIES for defect in beyond(name, 0.5, CHAT, "D278")),
    off(
        "refuses_minimum_top_p",
        "The documented minimum of top_p is refused.",
        "top_p: range zero_repeats",
        above_minimum,
        SAMPLED,
    ),
    *short("logit_bias", CHAT, "range", "range"),
    *(defect for name in PENALTIES for defect in short(name, CHAT, "range", "range")),
    off(
        "accepts_temperature_just_below_minimum",
        "A temperature slightly below 0 is accepted.",
        "temperature: below_minimum",
        lower(0.1),
    ),
    off(
        "accepts_temperature_just_above_maximum",
        "A temperature slightly above 2 is accepted.",
        "temperature: above_maximum",
        higher(0.1),
        ("chat", "gemini"),
    ),
    off(
        "refuses_temperature_0",
        "temperature has to be above 0.",
        "temperature: range zero_repeats",
        above_minimum,
        ("chat", "claude"),
    ),
    off(
        "refuses_temperature_0_of_gemini",
        "Gemini's temperature has to be above 0, as Google's own client has it.",
        "temperature: disputed zero_repeats",
        above_minimum,
        ("gemini",),
    ),
    off(
        "refuses_temperature_2",
        "temperature has to be below 2.",
        "temperature: range maximum_varies limit",
        below_maximum,
        ("chat", "gemini"),
    ),
    off(
        "refuses_temperature_1_of_claude",
        "Claude's temperature has to be below 1.",
        "temperature: range maximum_varies limit disputed",
        below(1),
        ("claude",),
    ),
    off(
        "refuses_temperature_above_1_of_claude",
        "Claude's temperature ends at 1, as its native API has it.",
        "temperature: disputed",
        lambda rule: replace(rule, high=1),
        ("claude",),
    ),
    off("takes_n_0_for_1", "n of 0 is taken as 1.", "n: below_minimum", lower(1), KINDS, "D275"),
    off("accepts_one_choice_too_many", "n may be one above its maximum.", "n: above_maximum", higher(1), SEVERAL),
    off("refuses_n_1", "n has to be 2 or more.", "n: one", above_minimum, ("chat", "reasoning", "gemini")),
    off("refuses_n_8", "n has to be below 8.", "n: count limit disputed", below(8), SEVERAL),
    off("accepts_fifth_stop", "A fifth stop sequence is accepted.", "stop: above_maximum", at_most(5), CHAT),
    off(
        "refuses_fourth_stop",
        "There may be no more than three stop sequences.",
        "stop: count limit disputed",
        at_most(3),
        SAMPLED,
    ),
    off(
        "refuses_fifth_stop_of_gemini",
        "Gemini takes no more than four stop sequences, as the request schema has it.",
        "stop: disputed",
        at_most(4),
        ("gemini",),
    ),
    off("refuses_top_logprobs_0", "top_logprobs has to be above 0.", "top_logprobs: range", above_minimum, CHAT),
    off("refuses_n_128", "n ends at 127.", "n: disputed", below(128), CHAT),
    off("refuses_top_logprobs_20", "top_logprobs ends at 19.", "top_logprobs: disputed", below(20), CHAT),
    off("refuses_top_logprobs_6", "top_logprobs ends at 5.", "top_logprobs: disputed", below(6), CHAT),
    off("refuses_top_logprobs_5", "top_logprobs ends at 4.", "top_logprobs: range limit disputed", below(5), CHAT),
    off(
        "accepts_max_tokens_0",
        "max_tokens of 0, or below, is taken as 1.",
        "max_tokens: below_minimum",
        lower(math.inf),
        SAMPLED,
        "D276",
    ),
    off(
        "accepts_max_completion_tokens_0",
        "max_completion_tokens of 0 is taken as 1.",
        "max_completion_tokens: below_minimum",
        lower(1),
        KINDS,
        "D276",
    ),
    off("refuses_max_tokens_1", "max_tokens has to be above 1.", "max_tokens: caps", above_minimum),
    off(
        "refuses_max_completion_tokens_1",
        "max_completion_tokens has to be above 1.",
        "max_completion_tokens: caps",
        above_minimum,
    ),
)
