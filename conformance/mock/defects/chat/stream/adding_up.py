"""Streams whose pieces do not add up: text that is lost or doubled, ends that are missing or too many."""

from collections.abc import Iterator

from conformance.mock.defects.chat.building.chunks import each_choice, with_delta, without
from conformance.mock.defects.defect import Json, Mutation
from conformance.mock.surfaces.chat.defect import ChatDefect
from conformance.mock.surfaces.chat.request import ChatRequest

CAPS = ("chat.max_tokens.finish_reason", "chat.max_completion_tokens.finish_reason")
ENDS = ("chat.stream.finish_reason", "chat.stream.choices", "chat.stop.finish_reason", *CAPS)
FORMS = ("chat.response_format.json_schema", "chat.response_format.json_object")
THOUGHT = "Let me see what is asked here."


def in_one_piece(chunks: Iterator[Json]) -> Iterator[Json]:
    """Yield the chunks, all text of a choice in its last one but the end."""
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
    """Return two chunks of one choice as one."""
    (one,), (two,) = first["choices"], second["choices"]
    content = one["delta"]["content"] + two["delta"]["content"]
    logprobs = one["logprobs"]
    if logprobs:
        logprobs = {**logprobs, "content": logprobs["content"] + two["logprobs"]["content"]}
    return {**first, "choices": [{**one, "delta": {"content": content}, "logprobs": logprobs}]}


def named(reason: str) -> Mutation[Iterator[Json]]:
    """Call the reason stop by another name in a stream."""
    return each_choice(lambda place, it: {**it, "finish_reason": reason} if it["finish_reason"] == "stop" else it)


def with_two_ends(request: ChatRequest, chunks: Iterator[Json]) -> Iterator[Json]:
    """Yield the chunks, each end of a choice followed by another end."""
    for chunk in chunks:
        yield chunk
        ends = [
            {**choice, "logprobs": None, "finish_reason": "stop"}
            for choice in chunk["choices"]
            if choice["finish_reason"]
        ]
        if ends:
            yield {**chunk, "choices": ends}


def with_early_ends(place: int, choice: Json) -> Json:
    """Return a choice that says that it ends, whatever comes after it."""
    return {**choice, "finish_reason": choice["finish_reason"] or "stop"}


def with_text_again(request: ChatRequest, chunks: Iterator[Json]) -> Iterator[Json]:
    """Yield the chunks, the last of each choice with its whole text once more."""
    texts: dict[int, str] = {}
    for chunk in chunks:
        for place, choice in enumerate(chunk["choices"]):
            index = choice["index"]
            texts[index] = texts.get(index, "") + (choice["delta"].get("content") or "")
            if choice["finish_reason"] and texts[index]:
                chunk["choices"][place] = with_delta(choice, content=texts[index])
        yield chunk


def without_last_text(request: ChatRequest, chunks: Iterator[Json]) -> Iterator[Json]:
    """Yield the chunks without the last piece of text, which came together with the usage."""
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


def thinking(tag: str, pieces: int) -> Mutation[Iterator[Json]]:
    """Begin streams of text with a thought between two tags, the opening one in so many pieces."""

    def thought(request: ChatRequest, chunks: Iterator[Json]) -> Iterator[Json]:
        for place, chunk in enumerate(chunks):
            yield chunk
            if place or request.tools or request.logprobs:
                continue
            opening, length = f"<{tag}>", -(-(len(tag) + 2) // pieces)
            starts = [opening[at : at + length] for at in range(0, len(opening), length)]
            for piece in (*starts, THOUGHT, f"</{tag}>\n\n"):
                yield {**chunk, "choices": [with_delta(choice, content=piece) for choice in chunk["choices"]]}

    return thought


DEFECTS = (
    ChatDefect(
        "leaves_out_null_finish_reasons",
        "The choices of a chunk lack the key finish_reason, except in the last chunk.",
        claims=("chat.stream.finish_reason_key",),
        reports=("D130",),
        events=each_choice(lambda place, it: it if it["finish_reason"] else without(it, "finish_reason")),
    ),
    ChatDefect(
        "streams_text_in_one_piece",
        "The whole text of a stream comes in one chunk.",
        claims=("chat.stream.incremental",),
        reports=("D183",),
        events=lambda request, chunks: in_one_piece(chunks),
    ),
    ChatDefect(
        "repeats_text_at_the_end",
        "The last delta of a stream repeats the whole text.",
        claims=("chat.stream.joins", "chat.logprobs.shape", *FORMS),
        reports=("D118",),
        events=with_text_again,
    ),
    ChatDefect(
        "streams_without_last_piece",
        "A stream lacks the last piece of its text.",
        claims=("chat.stream.joins", *FORMS),
        reports=("D226",),
        events=without_last_text,
    ),
    ChatDefect(
        "streams_thoughts_as_text",
        "A streamed text begins with the model's reasoning in tags.",
        claims=("chat.stream.joins", *FORMS),
        reports=("D152",),
        events=thinking("think", 1),
    ),
    ChatDefect(
        "streams_thoughts_in_torn_tags",
        "A streamed text begins with reasoning in tags, the opening tag split over three chunks.",
        claims=("chat.stream.joins", *FORMS),
        reports=("D154",),
        events=thinking("thought", 3),
    ),
    ChatDefect(
        "never_ends_streamed_choices",
        "finish_reason is null in every chunk of a stream.",
        claims=(*ENDS, "chat.tools.finish_reason"),
        reports=("D134",),
        events=each_choice(lambda place, it: {**it, "finish_reason": None}),
    ),
    ChatDefect(
        "streams_without_finish_reason",
        "No chunk of a stream has the key finish_reason.",
        claims=("chat.stream.finish_reason_key", *ENDS, "chat.tools.finish_reason"),
        reports=("D136",),
        events=each_choice(lambda place, it: without(it, "finish_reason")),
    ),
    ChatDefect(
        "ends_choice_in_each_chunk",
        "Every chunk of a stream has a finish_reason that is not null.",
        claims=("chat.stream.finish_reason", "chat.stream.choices"),
        reports=("D132",),
        events=each_choice(with_early_ends),
    ),
    ChatDefect(
        "ends_choices_twice",
        "A streamed choice ends twice, the second time with finish_reason stop.",
        claims=("chat.stream.finish_reason", "chat.stream.choices", "chat.tools.finish_reason", *CAPS),
        reports=("D128",),
        events=with_two_ends,
    ),
    ChatDefect(
        "streams_end_with_eos_token",
        "The finish_reason of a streamed choice is eos_token, which the documentation does not list.",
        claims=("chat.stream.finish_reason", "chat.stream.schema", "chat.stream.choices", "chat.stop.finish_reason"),
        reports=("D138",),
        events=named("eos_token"),
    ),
)
