"""Prices in a gateway's lists of models: the requests for the lists, and reading prices from them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from conformance.base.money import MILLION, Price
from conformance.http.exchange import Request

# USD per million tokens.  No model costs a thousandth of it, so a higher price is a mistake, mostly of the unit, and reads as
# unknown.
_HIGHEST = 10**6
PRICE_LISTS = (
    Request(
        "GET", "/api/models?page=0", None, "models", "", auth="none", at_origin=True
    ),  # CometAPI: page 0 has all models
    Request("GET", "/models", None, "models", ""),  # OpenRouter
)


def published(document: Any) -> dict[str, Price]:
    """Return the prices in a gateway's list of models, by model id; models that are not priced per token in USD are left out.

    Two formats are read: CometAPI's (`pricing` in a named currency, per million tokens: input, output) and OpenRouter's (USD per
    token, as strings: prompt, completion).
    """
    rows = document.get("data") if isinstance(document, dict) else None
    prices = {}
    for row in rows if isinstance(rows, list) else []:
        pricing = row.get("pricing") if isinstance(row, dict) else None
        if isinstance(pricing, dict) and isinstance(row.get("id"), str) and (price := _read(pricing)):
            prices[row["id"]] = price
    return prices


def _read(pricing: Mapping[str, Any]) -> Price | None:
    """Return the price of one model; None if it is in another unit, incomplete, or includes a price per request."""
    currency = re.sub(r"\s", "", str(pricing.get("currency", ""))).lower()
    if currency == "usd/mtokens":
        names, factor = ("input", "output", "per_request"), 1
    elif "currency" not in pricing and "prompt" in pricing:
        names, factor = ("prompt", "completion", "request"), MILLION
    else:
        return None
    prompt, completion, per_request = (_amount(pricing.get(name)) for name in names)
    if prompt is None or completion is None or per_request or max(prompt, completion) * factor > _HIGHEST:
        return None
    return Price(prompt * factor, completion * factor)


def _amount(value: Any) -> Decimal | None:
    """Return a finite number of at least 0, given as a number or a string; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = Decimal(str(value))
    except ArithmeticError:
        return None
    return number if number.is_finite() and number >= 0 else None
