"""Defects of how a key is taken."""

from conformance.mock.defects.gemini.building.error import as_status, changed
from conformance.mock.server.refusal import Refusal
from conformance.mock.surfaces.gemini.defect import GeminiDefect


def of_keys(refusal: Refusal) -> bool:
    """Return whether a key was refused."""
    return refusal.error.code == "invalid_api_key"


DEFECTS = (
    GeminiDefect(
        "gemini_fails_on_unknown_keys",
        "A wrong key makes the server fail.",
        ("gemini.auth.none", "gemini.auth.bad"),
        refusal=as_status(500, of_keys),
    ),
    GeminiDefect(
        "gemini_shows_keys",
        "The error for a wrong key shows the key.",
        ("gemini.auth.no_leak",),
        refusal=lambda refusal: (
            changed(lambda error: {**error, "message": f"Unknown key {refusal.request_headers.get('x-goog-api-key')}"})(
                refusal
            )
            if of_keys(refusal)
            else refusal
        ),
    ),
)
