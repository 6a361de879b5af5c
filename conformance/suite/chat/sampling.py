"""What chance allows to say about sampling: whether answers to an open question repeat or vary.

The odds.  `repeats` blames only when three answers are pairwise different, in three attempts of three.  An endpoint whose
answers at temperature 0 are its usual one 70 % of the time gives three different ones in at most 22 % of attempts, three
times in a row in 1 %.  It praises when three of three are equal: an endpoint that drops the parameter, and repeats itself by
chance in 5 % of pairs, gets there in 0.25 %.  `varies` blames when five of five are equal, three times in a row: an endpoint
that gives its usual answer 60 % of the time does so in 0.05 %.
"""

from __future__ import annotations

from typing import Any

from conformance.base.observation import Observation, honoured, ignored, unanswered
from conformance.suite.chat import Ask
from conformance.surfaces.chat.request import ChatCase

OPEN_QUESTION = "Invent a name for a new planet and describe its landscape in two sentences."


async def repeats(case: ChatCase, ask: Ask, **parameters: Any) -> Observation:
    """Three answers to one request: all equal is honoured, all different ignored, anything between no evidence."""
    texts = await _texts(case, ask, 3, parameters)
    if isinstance(texts, Observation):
        return texts
    if len(set(texts)) == 1:
        return honoured("3 of 3 answers are equal")
    if len(set(texts)) == 3:
        return ignored("3 of 3 answers are different")
    return unanswered("2 of 3 answers are equal, which proves neither")


async def varies(case: ChatCase, ask: Ask, **parameters: Any) -> Observation:
    """Five answers to one request: any difference is honoured, none is ignored."""
    texts = await _texts(case, ask, 5, parameters)
    if isinstance(texts, Observation):
        return texts
    if len(set(texts)) > 1:
        return honoured(f"{len(set(texts))} different answers of 5")
    return ignored("5 of 5 answers are equal")


async def _texts(case: ChatCase, ask: Ask, count: int, parameters: dict[str, Any]) -> list[str] | Observation:
    replies = await ask.samples(case.request(OPEN_QUESTION, budget=24, **parameters), count)
    for reply in replies:
        if not reply.ok:
            return reply.refusal()
        if not reply.text.strip():
            return unanswered(f"an answer without text, finish_reason {reply.finish_reason}")
    return [reply.text for reply in replies]
