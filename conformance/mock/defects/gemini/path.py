"""Defects of paths."""

from conformance.mock.defects.gemini.building.error import as_status
from conformance.mock.surfaces.gemini.defect import GeminiDefect

DEFECTS = (
    GeminiDefect(
        "gemini_is_unavailable_for_unknown_models",
        "An unknown model gets status 503.",
        ("gemini.path.unknown_model", "gemini.path.models_prefix", "gemini.path.get"),
        refusal=as_status(503, lambda refusal: refusal.error.code == "model_not_found"),
    ),
    GeminiDefect(
        "gemini_fails_on_unknown_operators",
        "An unknown operator or method makes the server fail.",
        ("gemini.path.unknown_operator",),
        refusal=as_status(500, lambda refusal: refusal.error.status == 405 or refusal.error.code == "unknown_url"),
    ),
)
