"""Which exchanges with the truthful gateway a defect has a part in: a case that uses none of them cannot turn."""

from __future__ import annotations

from collections.abc import Callable

from conformance.http.exchange import Exchange, Request
from conformance.mock.defects.defect import Defect
from conformance.surfaces import registry as surfaces

# By seam.
TOUCHED: dict[str, Callable[[Exchange], bool]] = {
    "address": lambda exchange: of_model(exchange),
    "body": lambda exchange: of_model(exchange),
    "profile": lambda exchange: of_model(exchange),
    "request": lambda exchange: of_model(exchange),
    "draft": lambda exchange: answered(exchange),
    "choice": lambda exchange: answered(exchange),
    "ids": lambda exchange: answered(exchange) and '"tools"' in (exchange.request.body or ""),
    "logprobs": lambda exchange: answered(exchange) and "logprobs" in (exchange.request.body or ""),
    "cached": lambda exchange: answered(exchange),
    "object": lambda exchange: answered(exchange),
    "whole": lambda exchange: answered(exchange) and not streamed(exchange),
    "answered": lambda exchange: answered(exchange) and not streamed(exchange),
    "events": lambda exchange: answered(exchange) and streamed(exchange),
    "numbered": lambda exchange: answered(exchange) and streamed(exchange),
    "streamed": lambda exchange: answered(exchange) and streamed(exchange),
    "message": lambda exchange: answered(exchange),
    "query": lambda exchange: "?" in exchange.request.path,
    "headers": lambda exchange: bool(exchange.request.headers),
    "asked": lambda exchange: of_model(exchange),
    "count": lambda exchange: answered(exchange),
    "stored": lambda exchange: exchange.status == 200,
    "refusal": lambda exchange: exchange.status != 200,
    "counted": lambda exchange: ":countTokens" in exchange.request.path,
    "listing": lambda exchange: exchange.request.method == "GET" and "/models" in exchange.request.path,
    "record": lambda exchange: exchange.request.path.startswith("/models/"),
    "catalogue": lambda exchange: exchange.request.path.startswith("/api/models"),
    "keyless": lambda exchange: exchange.request.auth == "none",
    "arrival": lambda exchange: True,
    "transfer": lambda exchange: of_model(exchange) and unusual(exchange.request),
    "compressed": lambda exchange: answered(exchange) and unusual(exchange.request),
}


def of_model(exchange: Exchange) -> bool:
    """Return whether something was posted to an API on which models answer."""
    request = exchange.request
    return request.method == "POST" and surfaces.for_request(request).asks_models


def unusual(request: Request) -> bool:
    """Return whether a request is sent in another way than most."""
    plain = request.content_type == "application/json"
    return bool(request.headers or request.padding or request.first or (request.body and not plain))


def answered(exchange: Exchange) -> bool:
    """Return whether a model answered."""
    return of_model(exchange) and exchange.status == 200


def streamed(exchange: Exchange) -> bool:
    """Return whether the answer came as a stream."""
    return (exchange.header("content-type") or "").startswith("text/event-stream")


def touches(defect: Defect, exchange: Exchange) -> bool:
    """Return whether a defect can change what came back in an exchange with the truthful gateway.

    Only errors of one surface may be those of another as well, and every surface may ask for the catalogue.
    """
    elsewhere = defect.surface not in ("", exchange.request.surface)
    if elsewhere and defect.refusal is None and not ("catalogue" in defect.seams and TOUCHED["catalogue"](exchange)):
        return False
    if defect.parameter:
        body = exchange.request.json
        if not (isinstance(body, dict) and defect.parameter in body):
            return False
    return any(TOUCHED[seam](exchange) for seam in defect.seams)
