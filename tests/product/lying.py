"""Runs on a gateway that lies in one way, without pytest in between, since there are many; a worker process may call them."""

import os
from dataclasses import replace
from functools import cache
from typing import Any

import driving

from conformance import matrix, session, suite
from conformance.contract import Claim
from conformance.matrix import Cell
from conformance.mock.defects import ALL

Cells = dict[str, Cell]
KINDS = {"chat": "openai=mock-openai", "reasoning": "openai=mock-openai-reasoning"}
KINDS |= {kind: f"{kind}=mock-{kind}" for kind in ("claude", "gemini")}
TOO_LONG = 17_000  # words, more than the mock's context holds
MODELS = {named.partition("=")[2]: kind for kind, named in KINDS.items()}


def truth(base_url: str) -> Cells:
    """All cells of all kinds of models, without a defect."""
    return _run(base_url, "", list(KINDS))


def lie(base_url: str, name: str) -> Cells:
    """All cells of one kind of model that the defect concerns, and those of its claims for the other kinds."""
    claims = set(ALL[name].claims)
    first = next(iter(ALL[name].kinds), "chat")
    others = [kind for kind in KINDS if kind != first]
    return {**_run(base_url, name, others, claims), **_run(base_url, name, [first])}


def _run(base_url: str, defect: str, kinds: list[str], claims: set[str] | None = None) -> Cells:
    about = _settings(base_url, tuple(KINDS[kind] for kind in kinds))
    cases = [case for case in about.cases.values() if claims is None or _wanted(case.claim, claims)]
    headers = (("x-mock-defect", defect),) if defect else ()
    run = session.Run(replace(about, target=replace(about.target, headers=headers)), lambda _: None)
    functions = _functions()
    try:
        run.start((case, functions[case.claim.id]) for case in cases)
        return {cell.id: cell for cell in matrix.fold([matrix.result(case, run.wait(case)) for case in cases])}
    finally:
        run.stop()


@cache
def _settings(base_url: str, models: tuple[str, ...]) -> session.Settings:
    os.environ[driving.VARIABLE] = driving.KEY
    return session.settings(
        base_url=base_url, api_key_env=driving.VARIABLE, models=models, concurrency=32, too_long=TOO_LONG
    )


@cache
def _functions() -> dict[str, Any]:
    """What observes each claim, of all surfaces."""
    return {name: function for surface in ("chat", "models") for name, function in suite.tests(surface)}


def _wanted(claim: Claim, claims: set[str]) -> bool:
    """Whether a claim is asked of further models; what is about the endpoint as a whole is asked once."""
    return claim.id in claims and not claim.per_endpoint
