"""Sampling: whether answers to an open question repeat or vary, and what that proves.

The odds.  `repeats` reports `ignored` only if three answers are all different, and the judge believes it only after three
attempts in a row.  An endpoint that gives its usual answer at temperature 0 in 70 % of cases gives three different ones in at
most 22 % of attempts, three times in a row in 1 %.  `repeats` reports `honoured` if three of three are equal: an endpoint that
drops the parameter, and where 5 % of pairs are equal by chance, achieves that in 0.25 %.  `varies` reports `ignored` if five of
five are equal, three times in a row: an endpoint that gives its usual answer in 60 % of cases does so in 0.05 %.
"""

from __future__ import annotations

from typing import Any

from conformance.base.observation import Observation, honoured, ignored, unanswered
from conformance.suite.chat import Ask
from conformance.surfaces.chat.request import ChatCase

OPEN_QUESTION = "Invent a name for a new planet and describe its landscape in two sentences."


async def repeats(case: ChatCase, ask: Ask, **parameters: Any) -> Observation:
    """Compare three answers to one request: all equal is honoured, all different is ignored, anything else is no evidence."""
    texts = await _texts(case, ask, 3, parameters)
    if isinstance(texts, Observation):
        return texts
    if len(set(texts)) == 1:
        return honoured("3 of 3 answers are equal")
    if len(set(texts)) == 3:
        return ignored("3 of 3 answers are different")
    return unanswered("2 of 3 answers are equal, which proves nothing")


async def varies(case: ChatCase, ask: Ask, **parameters: Any) -> Observation:
    """Compare five answers to one request: any difference is honoured, none is ignored."""
    texts = await _texts(case, ask, 5, parameters)
    if isinstance(texts, Observation):
        return texts
    if len(set(texts)) > 1:
        return honoured(f"{len(set(texts))} different answers out of 5")
    return ignored("5 of 5 answers are equal")


async def _texts(case: ChatCase, ask: Ask, count: int, parameters: dict[str, Any]) -> list[str] | Observation:
    """Return the texts of `count` answers, or the observation that one of them is none."""
    replies = await ask.samples(case.request(OPEN_QUESTION, budget=24, **parameters), count)
    for reply in replies:
        if not reply.ok:
            return reply.refusal()
        if not reply.text.strip():
            return unanswered(f"an answer has no text, finish_reason {reply.finish_reason!r}")
    return [reply.text for reply in replies]
