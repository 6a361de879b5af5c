"""The requests that an invariant of this surface sends when it is selected alone: the fewest that show anything about it."""

from __future__ import annotations

from conformance.suite.gemini import Ask
from conformance.suite.toolbox import BUDGET, QUESTION, WEATHER
from conformance.surfaces.gemini.request import GeminiCase
from conformance.surfaces.prompt import Prompt


async def plain(case: GeminiCase, ask: Ask) -> None:
    """Send the plain request."""
    await ask(case.plain())


async def answers(case: GeminiCase, ask: Ask) -> None:
    """Send the plain request, as it is and as a stream."""
    await ask(case.plain())
    await ask(case.as_stream(case.plain()))


async def streams(case: GeminiCase, ask: Ask) -> None:
    """Ask for a long answer as a stream."""
    await ask(case.as_stream(case.repeatable_control()))


async def refusals(case: GeminiCase, ask: Ask) -> None:
    """Send one mistake of each kind."""
    for name in case.message_mistakes:
        await ask(case.with_mistake(name))


async def calls(case: GeminiCase, ask: Ask) -> None:
    """Send a request that requires a tool call, plain and as a stream."""
    prompt = Prompt.of(QUESTION, budget=BUDGET, tools=(WEATHER,), choice="required")
    request = case.spelt(prompt, control=True)
    await ask(request)
    await ask(case.as_stream(request))


async def called_streams(case: GeminiCase, ask: Ask) -> None:
    """Ask for a call as a stream."""
    prompt = Prompt.of(QUESTION, budget=BUDGET, tools=(WEATHER,), choice="required")
    await ask(case.as_stream(case.spelt(prompt, control=True)))
