"""Profiles that take fewer values of a parameter, or do not look at it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from conformance.mock.engine.rules import OneOf, ignored
from conformance.mock.surfaces.chat.columns import Profile
from conformance.mock.surfaces.chat.combinations import Combination


def without_combination(*left_out: Combination) -> Callable[[Profile], Profile]:
    """Profiles that do not look at these combinations."""

    def profile_with(profile: Profile) -> Profile:
        return replace(profile, combinations=tuple(each for each in profile.combinations if each not in left_out))

    return profile_with


def narrowed(name: str, *values: str) -> Callable[[Profile], Profile]:
    """Profiles that take these values of a parameter only."""
    return lambda profile: replace(profile, rules={**profile.rules, name: OneOf(values)})


def ignoring(*names: str) -> Any:
    """Profiles that ignore these parameters, whatever they say."""

    def profile_with(profile: Profile) -> Profile:
        return replace(profile, rules={**profile.rules, **dict.fromkeys(names, ignored)})

    return profile_with
