"""GET /api/models: the gateway's own catalogue, which is public and has several pages."""

import json
import math
from collections.abc import Callable
from typing import Any

from conformance.base.observation import Observation, Seen, honoured, mishandled, not_applicable, unanswered
from conformance.base.validation import own_problem
from conformance.suite import claim
from conformance.suite.models import Ask
from conformance.suite.models.listing import (
    KEY_REQUIRED,
    NOT_COMETAPI,
    catalogue,
    is_elsewhere,
    missing,
    observe,
    records,
)
from conformance.surfaces.models import ModelsCase

MOST_PAGES = 8  # requests for pages; of a longer catalogue page 0 is read, which has all models
WHOLE = "?page=0"


@claim("models.catalogue.wrapper")
async def test_wrapper(case: ModelsCase, ask: Ask) -> Observation:
    """Without a key the body has success true and data."""
    reply = await catalogue(case, ask)
    if await is_elsewhere(case, ask, reply):
        return not_applicable(NOT_COMETAPI)
    if reply.exchange.status in KEY_REQUIRED:
        return mishandled(f"the catalogue must not need a key, got {reply.refusal().detail}")

    def fault(body: dict[str, Any]) -> str | None:
        if body.get("success") is not True:
            return f"success must be True, got {body.get('success')!r}"
        return None if records(body) else "data must be a list of records, got none"

    return observe(reply, fault, "success is True, and there are records")


@claim("models.catalogue.fields")
async def test_fields(case: ModelsCase, ask: Ask) -> Observation:
    """Each record fits the schema of the documented fields."""
    return await _observe_records(
        case, ask, lambda body: own_problem({**body, "success": True}, "wire/catalogue"), "every record fits the schema"
    )


@claim("models.catalogue.endpoints")
async def test_endpoints(case: ModelsCase, ask: Ask) -> Observation:
    """The endpoints of each record are a string of JSON."""

    def fault(body: dict[str, Any]) -> str | None:
        for record in records(body):
            text = record.get("endpoints") if isinstance(record, dict) else None
            if text is not None and not _parses(text):
                return f"endpoints of {record.get('id')!r} must be a string of JSON, got {str(text)[:60]!r}"
        return None

    return await _observe_records(case, ask, fault, "the endpoints of every record are a string of JSON")


@claim("models.catalogue.endpoints_agree")
async def test_endpoints_agree(case: ModelsCase, ask: Ask) -> Observation:
    """The record of a model that answers Chat Completions lists that endpoint."""
    pages = await _pages(case, ask)
    if isinstance(pages, Observation):
        return pages
    name = case.model.id
    own = [
        record for page in pages for record in records(page) if isinstance(record, dict) and record.get("id") == name
    ]
    endpoints = own[0].get("endpoints") if own else None
    if not isinstance(endpoints, str):
        return unanswered(f"there is no record of {name} with endpoints")
    if "/chat/completions" in endpoints:
        return honoured(f"the record of {name} lists Chat Completions")
    return mishandled(f"the record of {name} must list Chat Completions, which it answers, got {endpoints[:80]}")


@claim("models.catalogue.pricing")
async def test_pricing(case: ModelsCase, ask: Ask) -> Observation:
    """Each pricing names its currency, and no price is negative."""

    def fault(body: dict[str, Any]) -> str | None:
        for record in records(body):
            pricing = record.get("pricing") if isinstance(record, dict) else None
            if isinstance(pricing, dict) and (wrong := _price_fault(pricing)):
                return f"{record.get('id')!r}: {wrong}"
        return None

    return await _observe_records(case, ask, fault, "every pricing names its currency")


@claim("models.catalogue.configured")
async def test_configured(case: ModelsCase, ask: Ask) -> Observation:
    """The catalogue has all models of this run, on any of its pages."""
    pages = await _pages(case, ask)
    if isinstance(pages, Observation):
        return pages
    everything = {"data": [record for page in pages for record in records(page)]}
    wrong = missing(everything, case)
    total, different = pages[0].get("total"), len({str(record) for record in everything["data"]})
    if wrong and isinstance(total, int) and different < total:
        return unanswered(f"{wrong}, but only {different} of {total} records can be read")
    return mishandled(wrong) if wrong else honoured("all models of this run are in the catalogue")


@claim("models.catalogue.paging")
async def test_paging(case: ModelsCase, ask: Ask) -> Observation:
    """All pages together have as many different records as total says, and so has page 0."""
    pages = await _pages(case, ask)
    if isinstance(pages, Observation):
        return pages
    total = pages[0].get("total")
    ids = [record.get("id") for page in pages for record in records(page) if isinstance(record, dict)]
    if len(set(ids)) != len(ids):
        return mishandled(
            f"records must be different, got {len(set(ids))} ids in {len(ids)} records on {len(pages)} pages"
        )
    if total != len(ids):
        return mishandled(f"total must be {len(ids)}, the records on {len(pages)} pages, got {total!r}")
    if wrong := next(filter(None, map(_overfull, pages)), None):
        return mishandled(wrong)
    whole = await catalogue(case, ask, WHOLE)
    return observe(
        whole, lambda body: _partial(body, len(ids)), f"{total} records on {len(pages)} pages, and on page 0"
    )


def _overfull(page: dict[str, Any]) -> str | None:
    """Return that a page has more records than its page_size; None if it has not, or names no size."""
    number, size = page.get("page"), page.get("page_size")
    if number and isinstance(size, int) and size and len(records(page)) > size:
        return f"page {number} must have at most page_size {size} records, got {len(records(page))}"
    return None


def _partial(body: dict[str, Any], count: int) -> str | None:
    """Return that page 0 has not this number of records; None if it has."""
    number = len(records(body))
    return None if number == count else f"page 0 must have all {count} records, got {number}"


async def _pages(case: ModelsCase, ask: Ask) -> list[dict[str, Any]] | Observation:
    """Return every page of the catalogue, or the observation that there is none to look at."""
    seen = await _observe_records(case, ask, lambda body: None, "the catalogue has records")
    if seen.seen is not Seen.HONOURED:
        return seen
    first: dict[str, Any] = (await catalogue(case, ask)).exchange.json
    total, size = first.get("total"), first.get("page_size")
    if not isinstance(total, int) or not isinstance(size, int) or first.get("page") == 0 or size < 1:
        return [first]
    count = math.ceil(total / size)
    if count > MOST_PAGES:
        whole = await catalogue(case, ask, WHOLE)
        seen = observe(whole, lambda body: _partial(body, total), "all records on one page")
        return [whole.exchange.json] if seen.seen is Seen.HONOURED else seen
    more = [await catalogue(case, ask, f"?page={number}") for number in range(2, count + 1)]
    bodies = [reply.exchange.json for reply in more]
    refused = next((reply for reply, body in zip(more, bodies, strict=True) if not isinstance(body, dict)), None)
    return refused.refusal() if refused else [first, *bodies]


async def _observe_records(
    case: ModelsCase, ask: Ask, fault: Callable[[dict[str, Any]], str | None], good: str
) -> Observation:
    """Observe the records; without a catalogue there is no evidence, since the claim about its wrapper reports that."""
    reply = await catalogue(case, ask)
    body = reply.exchange.json
    if await is_elsewhere(case, ask, reply):
        return not_applicable(NOT_COMETAPI)
    if reply.exchange.status == 404 or (isinstance(body, dict) and reply.exchange.status == 200 and not records(body)):
        return unanswered("there is no catalogue to look at")
    return observe(reply, fault, good)


def _parses(text: Any) -> bool:
    """Return whether a value is a string of JSON with an object or a list in it."""
    try:
        return isinstance(text, str) and isinstance(json.loads(text), dict | list)
    except (ValueError, RecursionError):
        return False


def _price_fault(pricing: dict[str, Any]) -> str | None:
    """Return what is wrong with a pricing; None if nothing is."""
    if not isinstance(pricing.get("currency"), str) or not pricing["currency"]:
        return f"currency must be a non-empty string, got {pricing.get('currency')!r}"
    for name in ("input", "output", "per_request", "per_second"):
        price = pricing.get(name)
        if price is not None and (isinstance(price, bool) or not isinstance(price, int | float) or price < 0):
            return f"{name} must be a number of at least 0, got {price!r}"
    return None
