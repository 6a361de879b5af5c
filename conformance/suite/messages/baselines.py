"""The requests that an invariant of messages sends when it is selected alone: the fewest that show anything about it."""

from __future__ import annotations

from conformance.suite.messages import Ask
from conformance.suite.toolbox import BUDGET, QUESTION, WEATHER
from conformance.surfaces.messages.request import MessagesCase
from conformance.surfaces.prompt import Prompt

THOUGHTFUL = "Think about it, then reply with the single word: ready"
ROOM = 1_600  # tokens: more than the smallest budget of thinking, which is 1,024, and an answer


async def plain(case: MessagesCase, ask: Ask) -> None:
    """Send the plain request."""
    await ask(case.plain())


async def answers(case: MessagesCase, ask: Ask) -> None:
    """Send the plain request, as it is and as a stream."""
    await ask(case.plain())
    await ask(case.vary(case.plain(), stream=True))


async def streams(case: MessagesCase, ask: Ask) -> None:
    """Send the plain request as a stream."""
    await ask(case.vary(case.plain(), stream=True))


async def calls(case: MessagesCase, ask: Ask) -> None:
    """Ask for the call of a tool, plain and as a stream."""
    request = case.spelt(Prompt.of(QUESTION, budget=BUDGET, tools=(WEATHER,), choice="auto"))
    await ask(request)
    await ask(case.vary(request, stream=True))


async def streamed_calls(case: MessagesCase, ask: Ask) -> None:
    """Ask for the call of a tool as a stream."""
    await ask(case.spelt(Prompt.of(QUESTION, budget=BUDGET, tools=(WEATHER,), choice="auto"), stream=True))


async def streamed_blocks(case: MessagesCase, ask: Ask) -> None:
    """Ask for a stream with each type of block: text, a call, and thinking."""
    await streams(case, ask)
    await streamed_calls(case, ask)
    await ask(case.request(THOUGHTFUL, max_tokens=ROOM, thinking=case.thinking(), stream=True))


async def thoughts(case: MessagesCase, ask: Ask) -> None:
    """Ask for an answer with thinking, plain and as a stream."""
    request = case.request(THOUGHTFUL, max_tokens=ROOM, thinking=case.thinking())
    await ask(request)
    await ask(case.vary(request, stream=True))


async def stopped(case: MessagesCase, ask: Ask) -> None:
    """Ask the model to count, with a stop sequence that ends the count; plain and as a stream."""
    request = case.stopped(case.repeatable_control(), " 12")
    await ask(request)
    await ask(case.vary(request, stream=True))


async def refusals(case: MessagesCase, ask: Ask) -> None:
    """Send one mistake of each kind."""
    for name in case.message_mistakes:
        await ask(case.with_mistake(name))
