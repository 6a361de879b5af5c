"""Defects of the temperature."""

from conformance.mock.defects.defect import Json
from conformance.mock.defects.gemini.building import checked_by, says_word
from conformance.mock.engine.errors import ApiError
from conformance.mock.surfaces.gemini.defect import GeminiDefect
from conformance.mock.surfaces.gemini.settings import (
    Number,
)


def number_or(default: float, path: str, value: object) -> float:
    """Return a number; a default for anything else."""
    return Number()(path, value) if isinstance(value, int | float) else default


def above_0(body: Json) -> Json:
    """Refuse a temperature of 0 where a single word is asked for."""
    if says_word(body) and body.get("generationConfig", {}).get("temperature") == 0:
        raise ApiError("The temperature must be above 0.", param="generation_config.temperature")
    return body


DEFECTS = (
    GeminiDefect(
        "gemini_takes_any_temperature",
        "Temperatures outside the range are taken.",
        ("gemini.temperature.above", "gemini.temperature.below", "gemini.temperature.wrong_type"),
        profile=checked_by(temperature=lambda path, value: max(0.0, number_or(1.0, path, value))),
    ),
    GeminiDefect(
        "gemini_takes_only_temperature_0",
        "No temperature but 0 is taken.",
        ("gemini.temperature.range",),
        profile=checked_by(temperature=Number(0, 0)),
    ),
    GeminiDefect(
        "gemini_refuses_temperature_0", "A temperature of 0 is refused.", ("gemini.temperature.zero",), body=above_0
    ),
)
