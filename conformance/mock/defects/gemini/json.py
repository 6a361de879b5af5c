"""Defects of the form of an answer."""

from conformance.mock.defects.gemini.building import checked_by
from conformance.mock.surfaces.gemini.defect import GeminiDefect
from conformance.mock.surfaces.gemini.settings import (
    MIME_TYPES,
)

DEFECTS = (
    GeminiDefect(
        "gemini_takes_any_media_type",
        "An unknown media type is taken.",
        ("gemini.json.bad_mime",),
        profile=checked_by(responseMimeType=lambda path, value: value if value in MIME_TYPES else "text/plain"),
    ),
)
