"""Profiles that take fewer values of a parameter, or do not look at it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from conformance.mock.engine.rules import OneOf, ignored
from conformance.mock.surfaces.chat.columns import Profile
from conformance.mock.surfaces.chat.combinations import Combination


def without_combination(*left_out: Combination) -> Callable[[Profile], Profile]:
    """Let a profile not look at these combinations."""

    def profile_with(profile: Profile) -> Profile:
        return replace(
            profile,
            combinations=tuple(combination for combination in profile.combinations if combination not in left_out),
        )

    return profile_with


def narrowed(name: str, *values: str) -> Callable[[Profile], Profile]:
    """Let a profile take these values of a parameter only."""
    return lambda profile: replace(profile, rules={**profile.rules, name: OneOf(values)})


def ignoring(*names: str) -> Any:
    """Let a profile ignore these parameters, whatever they say."""

    def profile_with(profile: Profile) -> Profile:
        return replace(profile, rules={**profile.rules, **dict.fromkeys(names, ignored)})

    return profile_with
