"""GET /v1/models: the list in OpenAI's format."""

from collections.abc import Callable
from typing import Any

from conformance.base.observation import Observation, honoured, ignored, mishandled, not_applicable, unanswered
from conformance.base.validation import own_problem
from conformance.suite import claim
from conformance.suite.models import Ask
from conformance.suite.models.listing import missing, observe, openai_list, records
from conformance.surfaces.errors import read_refusal
from conformance.surfaces.models import ModelsCase


@claim("models.list.wrapper")
async def test_wrapper(case: ModelsCase, ask: Ask) -> Observation:
    """The body has object list, and data that are objects with an id."""

    def fault(body: dict[str, Any]) -> str | None:
        if body.get("object") != "list":
            return f"object must be 'list', got {body.get('object')!r}"
        if not isinstance(body.get("data"), list):
            return f"data must be a list of models, got {str(body.get('data'))[:80]}"
        wrong = [
            entry for entry in records(body) if not isinstance(entry, dict) or not isinstance(entry.get("id"), str)
        ]
        return f"each entry must have an id, got {str(wrong[0])[:80]}" if wrong else None

    return observe(await openai_list(case, ask), fault, "a list of models")


@claim("models.list.fields")
async def test_fields(case: ModelsCase, ask: Ask) -> Observation:
    """Each entry has the fields that OpenAI's schema requires."""

    def fault(body: dict[str, Any]) -> str | None:
        entries = {"object": "list", "data": body["data"]}
        return own_problem(entries, "wire/models-list-strict") or own_problem(entries, "wire/models-list")

    return await _observe_entries(case, ask, fault, "every entry has the required fields")


@claim("models.list.configured")
async def test_configured(case: ModelsCase, ask: Ask) -> Observation:
    """The list has all models of this run."""
    reply = await openai_list(case, ask)
    body = reply.exchange.json
    if reply.exchange.status == 200 and not (isinstance(body, dict) and isinstance(body.get("data"), list)):
        return unanswered("there is no list of models to look at")
    return observe(reply, lambda found: missing(found, case), "all models of this run are listed")


@claim("models.list.no_key")
async def test_no_key(case: ModelsCase, ask: Ask) -> Observation:
    """Without a key the list is refused with 401."""
    if not case.keyed:
        return not_applicable("the target has no key")
    reply = await openai_list(case, ask, auth="none")
    if reply.exchange.status == 401:
        return honoured("status 401 without a key")
    if reply.exchange.status == 200:
        return ignored("status 200 without a key")
    seen = read_refusal(reply.exchange)
    return (
        mishandled(f"status must be 401 without a key, got {reply.exchange.status}")
        if reply.exchange.status in {400, 403, 404}
        else seen
    )


@claim("models.list.one")
async def test_one(case: ModelsCase, ask: Ask) -> Observation:
    """The record of one model has its id."""

    def fault(body: dict[str, Any]) -> str | None:
        wanted = case.model.id
        return None if body.get("id") == wanted else f"the id must be {wanted!r}, got {body.get('id')!r}"

    return observe(await ask(case.one_model()), fault, "the record of the model")


async def _observe_entries(
    case: ModelsCase, ask: Ask, fault: Callable[[dict[str, Any]], str | None], good: str
) -> Observation:
    """Observe the entries; without a list there is no evidence, since the claim about its wrapper reports that."""
    reply = await openai_list(case, ask)
    body = reply.exchange.json
    if reply.exchange.status == 200 and not (isinstance(body, dict) and records(body)):
        return unanswered("there is no list of models to look at")
    return observe(reply, fault, good)
