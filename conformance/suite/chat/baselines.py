"""The requests that an invariant of chat sends when it is selected alone: the fewest that show anything about it."""

from __future__ import annotations

from typing import Any

from conformance.suite.chat import Ask
from conformance.suite.toolbox import BUDGET
from conformance.surfaces.chat.request import ChatCase


async def tiered(case: ChatCase, ask: Ask) -> None:
    """Ask for the default tier."""
    await ask(case.request(service_tier="default"))


async def several(case: ChatCase, ask: Ask) -> None:
    """Ask for two choices, plain and as a stream."""
    await ask(case.request(n=2, budget=1))
    await ask(case.request(n=2, budget=2, stream=True))


async def log_probabilities(case: ChatCase, ask: Ask) -> None:
    """Ask for the log probabilities of a text with letters beyond ASCII, plain and as a stream."""
    sampled: dict[str, Any] = {"logprobs": True, "top_logprobs": 2}
    request = case.request("Reply with: crème brûlée", budget=64, **sampled)
    await ask(request)
    await ask(case.vary(request, stream=True))


async def objects(case: ChatCase, ask: Ask) -> None:
    """Ask for an answer that is a JSON object, plain and as a stream."""
    prompt = "Name three colours. Answer in JSON."
    request = case.request(prompt, budget=BUDGET, response_format={"type": "json_object"})
    await ask(request)
    await ask(case.vary(request, stream=True))
