"""GET /v1/models: the list in OpenAI's shape."""

from collections.abc import Callable
from typing import Any

from conformance.base.observation import Observation, honoured, ignored, mishandled, unanswered
from conformance.base.validation import own_problem
from conformance.suite import claim
from conformance.suite.models import Ask
from conformance.suite.models.listing import look, missing, openai_list, records
from conformance.surfaces.errors import read_refusal
from conformance.surfaces.models import ModelsCase


@claim("models.list.wrapper")
async def test_wrapper(case: ModelsCase, ask: Ask) -> Observation:
    """The body is an object of kind list, whose data are objects with an id."""

    def fault(body: dict[str, Any]) -> str | None:
        if body.get("object") != "list":
            return f"object is {body.get('object')!r}, not 'list'"
        if not records(body):
            return "data holds no models"
        odd = [each for each in records(body) if not isinstance(each, dict) or not isinstance(each.get("id"), str)]
        return f"an entry without an id: {str(odd[0])[:80]}" if odd else None

    return look(await openai_list(case, ask), fault, "a list of models")


@claim("models.list.fields")
async def test_fields(case: ModelsCase, ask: Ask) -> Observation:
    """Each entry has the fields that OpenAI's schema requires; what is around the entries is another claim's business."""

    def fault(body: dict[str, Any]) -> str | None:
        entries = {"object": "list", "data": body["data"]}
        return own_problem(entries, "wire/models-list-strict") or own_problem(entries, "wire/models-list")

    return await _entries(case, ask, fault, "every entry has its fields")


@claim("models.list.configured")
async def test_configured(case: ModelsCase, ask: Ask) -> Observation:
    """The models of this run are listed."""
    return await _entries(case, ask, lambda body: missing(body, case), "every model of this run is listed")


@claim("models.list.no_key")
async def test_no_key(case: ModelsCase, ask: Ask) -> Observation:
    """Without a key the list is refused, where the endpoint asks for one."""
    if not case.keyed:
        return unanswered("the target asks for no key")
    reply = await openai_list(case, ask, auth="none")
    if reply.exchange.status == 401:
        return honoured("401")
    if reply.exchange.status == 200:
        return ignored("answered without a key")
    seen = read_refusal(reply.exchange)
    return mishandled(f"{reply.exchange.status}, not 401") if reply.exchange.status in {400, 403, 404} else seen


async def _entries(case: ModelsCase, ask: Ask, fault: Callable[[dict[str, Any]], str | None], good: str) -> Observation:
    """What the entries show; where there is no list at all, the claim about its shape says so, and nothing is known of them."""
    reply = await openai_list(case, ask)
    body = reply.exchange.json
    if reply.exchange.status == 200 and not (isinstance(body, dict) and records(body)):
        return unanswered("there is no list of models to look at")
    return look(reply, fault, good)
