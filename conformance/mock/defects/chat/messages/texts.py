"""Defects that change the text of messages on its way to the model: what is taken for markup, escapes or needless."""

import html
import json
import re
import unicodedata
from collections.abc import Callable

from conformance.mock.defects.chat.building.messages import change_checked_messages, change_texts
from conformance.mock.defects.defect import Json
from conformance.mock.surfaces.chat.defect import ChatDefect

TEXT = ("chat.messages.text", "chat.messages.text_everywhere")
SHORT_ESCAPES = {"t": "\t", "n": "\n", "r": "\r", "b": "\b", "f": "\f"}


def without(pattern: str, left: str = "") -> Callable[[str], str]:
    """Return a change that replaces everything that matches a pattern."""
    compiled = re.compile(pattern, re.DOTALL)
    return lambda text: compiled.sub(left, text)


def unescaped(text: str) -> str:
    """Return a text with its backslash escapes decoded."""
    return re.sub(r"\\([tnrbf])", lambda match: SHORT_ESCAPES[match[1]], text)


def with_plain_arguments(message: Json) -> Json:
    """Return a message with the tags removed from the arguments of its calls."""
    calls = [
        {**call, "function": {**call["function"], "arguments": tagless(call["function"]["arguments"])}}
        for call in message.get("tool_calls") or ()
    ]
    return {**message, "tool_calls": calls} if calls else message


def tagless(arguments: str) -> str:
    """Return the JSON of arguments without tags."""
    return json.dumps(json.loads(re.sub(r"</?\w+>", "", arguments)), ensure_ascii=False)


DEFECTS = (
    ChatDefect(
        "deletes_thoughts_of_users",
        "What a user writes between <thinking> and </thinking> never reaches the model.",
        claims=("chat.messages.text",),
        reports=("E042",),
        request=change_texts(without(r"<thinking>.*?</thinking>"), "user"),
    ),
    ChatDefect(
        "deletes_tags_of_agents",
        "Closing tags of reasoning and reminders of coding agents never reach the model.",
        claims=("chat.messages.tags",),
        reports=("E042",),
        request=change_texts(without(r"</think>|<system-reminder>.*?</system-reminder>")),
    ),
    ChatDefect(
        "strips_tags",
        "Everything in angle brackets is removed from messages.",
        claims=(*TEXT, "chat.messages.tags"),
        request=change_texts(without(r"<[^<>]+>")),
    ),
    ChatDefect(
        "strips_tags_of_results",
        "Everything in angle brackets is removed from the results of tools.",
        claims=("chat.messages.text_everywhere",),
        request=change_texts(without(r"<[^<>]+>"), "tool"),
    ),
    ChatDefect(
        "strips_tags_of_arguments",
        "Tags are removed from the arguments of earlier calls.",
        claims=("chat.messages.text_everywhere",),
        kinds=("chat", "claude", "gemini"),
        request=change_checked_messages(with_plain_arguments),
    ),
    ChatDefect(
        "cuts_messages_at_angle_brackets",
        'A message is cut at its first "<" that begins no tag.',
        claims=TEXT,
        request=change_texts(without(r"\s*< .*")),
    ),
    ChatDefect(
        "decodes_entities",
        "HTML entities in messages are decoded.",
        claims=TEXT,
        request=change_texts(html.unescape),
    ),
    ChatDefect(
        "decodes_escapes",
        "Backslash escapes in messages are decoded.",
        claims=TEXT,
        request=change_texts(unescaped),
    ),
    ChatDefect(
        "collapses_spaces",
        "Several spaces in a row reach the model as one.",
        claims=TEXT,
        request=change_texts(without(r" {2,}", " ")),
    ),
    ChatDefect(
        "removes_code_fences",
        "Code between fences never reaches the model.",
        claims=TEXT,
        request=change_texts(without(r"```.*?```")),
    ),
    ChatDefect(
        "drops_characters_of_four_bytes",
        "Emoji and letters beyond the Basic Multilingual Plane never reach the model.",
        claims=TEXT,
        request=change_texts(without(r"[^\u0000-\uffff]")),
    ),
    ChatDefect(
        "converts_text_to_ascii",
        "Letters beyond ASCII reach the model as question marks.",
        claims=(*TEXT, "chat.reply.unicode"),
        request=change_texts(without(r"[^\x00-\x7f]", "?")),
    ),
    ChatDefect(
        "composes_accents",
        "Text is composed (NFC) on its way to the model.",
        claims=("chat.messages.text_form",),
        request=change_texts(lambda text: unicodedata.normalize("NFC", text)),
    ),
    ChatDefect(
        "trims_messages",
        "White space at both ends of a message never reaches the model.",
        claims=("chat.messages.text_form",),
        request=change_texts(str.strip),
    ),
)
