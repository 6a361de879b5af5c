"""Mutations of profiles: accept fewer values of a parameter, or do not check it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from conformance.mock.engine.rules import OneOf, ignore
from conformance.mock.surfaces.chat.columns import Profile
from conformance.mock.surfaces.chat.combinations import Combination


def without_combination(*left_out: Combination) -> Callable[[Profile], Profile]:
    """Return a mutation that removes combinations from a profile."""

    def profile_with(profile: Profile) -> Profile:
        return replace(
            profile,
            combinations=tuple(combination for combination in profile.combinations if combination not in left_out),
        )

    return profile_with


def narrowed(name: str, *values: str) -> Callable[[Profile], Profile]:
    """Return a mutation that lets a profile accept only these values of a parameter."""
    return lambda profile: replace(profile, rules={**profile.rules, name: OneOf(values)})


def ignoring(*names: str) -> Any:
    """Return a mutation that lets a profile ignore these parameters."""

    def profile_with(profile: Profile) -> Profile:
        return replace(profile, rules={**profile.rules, **dict.fromkeys(names, ignore)})

    return profile_with
