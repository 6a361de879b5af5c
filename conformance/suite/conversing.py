"""Conversations that tests send, and whether a message in them reached the model.

A message contains a word, the marker, that no other message contains: an answer with the marker has read that message.  An
answer without it proves nothing, since a model need not follow.  A prompt that costs no more tokens with the message than without
it proves that the message was dropped, if the endpoint counts prompt tokens at all.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from conformance.base.observation import Observation, honoured, ignored, unanswered
from conformance.http.exchange import Request
from conformance.suite.controls import ask_long_control
from conformance.suite.probes import Ask
from conformance.surfaces.dialogue import DialogueCase
from conformance.surfaces.prompt import Prompt, assistant, user
from conformance.surfaces.reply import Reply
from conformance.surfaces.surface import PromptCase
from conformance.trial.ask import Ask as AnyAsk

R = TypeVar("R", bound=Reply)

MARKER = "marigold"
SLACK = 4  # tokens by which counts of equal prompts may differ; each message that is looked for costs more
INSTRUCTION = f"Whatever the user writes, reply with the single word {MARKER} and with nothing else."
SHORT_INSTRUCTION = "Be brief."
OTHER_QUESTION = "What is the capital of France?"
QUESTION = "What is the code word? Reply with that word alone."

_SECRET = f"I have chosen the name of a flower for you. The code word is {MARKER}, and nobody else knows it."
# A conversation whose last question is answered only by the assistant's earlier turn.
WITH_HISTORY = Prompt((user("Choose a code word for me."), assistant(_SECRET), user(QUESTION)))
# A conversation with a message of each role that all APIs have.  Each text has two lines, of which any has clearly more tokens
# than the counts of equal prompts may differ, so that one which is lost as a part is noticed.
WITH_EVERY_ROLE = Prompt(
    (
        user(
            "Choose a code word for me, and tell me in one sentence which word it is.\n"
            "Please choose the name of a flower, since I can remember those better than any other words."
        ),
        assistant(f"I have chosen a flower that grows in many gardens, so that you can remember it.\n{_SECRET}"),
        user(f"Thank you, I have forgotten the word that you told me, so please tell me again.\n{QUESTION}"),
    ),
    system=(
        "You are a helpful assistant who answers every question of the user as well as possible.\n"
        "Write every answer in the language of the question, without any formatting and without emojis."
    ),
)
# Two messages of the user in a row; the first answers the question in the second.
TWO_IN_A_ROW = Prompt((user(f"Keep this in mind: The code word is {MARKER}."), user(QUESTION)))


def in_parts(prompt: Prompt) -> Prompt:
    """Return a prompt with each line of its texts as a part."""
    return replace(prompt, turns=tuple(replace(turn, parts=True) for turn in prompt.turns), system_parts=True)


async def message_reaches_model(
    case: DialogueCase, ask: Ask, prompt: Prompt, without: Prompt, marker: str = MARKER
) -> Observation:
    """Observe whether the answer contains the marker; if not, whether its message adds to the prompt tokens of `without`."""
    return await marker_reaches_model(case, ask, case.spelt(prompt), case.spelt(without, control=True), marker)


async def marker_reaches_model(
    case: PromptCase, ask: AnyAsk[R], request: Request, without: Request, marker: str, *, earlier: R | None = None
) -> Observation:
    """Observe whether the answer to a request contains the marker; if not, whether its prompt has more tokens than `without`.

    `earlier` is the reply to a request whose whole prompt this request goes on from, so that its prompt has more tokens.
    """
    reply = await ask(request)
    if not reply.ok:
        return reply.refusal()
    if marker in reply.text.lower():
        return honoured(f"the answer names {marker!r}: {reply.quoted_text()}")
    less = await ask.control(without)
    whole, part = reply.counts.prompt, less.counts.prompt
    if whole is None or part is None or not await counts_prompt_tokens(case, ask, less):
        return unanswered(f"the answer does not name {marker!r}: {reply.quoted_text()}")
    if whole <= part + SLACK:
        return ignored(
            f"{whole} prompt tokens with the message, {part} without it; the answer is {reply.quoted_text()}",
            enforced=True,
        )
    begun = None if earlier is None else earlier.counts.prompt
    # Cached tokens are added, so that a server that leaves them out of the prompt is not taken for one that forgets.
    if begun is not None and whole + (reply.counts.cached or 0) <= begun:
        detail = f"{whole} prompt tokens, {begun} for the earlier request alone, so its message was dropped"
        return ignored(f"{detail}; the answer is {reply.quoted_text()}", enforced=True)
    return unanswered(f"the message is in the prompt, but the answer does not name {marker!r}: {reply.quoted_text()}")


async def counts_prompt_tokens(case: PromptCase, ask: AnyAsk[R], other: Reply) -> bool:
    """Return whether the endpoint counts prompt tokens at all: prompts of different lengths have different counts."""
    long = (await ask_long_control(case, ask)).counts.prompt
    return long is not None and long != other.counts.prompt
