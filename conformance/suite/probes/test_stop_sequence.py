"""Stop sequences: a word from the control's own answer must end the text, alone and as the last of several sequences."""

from __future__ import annotations

import re

from conformance.base.observation import Observation, Seen, honoured, ignored, mishandled, unanswered
from conformance.suite import probe
from conformance.suite.controls import ask_long_control
from conformance.suite.measuring import measure
from conformance.suite.probes import Ask
from conformance.surfaces.reply import End, Reply
from conformance.surfaces.surface import PromptCase

NEVER = " #~#"  # goes on from a word of a count as no count does


@probe("stop_sequence.ends_text")
async def test_ends_text(case: PromptCase, ask: Ask) -> Observation:
    """The text ends right before the stop sequence, while the control goes on past it."""
    return (await _stopped(case, ask))[0]


@probe("stop_sequence.end_reason")
async def test_end_reason(case: PromptCase, ask: Ask) -> Observation:
    """A text that a stop sequence ended says that it was stopped."""
    seen, reply = await _stopped(case, ask)
    if seen.seen in {Seen.REFUSED, Seen.UNANSWERED}:
        return seen
    if seen.seen is not Seen.HONOURED:
        return unanswered(f"there is no stopped text to look at: {seen.detail}")
    if reply.end is End.STOP:
        return honoured(reply.end_as_sent)
    return mishandled(f"{reply.end_as_sent} for a text that a stop sequence ended", enforced=True)


@probe("stop_sequence.count")
async def test_count(case: PromptCase, ask: Ask) -> Observation:
    """With this number of stop sequences, the last one still ends the text."""
    return (await _stopped(case, ask, case.value))[0]


@probe("stop_sequence.limit")
async def test_limit(case: PromptCase, ask: Ask) -> Observation:
    """The largest number of stop sequences of which the last one still ends the text."""

    async def works(count: int, ask: Ask) -> Observation:
        return (await _stopped(case, ask, count))[0]

    return await measure(case.parameter, ask, works)


@probe("stop_sequence.long")
async def test_long(case: PromptCase, ask: Ask) -> Observation:
    """A sequence of three words, which no model writes as one token, ends the text."""
    return (await _stopped(case, ask, words=3))[0]


@probe("stop_sequence.unfinished")
async def test_unfinished(case: PromptCase, ask: Ask) -> Observation:
    """A text that begins a sequence, inside and at its end, and does not complete it is whole."""
    control = await ask_long_control(case, ask)
    text, inside = control.text.rstrip(), pick(control.text)
    if inside is None:
        return unanswered(f"the control is too short to take a stop sequence from: {control.quoted_text()}")
    sequences = [f"{inside}{NEVER}", f"{text.split()[-1]}{NEVER}"]
    reply = await ask(case.stopped(control.exchange.request, sequences))
    if not reply.ok:
        return reply.refusal()
    if reply.text.strip() == text.strip():
        return honoured(f"the text is whole, although it begins {sequences[0]!r} and {sequences[1]!r}")
    if reply.end is not End.LENGTH and text.startswith(reply.text.rstrip()):
        return mishandled(f"the text must end with {text[-8:]!r} as without stop, got {reply.text[-8:]!r}")
    return unanswered(f"the answer differs from the control: {reply.quoted_text()}")


async def _stopped(case: PromptCase, ask: Ask, count: int | None = None, words: int = 1) -> tuple[Observation, Reply]:
    """Return what a sequence from the control does: alone, or as the last of `count` sequences, the others never occurring."""
    control = await ask_long_control(case, ask)
    sequence = pick(control.text, words)
    if sequence is None:
        return unanswered(f"the control is too short to take a stop sequence from: {control.quoted_text()}"), control
    decoys = [f"#{number}~{number}#" for number in range(1, count or 1)]
    request = control.exchange.request
    reply = await ask(case.stopped(request, sequence if count is None else [*decoys, sequence]))
    return _compare(reply, control, sequence), reply


def _compare(reply: Reply, control: Reply, sequence: str) -> Observation:
    """Return what a reply with a stop sequence shows next to a control without it."""
    if not reply.ok:
        return reply.refusal()
    before = control.text[: control.text.find(sequence)]
    if reply.text.strip() == before.strip():
        return honoured(f"the text ends before {sequence!r}; the control goes on")
    if reply.text.strip() == (before + sequence).strip():
        return mishandled(f"the text must end before the stop sequence {sequence!r}, and includes it", enforced=True)
    if sequence in reply.text:
        return ignored(f"the text goes on past the stop sequence {sequence!r}", enforced=True)
    return unanswered(f"the answer differs from the control before {sequence!r}: {reply.quoted_text()}")


def pick(text: str, words: int = 1) -> str | None:
    """Return words from the middle of the text of which the first does not occur before, also not within a word; None if none.

    Reasoning in tags (<think>...</think>) does not count: servers look for stop sequences only in the answer after it.
    """
    begin = text.rfind(">") + 1
    for word in re.finditer(rf"\S+(?:\s+\S+){{{words - 1}}}", text):
        inside = begin + (len(text) - begin) // 3 <= word.start() and word.end() < len(text.rstrip()) - 2
        first = word[0].split()[0]
        if inside and len(first) >= 2 and text.find(first) == word.start() and text[: word.start()].strip():
            return word[0]
    return None
