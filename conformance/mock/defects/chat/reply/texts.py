"""Texts of answers that are misread, lost or put into another shape, and ends that no document lists."""

from dataclasses import replace

from conformance.mock.defects.chat.building.answers import FORMS, JOINED, in_messages, with_text
from conformance.mock.defects.chat.building.chunks import each_choice, with_delta
from conformance.mock.defects.defect import Json
from conformance.mock.engine.answer import Choice
from conformance.mock.surfaces.chat.defect import ChatDefect
from conformance.mock.surfaces.chat.request import ChatRequest

ANTHROPICS = {"stop": "end_turn", "length": "max_tokens", "tool_calls": "tool_use"}


def in_wrong_letters(place: int, choice: Json) -> Json:
    """Return a choice whose text was read byte by byte, each as a letter of its own."""
    text = choice["delta"].get("content")
    return with_delta(choice, content=text.encode().decode("latin-1")) if text else choice


def in_anthropics_words(request: ChatRequest, choice: Choice) -> Choice:
    """Return the choice with the finish_reason that Anthropic's own API has for it."""
    return replace(choice, finish_reason=ANTHROPICS[choice.finish_reason])


def whole_text(choice: Choice) -> bool:
    """Return whether the choice is a text that came to its own end."""
    return choice.finish_reason == "stop" and not choice.calls and choice.stopped_by is None


def ending_with_calls(request: ChatRequest, choice: Choice) -> Choice:
    """Return the choice with finish_reason tool_calls where it is a whole text."""
    return replace(choice, finish_reason="tool_calls") if whole_text(choice) else choice


def broken_off(request: ChatRequest, choice: Choice) -> Choice:
    """Return half of the choice and finish_reason error, where it is a whole text."""
    if not whole_text(choice):
        return choice
    return replace(choice, tokens=choice.tokens[: len(choice.tokens) // 2], finish_reason="error")


def in_blocks(message: Json) -> Json:
    """Return a message whose text is an array of one text part."""
    text = message["content"]
    return {**message, "content": [{"type": "text", "text": text}]} if isinstance(text, str) else message


def decoded_wrongly(message: Json) -> Json:
    """Return a message whose text was read byte by byte, each as a letter of its own."""
    text = message["content"]
    return {**message, "content": text.encode().decode("latin-1")} if isinstance(text, str) else message


DEFECTS = (
    ChatDefect(
        "streams_bytes_as_letters",
        "In a stream, each UTF-8 byte of a non-ASCII character comes as a wrong character of its own.",
        claims=("chat.reply.unicode", "chat.logprobs.shape"),
        events=each_choice(in_wrong_letters),
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
        choice=in_anthropics_words,
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
        choice=broken_off,
    ),
    ChatDefect(
        "ends_whole_texts_with_tool_calls",
        "A complete text answer has finish_reason tool_calls.",
        claims=("chat.reply.natural_end", "chat.tools.not_declared"),
        choice=ending_with_calls,
    ),
    ChatDefect(
        "sends_content_as_parts",
        "The content of an answer is an array of text parts instead of a string.",
        claims=("chat.reply.content", "chat.reply.schema"),
        reports=("D002",),
        whole=in_messages(in_blocks),
    ),
    ChatDefect(
        "misreads_bytes_of_text",
        "In a non-streamed answer, each UTF-8 byte of a non-ASCII character comes as a wrong character of its own.",
        claims=("chat.reply.unicode", "chat.logprobs.shape"),
        reports=("D091",),
        whole=in_messages(decoded_wrongly),
    ),
    ChatDefect(
        "loses_texts_of_plain_answers",
        "The content of a non-streamed answer is null, though its usage counts the text.",
        claims=("chat.reply.content", *FORMS, *JOINED),
        whole=with_text(None),
    ),
)
