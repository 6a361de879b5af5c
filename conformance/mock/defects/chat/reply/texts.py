"""Defects of the text of answers and of their finish_reason."""

import re
import zlib
from collections.abc import Iterator
from dataclasses import replace

from conformance.mock.defects.chat.building.answers import (
    JOINED_TEXT_CLAIMS,
    STRUCTURED_CLAIMS,
    change_messages,
    with_text,
)
from conformance.mock.defects.chat.building.chunks import change_chunk_choices, with_delta
from conformance.mock.defects.chat.building.kinds import SAMPLING_KINDS
from conformance.mock.defects.choices import cut_below_cap, with_template_token
from conformance.mock.defects.defect import Json, Mutation
from conformance.mock.engine.answer import Choice, Draft
from conformance.mock.surfaces.chat.defect import ChatDefect
from conformance.mock.surfaces.chat.request import ChatRequest

ONE_IN = 4  # prompts of which one gets another answer: few enough that most of a run is in order
ANTHROPIC_REASONS = {"stop": "end_turn", "length": "max_tokens", "tool_calls": "tool_use"}


def with_misread_delta(position: int, choice: Json) -> Json:
    """Return a streamed choice whose UTF-8 text was decoded as Latin-1."""
    text = choice["delta"].get("content")
    return with_delta(choice, content=text.encode().decode("latin-1")) if text else choice


def with_anthropic_reason(request: ChatRequest, choice: Choice) -> Choice:
    """Return the choice with the finish_reason that Anthropic's API uses."""
    return replace(choice, finish_reason=ANTHROPIC_REASONS[choice.finish_reason])


def is_complete_text(choice: Choice) -> bool:
    """Return whether the choice is a text that neither a cap nor a stop sequence cut."""
    return choice.finish_reason == "stop" and not choice.calls and choice.stopped_by is None


def with_reason_tool_calls(request: ChatRequest, choice: Choice) -> Choice:
    """Return a complete text with finish_reason tool_calls, other choices as they are."""
    return replace(choice, finish_reason="tool_calls") if is_complete_text(choice) else choice


def cut_in_half(request: ChatRequest, choice: Choice) -> Choice:
    """Return half of a complete text with finish_reason error, other choices as they are."""
    if not is_complete_text(choice):
        return choice
    return replace(choice, tokens=choice.tokens[: len(choice.tokens) // 2], finish_reason="error")


def with_content_parts(message: Json) -> Json:
    """Return a message whose content is an array of one text part."""
    text = message["content"]
    return {**message, "content": [{"type": "text", "text": text}]} if isinstance(text, str) else message


def with_misread_text(message: Json) -> Json:
    """Return a message whose UTF-8 text was decoded as Latin-1."""
    text = message["content"]
    return {**message, "content": text.encode().decode("latin-1")} if isinstance(text, str) else message


def swapped() -> Mutation[Draft]:
    """Return a mutation that answers one in some requests with the answer to the request before it."""
    earlier: list[Draft] = []

    def drafted(request: ChatRequest, draft: Draft) -> Draft:
        before = earlier[-1] if earlier else draft
        earlier[:] = [draft]
        return before if draft.text and not draft.calls and _is_chosen(request) else draft

    return drafted


def _is_chosen(request: ChatRequest) -> bool:
    """Return whether a request is among those that get another answer, which follows from its prompt."""
    return zlib.crc32(request.prompt.encode("utf-8", "surrogatepass")) % ONE_IN == 0


def without_tags(message: Json) -> Json:
    """Return a message whose text lacks everything in angle brackets."""
    text = message["content"]
    return {**message, "content": re.sub(r"<[^<>]+>", "", text)} if isinstance(text, str) else message


def without_text_in_streams(request: ChatRequest, chunks: Iterator[Json]) -> Iterator[Json]:
    """Yield the chunks without those that have text."""
    for chunk in chunks:
        if not any(choice["delta"].get("content") for choice in chunk["choices"]):
            yield chunk


DEFECTS = (
    ChatDefect(
        "streams_no_text_with_tools",
        "A stream has no text if its request has tools.",
        claims=("chat.reply.text", "chat.tools.stream_text"),
        reports=("B61",),
        parameter="tools",
        events=without_text_in_streams,
    ),
    ChatDefect(
        "removes_tags_from_answers",
        "Everything in angle brackets is removed from the text of answers, and billed.",
        claims=("chat.reply.any_text",),
        kinds=SAMPLING_KINDS,
        whole=change_messages(without_tags),
    ),
    ChatDefect(
        "streams_bytes_as_letters",
        "In a stream, each UTF-8 byte of a non-ASCII character comes as a wrong character of its own.",
        claims=("chat.reply.unicode", "chat.logprobs.shape", "chat.stream.text"),
        events=change_chunk_choices(with_misread_delta),
    ),
    ChatDefect(
        "answers_another_request",
        "A prompt now and then gets the answer to the request before it.",
        claims=("chat.reply.own_words",),
        draft=swapped(),
    ),
    ChatDefect(
        "ends_like_anthropic",
        "finish_reason has Anthropic's values: end_turn, max_tokens, tool_use.",
        claims=(
            "chat.reply.finish_reason",
            "chat.reply.natural_end",
            "chat.reply.schema",
            "chat.max_tokens.finish_reason",
            "chat.max_completion_tokens.finish_reason",
            "chat.response_format.truncated",
            "chat.stop.finish_reason",
            "chat.stream.finish_reason",
            "chat.stream.schema",
            "chat.tools.finish_reason",
        ),
        reports=("D015",),
        kinds=("claude",),
        choice=with_anthropic_reason,
    ),
    ChatDefect(
        "drops_stop_beside_tools",
        "With tools in the request stop is dropped: the text runs on past the sequence.",
        parameter="stop",
        claims=("chat.reply.stopped_text",),
        kinds=SAMPLING_KINDS,
        request=lambda request: replace(request, stop=()) if request.tools else request,
    ),
    ChatDefect(
        "shows_texts_as_reasoning_too",
        "The field reasoning_content repeats the content of an answer.",
        claims=("chat.reply.reasoning_apart",),
        reports=("B22",),
        whole=change_messages(lambda message: {**message, "reasoning_content": message["content"]}),
    ),
    ChatDefect(
        "breaks_off_with_error",
        "An answer breaks off halfway, with status 200 and finish_reason error.",
        claims=(
            "chat.reply.finish_reason",
            "chat.reply.schema",
            "chat.stream.choices",
            "chat.stream.finish_reason",
            "chat.stream.schema",
        ),
        reports=("D013",),
        choice=cut_in_half,
    ),
    ChatDefect(
        "ends_whole_texts_with_tool_calls",
        "A complete text answer has finish_reason tool_calls.",
        claims=("chat.reply.natural_end", "chat.tools.not_declared", "chat.reply.calls_end"),
        choice=with_reason_tool_calls,
    ),
    ChatDefect(
        "sends_content_as_parts",
        "The content of an answer is an array of text parts instead of a string.",
        claims=("chat.reply.content", "chat.reply.schema"),
        reports=("D002",),
        whole=change_messages(with_content_parts),
    ),
    ChatDefect(
        "misreads_bytes_of_text",
        "In a non-streamed answer, each UTF-8 byte of a non-ASCII character comes as a wrong character of its own.",
        claims=("chat.reply.unicode", "chat.logprobs.shape", "chat.response_format.features"),
        reports=("D091",),
        whole=change_messages(with_misread_text),
    ),
    ChatDefect(
        "loses_texts_of_plain_answers",
        "The content of a non-streamed answer is null, though its usage counts the text.",
        claims=("chat.reply.content", *STRUCTURED_CLAIMS, *JOINED_TEXT_CLAIMS),
        whole=with_text(None),
    ),
    ChatDefect(
        "ends_texts_with_template_tokens",
        "A text ends with the token of the chat template that ends messages.",
        claims=("chat.reply.template_apart",),
        reports=("C08",),
        kinds=("chat",),
        choice=with_template_token,
    ),
    ChatDefect(
        "cuts_answers_below_their_cap",
        "An answer is cut far below its cap, and says that the cap cut it.",
        claims=("chat.reply.cut_at_cap",),
        reports=("C20",),
        kinds=("chat",),
        choice=cut_below_cap,
    ),
)
