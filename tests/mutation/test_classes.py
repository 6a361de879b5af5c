"""Classes of models, and versions of an API, of which the mutation run has no model: the truthful gateway is in order on each."""

import asyncio

import pytest

from tests.mutation import asking
from tests.mutation.mutating import RED
from tests.support.in_process import BASE_URL, Direct

VARIANTS = (
    ("messages", "claude=mock-claude,version=2026-10-21"),
    ("messages", "claude=mock-claude-4-7,class=claude-without-sampling"),
    ("messages", "claude=mock-claude-5-5,class=claude-without-forced-tools"),
    ("gemini", "gemini=mock-gemini-3,class=gemini-3"),
    ("chat", "claude=mock-claude-5-5,class=claude-without-forced-tools"),
)


@pytest.mark.parametrize(("surface", "model"), VARIANTS)
def test_a_class_is_in_order(surface: str, model: str) -> None:
    """Every claim of the API conforms or is noted; none is left open for want of evidence."""
    with asking.repeatable_replies():
        every = asking.settings_at(BASE_URL, model).cases.values()
        cases = [case for case in every if case.claim.surface == surface and not case.stand_in]
        cells = asking.fold(cases, asyncio.run(asking.ask_all(Direct(), cases)))
    assert {cell.verdict for cell in cells.values()} >= {"conforms", "noted"}
    wrong = {name: cell.detail for name, cell in cells.items() if cell.verdict in (*RED, "inconclusive", "blocked")}
    assert wrong == {}
