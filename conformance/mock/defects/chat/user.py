"""Defects of user."""

from dataclasses import replace

from conformance.mock.engine.rules import Unsupported, accept_any
from conformance.mock.surfaces.chat.columns import Profile
from conformance.mock.surfaces.chat.defect import ChatDefect


def without_user(profile: Profile) -> Profile:
    """Return the profile with user refused."""
    return replace(profile, rules={**profile.rules, "user": Unsupported(profile.name)})


DEFECTS = (
    ChatDefect(
        "refuses_user",
        "The parameter user is refused.",
        parameter="user",
        claims=("chat.user.accepted",),
        kinds=("chat", "reasoning"),
        profile=without_user,
    ),
    ChatDefect(
        "accepts_any_user",
        "The parameter user may be of any type.",
        claims=("chat.user.wrong_type",),
        kinds=("chat", "reasoning"),
        parameter="user",
        profile=lambda profile: replace(profile, rules={**profile.rules, "user": accept_any}),
    ),
)
