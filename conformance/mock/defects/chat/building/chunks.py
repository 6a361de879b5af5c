"""Mutations of streams, chunk by chunk or choice by choice."""

from collections.abc import Callable, Iterator

from conformance.mock.defects.defect import Json, Mutation
from conformance.mock.surfaces.chat.request import ChatRequest

Change = Callable[[int, Json], Json]  # called with the position of a chunk from 0, and the chunk or a choice in it


def change_chunks(change: Change) -> Mutation[Iterator[Json]]:
    """Return a mutation that changes every chunk of a stream."""

    def changed(request: ChatRequest, chunks: Iterator[Json]) -> Iterator[Json]:
        yield from (change(position, chunk) for position, chunk in enumerate(chunks))

    return changed


def change_chunk_choices(change: Change) -> Mutation[Iterator[Json]]:
    """Return a mutation that changes every choice of every chunk of a stream."""
    return change_chunks(
        lambda position, chunk: {**chunk, "choices": [change(position, choice) for choice in chunk["choices"]]}
    )


def with_delta(choice: Json, **values: object) -> Json:
    """Return a choice with its delta changed."""
    return {**choice, "delta": {**choice["delta"], **values}}


def without(item: Json, *names: str) -> Json:
    """Return an object without some of its keys."""
    return {name: value for name, value in item.items() if name not in names}
