"""The lists of models in this API's form."""

from conformance.base.observation import Observation, honoured, mishandled
from conformance.suite import claim
from conformance.suite.gemini import Ask
from conformance.surfaces.gemini.request import GeminiCase
from conformance.surfaces.values import as_dicts

PREFIX = "models/"


@claim("gemini.models.list")
async def test_list(case: GeminiCase, ask: Ask) -> Observation:
    """Whether the list of models has names as this API spells them."""
    reply = await ask(case.raw(None, method="GET", path=case.context.path))
    if not reply.ok:
        return reply.refusal()
    names = [str(row.get("name")) for row in as_dicts(reply.exchange.json.get("models"))]
    if names and all(name.startswith(PREFIX) for name in names):
        return honoured(f"{len(names)} models")
    return mishandled(f"names must begin with {PREFIX}, got {names[:3]}")


@claim("gemini.models.get")
async def test_get(case: GeminiCase, ask: Ask) -> Observation:
    """Whether one model can be looked up."""
    reply = await ask(case.raw(None, method="GET", path=f"{case.context.path}/{case.model.id}"))
    if not reply.ok:
        return reply.refusal()
    name = reply.exchange.json.get("name")
    return honoured(f"name {name}") if name == PREFIX + case.model.id else mishandled(f"the name is {name!r}")
