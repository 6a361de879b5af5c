"""Endpoints that refuse honestly or not, told by the whole request, and what the suite says of them."""

import asyncio
from collections.abc import Callable
from typing import Any

from conformance.base.observation import Observation
from conformance.http.exchange import Exchange, Request
from conformance.surfaces.chat.request import ChatCase
from conformance.trial.ask import Ask
from conformance.trial.request_cache import RequestCache
from tests.support.making import MODELS, choice, completion, contract, exchange, suite_functions, surface_context

WORDS = 50  # of the prompt that is too long
READY = {"body": completion(choice("ready"))}

Wire = Callable[[Request], dict[str, Any]]


def error(status: int = 400, message: str = "That is wrong.", **changed: Any) -> dict[str, Any]:
    """An error in the documented envelope, with other values or further keys."""
    said = {"message": message, "type": "invalid_request_error", "param": None, "code": None}
    return {"status": status, "body": {"error": said | changed}}


def sound(request: Request) -> bool:
    """Whether there is nothing wrong with a request."""
    body = request.json
    messages = body.get("messages") if isinstance(body, dict) else None
    well_put = isinstance(messages, list) and bool(messages) and isinstance(messages[0]["content"], str)
    named = isinstance(body, dict) and body.get("model") in MODELS.values()
    return well_put and named and request.auth == "key" and request.path == "/chat/completions"


def honest(request: Request) -> dict[str, Any]:
    """An endpoint that answers what is right and refuses what is not."""
    if sound(request):
        return READY
    if request.auth != "key":
        return error(401, "No such key.", code="invalid_api_key")
    body = request.json
    if isinstance(body, dict) and body.get("model", "gpt-") not in MODELS.values():
        return error(404, "No such model.", code="model_not_found")
    return error()


def lying(refused: Any) -> Wire:
    """The honest endpoint, but for what it says where it refuses: that, or what a function makes of the request."""

    def answer(request: Request) -> dict[str, Any]:
        if sound(request):
            return READY
        given: dict[str, Any] = refused(request) if callable(refused) else refused
        return given

    return answer


class Endpoint:
    """A source of exchanges that looks at the whole request, not at its body alone."""

    dead = False

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self.sent: list[Request] = []

    async def send(self, request: Request, sample: int, attempt: int) -> Exchange:
        self.sent.append(request)
        return exchange(sent=request, sample=sample, attempt=attempt, **self._wire(request))


def bound(name: str, value: Any = None, *, keyed: bool = True, host: str = "") -> ChatCase:
    """The case of a claim about errors, for the first model or for the endpoint as a whole."""
    models = [contract().classify("openai", MODELS["openai"])]
    cases = contract().cases([f"chat.error.{name}"], models, {"too_long": WORDS})
    found = next(each for each in cases if value in (None, each.value))
    return ChatCase(found, surface_context(keyed=keyed, host=host))


def look(name: str, wire: Wire, value: Any = None, **how: Any) -> Observation:
    """What the suite says of an endpoint."""
    case = bound(name, value, **how)

    async def run() -> Observation:
        return await suite_functions()[case.case.claim.id](case, Ask[Any](RequestCache(Endpoint(wire), lambda _: None)))

    return asyncio.run(run())


def word(name: str, wire: Wire, value: Any = None, **how: Any) -> str:
    """The word for it."""
    return look(name, wire, value, **how).seen.value


def sent_for(name: str, value: Any = None) -> list[Request]:
    """The requests of a claim."""
    case, endpoint = bound(name, value), Endpoint(honest)
    asyncio.run(suite_functions()[case.case.claim.id](case, Ask[Any](RequestCache(endpoint, lambda _: None))))
    return endpoint.sent
