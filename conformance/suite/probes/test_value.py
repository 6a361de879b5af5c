"""Values of the parameter under test: whether a value is accepted, and which is the largest that is."""

from __future__ import annotations

from typing import Any

from conformance.base.observation import Observation
from conformance.suite import probe
from conformance.suite.measuring import measure
from conformance.suite.probes import Ask
from conformance.surfaces.surface import PromptCase


@probe("value.acceptance")
async def test_acceptance(case: PromptCase, ask: Ask) -> Observation:
    """Whether the value is accepted or refused; one answer does not show whether it was applied."""
    return (await ask(case.with_value(case.value))).acceptance()


@probe("value.limit")
async def test_limit(case: PromptCase, ask: Ask) -> Observation:
    """The largest value that is accepted."""

    async def accepted(value: Any, ask: Ask) -> Observation:
        return (await ask(case.with_value(value))).acceptance()

    return await measure(case.parameter, ask, accepted)
