"""Streams whose pieces do not add up: text that is lost or doubled, ends that are missing or too many, odd log probabilities."""

from collections.abc import Iterator
from dataclasses import replace

from conformance.mock.defects.chat.chunks import each_choice, with_delta, without
from conformance.mock.defects.defect import Json, Mutation
from conformance.mock.engine.answer import Choice
from conformance.mock.surfaces.chat.defect import ChatDefect
from conformance.mock.surfaces.chat.request import ChatRequest

CAPS = ("chat.max_tokens.finish_reason", "chat.max_completion_tokens.finish_reason")
ENDS = ("chat.stream.finish_reason", "chat.stream.choices", "chat.stop.finish_reason", *CAPS)
FORMS = ("chat.response_format.json_schema", "chat.response_format.json_object")
THOUGHT = "Let me see what is asked here."


def named(reason: str) -> Mutation[Iterator[Json]]:
    """Streams in which stop is called by another name."""
    return each_choice(lambda place, it: {**it, "finish_reason": reason} if it["finish_reason"] == "stop" else it)


def ended_twice(request: ChatRequest, chunks: Iterator[Json]) -> Iterator[Json]:
    """The chunks, each end of a choice followed by another end."""
    for chunk in chunks:
        yield chunk
        ends = [
            {**each, "logprobs": None, "finish_reason": "stop"} for each in chunk["choices"] if each["finish_reason"]
        ]
        if ends:
            yield {**chunk, "choices": ends}


def with_early_ends(place: int, choice: Json) -> Json:
    """A choice that says that it ends, whatever comes after it."""
    return {**choice, "finish_reason": choice["finish_reason"] or "stop"}


def with_text_again(request: ChatRequest, chunks: Iterator[Json]) -> Iterator[Json]:
    """The chunks, the last of each choice with its whole text once more."""
    texts: dict[int, str] = {}
    for chunk in chunks:
        for place, choice in enumerate(chunk["choices"]):
            index = choice["index"]
            texts[index] = texts.get(index, "") + (choice["delta"].get("content") or "")
            if choice["finish_reason"] and texts[index]:
                chunk["choices"][place] = with_delta(choice, content=texts[index])
        yield chunk


def without_last_text(request: ChatRequest, chunks: Iterator[Json]) -> Iterator[Json]:
    """The chunks without the last piece of text, which came together with the usage."""
    held: list[Json] = []
    for chunk in chunks:
        text = any(each["delta"].get("content") for each in chunk["choices"])
        if text:
            yield from held
        elif held:
            held = []
        if text:
            held = [chunk]
        else:
            yield chunk


def thinking(tag: str, pieces: int) -> Mutation[Iterator[Json]]:
    """Streams of text that begin with a thought between two tags, the opening one in so many pieces."""

    def thought(request: ChatRequest, chunks: Iterator[Json]) -> Iterator[Json]:
        for place, chunk in enumerate(chunks):
            yield chunk
            if place or request.tools or request.logprobs:
                continue
            opening, length = f"<{tag}>", -(-(len(tag) + 2) // pieces)
            starts = [opening[at : at + length] for at in range(0, len(opening), length)]
            for piece in (*starts, THOUGHT, f"</{tag}>\n\n"):
                yield {**chunk, "choices": [with_delta(each, content=piece) for each in chunk["choices"]]}

    return thought


def past_stop_sequence(request: ChatRequest, choice: Choice) -> Choice:
    """A streamed choice with the sequence that ended it."""
    if not request.stream or not choice.stopped_by:
        return choice
    return replace(choice, tokens=(*choice.tokens, choice.stopped_by))


def raw_tokens(place: int, choice: Json) -> Json:
    """A choice whose log probabilities name tokens as the vocabulary spells them."""
    if not choice["logprobs"]:
        return choice
    entries = [raw(entry) for entry in choice["logprobs"]["content"]]
    return {**choice, "logprobs": {**choice["logprobs"], "content": entries}}


def raw(entry: Json) -> Json:
    """The entry of a token with the mark that stands for a space in the vocabulary."""
    token = entry["token"].replace(" ", "\u0120")
    others = {"top_logprobs": [raw(each) for each in entry["top_logprobs"]]} if "top_logprobs" in entry else {}
    return {**entry, "token": token, "bytes": list(token.encode("utf-8", "replace")), **others}


def begun_again(request: ChatRequest, chunks: Iterator[Json]) -> Iterator[Json]:
    """The chunks, and where a cap ended them the answer once more, as if it were complete."""
    sent: list[Json] = []
    for chunk in chunks:
        capped = any(each["finish_reason"] == "length" for each in chunk["choices"])
        if capped:
            yield from sent
            chunk = {**chunk, "choices": [{**each, "finish_reason": "stop"} for each in chunk["choices"]]}
        sent.append(chunk)
        yield chunk


DEFECTS = (
    ChatDefect(
        "repeats_text_at_the_end",
        "The last delta of a stream holds the whole text again.",
        claims=("chat.stream.joins", "chat.logprobs.shape", *FORMS),
        reports=("D118",),
        events=with_text_again,
    ),
    ChatDefect(
        "streams_without_last_piece",
        "The last piece of text is missing in a stream.",
        claims=("chat.stream.joins", *FORMS),
        reports=("D226",),
        events=without_last_text,
    ),
    ChatDefect(
        "streams_thoughts_as_text",
        "A streamed text begins with what the model thought, between tags.",
        claims=("chat.stream.joins", *FORMS),
        reports=("D152",),
        events=thinking("think", 1),
    ),
    ChatDefect(
        "streams_thoughts_in_torn_tags",
        "A streamed text begins with a thought whose opening tag comes in three pieces.",
        claims=("chat.stream.joins", *FORMS),
        reports=("D154",),
        events=thinking("thought", 3),
    ),
    ChatDefect(
        "streams_past_stop_sequence",
        "A streamed text ends with the stop sequence, while a plain one ends before it.",
        claims=("chat.stop.ends_text",),
        reports=("D173",),
        parameter="stop",
        kinds=("chat", "claude", "gemini"),
        choice=past_stop_sequence,
    ),
    ChatDefect(
        "never_ends_streamed_choices",
        "No chunk of a stream has a finish_reason other than null.",
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
        "Every chunk of a stream has a finish_reason.",
        claims=("chat.stream.finish_reason", "chat.stream.choices"),
        reports=("D132",),
        events=each_choice(with_early_ends),
    ),
    ChatDefect(
        "ends_choices_twice",
        "A streamed choice ends twice, the second time with stop.",
        claims=("chat.stream.finish_reason", "chat.stream.choices", "chat.tools.finish_reason", *CAPS),
        reports=("D128",),
        events=ended_twice,
    ),
    ChatDefect(
        "streams_end_with_eos_token",
        "A streamed choice ends with a finish_reason that no document lists.",
        claims=("chat.stream.finish_reason", "chat.stream.schema", "chat.stream.choices", "chat.stop.finish_reason"),
        reports=("D138",),
        events=named("eos_token"),
    ),
    ChatDefect(
        "streams_again_at_the_cap",
        "Where a cap ends a streamed answer it is begun anew, and ends with stop.",
        claims=("chat.max_completion_tokens.finish_reason",),
        reports=("D146",),
        kinds=("reasoning",),
        events=begun_again,
    ),
    ChatDefect(
        "streams_raw_tokens",
        "The log probabilities of a stream name tokens with the vocabulary's mark for a space.",
        claims=("chat.logprobs.shape",),
        reports=("D142",),
        parameter="logprobs",
        kinds=("chat",),
        events=each_choice(raw_tokens),
    ),
    ChatDefect(
        "streams_without_logprobs",
        "The chunks of a stream have no log probabilities, though the plain answer has.",
        claims=("chat.logprobs.present",),
        reports=("D144",),
        parameter="logprobs",
        kinds=("chat",),
        events=each_choice(lambda place, it: without(it, "logprobs")),
    ),
)
