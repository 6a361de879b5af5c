"""Defects of top_p."""

from conformance.mock.defects.messages.building.bodies import lax, strict, with_field

DEFECTS = (
    lax(
        "takes_top_p_above_one",
        "A top_p above 1 is lowered to 1.",
        "messages.top_p.v1_above",
        change=with_field("top_p", lambda value: min(1, value) if isinstance(value, int | float) else value),
    ),
    strict(
        "refuses_any_top_p",
        "Any top_p is refused.",
        "messages.top_p.v1_range",
        wrong=lambda body: body.get("top_p") is not None,
    ),
)
