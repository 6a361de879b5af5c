"""The plan: what a run would send, found by running it against the embedded mock gateway.

The mock stands in for every model of the plan, so the figures are those of an endpoint that conforms.  Nothing is sent to
the target.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from conformance.embedded import KEY_VARIABLE, EmbeddedMock
from conformance.exchange import Exchange
from conformance.session import Run, Settings
from conformance.suite import tests
from conformance.tokens import most_tokens, prompt_tokens


@dataclass(frozen=True)
class ModelPlan:
    """One model's share: cases, those of them that ask, distinct requests, and tokens.

    `prompt_tokens` is an estimate from characters; `completion_tokens` is an upper bound, what is refused being free.
    """

    model: str
    kind: str
    cases: int
    asking: int
    requests: int
    refused: int
    prompt_tokens: int
    completion_tokens: int


@dataclass(frozen=True)
class Plan:
    target: str
    contract: str
    models: tuple[ModelPlan, ...]


def plan(about: Settings) -> Plan:
    """Run the whole contract against the mock in the target's place and count."""
    named = [f"--model={each.column}={each.id},class={each.kind.name}" for each in about.models]
    functions = dict(pair for surface in about.contract.paths for pair in tests(surface))
    exchanges: list[Exchange] = []
    with EmbeddedMock(named) as mock:
        unlimited = replace(about.target, headers=(), requests_per_minute=None, tokens_per_minute=None)
        target = replace(unlimited, base_url=mock.base_url, api_key_env=KEY_VARIABLE, api_key_file=None)
        run = Run(replace(about, target=target), exchanges.append)
        cases = [case for case in about.cases.values() if case.claim.id in functions and about.takes(case)]
        try:
            run.start((case, functions[case.claim.id]) for case in cases)
            asking = {case.id for case in cases if run.wait(case).evidence}
        finally:
            run.stop()
    return Plan(
        about.target.name,
        about.contract.name,
        tuple(
            _share(
                str(model),
                model.kind.name,
                [case.id for case in cases if case.model == model],
                asking,
                [each for each in exchanges if each.request.model == str(model)],
            )
            for model in dict.fromkeys(case.model for case in cases)
        ),
    )


def _share(model: str, kind: str, cases: list[str], asking: Iterable[str], exchanges: list[Exchange]) -> ModelPlan:
    billed = [each for each in exchanges if each.status == 200 and isinstance(each.request.json, dict)]
    return ModelPlan(
        model,
        kind,
        cases=len(cases),
        asking=len(set(cases) & set(asking)),
        requests=len(exchanges),
        refused=sum(each.status != 200 for each in exchanges),
        prompt_tokens=sum(prompt_tokens(each.request.json) for each in billed),
        completion_tokens=sum(most_tokens(each.request.json) for each in billed),
    )
