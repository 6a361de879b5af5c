"""Defects of log probabilities."""

from conformance.mock.defects.gemini.building import checked_by
from conformance.mock.surfaces.gemini.defect import GeminiDefect
from conformance.mock.surfaces.gemini.settings import (
    accept_any,
)

DEFECTS = (
    GeminiDefect(
        "gemini_takes_logprobs",
        "Log probabilities are accepted and none come.",
        ("gemini.logprobs.asked",),
        profile=checked_by(responseLogprobs=accept_any),
    ),
)
