"""Prices in a gateway's lists of models: where they are asked for, and reading them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from conformance.base.money import MILLION, Price
from conformance.http.exchange import Request

_DEAREST = 10**6  # USD per million tokens: a published price beyond it is a mistake, and reads as unknown
PLACES = (
    Request("GET", "/api/models?page=0", None, "models", "", auth="none", at_origin=True),  # CometAPI: page 0 holds all
    Request("GET", "/models", None, "models", ""),  # OpenRouter
)


def published(document: Any) -> dict[str, Price]:
    """The prices in a gateway's list of models, by id; what is not priced by tokens in USD is left out.

    Two shapes are read: CometAPI's (`pricing` in a named currency, per million tokens: input, output) and OpenRouter's (USD per
    token, as text: prompt, completion).
    """
    rows = document.get("data") if isinstance(document, dict) else None
    found = {}
    for row in rows if isinstance(rows, list) else []:
        pricing = row.get("pricing") if isinstance(row, dict) else None
        if isinstance(pricing, dict) and isinstance(row.get("id"), str) and (price := _read(pricing)):
            found[row["id"]] = price
    return found


def _read(pricing: Mapping[str, Any]) -> Price | None:
    currency = re.sub(r"\s", "", str(pricing.get("currency", ""))).lower()
    if currency == "usd/mtokens":
        names, times = ("input", "output", "per_request"), 1
    elif "currency" not in pricing and "prompt" in pricing:
        names, times = ("prompt", "completion", "request"), MILLION
    else:
        return None
    prompt, completion, each = (_amount(pricing.get(name)) for name in names)
    if prompt is None or completion is None or each or max(prompt, completion) * times > _DEAREST:
        return None
    return Price(prompt * times, completion * times)


def _amount(value: Any) -> Decimal | None:
    """A number, or a text that is one, that is not negative; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = Decimal(str(value))
    except ArithmeticError:
        return None
    return number if number.is_finite() and number >= 0 else None
