"""Defects of service_tier."""

from dataclasses import replace

from conformance.mock.defects.chat.building.bodies import as_default
from conformance.mock.defects.chat.building.kinds import OPENAI_KINDS
from conformance.mock.defects.chat.building.profiles import narrowed
from conformance.mock.defects.chat.building.types import null_refused
from conformance.mock.surfaces.chat.defect import ChatDefect

TIERS = ("auto", "default", "flex", "priority")


DEFECTS = (
    ChatDefect(
        "names_undocumented_tiers",
        "The answer names a service tier that the documentation does not list.",
        claims=("chat.service_tier.echo",),
        kinds=("chat", "reasoning"),
        request=lambda request: replace(request, service_tier="on_demand"),
    ),
    ChatDefect(
        "accepts_any_tier",
        "An unknown service_tier is treated as auto.",
        claims=("chat.service_tier.unknown_value",),
        parameter="service_tier",
        kinds=OPENAI_KINDS,
        body=as_default("service_tier", TIERS, "auto"),
    ),
    ChatDefect(
        "refuses_tier_flex",
        "A service_tier of flex is refused.",
        claims=("chat.service_tier.values",),
        parameter="service_tier",
        kinds=("chat", "reasoning"),
        profile=narrowed("service_tier", "auto", "default", "priority"),
    ),
    ChatDefect(
        "answers_tier_priority_with_null",
        "With the service_tier priority, the answer has status 200 and null in the place of its choices.",
        claims=("chat.reply.no_null", "chat.service_tier.values"),
        parameter="service_tier",
        kinds=("chat", "reasoning"),
        whole=lambda request, body: {**body, "choices": None} if request.service_tier == "priority" else body,
    ),
    null_refused("service_tier"),
)
