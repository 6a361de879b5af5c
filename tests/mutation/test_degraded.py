"""Gateways that do not lie but are degraded, asked in process: nothing may be held against them, and the rest still counts.

Those that limit the rate, are overloaded or slow need retries and a clock: tests/product/test_run_degraded.py runs them.
"""

import asyncio

import pytest

from conformance.mock.defects.degraded import DEGRADED
from tests.mutation import mutating
from tests.mutation.mutating import RED
from tests.support.degraded import CONCLUSIVE, OVER_SOCKETS
from tests.support.in_process import BASE_URL, Direct


@pytest.mark.parametrize("name", sorted(DEGRADED.keys() - set(OVER_SOCKETS)))
def test_nothing_is_held_against_a_degraded_gateway(name: str) -> None:
    """What a weak model or a filter withholds is no evidence; the rest is judged."""
    with mutating.repeatable_replies():
        cases = mutating.settings_at(BASE_URL).cases.values()
        cells = mutating.fold(cases, asyncio.run(mutating.ask_all(Direct(name), cases)))
    assert {cell: seen.detail for cell, seen in cells.items() if seen.verdict in RED} == {}
    assert sum(cell.verdict in {"conforms", "noted"} for cell in cells.values()) > CONCLUSIVE
