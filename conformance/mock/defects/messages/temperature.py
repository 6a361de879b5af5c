"""Defects of temperature."""

from conformance.mock.defects.messages.building.bodies import lax, strict, where, with_field, without

DEFECTS = (
    lax(
        "takes_temperature_above_one",
        "A temperature above 1 is lowered to 1.",
        "messages.temperature.v1_above",
        change=with_field("temperature", lambda value: min(1, value) if isinstance(value, int | float) else value),
    ),
    strict(
        "refuses_any_temperature",
        "Any temperature is refused.",
        "messages.temperature.v1_range",
        wrong=lambda body: body.get("temperature") is not None,
    ),
    lax(
        "takes_temperature_of_any_type",
        "A temperature that is no number is dropped.",
        "messages.temperature.v1_wrong_type",
        "messages.temperature.v1_null",
        change=where(
            lambda body: "temperature" in body and not isinstance(body["temperature"], int | float),
            without("temperature"),
        ),
    ),
    lax(
        "takes_temperature_below_zero",
        "A temperature below 0 is raised to 0.",
        "messages.temperature.v1_below",
        change=with_field("temperature", lambda value: max(0, value) if isinstance(value, int | float) else value),
    ),
)
