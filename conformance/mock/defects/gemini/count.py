"""Defects of counting tokens, and of the lists of models."""

from conformance.mock.defects.defect import Json
from conformance.mock.engine.errors import ApiError
from conformance.mock.surfaces.gemini.defect import GeminiDefect

CANDIDATE = {"content": {"role": "model", "parts": [{"text": "Hi"}]}, "finishReason": "STOP"}


def refused(answer: Json) -> Json:
    """Refuse to count."""
    raise ApiError("Unsupported method: countTokens.")


DEFECTS = (
    GeminiDefect(
        "gemini_counts_nothing",
        "Every count is 0.",
        ("gemini.count.not_zero", "gemini.usage.count_equal", "gemini.count.system"),
        reports=("N154",),
        counted=lambda answer: {**answer, "totalTokens": 0},
    ),
    GeminiDefect(
        "gemini_counts_as_text",
        "A count is a text.",
        ("gemini.count.answer",),
        counted=lambda answer: {**answer, "totalTokens": str(answer["totalTokens"])},
    ),
    GeminiDefect(
        "gemini_generates_to_count",
        "A count generates content.",
        ("gemini.count.not_generation",),
        reports=("N254",),
        counted=lambda answer: {**answer, "candidates": [CANDIDATE]},
    ),
    GeminiDefect(
        "gemini_counts_no_tokens",
        "The operator countTokens is refused.",
        (
            "gemini.count.answer",
            "gemini.count.not_zero",
            "gemini.count.not_generation",
            "gemini.count.system",
            "gemini.usage.count_equal",
        ),
        reports=("N153",),
        counted=refused,
    ),
)
