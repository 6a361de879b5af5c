"""What the gateway's own catalogue says about this API."""

import json
from dataclasses import replace
from typing import Any

from conformance.base.observation import Observation, honoured, mishandled, not_applicable, unanswered
from conformance.contract.claims import ENDPOINT
from conformance.suite import claim
from conformance.suite.responses import Ask
from conformance.suite.toolbox import BUDGET, QUESTION, WEATHER
from conformance.surfaces.prompt import Prompt
from conformance.surfaces.responses.request import ResponsesCase

ASKED = Prompt.of(QUESTION, budget=BUDGET, tools=(WEATHER,), choice="required")
CATALOGUE = "/api/models?page=0"


@claim("responses.cross.catalogue")
async def test_catalogue(case: ResponsesCase, ask: Ask) -> Observation:
    """Whether the catalogue lists this endpoint for a model that answers on it."""
    # The catalogue is no part of this API, so nothing that is stated about every reply of a model holds for it.
    catalogue = replace(
        case.raw(None, method="GET", path=CATALOGUE, at_origin=True, mistake=False), model=f"{ENDPOINT}:any"
    )
    listed = await ask(catalogue)
    rows = listed.body.get("data")
    if not isinstance(rows, list):
        return unanswered(f"there is no catalogue: status {listed.exchange.status}")
    paths = _paths(next((row for row in rows if isinstance(row, dict) and row.get("id") == case.model.id), {}))
    if not paths:
        return not_applicable("the catalogue lists no endpoints for the model")
    if any(path.endswith(case.context.path) for path in paths):
        return honoured("the catalogue lists this endpoint for the model, which answers")
    return mishandled(f"the model answers here, and the catalogue lists only {', '.join(paths)}")


def _paths(row: dict[str, Any]) -> list[str]:
    """Return the paths that a record lists, whose endpoints are an object or the text of one."""
    endpoints = row.get("endpoints")
    try:
        known = json.loads(endpoints) if isinstance(endpoints, str) else endpoints
    except ValueError:
        return []
    values = known.values() if isinstance(known, dict) else known if isinstance(known, list) else ()
    return [str(value.get("path")) if isinstance(value, dict) else str(value) for value in values]


@claim("responses.cross.claude_model", "responses.cross.gemini_model")
async def test_other_column(case: ResponsesCase, ask: Ask) -> Observation:
    """Whether a model of another provider answers here."""
    return (await ask(case.plain())).acceptance()


@claim("responses.cross.tools")
async def test_other_tools(case: ResponsesCase, ask: Ask) -> Observation:
    """Whether a model of another provider calls tools here."""
    reply = await ask(case.spelt(ASKED))
    if not reply.ok:
        return reply.refusal()
    return honoured("a tool is called") if reply.made else unanswered(f"no tool is called: {reply.quoted_text()}")


@claim("responses.cross.stream")
async def test_other_stream(case: ResponsesCase, ask: Ask) -> Observation:
    """Whether a model of another provider streams here."""
    reply = await ask(case.as_stream(case.plain()))
    return honoured("a stream comes") if reply.ok and reply.streamed else reply.refusal()
