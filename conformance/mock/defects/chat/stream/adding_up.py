"""Defects of streams whose chunks do not add up to the plain answer: in their text or their finish_reason."""

import re
from collections.abc import Iterator

from conformance.mock.defects.chat.building.chunks import change_chunk_choices, with_delta, without
from conformance.mock.defects.defect import Json, Mutation
from conformance.mock.surfaces.chat.defect import ChatDefect
from conformance.mock.surfaces.chat.request import ChatRequest

CAP_CLAIMS = ("chat.max_tokens.finish_reason", "chat.max_completion_tokens.finish_reason")
END_CLAIMS = ("chat.stream.finish_reason", "chat.stream.choices", "chat.stop.finish_reason", *CAP_CLAIMS)
FORM_CLAIMS = ("chat.response_format.json_schema", "chat.response_format.json_object")
REASONING = "Let me see what is asked here."


def in_one_piece(chunks: Iterator[Json]) -> Iterator[Json]:
    """Yield the chunks with all text of a choice in one chunk before its end."""
    held: dict[int, Json] = {}
    for chunk in chunks:
        for choice in chunk["choices"]:
            index, delta = choice["index"], choice["delta"]
            if delta.get("content"):
                held[index] = merged(held[index], chunk) if index in held else chunk
            else:
                yield from [held.pop(index)] if choice["finish_reason"] and index in held else []
                yield chunk
        if not chunk["choices"]:
            yield chunk


def merged(first: Json, second: Json) -> Json:
    """Return two chunks of one choice merged into one."""
    (one,), (two,) = first["choices"], second["choices"]
    content = one["delta"]["content"] + two["delta"]["content"]
    logprobs = one["logprobs"]
    if logprobs:
        logprobs = {**logprobs, "content": logprobs["content"] + two["logprobs"]["content"]}
    return {**first, "choices": [{**one, "delta": {"content": content}, "logprobs": logprobs}]}


def without_first_piece(chunks: Iterator[Json]) -> Iterator[Json]:
    """Yield the chunks without the first one that has text."""
    lost = False
    for chunk in chunks:
        if lost or not any(choice["delta"].get("content") for choice in chunk["choices"]):
            yield chunk
        else:
            lost = True


def with_reason(reason: str) -> Mutation[Iterator[Json]]:
    """Return a mutation that replaces finish_reason stop in a stream."""
    return change_chunk_choices(
        lambda position, choice: {**choice, "finish_reason": reason} if choice["finish_reason"] == "stop" else choice
    )


def with_two_ends(request: ChatRequest, chunks: Iterator[Json]) -> Iterator[Json]:
    """Yield the chunks, with a second end after each end of a choice."""
    for chunk in chunks:
        yield chunk
        ends = [
            {**choice, "logprobs": None, "finish_reason": "stop"}
            for choice in chunk["choices"]
            if choice["finish_reason"]
        ]
        if ends:
            yield {**chunk, "choices": ends}


def with_reason_in_each_chunk(position: int, choice: Json) -> Json:
    """Return a choice with a finish_reason in every chunk."""
    return {**choice, "finish_reason": choice["finish_reason"] or "stop"}


def with_text_again(request: ChatRequest, chunks: Iterator[Json]) -> Iterator[Json]:
    """Yield the chunks, with the whole text of a choice again in its last chunk."""
    texts: dict[int, str] = {}
    for chunk in chunks:
        for position, choice in enumerate(chunk["choices"]):
            index = choice["index"]
            texts[index] = texts.get(index, "") + (choice["delta"].get("content") or "")
            if choice["finish_reason"] and texts[index]:
                chunk["choices"][position] = with_delta(choice, content=texts[index])
        yield chunk


def without_last_text(request: ChatRequest, chunks: Iterator[Json]) -> Iterator[Json]:
    """Yield the chunks without the last piece of text."""
    held: list[Json] = []
    for chunk in chunks:
        text = any(choice["delta"].get("content") for choice in chunk["choices"])
        if text:
            yield from held
        elif held:
            held = []
        if text:
            held = [chunk]
        else:
            yield chunk


def with_reasoning(tag: str, pieces: int) -> Mutation[Iterator[Json]]:
    """Return a mutation that begins streams of text with reasoning in tags, the opening tag split over `pieces` chunks."""

    def changed(request: ChatRequest, chunks: Iterator[Json]) -> Iterator[Json]:
        for position, chunk in enumerate(chunks):
            yield chunk
            if position or request.tools or request.logprobs:
                continue
            opening, length = f"<{tag}>", -(-(len(tag) + 2) // pieces)
            starts = [opening[at : at + length] for at in range(0, len(opening), length)]
            for piece in (*starts, REASONING, f"</{tag}>\n\n"):
                yield {**chunk, "choices": [with_delta(choice, content=piece) for choice in chunk["choices"]]}

    return changed


def without_repetitions(request: ChatRequest, chunks: Iterator[Json]) -> Iterator[Json]:
    """Yield the chunks without those whose text is that of the one before."""
    last: object = None
    for chunk in chunks:
        text = [choice["delta"].get("content") for choice in chunk["choices"]]
        if not any(text) or text != last:
            yield chunk
        last = text


def without_letters_beyond_the_bmp(position: int, choice: Json) -> Json:
    """Return a choice of a chunk without characters that take four bytes."""
    text = choice["delta"].get("content")
    return with_delta(choice, content=re.sub(r"[^\u0000-\uffff]", "", text)) if text else choice


DEFECTS = (
    ChatDefect(
        "leaves_out_null_finish_reasons",
        "The choices of a chunk lack the key finish_reason, except in the last chunk.",
        claims=("chat.stream.finish_reason_key",),
        reports=("D130",),
        events=change_chunk_choices(
            lambda position, choice: choice if choice["finish_reason"] else without(choice, "finish_reason")
        ),
    ),
    ChatDefect(
        "streams_text_in_one_piece",
        "The whole text of a stream comes in one chunk.",
        claims=("chat.stream.incremental",),
        reports=("D183",),
        events=lambda request, chunks: in_one_piece(chunks),
    ),
    ChatDefect(
        "streams_text_in_one_piece_with_tools",
        "The whole text of a stream comes in one chunk if tools are declared.",
        parameter="tools",
        claims=("chat.stream.pieces", "chat.stream.incremental_with_tools"),
        reports=("B35",),
        events=lambda request, chunks: in_one_piece(chunks),
    ),
    ChatDefect(
        "repeats_text_at_the_end",
        "The last delta of a stream repeats the whole text.",
        claims=("chat.stream.joins", "chat.logprobs.shape", *FORM_CLAIMS),
        reports=("D118",),
        events=with_text_again,
    ),
    ChatDefect(
        "streams_no_piece_twice",
        "A piece of a streamed text that is equal to the one before is dropped.",
        claims=("chat.stream.text",),
        events=without_repetitions,
    ),
    ChatDefect(
        "streams_no_emoji",
        "Emoji and other characters of four bytes are dropped from streamed text.",
        claims=("chat.stream.text",),
        events=change_chunk_choices(without_letters_beyond_the_bmp),
    ),
    ChatDefect(
        "streams_without_last_piece",
        "A stream lacks the last piece of its text.",
        claims=("chat.stream.joins", "chat.stream.text", "chat.stop.unfinished", *FORM_CLAIMS),
        reports=("D226",),
        events=without_last_text,
    ),
    ChatDefect(
        "streams_thoughts_as_text",
        "A streamed text begins with the model's reasoning in tags.",
        claims=("chat.reply.reasoning_apart", "chat.stream.joins", *FORM_CLAIMS),
        reports=("D152",),
        events=with_reasoning("think", 1),
    ),
    ChatDefect(
        "streams_thoughts_in_torn_tags",
        "A streamed text begins with reasoning in tags, the opening tag split over three chunks.",
        claims=("chat.reply.reasoning_apart", "chat.stream.joins", *FORM_CLAIMS),
        reports=("D154",),
        events=with_reasoning("thought", 3),
    ),
    ChatDefect(
        "never_ends_streamed_choices",
        "finish_reason is null in every chunk of a stream.",
        claims=(*END_CLAIMS, "chat.tools.finish_reason"),
        reports=("D134",),
        events=change_chunk_choices(lambda position, choice: {**choice, "finish_reason": None}),
    ),
    ChatDefect(
        "streams_without_finish_reason",
        "No chunk of a stream has the key finish_reason.",
        claims=("chat.stream.finish_reason_key", *END_CLAIMS, "chat.tools.finish_reason"),
        reports=("D136",),
        events=change_chunk_choices(lambda position, choice: without(choice, "finish_reason")),
    ),
    ChatDefect(
        "ends_choice_in_each_chunk",
        "Every chunk of a stream has a finish_reason that is not null.",
        claims=("chat.stream.finish_reason", "chat.stream.choices"),
        reports=("D132",),
        events=change_chunk_choices(with_reason_in_each_chunk),
    ),
    ChatDefect(
        "ends_choices_twice",
        "A streamed choice ends twice, the second time with finish_reason stop.",
        claims=("chat.stream.finish_reason", "chat.stream.choices", "chat.tools.finish_reason", *CAP_CLAIMS),
        reports=("D128",),
        events=with_two_ends,
    ),
    ChatDefect(
        "streams_end_with_eos_token",
        "The finish_reason of a streamed choice is eos_token, which the documentation does not list.",
        claims=("chat.stream.finish_reason", "chat.stream.schema", "chat.stream.choices", "chat.stop.finish_reason"),
        reports=("D138",),
        events=with_reason("eos_token"),
    ),
    ChatDefect(
        "loses_first_piece_with_tools",
        "The first piece of a streamed text is lost if tools are declared.",
        claims=("chat.stream.incremental_with_tools",),
        reports=("C18",),
        parameter="tools",
        events=lambda request, chunks: without_first_piece(chunks),
    ),
)
