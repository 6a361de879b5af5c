"""What becomes of a text on its way: to the model in a message, a result or a call, and back in an answer, a call or a stream."""

from __future__ import annotations

import unicodedata

from conformance.base.observation import Observation, accepted, honoured, ignored, mishandled, unanswered
from conformance.suite import probe
from conformance.suite.conversing import SLACK, counts_prompt_tokens
from conformance.suite.notes import (
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
from conformance.suite.probes import Ask
from conformance.suite.texts import first_difference, is_damaged
from conformance.suite.toolbox import MEMO, given
from conformance.surfaces.dialogue import DialogueCase
from conformance.surfaces.prompt import Prompt
from conformance.surfaces.reply import Reply

AGAIN = 8  # times that a text is in a prompt, so that it takes more tokens than counts of equal prompts may differ
ACCENTED = "\u00e9\u00f6\u00e7\u00f1\u00e0"  # letters with a mark, each of which NFD takes apart
BLANKS = " \n\t\n \n"
STREAMED = {"any script": NOTE, "repetitions": REPETITIVE}
ORDER = "Call the tool save_memo with the note as its argument, character by character. The note: "
LIST_AS_TEXT = '[{"type": "conformance", "note": "this list is the text of a message, and no content part"}, 7]'
FEWEST = 15  # tokens of that text in any tokenizer


@probe("text.reaches_model")
async def test_text(case: DialogueCase, ask: Ask) -> Observation:
    """The answer repeats a text with tags, entities, escapes, spaces and letters of many scripts."""
    return await note_reaches_model(case, ask, from_user)


@probe("text.reaches_model_from")
async def test_text_from(case: DialogueCase, ask: Ask) -> Observation:
    """The answer repeats such a text from this place in the conversation: system, result or arguments."""
    return await note_reaches_model(case, ask, PLACES[case.value])


@probe("text.comes_back")
async def test_text_comes_back(case: DialogueCase, ask: Ask) -> Observation:
    """No part of such a text is removed from the answer that repeats it."""
    return await note_comes_back(case, ask)


@probe("text.streamed")
async def test_streamed_text(case: DialogueCase, ask: Ask) -> Observation:
    """A stream holds such a text, or one in which the same words follow each other, as the answer without streaming does."""
    return await stream_carries_note(case, ask, STREAMED[case.value])


@probe("text.tags")
async def test_tags(case: DialogueCase, ask: Ask) -> Observation:
    """A prompt with this tag in it has more tokens than without it, whatever the model answers."""
    question = case.question("tags")
    whole = await ask(case.spelt(Prompt.of(f"{question} {case.value * AGAIN}", brief=True)))
    if not whole.ok:
        return whole.refusal()
    tokens, fewer = await _both(case, ask, whole, question)
    if tokens is None or fewer is None:
        return unanswered("prompt tokens are not counted")
    detail = f"{tokens} prompt tokens with {AGAIN} times {case.value!r}, {fewer} without"
    return honoured(detail) if tokens > fewer + SLACK else ignored(detail)


@probe("text.form")
async def test_text_form(case: DialogueCase, ask: Ask) -> Observation:
    """Whether accents that are characters of their own, or white space at both ends, count in the prompt."""
    text = f"{case.question('form')}. {ACCENTED * AGAIN}"
    sent = unicodedata.normalize("NFD", text) if case.value == "accents" else f"{BLANKS}{text}{BLANKS}"
    whole = await ask(case.spelt(Prompt.of(sent, brief=True)))
    if not whole.ok:
        return whole.refusal()
    tokens, other = await _both(case, ask, whole, text)
    if tokens is None or other is None:
        return unanswered("prompt tokens are not counted")
    detail = f"{tokens} prompt tokens as sent, {other} with the {case.value} in their usual form"
    return honoured(detail) if tokens != other else ignored(detail)


@probe("text.json_looking")
async def test_json_looking(case: DialogueCase, ask: Ask) -> Observation:
    """A text that looks like a list in JSON is answered, and its prompt tokens are those of text."""
    reply = await ask(case.spelt(Prompt.of(LIST_AS_TEXT)))
    if not reply.ok:
        return reply.refusal()
    count = reply.counts.prompt
    if count is None or count < FEWEST:
        return accepted(f"answered {reply.quoted_text()}")
    return honoured(f"{count} prompt tokens, answered {reply.quoted_text()}")


@probe("text.empty")
async def test_empty(case: DialogueCase, ask: Ask) -> Observation:
    """Whether a user message with an empty text is accepted or refused."""
    return (await ask(case.spelt(Prompt.of("")))).acceptance()


@probe("tools.text_in_arguments")
async def test_text_in_arguments(case: DialogueCase, ask: Ask) -> Observation:
    """The arguments of a required call hold the text that the answer to the same text as a message repeats."""
    prompt = Prompt.of(f"{ORDER}{NOTE}", tools=(MEMO,), choice="required", budget=TOKENS, brief=True)
    reply = await ask(case.spelt(prompt))
    if not reply.ok:
        return reply.refusal()
    got = _note_in(reply)
    if got is None or reply.cut:
        return unanswered("the answer was cut" if reply.cut else "there is no call with a note to look at")
    if NOTE in got:
        return honoured(f"the arguments hold all {len(NOTE)} characters")
    plain = await ask.control(case.spelt(from_user(NOTE), control=True))
    difference = first_difference(NOTE, copy_of(got))
    if NOTE not in plain.text or not is_damaged(copy_of(got), NOTE):
        return unanswered(f"the model does not pass on the note; {difference}")
    return mishandled(f"the arguments must hold the note, as the answer in text does; {difference}")


async def _both(case: DialogueCase, ask: Ask, whole: Reply, text: str) -> tuple[int | None, int | None]:
    """Return the prompt tokens of a reply and of a prompt with another text; None if they are not counted."""
    other = await ask.control(case.spelt(Prompt.of(text, brief=True), control=True))
    counted = await counts_prompt_tokens(case, ask, other)
    return (whole.counts.prompt, other.counts.prompt) if counted else (None, None)


def _note_in(reply: Reply) -> str | None:
    """Return the note in the arguments of the first call; None if there is none, which other claims report."""
    values = given(reply.made[0]) if reply.made else None
    return str(values["note"]) if values is not None and "note" in values else None
