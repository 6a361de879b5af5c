"""The toy's front of the mock gateway, with a defect of its own."""

import json
from collections.abc import Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from conformance.mock.defects.defect import Defect, apply
from conformance.mock.engine.errors import ApiError
from conformance.mock.surfaces.front import Front, Gateway

FORTY = " ".join(map(str, range(1, 41)))


@dataclass(frozen=True)
class ToyDefect(Defect):
    """A way to lie on the toy: its seam is the limit that a request states."""

    surface: str = "toy"
    limit: Callable[[int | None], int | None] | None = None


FORGETS_LIMIT = ToyDefect(
    "toy_forgets_limit", "the limit on words is not kept", ("toy.limit.cuts",), limit=lambda limit: None
)


def routes(gateway: Gateway) -> list[Route]:
    """Return the one route."""

    async def say(request: Request) -> Response:
        body = await gateway.receive(request)
        gateway.authorize(request)
        asked = json.loads(body)["ask"]
        gateway.models.find(asked["model"])
        settings = asked.get("settings", {})
        lies = (defect.limit for defect in gateway.defects(request) if isinstance(defect, ToyDefect))
        limit = apply(settings.get("limit"), lies)
        return JSONResponse(answer("ready" if "ready" in asked["words"] else FORTY, limit, settings.get("stop", [])))

    return [Route("/v1/say", say, methods=["POST"])]


def answer(text: str, limit: int | None, stop: list[str]) -> dict[str, object]:
    """Return what is said of a text within a limit of words and before any of the stop sequences."""
    words = text.split()
    kept = words if limit is None else words[:limit]
    why = "cut" if len(kept) < len(words) else "done"
    said = " ".join(kept)
    for sequence in stop:
        if sequence in said:
            said, why = said[: said.index(sequence)], "stopped"
    return {"said": said, "why": why, "words": len(said.split())}


def denied(request: Request) -> ApiError:
    """Return the refusal of a request without the right key."""
    return ApiError("That key opens nothing.", code="invalid_api_key", status=401)


FRONT = Front(
    "toy",
    routes,
    key=lambda request: request.headers.get("x-toy-key"),
    denied=denied,
    envelope=lambda error: {"error": {"message": error.message, "type": error.type, "code": error.code}},
    defects={FORGETS_LIMIT.name: FORGETS_LIMIT},
)
