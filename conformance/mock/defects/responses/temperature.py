"""Defects of temperature."""

from conformance.mock.defects.responses.building.accepted import dropped_if
from conformance.mock.defects.responses.building.changes import repaired
from conformance.mock.defects.responses.building.refused import refused
from conformance.mock.engine.rules import is_number

DEFECTS = (
    repaired(
        "ignores_temperature_above",
        "A temperature that is too high is ignored.",
        "temperature.above",
        dropped_if("temperature", lambda value: is_number(value) and value > 2),
    ),
    repaired(
        "ignores_temperature_below",
        "A temperature that is negative is ignored.",
        "temperature.below",
        dropped_if("temperature", lambda value: is_number(value) and value < 0),
    ),
    repaired(
        "ignores_temperature_of_other_type",
        "A temperature that is no number is ignored.",
        "temperature.wrong_type",
        dropped_if("temperature", lambda value: value is not None and not is_number(value)),
    ),
    refused(
        "refuses_temperature_null_on_responses",
        "A temperature of null is refused.",
        "temperature.null",
        lambda body: body.get("temperature", 1) is None,
        "temperature",
    ),
    refused(
        "refuses_temperature_2_on_responses",
        "A temperature of 2 is refused.",
        "temperature.range",
        lambda body: body.get("temperature") == 2,
        "temperature",
        kinds=("chat",),
    ),
)
