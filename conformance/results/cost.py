"""Planned against spent: the run facts about cost, per model (schema: schemas/data/matrix, run.cost).

Joining plan, prices and what exchanges used lives here.  It asks nothing and formats nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from conformance.base.money import Figures, Price
from conformance.contract import costs
from conformance.contract.claims import Case
from conformance.run.settings import Settings
from conformance.run.spending import Spent

_ADDED = ("planned", "spent")

Tallies = Iterable[Mapping[str, Mapping[str, int]]]


def facts(about: Settings, cases: Iterable[Case], tallies: Tallies = ()) -> dict[str, Any]:
    """What these cases cost by plan and, by what each process counted, in fact; money is null where a price is unknown."""
    chosen = list(cases)
    table = costs.load(about.contract_name) if about.samples == 1 and about.too_long is None else None
    planned = table.of(chosen, about.models) if table else {}
    spent: dict[str, Spent] = {}
    for tally in tallies:
        for model, counts in tally.items():
            spent.setdefault(model, Spent()).add(counts)
    models = dict.fromkeys([str(case.model) for case in chosen] + list(spent))
    rows = [_row(model, about.prices.get(model), planned.get(model), spent.get(model, Spent())) for model in models]
    budget = None if about.budget is None else float(about.budget)
    return {"currency": "USD", "budget": budget, "exact": _exact(about, chosen), "models": rows}


def joined(parts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The cost of runs put together: plans, budgets and what was spent are added up, a price is that of the first run."""
    rows: dict[str, dict[str, Any]] = {}
    for row in (row for part in parts for row in part["models"]):
        before = rows.get(row["model"])
        rows[row["model"]] = row if before is None else {**before, **{key: _sum(before, row, key) for key in _ADDED}}
    budgets = [part["budget"] for part in parts]
    budget = None if None in budgets else round(sum(budgets), 8)
    exact = all(part["exact"] for part in parts)
    return {"currency": "USD", "budget": budget, "exact": exact, "models": list(rows.values())}


def _sum(one: Mapping[str, Any], other: Mapping[str, Any], key: str) -> dict[str, Any] | None:
    """The counts of two runs, added; what one of them does not know the whole does not."""
    left, right = one[key], other[key]
    if left is None or right is None:
        return None
    return {name: None if None in (left[name], right[name]) else round(left[name] + right[name], 8) for name in left}


def _exact(about: Settings, chosen: list[Case]) -> bool:
    """Whether whole claims were chosen, which is what the table knows."""
    claims = {(case.claim.id, str(case.model)) for case in chosen}
    return sum((case.claim.id, str(case.model)) in claims for case in about.cases.values()) == len(chosen)


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
    return round(float(price.of(figures)), 8) if price else None
