"""The models and the cost of a run in words: the plan in its header, plan and spending at its end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import Decimal

from conformance.results.cost import CostFacts, PlannedCost, SpentCost

_LEAST = 0.0001  # USD: the smallest amount that four decimals can show
_LISTED = 6  # models that the header names
_PRICED = 2  # models whose cost has a line each in the header: one model and the endpoint; a plan lists all


def models(named: Sequence[tuple[str, str]]) -> str:
    """Return the models of a run, COLUMN:ID and class each; of more than six, the number of each class."""
    if len(named) <= _LISTED:
        return f"models {', '.join(f'{model} ({kind})' for model, kind in named)}"
    counts = Counter(kind for _, kind in named).most_common()
    return (
        f"{len(named)} models ({', '.join(f'{count} {kind}' for kind, count in counts)}); conformance plan lists them"
    )


def header(cost: CostFacts) -> Iterator[str]:
    """Yield lines with the planned cost of each model, and with the budget."""
    rows = {row.model: row.planned for row in cost.models if row.planned}
    if not rows:
        yield "what it costs: see conformance plan"
    elif len(rows) <= _PRICED:
        yield from (f"{model}: {_planned([planned], exact=cost.exact)}" for model, planned in rows.items())
    else:
        yield f"{len(rows)} models: {_planned(list(rows.values()), exact=cost.exact)}"
    if cost.budget is not None:
        yield f"budget {limit(cost.budget)} USD"


def summary(cost: CostFacts) -> Iterator[str]:
    """Yield a line with the cost of a run, and one with what was planned to compare it with, if that has a price."""
    spent = [row.spent for row in cost.models]
    prompts, answers = sum(row.prompt_tokens for row in spent), sum(row.completion_tokens for row in spent)
    requests = sum(row.requests for row in spent)
    budget = "" if cost.budget is None else f" of a budget of {limit(cost.budget)} USD"
    tokens = f"{prompts:,} prompt and {answers:,} answer tokens"
    yield f"spent: {requests:,} requests, {tokens}, {usd(_sum(spent))}{budget}{_unmetered(spent)}"
    planned = [row.planned for row in cost.models if row.planned]
    if planned and len(planned) == len(cost.models) and _sum(planned) is not None:
        yield f"planned: {_planned(planned, exact=cost.exact)}"


def usd(amount: float | None) -> str:
    """Return an amount as text; an unknown price is "price unknown", never zero."""
    if amount is None:
        return "price unknown"
    return f"less than {_LEAST} USD" if 0 < amount < _LEAST else f"{amount:.4f} USD"


def limit(amount: float) -> str:
    """Return a budget as a person writes it: 0.50, 2, 0.0000001; never with an exponent."""
    whole, _, parts = f"{Decimal(str(amount)):f}".partition(".")
    return f"{whole}.{parts.rstrip('0'):0<2}" if parts.strip("0") else whole


def _planned(planned: Sequence[PlannedCost], *, exact: bool) -> str:
    requests = sum(row.requests for row in planned)
    prompts, answers = sum(row.prompt_tokens for row in planned), sum(row.completion_tokens for row in planned)
    amount = _sum(planned)
    roughly = "" if exact else "about "
    at_most = "" if amount is None or 0 < amount < _LEAST else "up to about "
    tokens = f"about {prompts:,} prompt and at most {answers:,} answer tokens"
    return f"{roughly}{requests:,} requests, {tokens}, {at_most}{usd(amount)}"


def _unmetered(spent: Sequence[SpentCost]) -> str:
    """Return words for replies without usage: their tokens are not counted, and their cost is an upper bound."""
    count = sum(row.unmetered for row in spent)
    if not count:
        return ""
    replies, its, counts = ("1 reply", "its", "counts") if count == 1 else (f"{count:,} replies", "their", "count")
    if _sum(spent) is None:
        return f"; {replies} reported no usage, {its} tokens are not counted"
    return f"; {replies} reported no usage and {counts} as the most {'it' if count == 1 else 'they'} may have cost"


def _sum(rows: Sequence[PlannedCost] | Sequence[SpentCost]) -> float | None:
    """Return the cost of several models; None if that of one is unknown."""
    known = [row.usd for row in rows if row.usd is not None]
    return sum(known) if rows and len(known) == len(rows) else None
