"""Defects of parameters that the API does not have."""

from conformance.mock.defects.messages.building.bodies import lax
from conformance.mock.surfaces.messages.request import OPTIONAL, REQUIRED

DEFECTS = (
    lax(
        "drops_unknown_parameters_of_messages",
        "A parameter that no document has is dropped.",
        "messages.unknown_parameter.acceptance",
        "messages.openai_keys.acceptance",
        change=lambda body: {name: value for name, value in body.items() if name in REQUIRED or name in OPTIONAL},
    ),
)
