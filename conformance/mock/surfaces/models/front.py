"""The front of the lists of models: their routes; key and errors are as in OpenAI's other APIs."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from conformance.mock.defects.defect import Defects, apply
from conformance.mock.defects.loading import collect
from conformance.mock.server.wire import JSON, json_bytes
from conformance.mock.surfaces import openai
from conformance.mock.surfaces.front import Front, Gateway
from conformance.mock.surfaces.models.defect import ModelsDefect
from conformance.mock.surfaces.models.reply import catalogue, listing, model_record
from conformance.mock.surfaces.models.request import page_of


def routes(gateway: Gateway) -> list[Route]:
    """Return the routes for lists of models of a gateway."""

    async def list_models(request: Request) -> Response:
        """Answer with the list in OpenAI's format."""
        gateway.authorize(request)
        changes = (defect.listing for defect in models_defects(gateway.defects(request)))
        return json_response(apply(listing(gateway.models), changes))

    async def show_catalogue(request: Request) -> Response:
        """Answer with a page of the catalogue, which needs no key."""
        gateway.admit(request)
        defects = models_defects(gateway.defects(request))
        page = apply(catalogue(gateway.models, page_of(request)), (defect.catalogue for defect in defects))
        keyless = openai.key_of(request) is None
        return json_response(apply(page, (defect.keyless for defect in defects if keyless)))

    async def show_model(request: Request) -> Response:
        """Answer with the record of one model."""
        gateway.authorize(request)
        changes = (defect.record for defect in models_defects(gateway.defects(request)))
        return json_response(apply(model_record(gateway.models.find(request.path_params["id"])), changes))

    return [
        Route("/v1/models", list_models, methods=["GET"]),
        Route("/api/models", show_catalogue, methods=["GET"]),
        Route("/v1/models/{id:path}", show_model, methods=["GET"]),
    ]


def models_defects(defects: Defects) -> tuple[ModelsDefect, ...]:
    """Return the defects with the seams of this surface."""
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
