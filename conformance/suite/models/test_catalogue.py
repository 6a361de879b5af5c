"""GET /api/models: the gateway's own catalogue, public, in pages."""

import json
import math
from collections.abc import Callable
from typing import Any

from conformance.base.observation import Observation, Seen, honoured, mishandled, unanswered
from conformance.base.validation import own_problem
from conformance.suite import claim
from conformance.suite.models import Ask
from conformance.suite.models.listing import catalogue, look, missing, records
from conformance.surfaces.models import ModelsCase

MOST_PAGES = 8  # of more, page 0 is asked for in their place
WHOLE = "?page=0"
NEEDS_KEY = (401, 403)


@claim("models.catalogue.wrapper")
async def test_wrapper(case: ModelsCase, ask: Ask) -> Observation:
    """The body says success and holds data, for anyone who asks."""
    reply = await catalogue(case, ask)
    if reply.exchange.status in NEEDS_KEY:
        return mishandled(f"asks for a key: {reply.refusal().detail}")

    def fault(body: dict[str, Any]) -> str | None:
        if body.get("success") is not True:
            return f"success is {body.get('success')!r}"
        return None if records(body) else "data holds no records"

    return look(reply, fault, "success, with data")


@claim("models.catalogue.fields")
async def test_fields(case: ModelsCase, ask: Ask) -> Observation:
    """The body validates against the schema of the documented fields."""
    return await _records(
        case, ask, lambda body: own_problem({**body, "success": True}, "wire/catalogue"), "every record validates"
    )


@claim("models.catalogue.endpoints")
async def test_endpoints(case: ModelsCase, ask: Ask) -> Observation:
    """The endpoints of each record are a string that parses."""

    def fault(body: dict[str, Any]) -> str | None:
        for record in records(body):
            text = record.get("endpoints") if isinstance(record, dict) else None
            if text is not None and not _parses(text):
                return f"endpoints of {record.get('id')!r} are no JSON text: {str(text)[:60]!r}"
        return None

    return await _records(case, ask, fault, "every string of endpoints parses")


@claim("models.catalogue.endpoints_agree")
async def test_endpoints_agree(case: ModelsCase, ask: Ask) -> Observation:
    """The record of the model that answers here lists Chat Completions among its endpoints."""
    pages = await _pages(case, ask)
    if isinstance(pages, Observation):
        return pages
    wanted = case.model.id
    found = [
        record for page in pages for record in records(page) if isinstance(record, dict) and record.get("id") == wanted
    ]
    if not found or not isinstance(found[0].get("endpoints"), str):
        return unanswered(f"no record of {wanted} that lists endpoints")
    if "/chat/completions" in found[0]["endpoints"]:
        return honoured(f"{wanted} lists Chat Completions, which answers")
    return mishandled(f"{wanted} answers Chat Completions, its record lists {found[0]['endpoints'][:80]}")


@claim("models.catalogue.pricing")
async def test_pricing(case: ModelsCase, ask: Ask) -> Observation:
    """A pricing names its currency, and no price is negative."""

    def fault(body: dict[str, Any]) -> str | None:
        for record in records(body):
            pricing = record.get("pricing") if isinstance(record, dict) else None
            if isinstance(pricing, dict) and (wrong := _price_fault(pricing)):
                return f"{record.get('id')!r}: {wrong}"
        return None

    return await _records(case, ask, fault, "every pricing is in a named currency")


@claim("models.catalogue.configured")
async def test_configured(case: ModelsCase, ask: Ask) -> Observation:
    """The models of this run are in the catalogue, on whichever page."""
    pages = await _pages(case, ask)
    if isinstance(pages, Observation):
        return pages
    everything = {"data": [record for page in pages for record in records(page)]}
    wrong = missing(everything, case)
    total, different = pages[0].get("total"), len({str(record) for record in everything["data"]})
    if wrong and isinstance(total, int) and different < total:
        return unanswered(f"{wrong}, but of {total} records only {different} can be read")
    return mishandled(wrong) if wrong else honoured("every model of this run is in the catalogue")


@claim("models.catalogue.paging")
async def test_paging(case: ModelsCase, ask: Ask) -> Observation:
    """All pages together hold as many different records as the total says."""
    pages = await _pages(case, ask)
    if isinstance(pages, Observation):
        return pages
    total = pages[0].get("total")
    ids = [record.get("id") for page in pages for record in records(page) if isinstance(record, dict)]
    if len(set(ids)) != len(ids):
        return mishandled(f"{len(ids)} records on {len(pages)} pages, {len(set(ids))} different ones")
    if total != len(ids):
        return mishandled(f"{len(ids)} records on {len(pages)} pages, total {total!r}")
    if wrong := next(filter(None, map(_overfull, pages)), None):
        return mishandled(wrong)
    whole = await catalogue(case, ask, WHOLE)
    return look(whole, lambda body: _partial(body, len(ids)), f"{total} records on {len(pages)} pages, and on page 0")


def _overfull(page: dict[str, Any]) -> str | None:
    """How many records too many a page holds; None if it does not say its size, or holds no more."""
    number, size = page.get("page"), page.get("page_size")
    if number and isinstance(size, int) and size and len(records(page)) > size:
        return f"page {number} holds {len(records(page))} records, page_size {size}"
    return None


def _partial(body: dict[str, Any], count: int) -> str | None:
    """What page 0 lacks of all records."""
    found = len(records(body))
    return None if found == count else f"page 0 holds {found} records of {count}"


async def _pages(case: ModelsCase, ask: Ask) -> list[dict[str, Any]] | Observation:
    """Every page of the catalogue, or why there is none to look at."""
    seen = await _records(case, ask, lambda body: None, "there are records")
    if seen.seen is not Seen.HONOURED:
        return seen
    first: dict[str, Any] = (await catalogue(case, ask)).exchange.json
    total, size = first.get("total"), first.get("page_size")
    if not isinstance(total, int) or not isinstance(size, int) or first.get("page") == 0 or size < 1:
        return [first]
    count = math.ceil(total / size)
    if count > MOST_PAGES:
        whole = await catalogue(case, ask, WHOLE)
        seen = look(whole, lambda body: _partial(body, total), "everything on one page")
        return [whole.exchange.json] if seen.seen is Seen.HONOURED else seen
    more = [await catalogue(case, ask, f"?page={number}") for number in range(2, count + 1)]
    bodies = [each.exchange.json for each in more]
    odd = next((each for each, body in zip(more, bodies, strict=True) if not isinstance(body, dict)), None)
    return odd.refusal() if odd else [first, *bodies]


async def _records(case: ModelsCase, ask: Ask, fault: Callable[[dict[str, Any]], str | None], good: str) -> Observation:
    """What the records show; where there is no catalogue at all, one claim says so and the others have no evidence."""
    reply = await catalogue(case, ask)
    body = reply.exchange.json
    if reply.exchange.status == 404 or (isinstance(body, dict) and reply.exchange.status == 200 and not records(body)):
        return unanswered("there is no catalogue to look at")
    return look(reply, fault, good)


def _parses(text: Any) -> bool:
    try:
        return isinstance(text, str) and isinstance(json.loads(text), dict | list)
    except (ValueError, RecursionError):
        return False


def _price_fault(pricing: dict[str, Any]) -> str | None:
    if not isinstance(pricing.get("currency"), str) or not pricing["currency"]:
        return f"currency is {pricing.get('currency')!r}"
    for name in ("input", "output", "per_request", "per_second"):
        price = pricing.get(name)
        if price is not None and (isinstance(price, bool) or not isinstance(price, int | float) or price < 0):
            return f"{name} is {price!r}"
    return None
