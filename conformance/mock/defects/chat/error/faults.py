"""Defects of what the server says of mistakes: it blames the upstream, or shows its validator's objects."""

from conformance.mock.defects.chat.building.refusals import error_object, only_if
from conformance.mock.server.refusal import Refusal
from conformance.mock.surfaces.chat.defect import ChatDefect

UNION = {"code": "invalid_union", "path": ["messages", 0, "content"], "message": "Invalid input"}


def blames_messages(refusal: Refusal) -> bool:
    """Return whether a refusal is about the messages."""
    return refusal.error.status == 400 and (refusal.error.param or "").startswith("messages")


DEFECTS = (
    ChatDefect(
        "lists_unions_as_param",
        "The error for wrong messages says no more than Invalid input, and its param is a list of objects.",
        claims=("chat.error.envelope",),
        reports=("B28",),
        refusal=only_if(
            blames_messages,
            lambda refusal: refusal.with_json({"error": error_object(refusal, message="Invalid input", param=[UNION])}),
        ),
    ),
)
