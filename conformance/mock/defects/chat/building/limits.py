"""Documented limits that are off: what lies just beyond is accepted, or the limit itself is refused."""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from conformance.mock.defects.chat.building.kinds import SAMPLED
from conformance.mock.engine.rules import Integer, Number, Rule
from conformance.mock.surfaces.chat.columns import Profile
from conformance.mock.surfaces.chat.defect import ChatDefect
from conformance.mock.surfaces.chat.request import ChatRequest
from conformance.mock.surfaces.chat.structures import Biases, Stop

Change = Callable[[Any], Any]


def one_token_later(request: ChatRequest) -> ChatRequest:
    """Return the request with a cap one token higher."""
    return request if request.cap is None else replace(request, cap=request.cap + 1)


def with_rule(parameter: str, change: Change) -> Callable[[Profile], Profile]:
    """Return a profile whose rule for a parameter is changed, where the parameter has limits at all."""

    def with_change(profile: Profile) -> Profile:
        rule: Rule = profile.rule(parameter)
        limited = isinstance(rule, Number | Integer | Biases | Stop)
        return replace(profile, rules={**profile.rules, parameter: change(rule)}) if limited else profile

    return with_change


def lower(step: float) -> Change:
    """Return a rule whose minimum is lower."""
    return lambda rule: replace(rule, low=rule.low - step)


def higher(step: float) -> Change:
    """Return a rule whose maximum is higher."""
    return lambda rule: replace(rule, high=rule.high + step)


def above_minimum(rule: Any) -> Any:
    """Return a rule that refuses its own minimum."""
    return replace(rule, low=rule.low + 1 if isinstance(rule, Integer) else math.nextafter(rule.low, math.inf))


def below_maximum(rule: Any) -> Any:
    """Return a rule that refuses its own maximum."""
    return replace(rule, high=rule.high - 1 if isinstance(rule, Integer) else math.nextafter(rule.high, -math.inf))


def below(most: float) -> Change:
    """Return a rule that refuses a value of its range and all above it."""
    return lambda rule: below_maximum(replace(rule, high=most))


def one_at_least(request: ChatRequest) -> ChatRequest:
    """Return the request with limits that can be obeyed."""
    cap = None if request.cap is None else max(1, request.cap)
    return replace(request, n=max(1, request.n), cap=cap, top_logprobs=max(0, request.top_logprobs))


def off(
    name: str, symptom: str, claims: str, change: Change, kinds: tuple[str, ...] = SAMPLED, *reports: str
) -> ChatDefect:
    """Return a limit that is off; `claims` is the parameter, a colon, and the last words of the claims that turn."""
    parameter, _, words = claims.partition(": ")
    ids = tuple(f"chat.{parameter}.{word}" for word in words.split())
    profile = with_rule(parameter, change)
    return ChatDefect(
        name, symptom, ids, tuple(reports), parameter=parameter, kinds=kinds, profile=profile, request=one_at_least
    )


def beyond(parameter: str, step: float, kinds: tuple[str, ...], *reports: str) -> tuple[ChatDefect, ...]:
    """Return two defects: the next value below the minimum is accepted, and the next one above the maximum."""
    return tuple(
        off(
            f"accepts_{parameter}_just_{side}_{end}",
            f"A {parameter} {step:g} {side} the documented {end} is accepted.",
            f"{parameter}: {side}_{end}",
            change(step),
            kinds,
            *reports,
        )
        for side, end, change in (("below", "minimum", lower), ("above", "maximum", higher))
    )


def short(parameter: str, kinds: tuple[str, ...], low: str, high: str) -> tuple[ChatDefect, ...]:
    """Return two defects: the documented minimum is refused, and the maximum; with the claims that each turns."""
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
