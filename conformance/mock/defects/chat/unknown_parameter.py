"""Parameters that nobody knows, which break the server or are swallowed."""

from conformance.mock.defects.chat.building.refusals import ANSWER, server_fault, where
from conformance.mock.server.refusal import Refusal
from conformance.mock.surfaces.chat.defect import ChatDefect


def of_unknown_parameter(refusal: Refusal) -> bool:
    """Return whether a parameter of the body itself was unknown."""
    return refusal.error.code == "unknown_parameter" and "." not in (refusal.error.param or "")


DEFECTS = (
    ChatDefect(
        "breaks_on_unknown_parameter",
        "An unknown parameter is answered with status 500.",
        claims=("chat.unknown_parameter.refused",),
        reports=("D248",),
        kinds=("chat", "reasoning", "gemini"),
        refusal=where(of_unknown_parameter, server_fault),
    ),
    ChatDefect(
        "swallows_unknown_parameters",
        "An unknown parameter is ignored by models that are documented to refuse it.",
        claims=("chat.unknown_parameter.refused",),
        kinds=("chat", "reasoning", "gemini"),
        refusal=where(of_unknown_parameter, lambda it: it.saying(ANSWER, 200)),
    ),
)
