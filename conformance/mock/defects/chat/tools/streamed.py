"""Defects of tool calls in streams."""

import secrets
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from conformance.mock.defects.chat.building.fragments import (
    FragmentChange,
    change_fragments,
    fragment_of,
    with_fragment,
)
from conformance.mock.defects.chat.building.pieces import cut_off, piecewise
from conformance.mock.defects.defect import Json
from conformance.mock.server.wire import CutOff, Wire
from conformance.mock.surfaces.chat.defect import ChatDefect
from conformance.mock.surfaces.chat.request import ChatRequest

MARKUP = '<tool_call>{"name": "%s", "arguments": {}}</tool_call>'


def cut_off_calls(request: ChatRequest, wire: Wire) -> Wire:
    """Return the stream cut off in the arguments of its call, if there is one tool."""
    return piecewise(cut_off)(request, wire) if len(request.tools) == 1 else wire


def until_second_call(request: ChatRequest, chunks: Iterator[Json]) -> Iterator[Json]:
    """Yield the chunks up to the second call, then close the connection."""
    for chunk in chunks:
        deltas = [choice["delta"] for choice in chunk["choices"]]
        if any(call["index"] for delta in deltas for call in delta.get("tool_calls", ())):
            raise CutOff
        yield chunk


def change_name(change: str) -> FragmentChange:
    """Return a change that puts the name of a fragment, if it has one, into a pattern with %s."""

    def changed(fragment: Json) -> Json:
        function = fragment["function"]
        return (
            {**fragment, "function": {**function, "name": change % function["name"]}}
            if "name" in function
            else fragment
        )

    return changed


def without_id_and_type(fragment: Json) -> Json:
    """Return a fragment with index and function only."""
    return {"index": fragment["index"], "function": fragment["function"]}


def repeat_in_later_fragments(request: ChatRequest, chunks: Iterator[Json], change: str) -> Iterator[Json]:
    """Return the chunks with fields of the first fragment of a call repeated in its later ones.

    `change` says which: "id" repeats the id, "name" repeats the name and removes id and type, "null" sets id and name to null.
    """
    firsts: dict[int, Json] = {}

    def changed(fragment: Json) -> Json:
        first = firsts.setdefault(fragment["index"], fragment)
        if first is fragment:
            return without_id_and_type(first) if change == "name" else fragment
        name = {"name": first["function"]["name"]} if change == "name" else {"name": None} if change == "null" else {}
        repeated = {"id": {"id": first["id"]}, "null": {"id": None}, "name": {}}[change]
        return {**fragment, **repeated, "function": {**name, **fragment["function"]}}

    return change_fragments(changed)(request, chunks)


def with_markup(request: ChatRequest, chunks: Iterator[Json]) -> Iterator[Json]:
    """Yield the chunks, and before each call the same call as raw markup in the text."""
    for chunk in chunks:
        for choice in chunk["choices"]:
            for call in choice["delta"].get("tool_calls", ()):
                if "id" in call:
                    content = MARKUP % call["function"]["name"]
                    yield {**chunk, "choices": [{**choice, "delta": {"content": content}}]}
        yield chunk


def without_index(fragment: Json) -> Json:
    """Return a fragment without its index."""
    return {name: value for name, value in fragment.items() if name != "index"}


def with_name_last(request: ChatRequest, chunks: Iterator[Json]) -> Iterator[Json]:
    """Yield the chunks with the name of each call after its arguments."""
    held: Any = None
    for chunk in chunks:
        fragment = fragment_of(chunk)
        if held and (fragment is None or "id" in fragment):
            yield held
            held = None
        if fragment and "id" in fragment:
            name = {"index": fragment["index"], "function": {"name": fragment["function"]["name"]}}
            held = with_fragment(chunk, name)
            chunk = with_fragment(chunk, {**fragment, "function": {"arguments": ""}})
        yield chunk


def without_last_arguments(request: ChatRequest, chunks: Iterator[Json]) -> Iterator[Json]:
    """Yield the chunks without the last piece of the arguments of each call."""
    held: Any = None
    for chunk in chunks:
        fragment = fragment_of(chunk)
        if held and fragment and "id" not in fragment:
            yield held
        held = chunk if fragment and "id" not in fragment else None
        if held is None:
            yield chunk


def with_calls_twice(request: ChatRequest, chunks: Iterator[Json]) -> Iterator[Json]:
    """Yield the chunks, with all calls a second time before the last chunk."""
    sent: list[Json] = []
    for chunk in chunks:
        fragment = fragment_of(chunk)
        if fragment:
            sent.append(chunk)
        elif sent and chunk["choices"] and chunk["choices"][0]["finish_reason"]:
            yield from repeated_calls(sent)
        yield chunk


def repeated_calls(sent: list[Json]) -> Iterator[Json]:
    """Yield the chunks of calls again, with new indexes and ids."""
    fragments = [fragment for chunk in sent if (fragment := fragment_of(chunk))]
    count = 1 + max(fragment["index"] for fragment in fragments)
    for chunk, fragment in zip(sent, fragments, strict=True):
        new = {"id": f"call_{secrets.token_hex(12)}"} if "id" in fragment else {}
        yield with_fragment(chunk, {**fragment, "index": fragment["index"] + count, **new})


DEFECTS = (
    ChatDefect(
        "cuts_calls_off",
        "The connection closes in the middle of the arguments of a streamed call.",
        claims=("chat.tools.stream_agrees", "chat.tools.stream_text"),
        reports=("D180",),
        parameter="tools",
        streamed=cut_off_calls,
    ),
    ChatDefect(
        "breaks_at_second_call",
        "A stream breaks off where its second call should begin.",
        claims=("chat.tools.parallel",),
        reports=("D209",),
        parameter="tools",
        events=until_second_call,
    ),
    ChatDefect(
        "streams_no_calls",
        "A streamed request with tools is answered with one JSON document.",
        claims=("chat.tools.stream_agrees",),
        reports=("D185",),
        parameter="tools",
        request=lambda request: replace(request, stream=False),
    ),
    ChatDefect(
        "streams_calls_by_name_alone",
        "Every fragment of a streamed call has the function name, and none has id or type.",
        claims=("chat.tools.ids", "chat.tools.stream_first", "chat.tools.stream_repeats"),
        reports=("D195",),
        parameter="tools",
        events=lambda request, chunks: repeat_in_later_fragments(request, chunks, "name"),
    ),
    ChatDefect(
        "streams_ids_again",
        "Every fragment of a streamed call repeats its id.",
        claims=("chat.tools.stream_repeats",),
        reports=("D201",),
        parameter="tools",
        events=lambda request, chunks: repeat_in_later_fragments(request, chunks, "id"),
    ),
    ChatDefect(
        "streams_ids_and_names_of_null",
        "Later fragments of a streamed call have id and name set to null.",
        claims=("chat.tools.stream_repeats",),
        reports=("D199",),
        parameter="tools",
        events=lambda request, chunks: repeat_in_later_fragments(request, chunks, "null"),
    ),
    ChatDefect(
        "streams_arguments_null",
        "arguments is null in every fragment of a streamed call.",
        claims=("chat.tools.arguments", "chat.tool_choice.named"),
        reports=("D197",),
        parameter="tools",
        events=change_fragments(lambda fragment: {**fragment, "function": {**fragment["function"], "arguments": None}}),
    ),
    ChatDefect(
        "streams_tags_in_names",
        "The function name of a streamed call begins with a reasoning tag.",
        claims=("chat.tools.called", "chat.tools.parallel", "chat.tool_choice.required", "chat.tool_choice.named"),
        reports=("D207",),
        parameter="tools",
        events=change_fragments(change_name("</think>%s")),
    ),
    ChatDefect(
        "streams_markup_beside_calls",
        "A stream contains the raw markup of each call as text, in addition to the call.",
        claims=("chat.tools.stream_agrees",),
        reports=("D205",),
        parameter="tools",
        events=with_markup,
    ),
    ChatDefect(
        "fragments_without_index",
        "Fragments of streamed calls have no index.",
        claims=("chat.tools.stream_index", "chat.tools.parallel"),
        reports=("B24",),
        events=change_fragments(without_index),
    ),
    ChatDefect(
        "streams_all_calls_at_index_0",
        "All calls of a stream have index 0.",
        claims=("chat.tools.parallel",),
        reports=("D193",),
        events=change_fragments(lambda fragment: {**fragment, "index": 0}),
    ),
    ChatDefect(
        "streams_names_last",
        "The function name of a streamed call comes after its arguments.",
        claims=("chat.tools.stream_first", "chat.tools.stream_repeats"),
        reports=("D191",),
        events=with_name_last,
    ),
    ChatDefect(
        "streams_unclosed_arguments",
        "The arguments of a streamed call lack their closing brace.",
        claims=("chat.tools.arguments",),
        reports=("D203",),
        events=without_last_arguments,
    ),
    ChatDefect(
        "streams_calls_twice",
        "A stream contains every call twice, under two indexes.",
        claims=("chat.tools.stream_agrees",),
        reports=("D213",),
        events=with_calls_twice,
    ),
)
