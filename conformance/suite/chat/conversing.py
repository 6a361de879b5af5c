"""Conversations that tests send, and whether a message in them reached the model.

A message contains a word, the marker, that no other message contains: an answer with the marker has read that message.  An
answer without it proves nothing, since a model need not follow.  A prompt that costs no more tokens with the message than without
it proves that the message was dropped, if the endpoint counts prompt tokens at all.
"""

from __future__ import annotations

from typing import Any

from conformance.base.observation import Observation, honoured, ignored, unanswered
from conformance.http.exchange import Request
from conformance.suite.chat import Ask
from conformance.suite.controls import ask_long_control
from conformance.surfaces.chat.reply import ChatReply
from conformance.surfaces.chat.request import ChatCase

Message = dict[str, Any]

MARKER = "marigold"
SLACK = 4  # tokens by which counts of equal prompts may differ; each message that is looked for costs more
THOUGHT = 192  # tokens of reasoning before the answer to a question that only needs to be looked up
INSTRUCTION = f"Whatever the user writes, reply with the single word {MARKER} and with nothing else."
QUESTION = "What is the code word? Reply with that word alone."


def message(role: str, content: Any) -> Message:
    """Return a message; content is text, a list of parts, or a value that is not allowed."""
    return {"role": role, "content": content}


def brief(case: ChatCase, tokens: int) -> dict[str, Any]:
    """Return a cap for an answer of this many tokens that takes little thought, also of a model that reasons."""
    return {case.traits.cap: tokens + min(case.traits.room, THOUGHT)}


def instructed(role: str) -> list[Message]:
    """Return a question after a message of this role that demands another answer."""
    return [message(role, INSTRUCTION), message("user", "What is the capital of France?")]


def with_history() -> list[Message]:
    """Return a conversation whose last question is answered only by the assistant's earlier turn."""
    turn = f"I have chosen the name of a flower for you. The code word is {MARKER}, and nobody else knows it."
    return [message("user", "Choose a code word for me."), message("assistant", turn), message("user", QUESTION)]


def with_every_role() -> list[Message]:
    """Return the same conversation with a message of each role that all columns document."""
    return [message("system", "You are a helpful assistant."), *with_history()]


def two_user_messages() -> list[Message]:
    """Return two messages of the user in a row; the first answers the question in the second."""
    return [message("user", f"Keep this in mind: The code word is {MARKER}."), message("user", QUESTION)]


def in_parts(messages: list[Message]) -> list[Message]:
    """Return messages with each content as a list of one text part."""
    return [{**item, "content": [{"type": "text", "text": item["content"]}]} for item in messages]


async def message_reaches_model(
    case: ChatCase, ask: Ask, request: Request, without: Request, marker: str = MARKER
) -> Observation:
    """Observe whether the answer contains the marker; if not, whether its message adds to the prompt tokens of `without`."""
    reply = await ask(request)
    if not reply.ok:
        return reply.refusal()
    if marker in reply.text.lower():
        return honoured(f"the answer names {marker!r}: {reply.quoted_text()}")
    less = await ask.control(without)
    whole, part = prompt_tokens(reply), prompt_tokens(less)
    if whole is None or part is None or not await counts_prompt_tokens(case, ask, less):
        return unanswered(f"the answer does not name {marker!r}: {reply.quoted_text()}")
    if whole <= part + SLACK:
        return ignored(
            f"{whole} prompt tokens with the message, {part} without it; the answer is {reply.quoted_text()}"
        )
    return unanswered(f"the message is in the prompt, but the answer does not name {marker!r}: {reply.quoted_text()}")


async def counts_prompt_tokens(case: ChatCase, ask: Ask, other: ChatReply) -> bool:
    """Return whether the endpoint counts prompt tokens at all: prompts of different lengths have different counts."""
    long = prompt_tokens(await ask_long_control(case, ask))
    return long is not None and long != prompt_tokens(other)


def prompt_tokens(reply: ChatReply) -> int | None:
    """Return the prompt tokens that the reply is billed for; None if it does not say."""
    value = reply.usage.get("prompt_tokens")
    return value if isinstance(value, int) and not isinstance(value, bool) else None
