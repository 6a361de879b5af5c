"""The requests that an invariant of any surface sends when it is selected alone: the fewest that show anything about it."""

from __future__ import annotations

from conformance.suite.controls import ask_streamed_control
from conformance.suite.probes import Ask
from conformance.suite.structured import CARD
from conformance.suite.toolbox import BUDGET, QUESTION, WEATHER
from conformance.surfaces.dialogue import DialogueCase
from conformance.surfaces.prompt import Prompt


async def plain(case: DialogueCase, ask: Ask) -> None:
    """Send the plain request."""
    await ask(case.plain())


async def answers(case: DialogueCase, ask: Ask) -> None:
    """Send the plain request, as it is and as a stream with usage."""
    await ask(case.plain())
    await streams_with_usage(case, ask)


async def twins(case: DialogueCase, ask: Ask) -> None:
    """Send the plain request twice."""
    await ask(case.plain())
    await ask(case.plain(), 1)


async def counted(case: DialogueCase, ask: Ask) -> None:
    """Send the plain request twice, and as a stream with usage."""
    await twins(case, ask)
    await streams_with_usage(case, ask)


async def streams(case: DialogueCase, ask: Ask) -> None:
    """Ask for a long answer as a stream."""
    await ask_streamed_control(case, ask)


async def streams_with_usage(case: DialogueCase, ask: Ask) -> None:
    """Send the plain request as a stream with usage."""
    await ask(case.as_stream(case.plain(), usage=True))


async def stream_twins(case: DialogueCase, ask: Ask) -> None:
    """Ask for two streams, one without usage and one with it."""
    await streams(case, ask)
    await streams_with_usage(case, ask)


async def greedy_twins(case: DialogueCase, ask: Ask) -> None:
    """Ask for the repeatable answer twice without streaming, and twice as a stream."""
    for sample in (0, 1):
        await ask(case.repeatable_control(), sample)
        await ask(case.as_stream(case.repeatable_control()), sample)


async def refusals(case: DialogueCase, ask: Ask) -> None:
    """Send one mistake of each kind."""
    for name in case.message_mistakes:
        await ask(case.with_mistake(name))


async def stopped(case: DialogueCase, ask: Ask) -> None:
    """Ask the model to count, with a stop sequence that ends the count; plain and as a stream."""
    request = case.stopped(case.repeatable_control(), " 12")
    await ask(request)
    await ask(case.as_stream(request))


async def calls(case: DialogueCase, ask: Ask) -> None:
    """Send a request that requires a tool call, plain and as a stream."""
    await _asked_about_weather(case, ask, "required")


async def uncalled(case: DialogueCase, ask: Ask) -> None:
    """Send a request that forbids the tool call that it asks for, plain and as a stream."""
    await _asked_about_weather(case, ask, "none")


async def schemas(case: DialogueCase, ask: Ask) -> None:
    """Ask for an answer that fits a schema, plain and as a stream."""
    request = case.spelt(Prompt.of("Name a fruit.", budget=BUDGET, schema=CARD))
    await ask(request)
    await ask(case.as_stream(request))


async def _asked_about_weather(case: DialogueCase, ask: Ask, choice: str) -> None:
    request = case.spelt(Prompt.of(QUESTION, budget=BUDGET, tools=(WEATHER,), choice=choice))
    await ask(request)
    await ask(case.as_stream(request))
