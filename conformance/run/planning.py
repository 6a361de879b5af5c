"""The plan: what a run would send, counted by running it against the embedded mock gateway.

The mock answers for every model of the plan, so the numbers are those of an endpoint that conforms; nothing is sent to the
target. The table of costs that is shipped with a contract is made here too, from the plan of one model of each class.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from math import ceil

from conformance.base.money import Price, Usage, total
from conformance.contract.claims import ENDPOINT, Case, Says
from conformance.contract.costs import Costs, SharedRequests
from conformance.contract.loading import load
from conformance.http.exchange import Exchange
from conformance.run.embedded import KEY_VARIABLE, EmbeddedMock
from conformance.run.loading import load_settings
from conformance.run.options import Options
from conformance.run.session import Run
from conformance.run.settings import Settings
from conformance.suite import tests
from conformance.surfaces import registry as surfaces
from conformance.trial.samples import DEVIATIONS_NEEDED, FURTHER_LOOKS
from conformance.trial.trial import Outcome, first_looks


@dataclass(frozen=True)
class ModelPlan:
    """The plan of one model: cases, those of them that send requests, distinct requests, refused requests, and tokens.

    `prompt_tokens` is an estimate from characters; `completion_tokens` is an upper bound, and refused requests use none.
    `surfaces` are the parts of the plan of a model that is asked on several surfaces, by their names.
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
    surfaces: Mapping[str, ModelPlan] = field(default_factory=dict)

    @property
    def cost(self) -> Decimal | None:
        """About the highest cost in USD; None if the price is not known."""
        usage = Usage(self.requests, self.prompt_tokens, self.completion_tokens)
        return self.price.cost_of(usage) if self.price else None


@dataclass(frozen=True)
class Plan:
    """The plan of a run, model by model.

    `reserve` is how many requests more one case takes at most if it deviates and the deviation does not come every time.
    """

    target: str
    contract: str
    models: tuple[ModelPlan, ...]
    profile: str = "full"
    share: float | None = None
    reserve: int = 0
    budget: Decimal | None = None


@dataclass(frozen=True)
class _MockRun:
    """A run against the mock: its cases, the ids of the exchanges that each used, those without repeats, and the preflights."""

    cases: tuple[Case, ...]
    used: dict[str, tuple[str, ...]]
    exchanges: tuple[Exchange, ...]
    preflights: dict[tuple[str, str], Exchange]

    def exchanges_of(self, model: str) -> list[Exchange]:
        return [exchange for exchange in self.exchanges if exchange.request.model == model]


def plan(settings: Settings) -> Plan:
    """Run all selected cases against the mock instead of the target, and count what they send."""
    mock_run = _run_against_mock(settings)
    kinds: dict[str, dict[str, None]] = {}  # of each model in order; what is asked of the endpoint has one for each API
    for case in mock_run.cases:
        kinds.setdefault(str(case.model), {})[case.model.kind.name] = None
    plans = tuple(
        _model_plan(model, ", ".join(names), mock_run, settings.prices.get(model)) for model, names in kinds.items()
    )
    name, contract = settings.target.name, settings.contract.name
    return Plan(
        name, contract, plans, settings.profile.value, settings.share, _reserve(settings, mock_run), settings.budget
    )


def _reserve(settings: Settings, mock_run: _MockRun) -> int:
    """Return how many requests the case with the most requests takes for all repeats and further looks together."""
    looks = {case.id: first_looks(case, settings.samples, settings.looks) for case in mock_run.cases}
    of_one_look = (ceil(len(mock_run.used[case]) / number) for case, number in looks.items())
    return (DEVIATIONS_NEEDED - 1 + FURTHER_LOOKS) * max(of_one_look, default=0)


def costs(contract: str) -> Costs:
    """Return the table of costs of a contract, given its name or file: the plan of one model of each class."""
    models, endpoint = {}, {}
    for name, kind in load(contract).classes.items():
        model = f"{kind.column}=any,class={name}"
        mock_run = _run_against_mock(load_settings(Options("mock", contract=contract, models=(model,))))
        models[name] = _table(mock_run, f"{kind.column}:any")
        endpoint[name] = _table(mock_run, f"{ENDPOINT}:any")
    return Costs(models, endpoint)


def _run_against_mock(settings: Settings) -> _MockRun:
    models = [f"--model={model.column}={model.id},class={model.kind.name}" for model in settings.models]
    functions = tests(settings.contract)
    exchanges: list[Exchange] = []
    with EmbeddedMock(models, settings.contract_name) as mock:
        unlimited = replace(settings.target, headers=(), requests_per_minute=None, tokens_per_minute=None)
        target = replace(unlimited, base_url=mock.base_url, api_key_env=KEY_VARIABLE, api_key_file=None)
        run = Run(replace(settings, target=target), exchanges.append)
        cases = tuple(
            case for case in settings.cases.values() if case.claim.id in functions and settings.includes(case)
        )
        try:
            run.start((case, functions[case.claim.id]) for case in cases)
            used = {case.id: _asked_for(run.wait(case)) for case in cases}
        finally:
            run.stop()
    # On a busy machine the mock can be late, and a claim about time asks again: what it repeats is in no plan.
    planned = tuple(exchange for exchange in exchanges if not exchange.attempt)
    return _MockRun(cases, used, planned, run.preflights)


def _asked_for(outcome: Outcome) -> tuple[str, ...]:
    """Return the ids of the exchanges that a case asked for itself; a statement about every reply borrows those of others."""
    return tuple(exchange for exchange in outcome.evidence if exchange not in outcome.borrowed)


def _model_plan(model: str, kind: str, mock_run: _MockRun, price: Price | None) -> ModelPlan:
    whole = _figures(model, kind, mock_run, price)
    names = dict.fromkeys(case.claim.surface for case in mock_run.cases if str(case.model) == model)
    if len(names) < 2:
        return whole
    return replace(whole, surfaces={name: _figures(model, kind, mock_run, price, name) for name in names})


def _figures(model: str, kind: str, mock_run: _MockRun, price: Price | None, surface: str | None = None) -> ModelPlan:
    """Return the figures of a model, on all surfaces or on one."""
    exchanges = [one for one in mock_run.exchanges_of(model) if surface in {None, one.request.surface}]
    cases = [one for one in mock_run.cases if str(one.model) == model and surface in {None, one.claim.surface}]
    usage = total(_usage(exchange) for exchange in exchanges)
    return ModelPlan(
        model,
        kind,
        cases=len(cases),
        sending_cases=sum(bool(mock_run.used[case.id]) for case in cases),
        requests=sum(exchange.request.sent for exchange in exchanges),
        refused=sum(exchange.status != 200 for exchange in exchanges),
        prompt_tokens=usage.prompt_tokens,
        completion_tokens=usage.completion_tokens,
        price=price,
    )


def _usage(exchange: Exchange) -> Usage:
    """Return what an exchange uses: its request, and tokens if it was answered."""
    request = exchange.request
    if exchange.status != 200 or not isinstance(request.json, dict):
        return Usage(request.sent)
    return replace(surfaces.for_request(request).estimate(request), requests=request.sent)


def _table(mock_run: _MockRun, model: str) -> tuple[SharedRequests, ...]:
    """Return a row for each set of claims that share requests; the preflight is shared by every claim that sends any."""
    sending = [
        case for case in mock_run.cases if str(case.model) == model and case.rule.says is not Says.NOT_APPLICABLE
    ]
    rows: dict[frozenset[str], Usage] = {}
    for exchange in mock_run.exchanges_of(model):
        users = frozenset(case.claim.id for case in sending if exchange.id in mock_run.used[case.id])
        opened = {
            surface for (surface, name), before in mock_run.preflights.items() if name == model and before is exchange
        }
        users |= {case.claim.id for case in sending if case.claim.surface in opened}
        rows[users] = rows.get(users, Usage()) + _usage(exchange)
    return tuple(SharedRequests(claims, usage) for claims, usage in rows.items())
