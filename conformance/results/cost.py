"""What a run was planned to cost and what it cost, per model (schema: schemas/data/matrix, run.cost).

Plan, prices and the usage of replies are joined here.  Nothing here sends a request or formats text.  Money is in USD, and None
if a price is not known.
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
_DECIMALS = 8  # of a sum of money: one token at a cent per million costs 0.00000001 USD


@dataclass(frozen=True)
class PlannedCost:
    """What a model should take if the endpoint conforms: prompt tokens are estimated, answer tokens are an upper bound."""

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
    """What a model took according to the usage in its replies.

    `unmetered` replies reported no usage; `usd` contains the most that they may have cost.
    """

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
    """The cost of one model, COLUMN:ID; prices are per million tokens, and `planned` is None if there is no plan for it."""

    model: str
    prompt_price: float | None
    completion_price: float | None
    planned: PlannedCost | None
    spent: SpentCost

    def __add__(self, other: ModelCost) -> ModelCost:
        """Return the sum at the first one's prices; what is unknown of one is unknown of the sum."""
        planned = None if self.planned is None or other.planned is None else self.planned + other.planned
        return replace(self, planned=planned, spent=self.spent + other.spent)


@dataclass(frozen=True)
class CostFacts:
    """The cost of a run; `exact` is whether only whole claims were planned, without which the plan is an estimate."""

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
    """Return what these cases should cost by the plan, and what they cost by the spending of each process."""
    chosen = list(cases)
    usual = settings.samples == 1 and settings.share is None and settings.too_long is None
    table = costs.load(settings.contract_name) if usual else None
    planned = table.for_cases(chosen) if table else {}
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
    """Return the cost of merged runs: plans, budgets and spending are added, prices are those of the first run."""
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
    """Return whether the cases make up whole claims; the table of costs knows nothing smaller."""
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
