"""Defects of the temperature."""

from conformance.mock.defects.gemini.building import checked_by
from conformance.mock.surfaces.gemini.defect import GeminiDefect
from conformance.mock.surfaces.gemini.settings import (
    Number,
)


def number_or(default: float, path: str, value: object) -> float:
    """Return a number; a default for anything else."""
    return Number()(path, value) if isinstance(value, int | float) else default


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
)
