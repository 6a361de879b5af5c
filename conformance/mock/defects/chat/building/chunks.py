"""Changes of streams chunk by chunk, or choice by choice."""

from collections.abc import Callable, Iterator

from conformance.mock.defects.defect import Json, Mutation
from conformance.mock.surfaces.chat.request import ChatRequest

Change = Callable[[int, Json], Json]  # of a chunk, or of a choice in one, by the chunk's place from 0


def each_chunk(change: Change) -> Mutation[Iterator[Json]]:
    """Change every chunk of a stream."""

    def changed(request: ChatRequest, chunks: Iterator[Json]) -> Iterator[Json]:
        yield from (change(place, chunk) for place, chunk in enumerate(chunks))

    return changed


def each_choice(change: Change) -> Mutation[Iterator[Json]]:
    """Change every choice of every chunk of a stream."""
    return each_chunk(lambda place, chunk: {**chunk, "choices": [change(place, choice) for choice in chunk["choices"]]})


def with_delta(choice: Json, **values: object) -> Json:
    """Return a choice with other values in its delta."""
    return {**choice, "delta": {**choice["delta"], **values}}


def without(item: Json, *names: str) -> Json:
    """Return an object without some of its keys."""
    return {name: value for name, value in item.items() if name not in names}
