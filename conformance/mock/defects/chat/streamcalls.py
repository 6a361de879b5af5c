"""Streamed calls that say too little of themselves, too much, or something else than the plain answer says."""

from collections.abc import Iterator

from conformance.mock.defects.chat.toolstreams import Change, each_fragment
from conformance.mock.defects.defect import Json
from conformance.mock.surfaces.chat.defect import ChatDefect
from conformance.mock.surfaces.chat.request import ChatRequest

PROSE = ("It is ", "mild there.")
MARKUP = '<tool_call>{"name": "%s", "arguments": {}}</tool_call>'


def renamed(change: str) -> Change:
    """A fragment whose name, where it has one, is put into a pattern."""

    def changed(fragment: Json) -> Json:
        function = fragment["function"]
        return (
            {**fragment, "function": {**function, "name": change % function["name"]}}
            if "name" in function
            else fragment
        )

    return changed


def nameless(fragment: Json) -> Json:
    """A fragment that says nothing of its call but its index and its name."""
    return {"index": fragment["index"], "function": fragment["function"]}


def each_after_first(request: ChatRequest, chunks: Iterator[Json], change: str) -> Iterator[Json]:
    """The chunks, later fragments of a call carrying what the first one did, or null in its place."""
    firsts: dict[int, Json] = {}

    def changed(fragment: Json) -> Json:
        first = firsts.setdefault(fragment["index"], fragment)
        if first is fragment:
            return nameless(first) if change == "name" else fragment
        name = {"name": first["function"]["name"]} if change == "name" else {"name": None} if change == "null" else {}
        told = {"id": {"id": first["id"]}, "null": {"id": None}, "name": {}}[change]
        return {**fragment, **told, "function": {**name, **fragment["function"]}}

    return each_fragment(changed)(request, chunks)


def with_markup(request: ChatRequest, chunks: Iterator[Json]) -> Iterator[Json]:
    """The chunks, and before each call the words that the model said it in."""
    for chunk in chunks:
        for choice in chunk["choices"]:
            for call in choice["delta"].get("tool_calls", ()):
                if "id" in call:
                    content = MARKUP % call["function"]["name"]
                    yield {**chunk, "choices": [{**choice, "delta": {"content": content}}]}
        yield chunk


def in_prose(request: ChatRequest, chunks: Iterator[Json]) -> Iterator[Json]:
    """The chunks, the arguments of a call that tool_choice names being prose."""
    if not isinstance(request.tool_choice, dict):
        return chunks
    left = iter(PROSE)

    def changed(fragment: Json) -> Json:
        return fragment if "id" in fragment else {**fragment, "function": {"arguments": next(left, "")}}

    return each_fragment(changed)(request, chunks)


def call_1(fragment: Json) -> Json:
    """A fragment whose id, where it has one, is the same in every answer."""
    return {**fragment, "id": "call_1"} if "id" in fragment else fragment


def with_constant_ids(request: ChatRequest, chunks: Iterator[Json]) -> Iterator[Json]:
    """The chunks with one id for every stream and one for every call."""
    yield from ({**chunk, "id": "seq-1"} for chunk in each_fragment(call_1)(request, chunks))


DEFECTS = (
    ChatDefect(
        "streams_calls_by_name_alone",
        "Fragments of streamed calls have the name each time, and neither id nor type.",
        claims=("chat.tools.ids", "chat.tools.stream_first", "chat.tools.stream_repeats"),
        reports=("D195",),
        parameter="tools",
        events=lambda request, chunks: each_after_first(request, chunks, "name"),
    ),
    ChatDefect(
        "streams_ids_again",
        "Every fragment of a streamed call has its id.",
        claims=("chat.tools.stream_repeats",),
        reports=("D201",),
        parameter="tools",
        events=lambda request, chunks: each_after_first(request, chunks, "id"),
    ),
    ChatDefect(
        "streams_ids_and_names_of_null",
        "Later fragments of a streamed call have id and name, both null.",
        claims=("chat.tools.stream_repeats",),
        reports=("D199",),
        parameter="tools",
        events=lambda request, chunks: each_after_first(request, chunks, "null"),
    ),
    ChatDefect(
        "streams_arguments_null",
        "The arguments are null in every fragment of a streamed call.",
        claims=("chat.tools.arguments", "chat.tool_choice.named"),
        reports=("D197",),
        parameter="tools",
        events=each_fragment(lambda it: {**it, "function": {**it["function"], "arguments": None}}),
    ),
    ChatDefect(
        "streams_tags_in_names",
        "The name of a streamed call begins with a tag.",
        claims=("chat.tools.called", "chat.tools.parallel", "chat.tool_choice.required", "chat.tool_choice.named"),
        reports=("D207",),
        parameter="tools",
        events=each_fragment(renamed("</think>%s")),
    ),
    ChatDefect(
        "streams_markup_beside_calls",
        "Beside a streamed call stands its markup as text.",
        claims=("chat.tools.stream_agrees",),
        reports=("D205",),
        parameter="tools",
        events=with_markup,
    ),
    ChatDefect(
        "streams_prose_as_arguments",
        "In a stream the arguments of a call that tool_choice names are prose.",
        claims=("chat.tool_choice.named",),
        reports=("D215",),
        parameter="tool_choice",
        events=in_prose,
    ),
    ChatDefect(
        "streams_constant_ids",
        "Every stream has the same id, and so has every call in one.",
        claims=("chat.stream.id_unique", "chat.tools.ids"),
        reports=("D141",),
        events=with_constant_ids,
    ),
)
