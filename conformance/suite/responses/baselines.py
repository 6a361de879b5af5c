"""The requests that an invariant of this API sends when it is selected alone: the fewest that show anything about it."""

from __future__ import annotations

from typing import Any

from conformance.suite.responses import Ask
from conformance.suite.toolbox import CLOCK, QUESTION_FOR_BOTH, ROOM, WEATHER
from conformance.surfaces.prompt import Prompt
from conformance.surfaces.responses.request import ResponsesCase

LOGPROBS = "message.output_text.logprobs"
# Longer than an answer to it and the question for the word together, so that a prompt without it is shorter than its own.
CODE_WORD = (
    "The code word is heliotrope. Please keep it in mind, because it will be needed at the end of this conversation, "
    "when somebody asks for it. Until then there is nothing to do. Reply with the single word: ready"
)


async def unpadded(case: ResponsesCase, ask: Ask) -> None:
    """Ask for a stream whose pieces are not padded."""
    await ask(case.vary(case.as_stream(case.plain()), stream_options={"include_obfuscation": False}))


async def parallel_calls(case: ResponsesCase, ask: Ask) -> None:
    """Ask a question that needs two tools, as a stream."""
    request = case.spelt(Prompt.of(QUESTION_FOR_BOTH, budget=ROOM, tools=(WEATHER, CLOCK)), control=True)
    await ask(case.as_stream(request))


async def cuts(case: ResponsesCase, ask: Ask) -> None:
    """Ask for more text than the smallest cap allows, plain and as a stream."""
    request = case.capped(case.repeatable_control(), 16)
    await ask(request)
    await ask(case.as_stream(request))


async def thoughts(case: ResponsesCase, ask: Ask) -> None:
    """Ask for a summary of the reasoning, plain and as a stream."""
    request = case.control(reasoning={"effort": "low", "summary": "auto"})
    await ask(request)
    await ask(case.as_stream(request))


def settings(case: ResponsesCase) -> dict[str, Any]:
    """Return a value of every setting that a response repeats, each other than its default."""
    sampling: dict[str, Any] = {"temperature": 0.5, "top_p": 0.5} if case.traits.sampling else {}
    return {
        **sampling,
        "instructions": "Answer in one word.",
        "metadata": {"purpose": "conformance"},
        "parallel_tool_calls": False,
        "store": False,
        "truncation": "auto",
        "text": {"format": {"type": "text"}},
    }


async def echoes(case: ResponsesCase, ask: Ask) -> None:
    """Send a request with every setting that a response repeats, or one for each where that is refused."""
    every = settings(case)
    if not (await ask(case.control(**every))).ok:
        for name, value in every.items():
            await ask(case.control(**{name: value}))


async def alternatives(case: ResponsesCase, ask: Ask) -> None:
    """Ask for log probabilities with alternatives."""
    await ask(case.control(include=[LOGPROBS], top_logprobs=2))


async def chains(case: ResponsesCase, ask: Ask) -> None:
    """Go on from a stored response."""
    first = await ask(case.control(CODE_WORD))
    if first.response_id:
        await ask(case.after(first, "What is the code word? Reply with one word."))
