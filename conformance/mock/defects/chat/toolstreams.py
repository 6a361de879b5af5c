"""Calls whose fragments in a stream do not add up, while the plain answer to the same request is sound."""

import secrets
from collections.abc import Callable, Iterator
from typing import Any

from conformance.mock.defects.defect import Json, Mutation
from conformance.mock.surfaces.chat.defect import ChatDefect
from conformance.mock.surfaces.chat.request import ChatRequest

Change = Callable[[Json], Json]


def fragment_of(chunk: Json) -> Json | None:
    """The fragment of a call in a chunk; the mock sends one at a time."""
    calls = chunk["choices"][0]["delta"].get("tool_calls") if chunk["choices"] else None
    fragment: Json | None = calls[0] if calls else None
    return fragment


def with_fragment(chunk: Json, fragment: Json) -> Json:
    """The chunk with another fragment."""
    choice = chunk["choices"][0]
    return {**chunk, "choices": [{**choice, "delta": {**choice["delta"], "tool_calls": [fragment]}}]}


def each_fragment(change: Change) -> Mutation[Iterator[Json]]:
    """Streams with every fragment replaced."""

    def changed(request: ChatRequest, chunks: Iterator[Json]) -> Iterator[Json]:
        for chunk in chunks:
            fragment = fragment_of(chunk)
            yield chunk if fragment is None else with_fragment(chunk, change(fragment))

    return changed


def without_index(fragment: Json) -> Json:
    """A fragment that does not say which call it belongs to."""
    return {name: value for name, value in fragment.items() if name != "index"}


def name_last(request: ChatRequest, chunks: Iterator[Json]) -> Iterator[Json]:
    """The chunks, each call's name coming after its arguments."""
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


def unclosed(request: ChatRequest, chunks: Iterator[Json]) -> Iterator[Json]:
    """The chunks without the one that ends the arguments of each call."""
    held: Any = None
    for chunk in chunks:
        fragment = fragment_of(chunk)
        if held and fragment and "id" not in fragment:
            yield held
        held = chunk if fragment and "id" not in fragment else None
        if held is None:
            yield chunk


def twice(request: ChatRequest, chunks: Iterator[Json]) -> Iterator[Json]:
    """The chunks, and before the last one all calls again as if they were others."""
    sent: list[Json] = []
    for chunk in chunks:
        fragment = fragment_of(chunk)
        if fragment:
            sent.append(chunk)
        elif sent and chunk["choices"] and chunk["choices"][0]["finish_reason"]:
            yield from again(sent)
        yield chunk


def again(sent: list[Json]) -> Iterator[Json]:
    """The chunks of calls under new indexes, with new ids."""
    fragments = [fragment for chunk in sent if (fragment := fragment_of(chunk))]
    count = 1 + max(fragment["index"] for fragment in fragments)
    for chunk, fragment in zip(sent, fragments, strict=True):
        new = {"id": f"call_{secrets.token_hex(12)}"} if "id" in fragment else {}
        yield with_fragment(chunk, {**fragment, "index": fragment["index"] + count, **new})


DEFECTS = (
    ChatDefect(
        "fragments_without_index",
        "Fragments of streamed calls carry no index.",
        claims=("chat.tools.stream_index", "chat.tools.parallel"),
        events=each_fragment(without_index),
    ),
    ChatDefect(
        "streams_all_calls_at_index_0",
        "All calls of a stream have the index 0.",
        claims=("chat.tools.parallel",),
        reports=("D193",),
        events=each_fragment(lambda fragment: {**fragment, "index": 0}),
    ),
    ChatDefect(
        "streams_names_last",
        "The name of a streamed call comes after its arguments.",
        claims=("chat.tools.stream_first", "chat.tools.stream_repeats"),
        reports=("D191",),
        events=name_last,
    ),
    ChatDefect(
        "streams_unclosed_arguments",
        "The arguments of a streamed call lack their closing brace.",
        claims=("chat.tools.arguments",),
        reports=("D203",),
        events=unclosed,
    ),
    ChatDefect(
        "streams_calls_twice",
        "A stream holds every call twice, under two indexes.",
        claims=("chat.tools.stream_agrees",),
        reports=("D213",),
        events=twice,
    ),
)
