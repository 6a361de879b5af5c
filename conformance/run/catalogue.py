"""The gateway's own prices, asked for once: its catalogue beside the API, else its list of models.

Only asking lives here; which requests ask for prices and what comes back is known to surfaces.  Nothing is asked unless a run has
a budget whose prices nobody gave, or a plan is told to.
"""

from __future__ import annotations

import asyncio

from conformance.base.errors import UnreachableError
from conformance.base.money import Price
from conformance.sending.client import clients
from conformance.surfaces import registry
from conformance.target.targets import Target


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
        for request in (request for name in registry.installed() for request in registry.named(name).price_lists):
            if not all(model.price or model.id in found for model in target.models):
                reply = await client.send(request, 0, 0, 0)
                found = {**registry.for_request(request).prices(reply.json), **found}
    finally:
        await client.close()
    if reply and reply.status is None:
        raise UnreachableError(
            f"{target.base_url} could not be asked for prices: {reply.failure}: {reply.failure_detail}",
            "check the base URL and that the server runs, or give prices in the target file",
        )
    return found
