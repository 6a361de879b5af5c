"""The requests that an invariant of chat sends when it is selected alone: the fewest that show anything about it."""

from __future__ import annotations

from typing import Any

from conformance.suite.chat import Ask
from conformance.suite.chat.controls import ask_streamed_control
from conformance.suite.chat.toolbox import WEATHER
from conformance.suite.structured import CARD
from conformance.suite.toolbox import BUDGET, QUESTION
from conformance.surfaces.chat.request import ChatCase, schema_format


async def plain(case: ChatCase, ask: Ask) -> None:
    """Send the plain request."""
    await ask(case.plain())


async def answers(case: ChatCase, ask: Ask) -> None:
    """Send the plain request, as it is and as a stream with usage."""
    await ask(case.plain())
    await ask(case.vary(case.plain(), stream=True, stream_options={"include_usage": True}))


async def twins(case: ChatCase, ask: Ask) -> None:
    """Send the plain request twice."""
    await ask(case.plain())
    await ask(case.plain(), 1)


async def tiered(case: ChatCase, ask: Ask) -> None:
    """Ask for the default tier."""
    await ask(case.request(service_tier="default"))


async def several(case: ChatCase, ask: Ask) -> None:
    """Ask for two choices, plain and as a stream."""
    await ask(case.request(n=2, budget=1))
    await ask(case.request(n=2, budget=2, stream=True))


async def stopped(case: ChatCase, ask: Ask) -> None:
    """Ask the model to count, with a stop sequence that ends the count; plain and as a stream."""
    request = case.stopped(case.repeatable_control(), " 12")
    await ask(request)
    await ask(case.vary(request, stream=True))


async def streams(case: ChatCase, ask: Ask) -> None:
    """Ask for a long answer as a stream."""
    await ask_streamed_control(case, ask, stream=True)


async def streams_with_usage(case: ChatCase, ask: Ask) -> None:
    """Send the plain request as a stream with usage, the same request as the claim about include_usage sends."""
    await ask(case.vary(case.plain(), stream=True, stream_options={"include_usage": True}))


async def stream_twins(case: ChatCase, ask: Ask) -> None:
    """Ask for two streams, one without usage and one with it."""
    await streams(case, ask)
    await streams_with_usage(case, ask)


async def greedy_twins(case: ChatCase, ask: Ask) -> None:
    """Ask for the repeatable answer twice without streaming, and twice as a stream."""
    for sample in (0, 1):
        await ask(case.repeatable_control(), sample)
        await ask(case.vary(case.repeatable_control(), stream=True), sample)


async def counted(case: ChatCase, ask: Ask) -> None:
    """Send the plain request twice, and as a stream with usage."""
    await twins(case, ask)
    await streams_with_usage(case, ask)


async def refusals(case: ChatCase, ask: Ask) -> None:
    """Send one mistake of each kind."""
    for name in case.message_mistakes:
        await ask(case.with_mistake(name))


async def calls(case: ChatCase, ask: Ask) -> None:
    """Send a request that requires a tool call, plain and as a stream."""
    request = case.request(QUESTION, budget=BUDGET, tools=[WEATHER], tool_choice="required")
    await ask(request)
    await ask(case.vary(request, stream=True))


async def log_probabilities(case: ChatCase, ask: Ask) -> None:
    """Ask for the log probabilities of a text with letters beyond ASCII, plain and as a stream."""
    sampled: dict[str, Any] = {"logprobs": True, "top_logprobs": 2}
    request = case.request("Reply with: crème brûlée", budget=64, **sampled)
    await ask(request)
    await ask(case.vary(request, stream=True))


async def uncalled(case: ChatCase, ask: Ask) -> None:
    """Send a request that forbids the tool call that it asks for, plain and as a stream."""
    request = case.request(QUESTION, budget=BUDGET, tools=[WEATHER], tool_choice="none")
    await ask(request)
    await ask(case.vary(request, stream=True))


async def schemas(case: ChatCase, ask: Ask) -> None:
    """Ask for an answer that fits a schema, plain and as a stream."""
    request = case.request("Name a fruit.", budget=BUDGET, response_format=schema_format(CARD))
    await ask(request)
    await ask(case.vary(request, stream=True))


async def objects(case: ChatCase, ask: Ask) -> None:
    """Ask for an answer that is a JSON object, plain and as a stream."""
    prompt = "Name three colours. Answer in JSON."
    request = case.request(prompt, budget=BUDGET, response_format={"type": "json_object"})
    await ask(request)
    await ask(case.vary(request, stream=True))
