"""Defects of temperature, also together with top_p."""

from dataclasses import replace

from conformance.mock.defects.chat.building.kinds import SAMPLING_KINDS
from conformance.mock.defects.chat.building.limits import (
    exclude_from,
    exclude_maximum,
    exclude_minimum,
    lower_minimum,
    raise_maximum,
    shifted_limit,
)
from conformance.mock.defects.chat.building.types import null_refused, type_defects
from conformance.mock.engine.errors import ApiError
from conformance.mock.engine.messages import Messages
from conformance.mock.engine.rules import Number, is_number
from conformance.mock.surfaces.chat.columns import Profile
from conformance.mock.surfaces.chat.combinations import Values
from conformance.mock.surfaces.chat.defect import ChatDefect


def refuse_both_sampling_parameters(values: Values, messages: Messages) -> None:
    """Refuse temperature and top_p together."""
    if {"temperature", "top_p"} <= values.keys():
        message = "'temperature' and 'top_p' are not supported at the same time."
        raise ApiError(message, param="top_p", code="invalid_parameter_combination")


def without_temperature_limits(profile: Profile) -> Profile:
    """Return the profile with any number allowed as temperature, if it accepts temperature at all."""
    rule = profile.rules["temperature"]
    return replace(profile, rules={**profile.rules, "temperature": Number()}) if isinstance(rule, Number) else profile


DEFECTS = (
    ChatDefect(
        "refuses_temperature_with_top_p",
        "A request with both temperature and top_p is refused.",
        parameter="top_p",
        claims=("chat.temperature.with_top_p",),
        kinds=("chat", "gemini"),
        profile=lambda profile: replace(profile, combinations=(*profile.combinations, refuse_both_sampling_parameters)),
    ),
    shifted_limit(
        "accepts_temperature_just_below_minimum",
        "A temperature slightly below 0 is accepted.",
        "temperature: below_minimum",
        lower_minimum(0.1),
    ),
    shifted_limit(
        "accepts_temperature_just_above_maximum",
        "A temperature slightly above 2 is accepted.",
        "temperature: above_maximum",
        raise_maximum(0.1),
        ("chat", "gemini"),
    ),
    shifted_limit(
        "refuses_temperature_0",
        "A temperature of 0 is refused.",
        "temperature: range zero_repeats",
        exclude_minimum,
        ("chat", "claude"),
    ),
    shifted_limit(
        "refuses_temperature_0_of_gemini",
        "Gemini refuses a temperature of 0, as Google's own client does.",
        "temperature: disputed zero_repeats",
        exclude_minimum,
        ("gemini",),
    ),
    shifted_limit(
        "refuses_temperature_2",
        "A temperature of 2 is refused.",
        "temperature: range maximum_varies limit",
        exclude_maximum,
        ("chat", "gemini"),
    ),
    shifted_limit(
        "refuses_temperature_1_of_claude",
        "Claude refuses a temperature of 1 or above.",
        "temperature: range maximum_varies limit disputed",
        exclude_from(1),
        ("claude",),
    ),
    shifted_limit(
        "refuses_temperature_above_1_of_claude",
        "Claude refuses a temperature above 1, as its native API does.",
        "temperature: disputed",
        lambda rule: replace(rule, high=1),
        ("claude",),
    ),
    ChatDefect(
        "accepts_temperature_out_of_range",
        "Any number is accepted as temperature.",
        parameter="temperature",
        claims=("chat.temperature.below_minimum", "chat.temperature.above_maximum"),
        reports=("D058",),
        kinds=("chat", "claude", "gemini"),
        profile=without_temperature_limits,
    ),
    ChatDefect(
        "drops_temperature",
        "temperature is ignored: answers are sampled as if it were 1.",
        parameter="temperature",
        claims=("chat.temperature.zero_repeats",),
        kinds=("chat", "claude", "gemini"),
        request=lambda request: replace(request, temperature=1.0),
    ),
    ChatDefect(
        "freezes_temperature",
        "Any temperature is treated as 0: the same question always gets the same answer.",
        claims=("chat.temperature.maximum_varies",),
        parameter="temperature",
        kinds=SAMPLING_KINDS,
        request=lambda request: replace(request, temperature=0.0),
    ),
    *type_defects("temperature", is_number, SAMPLING_KINDS),
    null_refused("temperature"),
)
