"""The claims that only one contract has: a gateway that keeps the contract conforms, and one that keeps the reference does not.

Claims that contracts share are turned by defects of the mock gateway (test_kills_*.py).  What a contract states by itself is how
its gateway differs from OpenAI, so the gateway of the reference breaks it, and no defect is needed.
"""

import asyncio
from functools import cache

import pytest

from conformance import suite
from conformance.contract.claims import Case, Says
from conformance.contract.contract import Contract
from conformance.contract.loading import REFERENCE, built_in, load
from conformance.results import matrix
from conformance.results.matrix import Cell
from conformance.run.loading import load_settings
from conformance.run.options import Options
from conformance.trial.hearing import close_hearing
from conformance.trial.invariants import invariant_of
from conformance.trial.request_cache import RequestCache
from conformance.trial.trial import trial
from conformance.trial.witness import Witness
from tests.mutation.asking import IN_PROCESS_VARIABLE, repeatable_replies
from tests.support.in_process import BASE_URL, Direct

GATEWAYS = [name for name in built_in() if name not in {REFERENCE, "cometapi"}]  # the claims of cometapi have defects
CLASSES = 2  # of those that a claim applies to, which are asked about it
RED = {"deviates", "differs"}


def own(contract: Contract) -> set[str]:
    """Return the claims that a contract states by itself: new ones, and those with another statement than in the reference."""
    shared = load(REFERENCE).claims
    return {
        name
        for name, claim in contract.claims.items()
        if name not in shared or claim.statement != shared[name].statement
    }


async def asked(cases: list[Case], source: Direct, contract: str, models: tuple[str, ...]) -> list[Cell]:
    """Return the cells of cases on a gateway in this process."""
    options = Options(base_url=BASE_URL, api_key_env=IN_PROCESS_VARIABLE, models=models, contract=contract)
    settings = load_settings(options, check_key=False)
    tests, cache, results = suite.tests(settings.contract), RequestCache(source, lambda exchange: None), []
    for case in cases:
        test, bound = tests[case.claim.id], settings.bind(case)
        if invariant := invariant_of(test):
            witness = Witness()
            witness.enrol(bound, invariant)
            outcome = await close_hearing(test, witness, bound, cache)
        else:
            outcome = await trial(test, bound, cache, settings.samples, looks=settings.looks)
        results.append(matrix.result(case, outcome))
    return list(matrix.fold(results))


@cache
def cells(name: str, kept: str) -> list[Cell]:
    """Return the cells of the own claims of a contract, a model of two classes, on a gateway that keeps the contract `kept`."""
    contract = load(name)
    models = tuple(f"{kind.column}=own-{each},class={each}" for each, kind in contract.classes.items())
    known = load(kept)
    served = tuple(
        text if text.split("=")[0] in known.columns else f"openai={text.split('=')[1].split(',')[0]}" for text in models
    )
    placed = [contract.classify(kind.column, f"own-{each}", each) for each, kind in contract.classes.items()]
    stated = [
        case for case in contract.cases(sorted(own(contract)), placed) if case.rule.says is not Says.NOT_APPLICABLE
    ]
    asked_of: dict[str, dict[str, None]] = {}
    for case in stated:
        asked_of.setdefault(case.claim.id, {})[str(case.model)] = None
    cases = [case for case in stated if str(case.model) in list(asked_of[case.claim.id])[:CLASSES]]
    with repeatable_replies():
        return asyncio.run(asked(cases, Direct(contract=kept, models=served), name, models))


@pytest.mark.parametrize("name", GATEWAYS)
def test_a_gateway_that_keeps_a_contract_conforms(name: str) -> None:
    """No claim of its own is against it, and none is left open."""
    assert {
        (cell.id, cell.verdict, cell.detail) for cell in cells(name, name) if cell.verdict not in {"conforms", "noted"}
    } == set()


@pytest.mark.parametrize("name", GATEWAYS)
def test_every_claim_of_its_own_is_broken_by_the_gateway_of_the_reference(name: str) -> None:
    """On one model at least, unless it is unstated."""
    found = cells(name, REFERENCE)
    stated = {cell.claim for cell in found if cell.level != "unstated"}
    assert stated
    assert stated - {cell.claim for cell in found if cell.verdict in RED} == set()
