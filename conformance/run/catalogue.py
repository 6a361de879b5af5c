"""Prices that the gateway publishes: in its catalogue, else in its list of models.

Only sending the requests lives here; surfaces know which requests they are and how the replies are read.  They are sent only for
a run with a budget and without known prices, and for `conformance plan --prices`.
"""

from __future__ import annotations

import asyncio

from conformance.base.errors import ConfigurationError, UnreachableError
from conformance.base.money import Price
from conformance.run.settings import Settings
from conformance.sending.client import clients
from conformance.surfaces import registry
from conformance.target.targets import Target


def prices(target: Target) -> dict[str, Price]:
    """Return the prices that the gateway publishes, by model id; none if its replies contain none.

    The catalogue is public and requested without a key.  The list is requested with the key, and only if the catalogue lacks a
    model of the target.  Raises UnreachableError if the gateway does not answer at all.
    """
    return asyncio.run(_fetch(target))


def for_budget(settings: Settings) -> dict[str, Price]:
    """Return the prices that a budget needs and the target lacks, by model id; none if there is no budget.

    Raises ConfigurationError for a model whose price the gateway does not publish.
    """
    if settings.budget is None or settings.replays or not settings.unpriced:
        return {}
    found = prices(settings.target)
    if missing := settings.with_prices(found).unpriced:
        raise ConfigurationError(
            f"--budget needs the price of {', '.join(map(str, missing))}, which the gateway does not publish",
            "set prompt_price and completion_price of the model in the target file, in USD per million tokens, or let the "
            "gateway list prices at GET /api/models",
        )
    return found


async def _fetch(target: Target) -> dict[str, Price]:
    """Send the price lists of all surfaces until every model has a price; the first list with a model decides."""
    (client,) = clients(target, 1)
    known: dict[str, Price] = {}
    reply = None
    requests = [request for name in registry.installed() for request in registry.named(name).price_lists]
    try:
        for request in requests:
            if not all(model.price or model.id in known for model in target.models):
                reply = await client.send(request, 0, 0, 0)
                known = {**registry.for_request(request).prices(reply.json), **known}
    finally:
        await client.close()
    if reply and reply.status is None:
        raise UnreachableError(
            f"{target.base_url} did not answer a request for prices: {reply.failure}: {reply.failure_detail}",
            "check the base URL and that the server runs, or give prices in the target file",
        )
    return known
