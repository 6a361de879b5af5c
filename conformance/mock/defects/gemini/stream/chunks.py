"""Defects of the responses of a stream, and of what they add up to."""

from itertools import count

from conformance.mock.defects.defect import Json
from conformance.mock.defects.gemini.building import (
    Chunks,
    counts_up,
    is_short,
    of_candidates,
    of_usage,
    streaming,
    without,
)
from conformance.mock.surfaces.gemini.defect import GeminiDefect
from conformance.mock.surfaces.gemini.request import GeminiRequest


def as_chat(chunk: Json) -> Json:
    """Return a chunk of a Chat Completion in place of a response."""
    return {"id": "c", "object": "chat.completion.chunk", "choices": [{"index": 0, "delta": {"content": "Hi"}}]}


def in_one_piece(request: GeminiRequest, chunks: Chunks) -> Chunks:
    """Yield one response with the text of all, where the request asks to count."""
    every = list(chunks)
    parts = [part for chunk in every for each in chunk["candidates"] for part in each["content"].get("parts", ())]
    if not counts_up(request) or any("text" not in part or part.get("thought") for part in parts) or not parts:
        yield from every
        return
    last = every[-1]["candidates"][0]
    text = "".join(part["text"] for part in parts)
    content = {"role": "model", "parts": [{**parts[-1], "text": text}]}
    yield {**every[-1], "candidates": [{**last, "content": content}]}


def repeating(request: GeminiRequest, chunks: Chunks) -> Chunks:
    """Yield the responses with the whole text once more in the last one."""
    every = list(chunks)
    texts = [
        part.get("text", "")
        for chunk in every
        for each in chunk["candidates"]
        for part in each["content"].get("parts", ())
    ]
    if counts_up(request) and len(texts) > 3:
        last = every[-1]["candidates"][0]
        head = {**last, "content": {"role": "model", "parts": [{"text": texts[-1]}]}}
        yield from every[:-1]
        yield {**every[-1], "candidates": [without(head, "finishReason")]}
        yield {**every[-1], "candidates": [{**last, "content": {"role": "model", "parts": [{"text": "".join(texts)}]}}]}
        return
    yield from every


def with_falling_counts(request: GeminiRequest, chunks: Chunks) -> Chunks:
    """Yield the responses, the first ones with more tokens of the prompt than the last."""
    *first, last = chunks
    more = of_usage(lambda usage: {**usage, "promptTokenCount": usage["promptTokenCount"] + 2})
    yield from (*map(more, first), last)


def with_own_ids(request: GeminiRequest, chunks: Chunks) -> Chunks:
    """Yield the responses, each with an id of its own."""
    for number, chunk in zip(count(), chunks, strict=False):
        yield {**chunk, "responseId": f"{chunk['responseId']}-{number}"}


def with_late_thoughts(request: GeminiRequest, chunks: Chunks) -> Chunks:
    """Yield the responses with the parts of the first one, which are thoughts, in the second, and the other way round."""
    every = list(chunks)
    if request.include_thoughts and len(every) > 1:
        one, other = (chunk["candidates"][0]["content"] for chunk in every[:2])
        one["parts"], other["parts"] = other["parts"], one["parts"]
    yield from every


def with_calls_in_pieces(request: GeminiRequest, chunks: Chunks) -> Chunks:
    """Yield the responses, with a response before each call that only has its name."""
    for chunk in chunks:
        parts = chunk["candidates"][0]["content"].get("parts", [])
        calls = [part for part in parts if "functionCall" in part]
        for part in calls:
            named = {"functionCall": {"name": part["functionCall"]["name"], "willContinue": True}}
            content = {"role": "model", "parts": [{**part, **named}]}
            yield {**chunk, "candidates": [{"content": content, "index": chunk["candidates"][0]["index"]}]}
        yield chunk


def without_repeats(request: GeminiRequest, chunks: Chunks) -> Chunks:
    """Yield the responses without those whose text is that of the one before."""
    before = None
    for chunk in chunks:
        text = [part.get("text") for each in chunk["candidates"] for part in each["content"].get("parts", ())]
        if text != before or "finishReason" in chunk["candidates"][0]:
            yield chunk
        before = text


def without_a_piece(request: GeminiRequest, chunks: Chunks) -> Chunks:
    """Yield the responses without the second one, where the request asks to count."""
    for number, chunk in enumerate(chunks):
        if number != 1 or not counts_up(request):
            yield chunk


DEFECTS = (
    GeminiDefect(
        "gemini_streams_chat_chunks",
        "The events of a stream are chunks of a Chat Completion.",
        ("gemini.stream.no_chat_chunks", "gemini.stream.answered", "gemini.error.broken_text"),
        events=streaming(as_chat, is_short),
    ),
    GeminiDefect(
        "gemini_counts_down",
        "Counts of a stream fall.",
        ("gemini.stream.usage_monotonic",),
        events=with_falling_counts,
    ),
    GeminiDefect(
        "gemini_changes_ids_in_streams",
        "Each response of a stream has another id.",
        ("gemini.stream.response_id",),
        events=with_own_ids,
    ),
    GeminiDefect(
        "gemini_repeats_text_at_the_end",
        "The last response of a stream has the whole text again.",
        ("gemini.stream.increments", "gemini.stream.joins"),
        events=repeating,
    ),
    GeminiDefect(
        "gemini_streams_in_one_piece",
        "The text of a stream comes in one piece.",
        ("gemini.stream.incremental",),
        events=in_one_piece,
    ),
    GeminiDefect(
        "gemini_streams_in_one_piece_with_tools",
        "The text of a stream comes in one piece if tools are declared.",
        ("gemini.stream.pieces", "gemini.stream.incremental_with_tools"),
        reports=("B35",),
        parameter="tools",
        events=in_one_piece,
    ),
    GeminiDefect(
        "gemini_streams_calls_in_pieces",
        "The name of a call comes before its arguments.",
        ("gemini.stream.function_call_whole",),
        reports=("N170",),
        events=with_calls_in_pieces,
    ),
    GeminiDefect(
        "gemini_thinks_late",
        "Thoughts come after the answer has begun.",
        ("gemini.stream.thoughts_first",),
        events=with_late_thoughts,
    ),
    GeminiDefect(
        "gemini_streams_indexes_as_text",
        "The index of a candidate in a stream is a text.",
        ("gemini.stream.chunk_shape",),
        events=streaming(of_candidates(lambda candidate: {**candidate, "tokenCount": "3"})),
    ),
    GeminiDefect(
        "gemini_counts_other_prompts_in_streams",
        "A stream counts more tokens of the prompt than the plain answer.",
        (
            "gemini.usage.same_prompt",
            "gemini.stream.usage_equal",
        ),
        events=streaming(
            of_usage(lambda usage: {**usage, "promptTokenCount": usage["promptTokenCount"] + 3}), counts_up
        ),
    ),
    GeminiDefect(
        "gemini_drops_repeated_pieces",
        "A piece of a stream that is the same as the one before is dropped.",
        ("gemini.stream.text",),
        events=without_repeats,
    ),
    GeminiDefect(
        "gemini_loses_a_piece",
        "A stream lacks its second piece.",
        ("gemini.stream.alike", "gemini.stream.joins", "gemini.stream.incremental_with_tools"),
        events=without_a_piece,
    ),
    GeminiDefect(
        "gemini_repeats_ids_of_streams",
        "All streams have the same responseId.",
        ("gemini.stream.id_unique",),
        events=streaming(lambda chunk: {**chunk, "responseId": "same"}),
    ),
)
