"""Defects of the names and ids of calls."""

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
    ChatDefect(
        "calls_have_id_null",
        'The id of every call is the string "null".',
        claims=("chat.tools.ids",),
        reports=("D084",),
        ids=lambda request, ids: ("null",) * len(ids),
    ),
    ChatDefect(
        "numbers_calls_in_each_answer",
        "The id of a call is its number in its answer, which the next answer has too.",
        claims=("chat.tools.id_unique",),
        reports=("B55",),
        ids=lambda request, ids: tuple(f"call_{number}" for number in range(len(ids))),
    ),
    ChatDefect(
        "calls_share_an_id",
        "All calls of an answer have the same id.",
        claims=("chat.tools.ids",),
        reports=("B56",),
        ids=lambda request, ids: ids[:1] * len(ids),
    ),
)
