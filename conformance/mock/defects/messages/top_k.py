"""Defects of top_k."""

from conformance.mock.defects.messages.building.bodies import lax, strict, with_field

DEFECTS = (
    lax(
        "rounds_top_k",
        "A top_k with a fraction is rounded.",
        "messages.top_k.v1_fraction",
        change=with_field("top_k", lambda value: int(value) if isinstance(value, float) else value),
    ),
    strict(
        "refuses_any_top_k",
        "Any top_k is refused.",
        "messages.top_k.v1_range",
        "messages.top_k.v1_negative",
        wrong=lambda body: "top_k" in body,
    ),
)
