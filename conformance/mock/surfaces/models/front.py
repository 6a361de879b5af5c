"""The front of the lists of models: their routes; key and errors are those of OpenAI's other APIs."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from conformance.mock.defects.defect import Defects, apply
from conformance.mock.defects.loading import collect
from conformance.mock.server.wire import JSON, json_bytes
from conformance.mock.surfaces import openai
from conformance.mock.surfaces.front import Front, Gateway
from conformance.mock.surfaces.models.defect import ModelsDefect
from conformance.mock.surfaces.models.reply import catalogue, listing, record
from conformance.mock.surfaces.models.request import page_of


def routes(gateway: Gateway) -> list[Route]:
    """Return the routes of a gateway on which models are listed."""

    async def list_models(request: Request) -> Response:
        """Answer with the ids that are served."""
        gateway.authorize(request)
        changes = (defect.listing for defect in own(gateway.defects(request)))
        return json_response(apply(listing(gateway.models), changes))

    async def show_catalogue(request: Request) -> Response:
        """Answer with the gateway's own list, public, in pages."""
        gateway.admit(request)
        changes = (defect.catalogue for defect in own(gateway.defects(request)))
        return json_response(apply(catalogue(gateway.models, page_of(request)), changes))

    async def show_model(request: Request) -> Response:
        """Answer with the record of one id."""
        gateway.authorize(request)
        return json_response(record(gateway.models.find(request.path_params["id"])))

    return [
        Route("/v1/models", list_models, methods=["GET"]),
        Route("/api/models", show_catalogue, methods=["GET"]),
        Route("/v1/models/{id:path}", show_model, methods=["GET"]),
    ]


def own(defects: Defects) -> tuple[ModelsDefect, ...]:
    """Return the defects that have the seams of this surface."""
    return tuple(defect for defect in defects if isinstance(defect, ModelsDefect))


def json_response(value: object) -> Response:
    """Return a JSON answer."""
    return Response(json_bytes(value), media_type=JSON)


FRONT = Front(
    "models",
    routes,
    openai.key_of,
    openai.denied,
    openai.envelope,
    collect("conformance.mock.defects.models"),
    related=("chat",),
)
