"""The gateway's own prices, asked for once: its catalogue beside the API, else its list of models.

Only asking lives here; reading what comes back is done here too.  Nothing is asked unless a run has a budget whose prices
nobody gave, or a plan is told to.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from conformance.base.errors import UnreachableError
from conformance.base.money import MILLION, Price
from conformance.http.exchange import Request
from conformance.sending.client import clients
from conformance.target.targets import Target

_DEAREST = 10**6  # USD per million tokens: a published price beyond it is a mistake, and reads as unknown
_PLACES = (
    Request("GET", "/api/models?page=0", None, "models", "", auth="none", at_origin=True),  # CometAPI: page 0 holds all
    Request("GET", "/models", None, "models", ""),  # OpenRouter
)


def prices(target: Target) -> dict[str, Price]:
    """What the gateway publishes, by model id; where it answers with nothing of use there is none.

    Raises UnreachableError where it does not answer at all.

    The catalogue is public and asked without a key; the list is asked with it where the catalogue lacks a model of the target.
    """
    return asyncio.run(_ask(target))


async def _ask(target: Target) -> dict[str, Price]:
    (client,) = clients(target, 1)
    found: dict[str, Price] = {}
    reply = None
    try:
        for place in _PLACES:
            if not all(each.price or each.id in found for each in target.models):
                reply = await client.send(place, 0, 0, 0)
                found = {**published(reply.json), **found}
    finally:
        await client.close()
    if reply and reply.status is None:
        raise UnreachableError(
            f"{target.base_url} could not be asked for prices: {reply.failure}: {reply.failure_detail}",
            "check the base URL and that the server runs, or give prices in the target file",
        )
    return found


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
