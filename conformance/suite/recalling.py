"""Flowers that the messages of a conversation name: whether the answer to the last message names them all.

An answer with all of them has read the conversation.  One without proves nothing, unless the prompt has fewer tokens than the
same conversation with the same text in its last message: then something was dropped on the way.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from conformance.base.observation import Observation, Seen, honoured, ignored, unanswered
from conformance.suite.conversing import SLACK, counts_prompt_tokens
from conformance.suite.probes import Ask
from conformance.suite.results import call, refusal_of
from conformance.suite.toolbox import WEATHER
from conformance.surfaces.dialogue import DialogueCase
from conformance.surfaces.prompt import Prompt, Result, Turn, assistant, returned, user
from conformance.surfaces.reply import Reply

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
ENDS = FLOWERS[:3]  # what a long text names at its start, in its middle and at its end
WORDS = ("river", "garden", "window", "bridge", "market", "forest", "harbour", "station", "valley", "kitchen")
MOODS = ("quiet today", "full of people", "covered with snow", "painted in green", "open until late")


@dataclass(frozen=True)
class Place:
    """A conversation whose texts name flowers: `build` makes it from the texts, without its last message."""

    build: Callable[[Sequence[str]], Prompt]
    flowers: tuple[str, ...]
    texts: tuple[str, ...]

    def asked(self) -> Prompt:
        """Return the whole conversation."""
        return _with_request(self.build(self.texts), REQUEST)

    def moved(self) -> Prompt:
        """Return the same conversation with its texts in the last message, and next to nothing in their places."""
        return _with_request(self.build([EMPTY] * len(self.texts)), f"{' '.join(self.texts)} {REQUEST}")

    def shortest(self) -> Prompt:
        """Return the same conversation with next to nothing in the places of its texts."""
        return _with_request(self.build([EMPTY] * len(self.texts)), REQUEST)


def _with_request(prompt: Prompt, text: str) -> Prompt:
    return replace(prompt, turns=(*prompt.turns, user(text)), budget=TOKENS, brief=True)


def place(build: Callable[[Sequence[str]], Prompt], *flowers: str) -> Place:
    """Return a place with a short text for each flower."""
    return Place(build, flowers, tuple(map(names, flowers)))


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


async def flowers_reach_model(case: DialogueCase, ask: Ask, where: Place, whole: Place | None = None) -> Observation:
    """Observe whether the answer names all flowers of a place; `whole` is a longer conversation that includes it.

    The longer one is asked first: if its answer names the flowers, this place needs no request of its own.
    """
    if whole is not None:
        first = await ask(case.spelt(whole.asked(), control=True))
        if first.ok and not _missing(first, where.flowers):
            return honoured(f"the answer names {_listed(where.flowers)}")
    prompt = where.asked()
    reply = await ask(case.spelt(prompt, control=True))
    if not reply.ok:
        return await _refusal(case, ask, reply, prompt, where.shortest())
    missing = _missing(reply, where.flowers)
    if not missing:
        return honoured(f"the answer names {_listed(where.flowers)}")
    lacks = f"the answer does not name {_listed(missing)}: {reply.quoted_text()}"
    moved = await ask.control(case.spelt(where.moved(), control=True))
    here, there = reply.counts.prompt, moved.counts.prompt
    if here is None or there is None or not await counts_prompt_tokens(case, ask, moved):
        return unanswered(lacks)
    if here < there - SLACK - len(where.texts):
        return ignored(f"{here} prompt tokens, {there} with the same text in the last message; {lacks}", enforced=True)
    return unanswered(f"the text is in the prompt, but {lacks}")


async def long_prompt_reaches_model(case: DialogueCase, ask: Ask, text: str, flowers: tuple[str, ...]) -> Observation:
    """Observe whether the answer to one long message names all flowers; if not, whether its halves have more tokens."""

    def prompt_with(part: str) -> Prompt:
        return _with_request(Prompt(()), f"{part} {REQUEST}")

    async def tokens_of(part: str) -> tuple[Reply, int | None]:
        reply = await ask.control(case.spelt(prompt_with(part), control=True))
        return reply, reply.counts.prompt

    reply = await ask(case.spelt(prompt_with(text), control=True))
    if not reply.ok:
        return await _refusal(case, ask, reply, prompt_with(text), prompt_with(""))
    missing = _missing(reply, flowers)
    if not missing:
        return honoured(f"the answer names {_listed(flowers)}")
    lacks = f"the answer does not name {_listed(missing)}: {reply.quoted_text()}"
    middle = text.index(" Line", len(text) // 2)
    _, first = await tokens_of(text[:middle])
    _, second = await tokens_of(text[middle + 1 :])
    shortest, alone = await tokens_of("")
    here = reply.counts.prompt
    counted = await counts_prompt_tokens(case, ask, shortest)
    if here is None or first is None or second is None or alone is None or not counted:
        return unanswered(lacks)
    if here < first + second - alone - SLACK:
        return ignored(f"{here} prompt tokens, {first} and {second} for its halves; {lacks}", enforced=True)
    return unanswered(f"the text is in the prompt, but {lacks}")


async def _refusal(case: DialogueCase, ask: Ask, reply: Reply, prompt: Prompt, shortest: Prompt) -> Observation:
    """Return what a refusal shows: nothing if the same conversation is answered with short texts, as in a smaller context."""
    seen = await refusal_of(case, ask, reply, prompt)
    size = len(reply.exchange.request.body or "")
    if seen.seen is not Seen.REFUSED or size < LONG or not (await ask(case.spelt(shortest, control=True))).ok:
        return seen
    return unanswered(f"refused, and with a short text answered: the context may be too small; {seen.detail}")


def twelve_turns(texts: Sequence[str]) -> Prompt:
    """Return a history of one turn for each text: a statement and its confirmation, in the middle a call and its result."""
    turns: list[Turn] = []
    for number, text in enumerate(texts):
        turns += [user(text), assistant(f"I have read message {number + 1}.")]
        if number == len(texts) // 2:
            made = call("Paris")
            turns += [user("What is the weather?"), assistant(calls=(made,)), returned(Result(made, "Rain."))]
            turns += [assistant("It rains in Paris.")]
    return Prompt(tuple(turns), tools=(WEATHER,))


def one_call(text: str, beside: str = "", *, parts: bool = False) -> Prompt:
    """Return a call next to this text, and its result."""
    made = call("Paris")
    turns = (user("Look it up."), assistant(beside, calls=(made,)), returned(Result(made, text, parts=parts)))
    return Prompt(turns, tools=(WEATHER,))


def _missing(reply: Reply, flowers: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(flower for flower in flowers if flower not in reply.text.lower())


def _listed(flowers: tuple[str, ...]) -> str:
    return ", ".join(map(repr, flowers))
