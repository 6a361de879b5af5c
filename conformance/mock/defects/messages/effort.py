"""Defects of effort."""

from dataclasses import replace

from conformance.mock.defects.messages.building.bodies import lax, strict, with_field
from conformance.mock.surfaces.messages.defect import MessagesDefect
from conformance.mock.surfaces.messages.tools import EFFORTS

SWAPPED = {"low": "max", "max": "low"}


def without_unknown_effort(value: object) -> object:
    """Return an output_config without an effort that the API does not have."""
    return value if _is_known(value) else without_effort(value)


def without_known_effort(value: object) -> object:
    """Return an output_config without an effort that the API has."""
    return without_effort(value) if _is_known(value) else value


def without_effort(value: object) -> object:
    """Return an output_config without any effort."""
    return {name: part for name, part in value.items() if name != "effort"} if isinstance(value, dict) else value


def _is_known(value: object) -> bool:
    return isinstance(value, dict) and value.get("effort") in EFFORTS


DEFECTS = (
    lax(
        "drops_unknown_efforts",
        "An unknown effort is dropped.",
        "messages.effort.bogus",
        change=with_field("output_config", without_unknown_effort),
    ),
    lax(
        "drops_effort",
        "An effort is checked and dropped.",
        "messages.effort.effect",
        change=with_field("output_config", without_known_effort),
    ),
    strict(
        "takes_no_most_effort",
        "The effort max is refused.",
        "messages.effort.values",
        "messages.effort.effect",
        wrong=lambda body: "'effort': 'max'" in str(body.get("output_config")),
    ),
    MessagesDefect(
        "thinks_most_with_low_effort",
        "The efforts low and max are taken for each other.",
        ("messages.effort.effect",),
        request=lambda request: replace(request, effort=SWAPPED.get(request.effort or "", request.effort)),
    ),
)
