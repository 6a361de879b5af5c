"""Defects of parameters that are accepted alone and refused together."""

from collections.abc import Callable

from conformance.mock.defects.chat.building.kinds import SAMPLING_KINDS
from conformance.mock.defects.defect import Json
from conformance.mock.engine.errors import ApiError
from conformance.mock.surfaces.chat.defect import ChatDefect


def refuse_together(one: str, other: str) -> Callable[[Json], Json]:
    """Return a mutation that refuses bodies with both parameters."""

    def body_without(body: Json) -> Json:
        if body.get(one) and body.get(other):
            raise ApiError(f"'{one}' with '{other}' is unsupported.", param=other)
        return body

    return body_without


DEFECTS = (
    ChatDefect(
        "refuses_response_format_beside_tools",
        "A request with tools and response_format is refused, though each is accepted alone.",
        claims=("chat.combination.accepted",),
        reports=("P16540",),
        body=refuse_together("tools", "response_format"),
    ),
    ChatDefect(
        "refuses_several_choices_in_streams_with_tools",
        "A streamed request for two choices is refused if it has tools.",
        claims=("chat.combination.accepted",),
        reports=("P2433",),
        kinds=("chat", "gemini"),
        body=lambda body: refuse_together("tools", "stream")(body) if body.get("n") == 2 else body,
    ),
    ChatDefect(
        "refuses_stop_beside_tools",
        "A request with tools and stop sequences is refused, though each is accepted alone.",
        claims=("chat.combination.accepted",),
        kinds=SAMPLING_KINDS,
        body=refuse_together("tools", "stop"),
    ),
)
