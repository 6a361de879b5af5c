"""Planned against spent: the run facts about cost, per model (schema: schemas/data/matrix, run.cost).

Joining plan, prices and what exchanges used lives here.  It asks nothing and formats nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from conformance import costs
from conformance.contract import Case
from conformance.pricing import Figures, Price
from conformance.session import Settings
from conformance.spending import Spent

Tallies = Iterable[Mapping[str, Mapping[str, int]]]


def facts(about: Settings, cases: Iterable[Case], tallies: Tallies = ()) -> dict[str, Any]:
    """What these cases cost by plan and, by what each process counted, in fact; money is null where a price is unknown."""
    chosen = list(cases)
    table = costs.load(about.contract_name)
    planned = table.of(chosen, about.models) if table else {}
    spent: dict[str, Spent] = {}
    for tally in tallies:
        for model, counts in tally.items():
            spent.setdefault(model, Spent()).add(counts)
    models = dict.fromkeys([str(case.model) for case in chosen] + list(spent))
    rows = [_row(model, about.prices.get(model), planned.get(model), spent.get(model, Spent())) for model in models]
    budget = None if about.budget is None else float(about.budget)
    return {"currency": "USD", "budget": budget, "exact": _exact(about, chosen), "models": rows}


def _exact(about: Settings, chosen: list[Case]) -> bool:
    """Whether the table knows all of it: whole claims, asked once."""
    claims = {(case.claim.id, str(case.model)) for case in chosen}
    whole = sum((case.claim.id, str(case.model)) in claims for case in about.cases.values()) == len(chosen)
    return whole and about.samples == 1 and about.too_long is None


def _row(model: str, price: Price | None, planned: Figures | None, spent: Spent) -> dict[str, Any]:
    return {
        "model": model,
        "prompt_price": float(price.prompt) if price else None,
        "completion_price": float(price.completion) if price else None,
        "planned": planned and {**vars(planned), "usd": _money(price, planned)},
        "spent": {
            "requests": spent.requests,
            "prompt_tokens": spent.prompt_tokens,
            "completion_tokens": spent.completion_tokens,
            "unmetered": spent.unmetered,
            "usd": _money(price, spent.most),
        },
    }


def _money(price: Price | None, figures: Figures) -> float | None:
    return float(round(price.of(figures), 8) + Decimal(0)) if price else None
