"""What becomes of a text on its way: to the model in a message, a result or a call, and back in a call or a stream."""

import json
import unicodedata
from typing import Any

from conformance.base.observation import Observation, honoured, ignored, mishandled, unanswered
from conformance.suite import claim
from conformance.suite.chat import Ask
from conformance.suite.chat.conversing import SLACK, brief, counts_prompt_tokens, message, prompt_tokens
from conformance.suite.chat.notes import (
    NOTE,
    PLACES,
    REPETITIVE,
    TOKENS,
    copy_of,
    from_user,
    note_comes_back,
    note_reaches_model,
    stream_carries_note,
)
from conformance.suite.chat.texts import first_difference, is_damaged
from conformance.suite.chat.toolbox import function_of
from conformance.suite.toolbox import MEMO
from conformance.surfaces.chat.reply import ChatReply
from conformance.surfaces.chat.request import ChatCase, declared
from conformance.surfaces.dialogue import PLAIN

AGAIN = 8  # times that a text is in a prompt, so that it takes more tokens than counts of equal prompts may differ
ACCENTED = "\u00e9\u00f6\u00e7\u00f1\u00e0"  # letters with a mark, each of which NFD takes apart
BLANKS = " \n\t\n \n"
STREAMED = {"any script": NOTE, "repetitions": REPETITIVE}
ORDER = "Call the tool save_memo with the note as its argument, character by character. The note: "


@claim("chat.messages.text")
async def test_text(case: ChatCase, ask: Ask) -> Observation:
    """The answer repeats a text with tags, entities, escapes, spaces and letters of many scripts."""
    return await note_reaches_model(case, ask, from_user)


@claim("chat.messages.text_everywhere")
async def test_text_everywhere(case: ChatCase, ask: Ask) -> Observation:
    """The answer repeats such a text from this place in the conversation."""
    parameters: dict[str, Any] = {} if case.value == "system" else {"tools": [declared(MEMO)]}
    return await note_reaches_model(case, ask, PLACES[case.value], **parameters)


@claim("chat.reply.any_text")
async def test_any_text(case: ChatCase, ask: Ask) -> Observation:
    """No part of such a text is removed from the answer that repeats it."""
    return await note_comes_back(case, ask)


@claim("chat.stream.text")
async def test_stream_text(case: ChatCase, ask: Ask) -> Observation:
    """A stream holds such a text, or one in which the same words follow each other, as the answer without streaming does."""
    return await stream_carries_note(case, ask, STREAMED[case.value])


@claim("chat.messages.tags")
async def test_tags(case: ChatCase, ask: Ask) -> Observation:
    """A prompt with this tag in it has more tokens than without it, whatever the model answers."""
    whole = await ask(case.request(f"{PLAIN} {case.value * AGAIN}", **brief(case, 16)))
    if not whole.ok:
        return whole.refusal()
    tokens, fewer = await _both(case, ask, whole, PLAIN)
    if tokens is None or fewer is None:
        return unanswered("prompt tokens are not counted")
    detail = f"{tokens} prompt tokens with {AGAIN} times {case.value!r}, {fewer} without"
    return honoured(detail) if tokens > fewer + SLACK else ignored(detail)


@claim("chat.messages.text_form")
async def test_text_form(case: ChatCase, ask: Ask) -> Observation:
    """Whether accents that are characters of their own, or white space at both ends, count in the prompt."""
    text = f"{PLAIN}. {ACCENTED * AGAIN}"
    sent = unicodedata.normalize("NFD", text) if case.value == "accents" else f"{BLANKS}{text}{BLANKS}"
    whole = await ask(case.request(sent, **brief(case, 16)))
    if not whole.ok:
        return whole.refusal()
    tokens, other = await _both(case, ask, whole, text)
    if tokens is None or other is None:
        return unanswered("prompt tokens are not counted")
    detail = f"{tokens} prompt tokens as sent, {other} with the {case.value} in their usual form"
    return honoured(detail) if tokens != other else ignored(detail)


@claim("chat.tools.text_in_arguments")
async def test_text_in_arguments(case: ChatCase, ask: Ask) -> Observation:
    """The arguments of a required call hold the text that the answer to the same text as a message repeats."""
    order = [message("user", f"{ORDER}{NOTE}")]
    how = {"tools": [declared(MEMO)], "tool_choice": "required", **brief(case, TOKENS)}
    reply = await ask(case.request(messages=order, **how))
    if not reply.ok:
        return reply.refusal()
    got = _note_in(reply)
    if got is None or reply.cut:
        return unanswered("the answer was cut" if reply.cut else "there is no call with a note to look at")
    if NOTE in got:
        return honoured(f"the arguments hold all {len(NOTE)} characters")
    plain = await ask.control(case.control(messages=from_user(NOTE), **brief(case, TOKENS)))
    difference = first_difference(NOTE, copy_of(got))
    if NOTE not in plain.text or not is_damaged(copy_of(got), NOTE):
        return unanswered(f"the model does not pass on the note; {difference}")
    return mishandled(f"the arguments must hold the note, as the answer in text does; {difference}")


async def _both(case: ChatCase, ask: Ask, whole: ChatReply, text: str) -> tuple[int | None, int | None]:
    """Return the prompt tokens of a reply and of a prompt with another text; None if they are not counted."""
    other = await ask.control(case.control(text, **brief(case, 16)))
    counted = await counts_prompt_tokens(case, ask, other)
    return (prompt_tokens(whole), prompt_tokens(other)) if counted else (None, None)


def _note_in(reply: ChatReply) -> str | None:
    """Return the note in the arguments of the first call; None if there is none, which other claims report."""
    try:
        arguments = json.loads(function_of(reply.tool_calls[0])["arguments"])
        return str(arguments["note"])
    except (LookupError, TypeError, ValueError):
        return None
