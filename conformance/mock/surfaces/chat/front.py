"""The front of Chat Completions: its route, key, errors and defects."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from conformance.mock.defects.loading import collect
from conformance.mock.server.body import require_json
from conformance.mock.surfaces import openai
from conformance.mock.surfaces.chat import answering
from conformance.mock.surfaces.chat.extras import envelope_as_stated
from conformance.mock.surfaces.front import Front, Gateway


def routes(gateway: Gateway) -> list[Route]:
    """Return the route for completions of a gateway."""

    async def complete(request: Request) -> Response:
        """Answer with a completion, plain or streamed."""
        body = await gateway.receive(request)
        gateway.authorize(request)
        require_json(request)
        reply, active = answering.complete(body, gateway.models, gateway.request_counts, gateway.defects(request))
        return gateway.encoded(request, answering.wire(reply, active).response())

    return [Route("/v1/chat/completions", complete, methods=["POST"])]


FRONT = Front(
    "chat",
    routes,
    openai.key_of,
    openai.denied,
    openai.envelope,
    collect("conformance.mock.defects.chat"),
    fallback=True,
    as_stated=envelope_as_stated,
)
