"""The plan: what a run would send, found by running it against the embedded mock gateway.

The mock stands in for every model of the plan, so the figures are those of an endpoint that conforms.  Nothing is sent to
the target.  The table of costs beside a contract is made here too, from the plan of a model of each class.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

from conformance.base.money import Price, Usage, total
from conformance.contract.claims import ENDPOINT, Case, Says
from conformance.contract.costs import Costs, SharedRequests
from conformance.contract.loading import load
from conformance.http.exchange import Exchange
from conformance.run.embedded import KEY_VARIABLE, EmbeddedMock
from conformance.run.options import Options
from conformance.run.session import Run
from conformance.run.settings import Settings, load_settings
from conformance.suite import tests
from conformance.surfaces import registry as surfaces


@dataclass(frozen=True)
class ModelPlan:
    """One model's share: cases, those of them that ask, distinct requests, and tokens.

    `prompt_tokens` is an estimate from characters; `completion_tokens` is an upper bound, what is refused being free.
    """

    model: str
    kind: str
    cases: int
    sending_cases: int
    requests: int
    refused: int
    prompt_tokens: int
    completion_tokens: int
    price: Price | None = None

    @property
    def cost(self) -> Decimal | None:
        """What it costs up to about, in USD; None where the price is not known."""
        figures = Usage(self.requests, self.prompt_tokens, self.completion_tokens)
        return self.price.cost_of(figures) if self.price else None


@dataclass(frozen=True)
class Plan:
    target: str
    contract: str
    models: tuple[ModelPlan, ...]
    profile: str = "full"


@dataclass(frozen=True)
class _Seen:
    """What a run against the mock showed: its cases, the exchanges that each used, by id, all exchanges, and preflights."""

    cases: tuple[Case, ...]
    used: dict[str, tuple[str, ...]]
    exchanges: tuple[Exchange, ...]
    preflights: dict[tuple[str, str], Exchange]

    def of(self, model: str) -> list[Exchange]:
        return [each for each in self.exchanges if each.request.model == model]


def plan(settings: Settings) -> Plan:
    """Run everything that is selected against the mock in the target's place and count."""
    seen = _run(settings)
    models = dict.fromkeys(case.model for case in seen.cases)
    shares = tuple(_share(str(model), model.kind.name, seen, settings.prices.get(str(model))) for model in models)
    return Plan(settings.target.name, settings.contract.name, shares, settings.profile.value)


def costs(contract: str) -> Costs:
    """The table of costs of a contract, by its name or file: a plan of a model of each class."""
    models, endpoint = {}, {}
    for name, kind in load(contract).classes.items():
        model = f"{kind.column}=any,class={name}"
        seen = _run(load_settings(Options("mock", contract=contract, models=(model,))))
        models[name] = _table(seen, f"{kind.column}:any")
        endpoint[name] = _table(seen, f"{ENDPOINT}:any")
    return Costs(models, endpoint)


def _run(settings: Settings) -> _Seen:
    named = [f"--model={each.column}={each.id},class={each.kind.name}" for each in settings.models]
    functions = tests(settings.contract)
    exchanges: list[Exchange] = []
    with EmbeddedMock(named) as mock:
        unlimited = replace(settings.target, headers=(), requests_per_minute=None, tokens_per_minute=None)
        target = replace(unlimited, base_url=mock.base_url, api_key_env=KEY_VARIABLE, api_key_file=None)
        run = Run(replace(settings, target=target), exchanges.append)
        cases = tuple(
            case for case in settings.cases.values() if case.claim.id in functions and settings.includes(case)
        )
        try:
            run.start((case, functions[case.claim.id]) for case in cases)
            used = {case.id: run.wait(case).evidence for case in cases}
        finally:
            run.stop()
    return _Seen(cases, used, tuple(exchanges), run.preflights)


def _share(model: str, kind: str, seen: _Seen, price: Price | None) -> ModelPlan:
    exchanges = seen.of(model)
    cases = [case.id for case in seen.cases if str(case.model) == model]
    figures = total(_figures(each) for each in exchanges)
    return ModelPlan(
        model,
        kind,
        cases=len(cases),
        sending_cases=sum(bool(seen.used[case]) for case in cases),
        requests=len(exchanges),
        refused=sum(each.status != 200 for each in exchanges),
        prompt_tokens=figures.prompt_tokens,
        completion_tokens=figures.completion_tokens,
        price=price,
    )


def _figures(exchange: Exchange) -> Usage:
    """What an exchange takes: one request, and tokens where it was answered."""
    answered = exchange.status == 200 and isinstance(exchange.request.json, dict)
    return surfaces.for_request(exchange.request).estimate(exchange.request) if answered else Usage(1)


def _table(seen: _Seen, model: str) -> tuple[SharedRequests, ...]:
    """A row for each set of claims that share requests; the preflight is every claim's that asks."""
    asking = [case for case in seen.cases if str(case.model) == model and case.rule.says is not Says.NOT_APPLICABLE]
    rows: dict[frozenset[str], Usage] = {}
    for exchange in seen.of(model):
        users = frozenset(case.claim.id for case in asking if exchange.id in seen.used[case.id])
        opened = {surface for (surface, of), found in seen.preflights.items() if of == model and found is exchange}
        users |= {case.claim.id for case in asking if case.claim.surface in opened}
        rows[users] = rows.get(users, Usage()) + _figures(exchange)
    return tuple(SharedRequests(claims, figures) for claims, figures in rows.items())
