"""Asking for a list of models, and what any such reply shows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from conformance.base.observation import Observation, honoured, mishandled
from conformance.suite.models import Ask
from conformance.surfaces.errors import envelope, read_refusal
from conformance.surfaces.models import ModelsCase, ModelsReply


async def openai_list(case: ModelsCase, ask: Ask, auth: str = "key") -> ModelsReply:
    """The reply to GET <base URL>/models."""
    return await ask(case.openai_list(auth))


async def catalogue(case: ModelsCase, ask: Ask, query: str = "") -> ModelsReply:
    """The reply to GET /api/models at the root of the host, asked without a key."""
    return await ask(case.catalogue(query))


def look(reply: ModelsReply, fault: Callable[[dict[str, Any]], str | None], good: str) -> Observation:
    """What a JSON object shows, given what would be wrong with it; anything else is a refusal or no list."""
    body = reply.exchange.json
    if reply.exchange.status != 200 or reply.exchange.failure or (isinstance(body, dict) and envelope(body)):
        return read_refusal(reply.exchange)
    if not isinstance(body, dict):
        return mishandled(f"no JSON object: {reply.exchange.text[:80]!r}")
    wrong = fault(body)
    return mishandled(wrong) if wrong else honoured(good)


def records(body: dict[str, Any]) -> list[Any]:
    """The records of a list; none where `data` is no array."""
    data = body.get("data")
    return data if isinstance(data, list) else []


def missing(body: dict[str, Any], case: ModelsCase) -> str | None:
    """The configured models that a list lacks, by id."""
    listed = {each.get("id") for each in records(body) if isinstance(each, dict)}
    absent = [model.id for model in case.case.run_models if model.id not in listed]
    return f"not listed: {', '.join(absent)}" if absent else None
