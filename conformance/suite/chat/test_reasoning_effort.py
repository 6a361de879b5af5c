"""reasoning_effort: its effect on the number of reasoning tokens."""

from conformance.base.observation import Observation, unanswered
from conformance.suite import claim
from conformance.suite.chat import Ask
from conformance.suite.efforts import SAMPLES, compared
from conformance.surfaces.chat.request import ChatCase

PUZZLE = "How many of the numbers from 1 to 60 are divisible by 3 but not by 4? Reply with the number only."


@claim("chat.reasoning_effort.effect", "chat.reasoning_effort.unsupported")
async def test_effect(case: ChatCase, ask: Ask) -> Observation:
    """High effort takes more reasoning tokens than low effort on the same question, in each of two samples."""
    spent: dict[str, list[int]] = {}
    counted = False
    for effort in ("low", "high"):
        replies = await ask.samples(case.request(PUZZLE, budget=64, reasoning_effort=effort), SAMPLES)
        for reply in replies:
            if not reply.ok:
                return reply.refusal()
        counted = counted or any(reply.reasoning_tokens is not None for reply in replies)
        spent[effort] = [reply.reasoning_tokens or 0 for reply in replies]
    if not counted and case.claim.id.endswith(".effect"):
        return unanswered("the usage does not count reasoning tokens")
    low, high = spent["low"], spent["high"]
    return compared(low, high, f"reasoning tokens {low} with 'low', {high} with 'high'")
