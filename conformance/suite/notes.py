"""A note that a conversation contains and that the model is asked to repeat: whether the text reached the model as it was sent.

An answer with the note letter by letter has read it.  An answer without a part of it proves nothing, since the model may have
left the part out.  But if the prompt costs no more tokens than with what was repeated in place of the note, the model never
saw that part.
"""

from __future__ import annotations

import html
import json
import re
import unicodedata
from collections.abc import Callable
from contextlib import suppress

from conformance.base.observation import Observation, honoured, ignored, mishandled, unanswered
from conformance.suite.conversing import SLACK, counts_prompt_tokens
from conformance.suite.probes import Ask
from conformance.suite.results import refusal_of
from conformance.suite.texts import first_difference, is_damaged, is_within
from conformance.suite.toolbox import MEMO, call_of
from conformance.surfaces.dialogue import DialogueCase
from conformance.surfaces.prompt import Prompt, Result, assistant, returned, user
from conformance.surfaces.reply import Reply

# What programs on the way to a model take for markup, for escapes, for needless or for foreign characters, between words by which
# a copy is recognised.  No part of it has another form in NFC, since the tokenizers of some models normalise.  Each part is
# several bytes longer than what is left if it is removed or decoded.
NOTE = (
    "alpha <thinking>a hidden thought</thinking> beta &lt;b&gt; &amp; &#39; gamma C:\\temp\\new\\run\\bin\\fox\\red\\nut "
    "delta wide  wider    widest      end epsilon ```x = 1``` zeta \U0001f98a\U0001f3bb\U0001f344 "
    "eta \U0001d518\U0001d52b\U0001d526 \U00010348 \U00020bb7 theta x\u0302 q\u0303 z\u030a j\u0304 v\u0307 "
    "iota \u05e9\u05dc\u05d5\u05dd \u05e2\u05d5\u05dc\u05dd kappa 1 < 2 omega"
)
FIRST, LAST = "alpha", "omega"
# The same words again and again, so that equal pieces of a stream follow each other.
REPETITIVE = f"{FIRST} {'no ' * 9}yes yes yes yes {'no ' * 6}no, no, no. Ha ha ha ha ha ha ha {LAST}"
REQUEST = "Repeat the note exactly, character by character, and write nothing else."
TOKENS = 160  # of an answer that repeats the note: it has 250 characters, some of which take several tokens
FEWEST = 5  # bytes that a part must have lost: less may cost no token

Conversation = Callable[[str], Prompt]
"""A conversation with a note in it that ends with the request to repeat it."""


def from_user(note: str) -> Prompt:
    """Return the request and the note in one message."""
    return Prompt.of(f"{REQUEST} The note: {note}", budget=TOKENS, brief=True)


def in_system(note: str) -> Prompt:
    """Return the note in a system message."""
    return Prompt.of(REQUEST, system=f"Keep this note: {note}", budget=TOKENS, brief=True)


def in_result(note: str) -> Prompt:
    """Return the note in the result of a call."""
    return _called("What did I want to remember?", "?", f"This is the note: {note}")


def in_arguments(note: str) -> Prompt:
    """Return the note in the arguments of a call."""
    return _called("Save something to remember.", note, "Saved.")


def _called(question: str, note: str, result: str) -> Prompt:
    made = call_of(MEMO, "Memo", note=note)
    turns = (user(question), assistant(calls=(made,)), returned(Result(made, result)), user(REQUEST))
    return Prompt(turns, tools=(MEMO,), budget=TOKENS, brief=True)


PLACES: dict[str, Conversation] = {"system": in_system, "result": in_result, "arguments": in_arguments}


async def note_reaches_model(case: DialogueCase, ask: Ask, conversation: Conversation) -> Observation:
    """Observe whether the answer repeats the note; if not, whether what it lacks is missing in the prompt."""
    replies = await _reduced(case, ask, conversation)
    if isinstance(replies, Observation):
        return replies
    whole, less = replies
    difference = first_difference(NOTE, copy_of(whole.text))
    tokens, fewer = whole.counts.prompt, less.counts.prompt
    if tokens is None or fewer is None or not await counts_prompt_tokens(case, ask, less):
        return unanswered(f"the model does not repeat the note, and prompt tokens are not counted; {difference}")
    if tokens == fewer:  # no tokenizer takes as many tokens for a text that lacks several of its characters
        detail = f"{tokens} prompt tokens with the note, {fewer} with what the answer has of it; {difference}"
        return ignored(detail, enforced=True)
    return unanswered(f"the note is in the prompt, but the model does not repeat it; {difference}")


async def note_comes_back(case: DialogueCase, ask: Ask) -> Observation:
    """Observe whether the answer repeats the note; if not, whether it is billed for more than its text."""
    replies = await _reduced(case, ask, from_user)
    if isinstance(replies, Observation):
        return replies
    whole, less = replies
    difference = first_difference(NOTE, copy_of(whole.text))
    billed, enough = (_visible_tokens(case, reply) for reply in replies)
    if not whole.text:
        return unanswered("the answer has no text, which claims about every reply judge")
    if whole.text != less.text or billed is None or enough is None:
        return unanswered(f"the model does not repeat the note; {difference}")
    if billed > enough + SLACK:
        detail = f"{billed} completion tokens, {enough} where the same text was asked for; {difference}"
        return mishandled(detail, enforced=True)
    return unanswered(f"the answer is billed for its text alone; {difference}")


def _visible_tokens(case: DialogueCase, reply: Reply) -> int | None:
    """Return how many tokens an answer is billed for without its reasoning; None if it does not say how many these are."""
    counts = reply.counts
    if counts.answer is None or (counts.reasoning is None and case.reasons):
        return None
    return counts.answer - (counts.reasoning or 0)


async def _reduced(case: DialogueCase, ask: Ask, conversation: Conversation) -> tuple[Reply, Reply] | Observation:
    """Return an answer that lacks some of the note, and the one to a conversation with what it has; else what is seen."""
    prompt = conversation(NOTE)
    reply = await ask(case.spelt(prompt))
    if not reply.ok:
        return await refusal_of(case, ask, reply, prompt)
    if (seen := _repeated(reply, NOTE)) is not None:
        return seen
    got = copy_of(reply.text)
    if not is_reduced(got, NOTE):
        return unanswered(f"the model does not repeat the note: {reply.quoted_text()}")
    return reply, await ask.control(case.spelt(conversation(got), control=True))


async def stream_carries_note(case: DialogueCase, ask: Ask, note: str) -> Observation:
    """Observe whether a stream repeats the note; if not, whether the answer without streaming does."""
    reply = await ask(case.spelt(from_user(note)))
    if (seen := _repeated(reply, note)) is not None:
        return seen
    plain = await ask.control(case.spelt(from_user(note), control=True))
    got = copy_of(reply.text)
    if note not in plain.text or not is_damaged(got, note):
        return unanswered(f"the model does not repeat the note: {reply.quoted_text()}")
    return mishandled(
        f"the stream must have the note, as the answer without streaming has; {first_difference(note, got)}"
    )


def _repeated(reply: Reply, note: str) -> Observation | None:
    """Return what an answer with the whole note, a cut one or a refusal shows; None for an answer that lacks some of the note."""
    if not reply.ok:
        return reply.refusal()
    if note in reply.text:
        return honoured(f"the answer repeats all {len(note)} characters")
    return unanswered(f"the answer was cut, {reply.end_as_sent}") if reply.cut else None


def copy_of(text: str) -> str:
    """Return the part of an answer that is a copy of a note: from its first word to its last."""
    first, last = text.find(FIRST), text.rfind(LAST)
    begin = max(0, first)
    return text[begin : last + len(LAST)] if last > begin else text[begin:].strip()


def is_reduced(copy: str, note: str) -> bool:
    """Return whether a copy is the note, or a decoded form of it, with some characters missing, and clearly shorter."""
    shorter = len(copy.encode("utf-8", "replace")) <= len(note.encode()) - FEWEST
    return shorter and any(is_within(copy, form) for form in _forms(note))


def _forms(note: str) -> list[str]:
    """Return the note as it is, and in the forms that programs convert text to."""
    forms = [note, html.unescape(note), unicodedata.normalize("NFKC", note), re.sub(r"[^\x00-\x7f]", "?", note)]
    with suppress(ValueError):
        forms.append(json.loads(f'"{note}"', strict=False))
    return [*forms, re.sub(r"[^\x00-\x7f]", "\ufffd", note)]
