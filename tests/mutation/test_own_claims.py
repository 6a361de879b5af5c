"""The claims that only one contract has: a gateway that keeps the contract conforms, and one that keeps the reference does not.

Claims that contracts share are turned by defects of the mock gateway (test_kills_*.py), which keeps cometapi there.  What a
contract states by itself is how its gateway differs from OpenAI, so the gateway of the reference breaks it, and no defect is
needed.  What cometapi leaves open, or holds for the opposite, and another contract binds, is broken by a defect of a gateway that
keeps that contract.
"""

import asyncio
from functools import cache

import pytest

from conformance import suite
from conformance.contract.claims import Case, Level, Says
from conformance.contract.contract import Contract
from conformance.contract.loading import REFERENCE, built_in, load
from conformance.mock.server import registry
from conformance.results import matrix
from conformance.results.matrix import Cell
from conformance.run.loading import load_settings
from conformance.run.options import Options
from conformance.run.settings import Settings
from conformance.trial.hearing import close_hearing
from conformance.trial.invariants import invariant_of
from conformance.trial.request_cache import RequestCache
from conformance.trial.trial import trial
from conformance.trial.witness import Witness
from tests.mutation.asking import IN_PROCESS_VARIABLE, repeatable_replies
from tests.support.in_process import BASE_URL, Direct

MUTATED = "cometapi"  # the contract of the mutation run
GATEWAYS = [name for name in built_in() if name not in {REFERENCE, MUTATED}]
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


@cache
def settings_for(contract: str, models: tuple[str, ...]) -> Settings:
    """Return those of a run of this contract in this process."""
    options = Options(base_url=BASE_URL, api_key_env=IN_PROCESS_VARIABLE, models=models, contract=contract)
    return load_settings(options, check_key=False)


async def asked(cases: list[Case], source: Direct, contract: str, models: tuple[str, ...]) -> list[Cell]:
    """Return the cells of cases on a gateway in this process."""
    settings = settings_for(contract, models)
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
def applying(name: str) -> list[Case]:
    """Return the cases of all claims of a contract on a model of each class that say something."""
    contract = load(name)
    placed = [contract.classify(kind.column, f"own-{each}", each) for each, kind in contract.classes.items()]
    return [
        case for case in contract.cases(sorted(contract.claims), placed) if case.rule.says is not Says.NOT_APPLICABLE
    ]


@cache
def binding(name: str) -> dict[str, list[Case]]:
    """Return the claims that bind a model of some class, with the cases in which they do."""
    found: dict[str, list[Case]] = {}
    for case in applying(name):
        if case.rule.level is not Level.UNSTATED and case.rule.says is not Says.UNSTATED:
            found.setdefault(case.claim.id, []).append(case)
    return found


def served(name: str, kept: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return a model of each class of a contract, as a run names them, and as a gateway that keeps another one serves them."""
    asked = tuple(f"{kind.column}=own-{each},class={each}" for each, kind in load(name).classes.items())
    known = load(kept)
    return asked, tuple(
        text if text.split("=")[0] in known.columns else f"openai={text.split('=')[1].split(',')[0]}" for text in asked
    )


@cache
def cells(name: str, kept: str) -> list[Cell]:
    """Return the cells of the own claims of a contract, a model of two classes, on a gateway that keeps the contract `kept`."""
    models, placed = served(name, kept)
    stated = [case for case in applying(name) if case.claim.id in own(load(name))]
    asked_of: dict[str, dict[str, None]] = {}
    for case in stated:
        asked_of.setdefault(case.claim.id, {})[str(case.model)] = None
    cases = [case for case in stated if str(case.model) in list(asked_of[case.claim.id])[:CLASSES]]
    with repeatable_replies():
        return asyncio.run(asked(cases, Direct(contract=kept, models=placed), name, models))


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


def test_every_claim_that_only_the_reference_binds_is_broken_by_a_defect() -> None:
    """On one model, of a gateway that keeps the reference but for that defect; without it the claim holds there."""
    models, placed = served(REFERENCE, REFERENCE)
    left = {  # the defects of parameters concern plain models; asking all others too takes four times as long
        claim: [case for case in cases if case.model.kind.name == "chat"] or cases[:1]
        for claim, cases in binding(REFERENCE).items()
        if claim not in binding(MUTATED)
    }
    assert left
    listed = {claim: [name for name, defect in registry.defects().items() if claim in defect.claims] for claim in left}

    def seen(cases: list[Case], *defects: str) -> list[Cell]:
        source = Direct(*defects, contract=REFERENCE, models=placed)
        return asyncio.run(asked(cases, source, REFERENCE, models))

    with repeatable_replies():
        honest = seen([case for cases in left.values() for case in cases])
        killed = {
            claim
            for claim, cases in left.items()
            if any(cell.verdict in RED for name in listed[claim] for cell in seen(cases, name))
        }
    assert [(cell.id, cell.verdict, cell.detail) for cell in honest if cell.verdict != "conforms"] == []
    assert left.keys() - killed == set()


@pytest.mark.parametrize("name", GATEWAYS)
def test_every_claim_that_binds_can_fail(name: str) -> None:
    """It is its own, or one that is broken where it is from."""
    assert binding(name).keys() - own(load(name)) - binding(REFERENCE).keys() - binding(MUTATED).keys() == set()
