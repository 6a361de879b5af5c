"""What is around the API: keys of other APIs, headers of rates, and the lists in which its models are."""

from typing import Any

from conformance.base.observation import (
    Observation,
    accepted,
    honoured,
    mishandled,
    not_applicable,
    refused,
    unanswered,
)
from conformance.http.exchange import parse_json
from conformance.suite import claim
from conformance.suite.messages import Ask
from conformance.surfaces.messages.request import MessagesCase
from conformance.surfaces.values import as_dict, as_dicts

CATALOGUE = "/api/models?page=0"
PATH = "/v1/messages"
# Parameters of Chat Completions that clients send by mistake.
OTHERS: dict[str, Any] = {
    "n": 1,
    "seed": 7,
    "stop": ["END"],
    "user": "conformance",
    "logprobs": True,
    "max_completion_tokens": 16,
    "response_format": {"type": "json_object"},
}


@claim("messages.openai_keys.acceptance")
async def test_openai_keys(case: MessagesCase, ask: Ask) -> Observation:
    """Whether a parameter of Chat Completions is accepted or refused."""
    return (await ask(case.request(**{case.value: OTHERS[case.value]}))).acceptance()


@claim("messages.headers.ratelimit")
async def test_rate_headers(case: MessagesCase, ask: Ask) -> Observation:
    """Whether an answer says in headers what is left of the rate."""
    reply = await ask.control(case.plain())
    names = [name for name, _ in reply.exchange.headers if name.lower().startswith("anthropic-ratelimit-")]
    return honoured(f"{len(names)} headers") if names else accepted("no header tells the rate")


@claim("messages.models.list")
async def test_models(case: MessagesCase, ask: Ask) -> Observation:
    """Which form the list of models has for a client of this API."""
    reply = await ask(case.raw(None, method="GET", path="/models", auth=case.value))
    body = as_dict(reply.exchange.json)
    first = next(iter(as_dicts(body.get("data"))), {})
    if reply.exchange.status != 200:
        denied = reply.exchange.status == 401  # the list asks for the key in another form
        return refused(f"status 401 {reply.error}") if denied else reply.refusal()
    if first.get("type") == "model" and "has_more" in body:
        return honoured("a list in this API's form")
    return accepted("a list in the form of OpenAI") if body.get("object") == "list" else mishandled("no list of models")


@claim("messages.cross.catalogue")
async def test_catalogue(case: MessagesCase, ask: Ask) -> Observation:
    """A model whose record in the catalogue names this endpoint answers on it."""
    reply = await ask(case.raw(None, method="GET", path=CATALOGUE, at_origin=True, auth="none"))
    records = as_dicts(as_dict(reply.exchange.json).get("data"))
    own = next((record for record in records if case.model.id in (record.get("id"), record.get("code"))), {})
    listed = own.get("endpoints")
    if not isinstance(listed, str):
        return not_applicable("the catalogue does not say on which endpoints this model is")
    paths = [as_dict(value).get("path") for value in as_dict(parse_json(listed)).values()]
    if PATH not in paths:
        return not_applicable("the catalogue does not list the model for this endpoint")
    # A plain request has shown before that the model answers at all.
    answer = await ask(case.vary(case.plain(), stream=True))
    if answer.exchange.status == 200 and not answer.ok:
        return unanswered("the stream is broken, which other claims are about")
    return honoured("listed, and answers") if answer.ok else mishandled(f"listed, but: {answer.refusal().detail}")
