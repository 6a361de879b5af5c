"""Defects of metadata."""

from conformance.mock.defects.messages.building.bodies import lax, strict, without

DEFECTS = (
    lax(
        "takes_any_metadata_of_messages",
        "Any key of metadata is accepted.",
        "messages.metadata.unknown_key",
        change=without("metadata"),
    ),
    strict(
        "refuses_metadata_of_messages",
        "Any metadata is refused.",
        "messages.metadata.user_id",
        wrong=lambda body: "metadata" in body,
    ),
)
