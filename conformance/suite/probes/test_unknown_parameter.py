"""A parameter that no API has."""

from __future__ import annotations

from conformance.base.observation import Observation, unanswered
from conformance.suite import probe
from conformance.suite.probes import Ask
from conformance.surfaces.surface import PromptCase


@probe("unknown_parameter.acceptance")
async def test_acceptance(case: PromptCase, ask: Ask) -> Observation:
    """Whether a parameter that no API has is accepted or refused."""
    negative = case.negative()
    return unanswered("the surface takes no parameters") if negative is None else (await ask(negative)).acceptance()
