"""Changes that defects of several topics share."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from conformance.mock.defects.defect import Json
from conformance.mock.engine.errors import ApiError
from conformance.mock.surfaces.gemini.profiles import Profile

Body = Callable[[Json], Json]


def unchecked(*checks: Any) -> Callable[[Profile], Profile]:
    """Return a change of a profile that leaves checks of the conversation out."""
    return lambda profile: replace(profile, checks=tuple(check for check in profile.checks if check not in checks))


def without(*names: str) -> Body:
    """Return a change of a body that drops fields."""
    return lambda body: {name: value for name, value in body.items() if name not in names}


def refusing(*names: str) -> Body:
    """Return a change of a body that refuses fields."""

    def change(body: Json) -> Json:
        if found := next((name for name in names if name in body), None):
            raise ApiError(f"{found} is not supported.", param=found)
        return body

    return change
