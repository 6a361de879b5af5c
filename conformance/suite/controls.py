"""The long control that probes of any surface start from: steady where the endpoint takes what makes it so, else as it comes."""

from __future__ import annotations

from typing import TypeVar

from conformance.surfaces.surface import PromptCase, Reply
from conformance.trial.ask import Ask

R = TypeVar("R", bound=Reply)


async def ask_long_control(case: PromptCase, ask: Ask[R]) -> R:
    """Return the answer to the steady control, or to the long one where that is none; NoControl where neither is answered."""
    steady = await ask(case.repeatable_control())
    return steady if steady.ok else await ask.control(case.long_control())
