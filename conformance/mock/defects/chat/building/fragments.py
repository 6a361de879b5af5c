"""Mutations of the fragments in which a stream sends calls."""

from collections.abc import Callable, Iterator

from conformance.mock.defects.defect import Json, Mutation
from conformance.mock.surfaces.chat.request import ChatRequest

FragmentChange = Callable[[Json], Json]


def fragment_of(chunk: Json) -> Json | None:
    """Return the fragment of a call in a chunk, or None; the mock sends one per chunk."""
    calls = chunk["choices"][0]["delta"].get("tool_calls") if chunk["choices"] else None
    fragment: Json | None = calls[0] if calls else None
    return fragment


def with_fragment(chunk: Json, fragment: Json) -> Json:
    """Return the chunk with its fragment replaced."""
    choice = chunk["choices"][0]
    return {**chunk, "choices": [{**choice, "delta": {**choice["delta"], "tool_calls": [fragment]}}]}


def change_fragments(change: FragmentChange) -> Mutation[Iterator[Json]]:
    """Return a mutation that changes every fragment of a stream."""

    def changed(request: ChatRequest, chunks: Iterator[Json]) -> Iterator[Json]:
        for chunk in chunks:
            fragment = fragment_of(chunk)
            yield chunk if fragment is None else with_fragment(chunk, change(fragment))

    return changed
