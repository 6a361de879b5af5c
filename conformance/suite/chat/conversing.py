"""Conversations that probes hold, and what an answer shows of the messages it was given.

Building messages and telling from an answer, or from the prompt tokens it was billed for, whether a message reached the
model live here.  A word that stands in one message only is the sign: an answer that names it has read that message.  A
model that does not name it has not followed, which proves nothing; a prompt that costs no more with the message than
without it does, where the endpoint counts at all.
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

SIGN = "marigold"
SLACK = 4  # tokens around a message; each message that is looked for costs more
INSTRUCTION = f"Whatever the user writes, reply with the single word {SIGN} and with nothing else."
QUESTION = "What is the code word? Reply with that word alone."


def message(role: str, content: Any) -> Message:
    """A message of a role; content is text, parts, or what no message may hold."""
    return {"role": role, "content": content}


def instructed(role: str) -> list[Message]:
    """A question that the message of a role before it has answered otherwise."""
    return [message(role, INSTRUCTION), message("user", "What is the capital of France?")]


def remembering() -> list[Message]:
    """A question that only the assistant's own turn answers."""
    told = f"I have chosen the name of a flower for you. The code word is {SIGN}, and nobody else knows it."
    return [message("user", "Choose a code word for me."), message("assistant", told), message("user", QUESTION)]


def in_every_role() -> list[Message]:
    """The same, with a message of each role that every column documents."""
    return [message("system", "You are a helpful assistant."), *remembering()]


def in_a_row() -> list[Message]:
    """Two messages of the user, of which the first answers the second."""
    return [message("user", f"Keep this in mind: The code word is {SIGN}."), message("user", QUESTION)]


def in_parts(messages: list[Message]) -> list[Message]:
    """The same messages, each content as an array of one text part."""
    return [{**each, "content": [{"type": "text", "text": each["content"]}]} for each in messages]


async def followed(case: ChatCase, ask: Ask, request: Request, without: Request, sign: str = SIGN) -> Observation:
    """Whether the answer names the sign; if not, whether the prompt cost more than one without the message it is in."""
    reply = await ask(request)
    if not reply.ok:
        return reply.refusal()
    if sign in reply.text.lower():
        return honoured(f"the answer names {sign!r}: {reply.quoted_text()}")
    less = await ask.control(without)
    whole, part = prompt_tokens(reply), prompt_tokens(less)
    if whole is None or part is None or not await counts(case, ask, less):
        return unanswered(f"the answer does not name {sign!r}: {reply.quoted_text()}")
    if whole <= part + SLACK:
        return ignored(
            f"{whole} prompt tokens with the message, {part} without it, and {reply.quoted_text()} for an answer"
        )
    return unanswered(f"the message is in the prompt, the answer does not name {sign!r}: {reply.quoted_text()}")


async def counts(case: ChatCase, ask: Ask, other: ChatReply) -> bool:
    """Whether the endpoint counts prompt tokens at all: another prompt, of another length, has another count."""
    known = prompt_tokens(await ask_long_control(case, ask))
    return known is not None and known != prompt_tokens(other)


def prompt_tokens(reply: ChatReply) -> int | None:
    """The prompt tokens that the reply was billed for; None where it does not say."""
    value = reply.usage.get("prompt_tokens")
    return value if isinstance(value, int) and not isinstance(value, bool) else None
