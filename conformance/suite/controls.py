"""The long control that probes of any surface start from: repeatable if the endpoint accepts the parameters for it."""

from __future__ import annotations

from typing import TypeVar

from conformance.surfaces.surface import PromptCase, Reply
from conformance.trial.ask import Ask

R = TypeVar("R", bound=Reply)


async def ask_long_control(case: PromptCase, ask: Ask[R]) -> R:
    """Return the answer to the repeatable control, or to the long one if that fails.  Raises NoControl if neither is answered."""
    repeatable = await ask(case.repeatable_control())
    return repeatable if repeatable.ok else await ask.control(case.long_control())
