"""Defects of penalties."""

from conformance.mock.defects.gemini.building import checked_by, refuse
from conformance.mock.surfaces.gemini.defect import GeminiDefect
from conformance.mock.surfaces.gemini.settings import (
    Number,
)

DEFECTS = (
    GeminiDefect(
        "gemini_refuses_penalties",
        "No penalty is taken.",
        ("gemini.presence_penalty.range", "gemini.frequency_penalty.range"),
        profile=checked_by(presencePenalty=refuse, frequencyPenalty=refuse),
    ),
    GeminiDefect(
        "gemini_takes_any_penalty",
        "Penalties above the range are taken.",
        ("gemini.presence_penalty.above", "gemini.frequency_penalty.above"),
        profile=checked_by(presencePenalty=Number(), frequencyPenalty=Number()),
    ),
)
