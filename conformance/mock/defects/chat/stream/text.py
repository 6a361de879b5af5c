"""Defects of streams whose text is not that of the plain answer: letters, spaces or pieces are lost, or some come twice."""

import re
from collections.abc import Callable, Iterator

from conformance.mock.defects.chat.building.chunks import change_chunk_choices, with_delta
from conformance.mock.defects.chat.stream.adding_up import FORM_CLAIMS
from conformance.mock.defects.defect import Json, Mutation
from conformance.mock.surfaces.chat.defect import ChatDefect
from conformance.mock.surfaces.chat.request import ChatRequest

BEYOND_BMP = re.compile("[\U00010000-\U0010ffff]")
REPLACEMENT = "\ufffd"


def change_pieces(change: Callable[[int, Json], list[str]]) -> Mutation[Iterator[Json]]:
    """Return a mutation that replaces each piece of text; `change` gets its number in its choice, and its chunk."""

    def changed(request: ChatRequest, chunks: Iterator[Json]) -> Iterator[Json]:
        numbers: dict[int, int] = {}
        for chunk in chunks:
            choice: Json = chunk["choices"][0] if chunk["choices"] else {"delta": {}}
            if not choice["delta"].get("content"):
                yield chunk
                continue
            number = numbers[choice["index"]] = numbers.get(choice["index"], 0) + 1
            for position, text in enumerate(change(number, chunk)):
                logprobs = None if position else choice["logprobs"]
                yield {**chunk, "choices": [{**with_delta(choice, content=text), "logprobs": logprobs}]}

    return changed


def text_of(chunk: Json) -> str:
    """Return the text of a chunk with one choice."""
    text: str = chunk["choices"][0]["delta"]["content"]
    return text


def in_halves(number: int, chunk: Json) -> list[str]:
    """Return a piece, split within its first letter beyond the BMP, each half of which is lost."""
    before, *rest = BEYOND_BMP.split(text_of(chunk), maxsplit=1)
    return [before + REPLACEMENT, *(REPLACEMENT + after for after in rest)] if rest else [before]


def without_spaces(position: int, choice: Json) -> Json:
    """Return a choice without white space in its text."""
    text = choice["delta"].get("content")
    return with_delta(choice, content=re.sub(r"\s", "", text)) if text else choice


DEFECTS = (
    ChatDefect(
        "streams_without_spaces",
        "A streamed text lacks all spaces and line breaks.",
        claims=("chat.stream.joins", "chat.stream.text", "chat.logprobs.shape"),
        reports=("B36",),
        events=change_chunk_choices(without_spaces),
    ),
    ChatDefect(
        "streams_second_piece_twice",
        "The second piece of a streamed text comes twice.",
        claims=("chat.stream.joins", "chat.stream.text", *FORM_CLAIMS),
        reports=("B20",),
        events=change_pieces(lambda number, chunk: [text_of(chunk)] * (2 if number == 2 else 1)),
    ),
    ChatDefect(
        "streams_letters_in_halves",
        "Letters beyond the BMP are split between two pieces of a stream, and each half becomes a replacement character.",
        claims=("chat.stream.unicode", "chat.stream.text"),
        reports=("B09",),
        events=change_pieces(in_halves),
    ),
    ChatDefect(
        "streams_closing_tag_of_thoughts",
        "The streamed text of a reasoning model begins with a closing </think>.",
        claims=("chat.stream.joins", *FORM_CLAIMS),
        reports=("B21",),
        kinds=("reasoning",),
        events=change_pieces(lambda number, chunk: ["</think>"] * (number == 1) + [text_of(chunk)]),
    ),
    ChatDefect(
        "streams_line_breaks_first",
        "The streamed text of a reasoning model begins with two line breaks that the plain answer lacks.",
        claims=("chat.stream.joins",),
        reports=("B37",),
        kinds=("reasoning",),
        events=change_pieces(lambda number, chunk: ["\n\n"] * (number == 1) + [text_of(chunk)]),
    ),
)
