"""Defects of service_tier."""

from conformance.mock.defects.messages.building.bodies import lax, strict, without

DEFECTS = (
    lax(
        "takes_any_tier",
        "An unknown service tier is accepted.",
        "messages.service_tier.bogus",
        change=without("service_tier"),
    ),
    strict(
        "refuses_tiers",
        "Any service tier is refused.",
        "messages.service_tier.values",
        wrong=lambda body: "service_tier" in body,
    ),
)
