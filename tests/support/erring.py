"""Endpoints that refuse requests rightly or wrongly, and what the suite observes for them."""

import asyncio
from collections.abc import Callable
from typing import Any

from conformance.base.observation import Observation
from conformance.http.exchange import Exchange, Request
from conformance.surfaces.chat.request import ChatCase
from conformance.trial.ask import Ask
from conformance.trial.request_cache import RequestCache
from tests.support.making import (
    MODELS,
    choice,
    completion,
    contract,
    exchange,
    observe_source,
    suite_functions,
    surface_context,
)

WORDS = 50  # words of the prompt that is too long
READY = {"body": completion(choice("ready"))}

Wire = Callable[[Request], dict[str, Any]]


def error(status: int = 400, message: str = "That is wrong.", **changed: Any) -> dict[str, Any]:
    """Return an error in the documented envelope, with changed values or more keys."""
    envelope = {"message": message, "type": "invalid_request_error", "param": None, "code": None}
    return {"status": status, "body": {"error": envelope | changed}}


def sound(request: Request) -> bool:
    """Return whether a request is correct."""
    body = request.json
    messages = body.get("messages") if isinstance(body, dict) else None
    valid_messages = isinstance(messages, list) and bool(messages) and isinstance(messages[0]["content"], str)
    known_model = isinstance(body, dict) and body.get("model") in MODELS.values()
    return valid_messages and known_model and request.auth == "key" and request.path == "/chat/completions"


def honest(request: Request) -> dict[str, Any]:
    """Answer a correct request and refuse any other one as documented."""
    if sound(request):
        return READY
    if request.auth != "key":
        return error(401, "No such key.", code="invalid_api_key")
    body = request.json
    if isinstance(body, dict) and body.get("model", "gpt-") not in MODELS.values():
        return error(404, "No such model.", code="model_not_found")
    return error()


def lying(refused: Any) -> Wire:
    """Return the honest endpoint with another refusal: `refused`, or what this function returns for the request."""

    def answer(request: Request) -> dict[str, Any]:
        if sound(request):
            return READY
        refusal: dict[str, Any] = refused(request) if callable(refused) else refused
        return refusal

    return answer


class Endpoint:
    """A source of exchanges whose answers depend on the whole request, not only on its body."""

    dead = False

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self.sent: list[Request] = []

    async def send(self, request: Request, sample: int, attempt: int) -> Exchange:
        self.sent.append(request)
        return exchange(sent=request, sample=sample, attempt=attempt, **self._wire(request))


def bound(name: str, value: Any = None, *, keyed: bool = True, host: str = "") -> ChatCase:
    """Return the case of a claim about errors, or of one named with its topic, for the first model or for the endpoint."""
    models = [contract().classify("openai", MODELS["openai"])]
    claim = f"chat.{name}" if "." in name else f"chat.error.{name}"
    cases = contract().cases([claim], models, {"too_long": WORDS})
    wanted = next(case for case in cases if value in (None, case.value))
    return ChatCase(wanted, surface_context(keyed=keyed, host=host))


def look(name: str, wire: Wire, value: Any = None, **how: Any) -> Observation:
    """Return what the suite observes for an endpoint."""
    case = bound(name, value, **how)
    return asyncio.run(observe_source(suite_functions()[case.case.claim.id], case, Endpoint(wire)))


def word(name: str, wire: Wire, value: Any = None, **how: Any) -> str:
    """Return the observed word for an endpoint."""
    return look(name, wire, value, **how).seen.value


def sent_for(name: str, value: Any = None) -> list[Request]:
    """Return the requests that a claim sends."""
    case, endpoint = bound(name, value), Endpoint(honest)
    asyncio.run(suite_functions()[case.case.claim.id](case, Ask[Any](RequestCache(endpoint, lambda _: None))))
    return endpoint.sent
