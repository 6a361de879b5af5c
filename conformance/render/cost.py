"""What a run is about and costs, in words: models and plan in its header, planned and spent at its end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

_LISTED = 6  # models with a line of their own in a header; of more there is one line for all


def models(named: Sequence[tuple[str, str]]) -> str:
    """The models of a run, column:id and class: each of a few, of more how many there are of each class."""
    if len(named) <= _LISTED:
        return f"models {', '.join(f'{model} ({kind})' for model, kind in named)}"
    counts = Counter(kind for _, kind in named).most_common()
    return (
        f"{len(named)} models ({', '.join(f'{count} {kind}' for kind, count in counts)}); conformance plan lists them"
    )


def header(cost: Mapping[str, Any]) -> Iterator[str]:
    """What a run is going to take: a line for each model, and the budget."""
    rows = [each for each in cost["models"] if each["planned"]]
    if not rows:
        yield "what it costs: see conformance plan"
    elif len(rows) <= _LISTED:
        yield from (f"{each['model']}: {_planned(cost, [each])}" for each in rows)
    else:
        yield f"{len(rows)} models: {_planned(cost, rows)}"
    if cost["budget"] is not None:
        yield f"budget {limit(cost['budget'])} USD"


def summary(cost: Mapping[str, Any]) -> Iterator[str]:
    """What a run took, and what was planned: a line each."""
    rows = cost["models"]
    spent = [each["spent"] for each in rows]
    tokens = f"{_sum(spent, 'prompt_tokens')} prompt and {_sum(spent, 'completion_tokens')} answer tokens"
    budget = "" if cost["budget"] is None else f" of a budget of {limit(cost['budget'])} USD"
    yield f"spent: {_sum(spent, 'requests')} requests, {tokens}, {_money(spent)}{budget}{_unmetered(spent)}"
    if all(each["planned"] for each in rows) and rows:
        yield f"planned: {_planned(cost, rows)}"


def usd(amount: float | None) -> str:
    """Money as it is printed; an unknown price is never zero."""
    if amount is None:
        return "price unknown"
    return "less than 0.0001 USD" if 0 < amount < 0.0001 else f"{amount:.4f} USD"


def limit(amount: float) -> str:
    """A budget as a person writes it: 0.50, 2, 0.0000001; never with an exponent."""
    whole, _, parts = f"{Decimal(str(amount)):f}".partition(".")
    return f"{whole}.{parts.rstrip('0'):0<2}" if parts.strip("0") else whole


def _planned(cost: Mapping[str, Any], rows: list[Mapping[str, Any]]) -> str:
    planned = [each["planned"] for each in rows]
    about = "" if cost["exact"] else "about "
    money = _money(planned)
    tokens = (
        f"about {_sum(planned, 'prompt_tokens')} prompt and at most {_sum(planned, 'completion_tokens')} answer tokens"
    )
    upto = "" if money == usd(None) or money.startswith("less") else "up to about "
    return f"{about}{_sum(planned, 'requests')} requests, {tokens}, {upto}{money}"


def _unmetered(spent: list[Mapping[str, Any]]) -> str:
    """Replies without usage: their tokens are not in the counts, and the money is what they may have cost at most."""
    count = sum(each["unmetered"] for each in spent)
    if not count:
        return ""
    replies, its, counts = ("1 reply", "its", "counts") if count == 1 else (f"{count:,} replies", "their", "count")
    if _money(spent) == usd(None):
        return f"; {replies} told no usage, {its} tokens are not counted"
    return f"; {replies} told no usage and {counts} as the most {'it' if count == 1 else 'they'} may have cost"


def _sum(parts: list[Mapping[str, Any]], name: str) -> str:
    return f"{sum(each[name] for each in parts):,}"


def _money(parts: list[Mapping[str, Any]]) -> str:
    amounts = [each["usd"] for each in parts]
    return usd(None if None in amounts or not amounts else sum(amounts))
