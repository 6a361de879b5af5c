"""The front of Responses: its routes, key, errors and defects."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from conformance.mock.defects.defect import apply
from conformance.mock.defects.loading import collect
from conformance.mock.server.body import require_json
from conformance.mock.server.wire import JSON, json_bytes
from conformance.mock.surfaces import openai
from conformance.mock.surfaces.front import Front, Gateway
from conformance.mock.surfaces.responses import answering
from conformance.mock.surfaces.responses.store import Store

PATH = "/v1/responses"


def routes(gateway: Gateway) -> list[Route]:
    """Return the routes of a gateway for responses, which share a store."""
    store = Store()

    async def respond(request: Request) -> Response:
        """Answer with a response, plain or streamed."""
        body = await gateway.receive(request)
        gateway.authorize(request)
        require_json(request)
        defects, counts = gateway.defects(request), gateway.request_counts
        asked, active = answering.read_body(body, gateway.models, counts, store, defects)
        response = answering.respond(asked, counts, store, active)
        return gateway.encoded(request, answering.wire(asked, response, active).response())

    async def count(request: Request) -> Response:
        """Answer with the input tokens of a request."""
        body = await gateway.receive(request)
        gateway.authorize(request)
        asked, _ = answering.read_body(body, gateway.models, gateway.request_counts, store, gateway.defects(request))
        return about_stored(request, answering.counted(asked))

    async def retrieve(request: Request) -> Response:
        """Answer with a stored response, or delete it."""
        gateway.authorize(request)
        name = request.path_params["id"]
        if request.method == "DELETE":
            return about_stored(request, answering.deleted(store, name))
        return about_stored(request, answering.retrieved(store, name))

    async def cancel(request: Request) -> Response:
        """Cancel a stored response."""
        gateway.authorize(request)
        return about_stored(request, answering.cancelled(store, request.path_params["id"]))

    async def list_items(request: Request) -> Response:
        """Answer with the input items of a stored response."""
        gateway.authorize(request)
        query = dict(request.query_params)
        return about_stored(request, answering.listed(store, request.path_params["id"], query))

    async def refuse(request: Request) -> Response:
        """Refuse what is below the path and unknown."""
        gateway.admit(request)
        raise HTTPException(404)

    def about_stored(request: Request, body: answering.Json) -> Response:
        """Return a JSON answer, after the defects of stored responses."""
        changes = (defect.stored for defect in answering.own(gateway.defects(request)))
        return Response(json_bytes(apply(body, changes)), media_type=JSON)

    return [
        Route(PATH, respond, methods=["POST"]),
        Route(f"{PATH}/input_tokens", count, methods=["POST"]),
        Route(f"{PATH}/{{id}}", retrieve, methods=["GET", "DELETE"]),
        Route(f"{PATH}/{{id}}/cancel", cancel, methods=["POST"]),
        Route(f"{PATH}/{{id}}/input_items", list_items, methods=["GET"]),
        Route(f"{PATH}/{{rest:path}}", refuse, methods=["GET", "POST", "DELETE"]),
    ]


FRONT = Front(
    "responses",
    routes,
    openai.key_of,
    openai.denied,
    openai.envelope,
    collect("conformance.mock.defects.responses"),
)
