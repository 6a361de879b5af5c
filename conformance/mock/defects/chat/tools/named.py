"""Defects of the names and ids of calls, which are there but empty."""

from conformance.mock.defects.chat.building.fragments import change_fragments
from conformance.mock.defects.defect import Json
from conformance.mock.surfaces.chat.defect import ChatDefect


def with_empty_name(fragment: Json) -> Json:
    """Return a fragment of a call with an empty name unless it has one."""
    return {**fragment, "function": {"name": "", **fragment["function"]}}


DEFECTS = (
    ChatDefect(
        "calls_have_no_id",
        "The id of every call is an empty string.",
        claims=("chat.tools.ids", "chat.reply.schema"),
        reports=("B23",),
        ids=lambda request, ids: ("",) * len(ids),
    ),
    ChatDefect(
        "streams_empty_names",
        "Later fragments of a streamed call have an empty name.",
        claims=("chat.tools.stream_repeats",),
        reports=("B11",),
        parameter="tools",
        events=change_fragments(with_empty_name),
    ),
)
