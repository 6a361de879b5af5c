"""Gateways that do not lie but are degraded, asked in process: what is held against them, which must be nothing.

Those that limit the rate, are overloaded or slow need retries and a clock: tests/product/test_run_degraded.py runs them.
"""

import asyncio

from conformance.contract.claims import Case
from conformance.mock.defects.degraded import DEGRADED
from tests.mutation import asking
from tests.mutation.asking import Cells
from tests.mutation.mutating import RED
from tests.support.degraded import OVER_SOCKETS
from tests.support.in_process import BASE_URL, Direct

MODES = sorted(DEGRADED.keys() - set(OVER_SOCKETS))
ONE_MODEL = {
    "chat": "openai:mock-openai",
    "responses": "openai:mock-openai",
    "messages": "claude:mock-claude",
    "gemini": "gemini:mock-gemini",
}


def every_case() -> list[Case]:
    """Return the cases of all models on all APIs."""
    return list(asking.settings_at(BASE_URL).cases.values())


def cases_of_one_model() -> list[Case]:
    """Return the cases of one model on each API, and those about the endpoint as a whole."""
    return [case for case in every_case() if case.stand_in or str(case.model) == ONE_MODEL.get(case.claim.surface)]


def cells(mode: str, cases: list[Case]) -> Cells:
    """Return the cells of cases that are asked of a gateway that is degraded in this way."""
    return asking.fold(cases, asyncio.run(asking.ask_all(Direct(mode), cases)))


def held_against(found: Cells) -> dict[str, str]:
    """Return the detail of each cell that is against the gateway."""
    return {name: cell.detail for name, cell in found.items() if cell.verdict in RED}


def lines(mode: str) -> list[str]:
    """Return a line for each cell of any model that is held against a gateway that is degraded in this way."""
    return [
        f"held against the gateway that {mode.replace('_', ' ')}: {name}: {detail[:160]}"
        for name, detail in held_against(cells(mode, every_case())).items()
    ]
