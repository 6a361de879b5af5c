"""What a run is about and costs, in words: models and plan in its header, planned and spent at its end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import Decimal

from conformance.results.cost import CostFacts, PlannedCost, SpentCost

_LEAST = 0.0001  # USD: the least amount that is printed as a number
_LISTED = 6  # models with a line of their own in a header; of more there is one line for all


def models(named: Sequence[tuple[str, str]]) -> str:
    """The models of a run, column:id and class: each of a few, of more how many there are of each class."""
    if len(named) <= _LISTED:
        return f"models {', '.join(f'{model} ({kind})' for model, kind in named)}"
    counts = Counter(kind for _, kind in named).most_common()
    return (
        f"{len(named)} models ({', '.join(f'{count} {kind}' for kind, count in counts)}); conformance plan lists them"
    )


def header(cost: CostFacts) -> Iterator[str]:
    """Yield what a run is going to take: a line for each model, and the budget."""
    rows = {row.model: row.planned for row in cost.models if row.planned}
    if not rows:
        yield "what it costs: see conformance plan"
    elif len(rows) <= _LISTED:
        yield from (f"{model}: {_planned([planned], exact=cost.exact)}" for model, planned in rows.items())
    else:
        yield f"{len(rows)} models: {_planned(list(rows.values()), exact=cost.exact)}"
    if cost.budget is not None:
        yield f"budget {limit(cost.budget)} USD"


def summary(cost: CostFacts) -> Iterator[str]:
    """Yield what a run took, and what was planned: a line each."""
    spent = [row.spent for row in cost.models]
    prompts, answers = sum(row.prompt_tokens for row in spent), sum(row.completion_tokens for row in spent)
    requests = sum(row.requests for row in spent)
    budget = "" if cost.budget is None else f" of a budget of {limit(cost.budget)} USD"
    tokens = f"{prompts:,} prompt and {answers:,} answer tokens"
    yield f"spent: {requests:,} requests, {tokens}, {usd(_sum(spent))}{budget}{_unmetered(spent)}"
    planned = [row.planned for row in cost.models if row.planned]
    if planned and len(planned) == len(cost.models):
        yield f"planned: {_planned(planned, exact=cost.exact)}"


def usd(amount: float | None) -> str:
    """Money as it is printed; an unknown price is never zero."""
    if amount is None:
        return "price unknown"
    return f"less than {_LEAST} USD" if 0 < amount < _LEAST else f"{amount:.4f} USD"


def limit(amount: float) -> str:
    """A budget as a person writes it: 0.50, 2, 0.0000001; never with an exponent."""
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
    """Replies without usage: their tokens are not in the counts, and the money is what they may have cost at most."""
    count = sum(row.unmetered for row in spent)
    if not count:
        return ""
    replies, its, counts = ("1 reply", "its", "counts") if count == 1 else (f"{count:,} replies", "their", "count")
    if _sum(spent) is None:
        return f"; {replies} told no usage, {its} tokens are not counted"
    return f"; {replies} told no usage and {counts} as the most {'it' if count == 1 else 'they'} may have cost"


def _sum(rows: Sequence[PlannedCost] | Sequence[SpentCost]) -> float | None:
    """The money of several models together; where one is unknown, so is the sum."""
    known = [row.usd for row in rows if row.usd is not None]
    return sum(known) if rows and len(known) == len(rows) else None
