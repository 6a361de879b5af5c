"""Planned against spent: the run facts about cost, per model (schema: schemas/data/matrix, run.cost).

Joining plan, prices and what exchanges used lives here.  It asks nothing and formats nothing.  Money is in USD, and None where
a price is not known.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from conformance.base.money import Price, Usage
from conformance.contract import costs
from conformance.contract.claims import Case
from conformance.run.settings import Settings
from conformance.run.spending import Spent

CURRENCY = "USD"
_DECIMALS = 8  # of a sum of money: a hundredth of the price of one token at a cent per million


@dataclass(frozen=True)
class PlannedCost:
    """What a model was planned to take on an endpoint that conforms: prompt tokens about, answer tokens at most."""

    requests: int
    prompt_tokens: int
    completion_tokens: int
    usd: float | None

    def __add__(self, other: PlannedCost) -> PlannedCost:
        return PlannedCost(
            self.requests + other.requests,
            self.prompt_tokens + other.prompt_tokens,
            self.completion_tokens + other.completion_tokens,
            _sum(self.usd, other.usd),
        )


@dataclass(frozen=True)
class SpentCost:
    """What a model took by the usage of its replies; `unmetered` replies had none, and are in the money at their most."""

    requests: int
    prompt_tokens: int
    completion_tokens: int
    unmetered: int
    usd: float | None

    def __add__(self, other: SpentCost) -> SpentCost:
        return SpentCost(
            self.requests + other.requests,
            self.prompt_tokens + other.prompt_tokens,
            self.completion_tokens + other.completion_tokens,
            self.unmetered + other.unmetered,
            _sum(self.usd, other.usd),
        )


@dataclass(frozen=True)
class ModelCost:
    """One model, COLUMN:ID, with its prices per million tokens; `planned` is None where nothing says what it takes."""

    model: str
    prompt_price: float | None
    completion_price: float | None
    planned: PlannedCost | None
    spent: SpentCost

    def __add__(self, other: ModelCost) -> ModelCost:
        """Return both together at the first one's price; what one of them does not know the whole does not."""
        planned = None if self.planned is None or other.planned is None else self.planned + other.planned
        return replace(self, planned=planned, spent=self.spent + other.spent)


@dataclass(frozen=True)
class CostFacts:
    """The cost of a run; `exact` tells whether the plan is about whole claims asked once, else it is about what they take."""

    budget: float | None
    exact: bool
    models: tuple[ModelCost, ...]

    def document(self) -> dict[str, Any]:
        """Return the cost as it stands in matrix.json."""
        rows = [asdict(row) for row in self.models]
        return {"currency": CURRENCY, "budget": self.budget, "exact": self.exact, "models": rows}

    @classmethod
    def from_document(cls, data: Mapping[str, Any]) -> CostFacts:
        """Return the cost that `document` wrote."""
        return cls(data["budget"], data["exact"], tuple(map(_row, data["models"])))


def facts(settings: Settings, cases: Iterable[Case], spent: Iterable[Mapping[str, Spent]] = ()) -> CostFacts:
    """Return what these cases cost by plan and, by what each process spent, in fact."""
    chosen = list(cases)
    table = costs.load(settings.contract_name) if settings.samples == 1 and settings.too_long is None else None
    planned = table.for_cases(chosen, settings.models) if table else {}
    used: dict[str, Spent] = {}
    for by_model in spent:
        for model, counts in by_model.items():
            used.setdefault(model, Spent()).add(vars(counts))
    models = dict.fromkeys([str(case.model) for case in chosen] + list(used))
    return CostFacts(
        None if settings.budget is None else float(settings.budget),
        _exact(settings, chosen),
        tuple(
            _cost(model, settings.prices.get(model), planned.get(model), used.get(model, Spent())) for model in models
        ),
    )


def joined(parts: Sequence[CostFacts]) -> CostFacts:
    """Return the cost of runs put together: plans, budgets and what was spent are added up, a price is the first run's."""
    rows: dict[str, ModelCost] = {}
    for row in (row for part in parts for row in part.models):
        rows[row.model] = rows[row.model] + row if row.model in rows else row
    budget: float | None = 0.0
    for part in parts:
        budget = _sum(budget, part.budget)
    return CostFacts(budget, all(part.exact for part in parts), tuple(rows.values()))


def _sum(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else round(one + other, _DECIMALS)


def _exact(settings: Settings, chosen: list[Case]) -> bool:
    """Whether whole claims were chosen, which is what the table knows."""
    claims = {(case.claim.id, str(case.model)) for case in chosen}
    return sum((case.claim.id, str(case.model)) in claims for case in settings.cases.values()) == len(chosen)


def _cost(model: str, price: Price | None, planned: Usage | None, spent: Spent) -> ModelCost:
    return ModelCost(
        model,
        float(price.prompt) if price else None,
        float(price.completion) if price else None,
        PlannedCost(**vars(planned), usd=_money(price, planned)) if planned else None,
        SpentCost(
            spent.requests,
            spent.prompt_tokens,
            spent.completion_tokens,
            spent.unmetered,
            _money(price, spent.upper_bound),
        ),
    )


def _row(data: Mapping[str, Any]) -> ModelCost:
    planned = PlannedCost(**data["planned"]) if data["planned"] else None
    return ModelCost(**{**data, "planned": planned, "spent": SpentCost(**data["spent"])})


def _money(price: Price | None, figures: Usage) -> float | None:
    return round(float(price.cost_of(figures)), _DECIMALS) if price else None
