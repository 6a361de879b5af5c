"""Requesting a list of models, and what any such reply shows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from conformance.base.observation import Observation, honoured, mishandled
from conformance.suite.models import Ask
from conformance.surfaces.errors import envelope, read_refusal
from conformance.surfaces.models import ModelsCase, ModelsReply

COMETAPI_HOST = "api.cometapi.com"
KEY_REQUIRED = (401, 403)
NOT_COMETAPI = "only CometAPI documents this list, and the endpoint has no such address"


async def openai_list(case: ModelsCase, ask: Ask, auth: str = "key") -> ModelsReply:
    """Return the reply to GET <base URL>/models."""
    return await ask(case.openai_list(auth))


async def catalogue(case: ModelsCase, ask: Ask, query: str = "", auth: str = "none") -> ModelsReply:
    """Return the reply to GET /api/models at the root of the host, sent without a key unless `auth` says otherwise."""
    return await ask(case.catalogue(query, auth))


def observe(reply: ModelsReply, fault: Callable[[dict[str, Any]], str | None], good: str) -> Observation:
    """Observe a reply; `fault` returns what is wrong with its JSON object, or None, and `good` describes one without fault."""
    body = reply.exchange.json
    if reply.exchange.status != 200 or reply.exchange.failure or (isinstance(body, dict) and envelope(body)):
        return read_refusal(reply.exchange)
    if not isinstance(body, dict):
        return mishandled(f"the body must be a JSON object, got {reply.exchange.text[:80]!r}")
    wrong = fault(body)
    return mishandled(wrong) if wrong else honoured(good)


async def is_elsewhere(case: ModelsCase, ask: Ask, reply: ModelsReply) -> bool:
    """Return whether this is the host of another gateway, which has nothing like CometAPI's catalogue at that address.

    No other gateway documents that list.  One that asks for a key is asked again with the key, since many ask for it before they
    look at the address.
    """
    if case.host == COMETAPI_HOST:
        return False
    if reply.exchange.status in KEY_REQUIRED and case.keyed:
        reply = await catalogue(case, ask, auth="key")
    body = reply.exchange.json
    named = body.keys() if isinstance(body, dict) else set()
    alike = "success" in named or named >= {"total", "page", "page_size"}
    return reply.exchange.status is not None and not alike


def records(body: dict[str, Any]) -> list[Any]:
    """Return the records of a list; none if `data` is not an array."""
    data = body.get("data")
    return data if isinstance(data, list) else []


def missing(body: dict[str, Any], case: ModelsCase) -> str | None:
    """Return which of the run's models a list lacks, as a sentence; None if it has all of them."""
    listed = {record.get("id") for record in records(body) if isinstance(record, dict)}
    absent = [model.id for model in case.case.run_models if model.id not in listed]
    return f"the list lacks {', '.join(absent)}" if absent else None
