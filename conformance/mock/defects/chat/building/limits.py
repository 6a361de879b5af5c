"""Defects that shift a documented limit: a value just beyond is accepted, or the limit itself is refused."""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from conformance.mock.defects.chat.building.kinds import SAMPLING_KINDS
from conformance.mock.engine.rules import Integer, Number, Rule
from conformance.mock.surfaces.chat.columns import Profile
from conformance.mock.surfaces.chat.defect import ChatDefect
from conformance.mock.surfaces.chat.request import ChatRequest
from conformance.mock.surfaces.chat.structures import Biases, Stop

Change = Callable[[Any], Any]


def with_cap_one_higher(request: ChatRequest) -> ChatRequest:
    """Return the request with its cap one token higher."""
    return request if request.cap is None else replace(request, cap=request.cap + 1)


def with_rule(parameter: str, change: Change) -> Callable[[Profile], Profile]:
    """Return a mutation that changes the rule for a parameter in profiles where it has limits."""

    def with_change(profile: Profile) -> Profile:
        rule: Rule = profile.rule(parameter)
        limited = isinstance(rule, Number | Integer | Biases | Stop)
        return replace(profile, rules={**profile.rules, parameter: change(rule)}) if limited else profile

    return with_change


def lower_minimum(step: float) -> Change:
    """Return a change that lowers the minimum of a rule."""
    return lambda rule: replace(rule, low=rule.low - step)


def raise_maximum(step: float) -> Change:
    """Return a change that raises the maximum of a rule."""
    return lambda rule: replace(rule, high=rule.high + step)


def exclude_minimum(rule: Any) -> Any:
    """Return a rule that refuses its minimum and accepts the next value."""
    return replace(rule, low=rule.low + 1 if isinstance(rule, Integer) else math.nextafter(rule.low, math.inf))


def exclude_maximum(rule: Any) -> Any:
    """Return a rule that refuses its maximum and accepts the value before."""
    return replace(rule, high=rule.high - 1 if isinstance(rule, Integer) else math.nextafter(rule.high, -math.inf))


def exclude_from(most: float) -> Change:
    """Return a change that refuses a value and all above it."""
    return lambda rule: exclude_maximum(replace(rule, high=most))


def with_usable_limits(request: ChatRequest) -> ChatRequest:
    """Return the request with values raised to what the engine can obey, after a rule let too low ones through."""
    cap = None if request.cap is None else max(1, request.cap)
    return replace(request, n=max(1, request.n), cap=cap, top_logprobs=max(0, request.top_logprobs))


def shifted_limit(
    name: str, symptom: str, claims: str, change: Change, kinds: tuple[str, ...] = SAMPLING_KINDS, *reports: str
) -> ChatDefect:
    """Return a defect that shifts a limit; `claims` is "PARAMETER: " and the last parts of the ids of the claims that turn."""
    parameter, _, words = claims.partition(": ")
    ids = tuple(f"chat.{parameter}.{word}" for word in words.split())
    profile = with_rule(parameter, change)
    return ChatDefect(
        name,
        symptom,
        ids,
        tuple(reports),
        parameter=parameter,
        kinds=kinds,
        profile=profile,
        request=with_usable_limits,
    )


def accepted_beyond(parameter: str, step: float, kinds: tuple[str, ...], *reports: str) -> tuple[ChatDefect, ...]:
    """Return two defects: a value one step below the minimum is accepted, and one a step above the maximum.

    `step` must be at least that of the parameter in the contract, by which the suite tries values beyond a limit.
    """
    return tuple(
        shifted_limit(
            f"accepts_{parameter}_just_{side}_{end}",
            f"A {parameter} {step:g} {side} the documented {end} is accepted.",
            f"{parameter}: {side}_{end}",
            change(step),
            kinds,
            *reports,
        )
        for side, end, change in (("below", "minimum", lower_minimum), ("above", "maximum", raise_maximum))
    )


def refused_limits(parameter: str, kinds: tuple[str, ...], low: str, high: str) -> tuple[ChatDefect, ...]:
    """Return two defects: the documented minimum is refused, and the maximum.

    `low` and `high` are the last parts of the ids of the claims that each turns.
    """
    return tuple(
        shifted_limit(
            f"refuses_{end}_{parameter}",
            f"The documented {end} of {parameter} is refused.",
            f"{parameter}: {claims}",
            change,
            kinds,
        )
        for end, claims, change in (("minimum", low, exclude_minimum), ("maximum", high, exclude_maximum))
    )
