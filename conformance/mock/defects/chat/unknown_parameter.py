"""Defects of unknown parameters."""

from conformance.mock.defects.chat import newer
from conformance.mock.defects.chat.building.refusals import COMPLETION, internal_error, only_if
from conformance.mock.server.refusal import Refusal
from conformance.mock.surfaces.chat.defect import ChatDefect


def is_about_unknown_parameter(refusal: Refusal) -> bool:
    """Return whether a request was refused for an unknown parameter at the top level of its body."""
    return refusal.error.code == "unknown_parameter" and "." not in (refusal.error.param or "")


DEFECTS = (
    ChatDefect(
        "breaks_on_unknown_parameter",
        "An unknown parameter is answered with status 500.",
        claims=("chat.unknown_parameter.refused", "chat.functions.called", *newer.CLAIMS),
        reports=("D248",),
        kinds=("chat", "reasoning", "gemini"),
        refusal=only_if(is_about_unknown_parameter, internal_error),
    ),
    ChatDefect(
        "swallows_unknown_parameters",
        "An unknown parameter is ignored by models that are documented to refuse it.",
        claims=("chat.unknown_parameter.refused", "chat.functions.called", *newer.CLAIMS),
        kinds=("chat", "reasoning", "gemini"),
        refusal=only_if(is_about_unknown_parameter, lambda refusal: refusal.with_json(COMPLETION, 200)),
    ),
)
