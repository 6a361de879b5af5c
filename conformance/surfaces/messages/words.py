"""What the types of Anthropic's errors mean, as data."""

from __future__ import annotations

from conformance.surfaces.errors import ErrorWords

WORDS = ErrorWords(
    spent_account=("billing", "insufficient_quota"),
    not_about_parameters=(
        "billing",
        "rate_limit",
        "overloaded",
        "timeout",
        "authentication",
        "permission",
        "insufficient_quota",
        "quota",
        "context_length",
    ),
    client_mistake=(
        "invalid",
        "not_found",
        "too_large",
        "unsupported",
        "missing",
        "unknown",
        "unprocessable",
        "validation",
    ),
    cut_answer="output limit was reached",
)
