"""Flowers that the messages of a conversation name: whether the answer to the last message names them all.

An answer with all of them has read the conversation.  One without proves nothing, unless the prompt has fewer tokens than the
same conversation with the same text in its last message: then something was dropped on the way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from conformance.base.observation import Observation, Seen, honoured, ignored, unanswered
from conformance.http.exchange import Request
from conformance.suite.chat import Ask
from conformance.suite.chat.conversing import SLACK, Message, brief, counts_prompt_tokens, message, prompt_tokens
from conformance.suite.chat.results import call, calling, refusal_of, result
from conformance.surfaces.chat.reply import ChatReply
from conformance.surfaces.chat.request import ChatCase

# Names that a model does not guess when it is asked for flowers without having read them.
FLOWERS = (
    *("marigold", "camellia", "foxglove", "gardenia", "hyacinth", "larkspur", "magnolia", "oleander", "primrose"),
    *("snapdragon", "zinnia", "begonia"),
)
REQUEST = "List every flower that this conversation names, separated by commas, and write nothing else."
TOKENS = 96  # of an answer with all flowers, each of which takes up to four tokens and a comma
EMPTY = "Yes"  # in place of a text that was moved to the last message; one token in any tokenizer
BESIDE = "Please keep it in mind, because it will be needed at the end of this conversation, when somebody asks for it."
LONG = 3_000  # bytes of a request that may be too long for the context of a small model
WORDS = ("river", "garden", "window", "bridge", "market", "forest", "harbour", "station", "valley", "kitchen")
MOODS = ("quiet today", "full of people", "covered with snow", "painted in green", "open until late")


@dataclass(frozen=True)
class Place:
    """A conversation whose texts name flowers: `build` makes its messages from the texts."""

    build: Callable[[Sequence[str]], list[Message]]
    flowers: tuple[str, ...]
    texts: tuple[str, ...]
    parameters: Mapping[str, Any] = field(default_factory=dict)

    @property
    def messages(self) -> list[Message]:
        """The conversation without its last message."""
        return self.build(self.texts)

    def asked(self) -> list[Message]:
        """Return the whole conversation."""
        return [*self.messages, message("user", REQUEST)]

    def moved(self) -> list[Message]:
        """Return the same conversation with its texts in the last message, and next to nothing in their places."""
        return [*self.shortest()[:-1], message("user", f"{' '.join(self.texts)} {REQUEST}")]

    def shortest(self) -> list[Message]:
        """Return the same conversation with next to nothing in the places of its texts."""
        return [*self.build([EMPTY] * len(self.texts)), message("user", REQUEST)]


def place(build: Callable[[Sequence[str]], list[Message]], *flowers: str, **parameters: Any) -> Place:
    """Return a place with a short text for each flower."""
    return Place(build, flowers, tuple(map(names, flowers)), parameters)


def names(flower: str) -> str:
    """Return a text that names a flower and has clearly more tokens than the markup of a message."""
    return f"The flower of this message is {flower}. {BESIDE}"


def long_text(sentences: int, *flowers: str) -> str:
    """Return a text of numbered sentences that names the flowers at its start, evenly inside, and at its end."""
    lines = [
        f"Line {number}: the {WORDS[number % len(WORDS)]} is {MOODS[number % len(MOODS)]}."
        for number in range(1, sentences + 1)
    ]
    for number, flower in reversed(list(enumerate(flowers))):
        lines.insert(number * sentences // max(1, len(flowers) - 1), f"The flower of this part is {flower}.")
    return " ".join(lines)


async def flowers_reach_model(case: ChatCase, ask: Ask, where: Place, whole: Place | None = None) -> Observation:
    """Observe whether the answer names all flowers of a place; `whole` is a longer conversation that includes it.

    The longer one is asked first: if its answer names the flowers, this place needs no request of its own.
    """
    if whole is not None:
        first = await ask(request_for(case, whole.asked(), whole.parameters))
        if first.ok and not _missing(first, where.flowers):
            return honoured(f"the answer names {_listed(where.flowers)}")
    reply = await ask(request_for(case, where.asked(), where.parameters))
    if not reply.ok:
        return await _refusal(case, ask, reply, request_for(case, where.shortest(), where.parameters))
    missing = _missing(reply, where.flowers)
    if not missing:
        return honoured(f"the answer names {_listed(where.flowers)}")
    lacks = f"the answer does not name {_listed(missing)}: {reply.quoted_text()}"
    moved = await ask.control(request_for(case, where.moved(), where.parameters))
    here, there = prompt_tokens(reply), prompt_tokens(moved)
    if here is None or there is None or not await counts_prompt_tokens(case, ask, moved):
        return unanswered(lacks)
    if here < there - SLACK - len(where.texts):
        return ignored(f"{here} prompt tokens, {there} with the same text in the last message; {lacks}")
    return unanswered(f"the text is in the prompt, but {lacks}")


async def long_prompt_reaches_model(case: ChatCase, ask: Ask, text: str, flowers: tuple[str, ...]) -> Observation:
    """Observe whether the answer to one long message names all flowers; if not, whether its halves have more tokens."""

    def request_with(part: str) -> Request:
        return request_for(case, [message("user", f"{part} {REQUEST}")], {})

    async def tokens_of(part: str) -> tuple[ChatReply, int | None]:
        reply = await ask.control(request_with(part))
        return reply, prompt_tokens(reply)

    reply = await ask(request_with(text))
    if not reply.ok:
        return await _refusal(case, ask, reply, request_with(""))
    missing = _missing(reply, flowers)
    if not missing:
        return honoured(f"the answer names {_listed(flowers)}")
    lacks = f"the answer does not name {_listed(missing)}: {reply.quoted_text()}"
    middle = text.index(" Line", len(text) // 2)
    _, first = await tokens_of(text[:middle])
    _, second = await tokens_of(text[middle + 1 :])
    shortest, alone = await tokens_of("")
    here = prompt_tokens(reply)
    counted = await counts_prompt_tokens(case, ask, shortest)
    if here is None or first is None or second is None or alone is None or not counted:
        return unanswered(lacks)
    if here < first + second - alone - SLACK:
        return ignored(f"{here} prompt tokens, {first} and {second} for its halves; {lacks}")
    return unanswered(f"the text is in the prompt, but {lacks}")


async def _refusal(case: ChatCase, ask: Ask, reply: ChatReply, shortest: Request) -> Observation:
    """Return what a refusal shows: nothing if the same conversation is answered with short texts, as in a smaller context."""
    seen = await refusal_of(case, ask, reply)
    size = len(reply.exchange.request.body or "")
    if seen.seen is not Seen.REFUSED or size < LONG or not (await ask(shortest)).ok:
        return seen
    return unanswered(f"refused, and with a short text answered: the context may be too small; {seen.detail}")


def request_for(case: ChatCase, messages: list[Message], parameters: Mapping[str, Any]) -> Request:
    """Return the request with this conversation, never streamed."""
    return case.control(messages=messages, **brief(case, TOKENS), **parameters)


def turns(texts: Sequence[str]) -> list[Message]:
    """Return a history of one turn for each text: a statement and its confirmation, in the middle a call and its result."""
    messages = []
    for number, text in enumerate(texts):
        messages += [message("user", text), message("assistant", f"I have read message {number + 1}.")]
        if number == len(texts) // 2:
            messages += [
                message("user", "What is the weather?"),
                calling(call("Paris")),
                result(call("Paris"), "Rain."),
            ]
            messages += [message("assistant", "It rains in Paris.")]
    return messages


def as_parts(texts: Sequence[str]) -> list[dict[str, Any]]:
    """Return a text part for each text."""
    return [{"type": "text", "text": text} for text in texts]


def _missing(reply: ChatReply, flowers: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(flower for flower in flowers if flower not in reply.text.lower())


def _listed(flowers: tuple[str, ...]) -> str:
    return ", ".join(map(repr, flowers))
