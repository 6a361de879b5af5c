"""Defects of modalities."""

from conformance.mock.defects.gemini.building import checked_by
from conformance.mock.surfaces.gemini.defect import GeminiDefect
from conformance.mock.surfaces.gemini.settings import (
    accept_any,
)

DEFECTS = (
    GeminiDefect(
        "gemini_takes_any_modality",
        "The modality IMAGE is taken by a model for text.",
        ("gemini.modalities.image_out",),
        profile=checked_by(responseModalities=accept_any),
    ),
)
