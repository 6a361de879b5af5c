"""The front of Chat Completions: its route, its key and errors, its defects."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from conformance.mock.defects.loading import collect
from conformance.mock.server.body import expect_json
from conformance.mock.surfaces import openai
from conformance.mock.surfaces.chat import answering
from conformance.mock.surfaces.front import Front, Gateway


def routes(gateway: Gateway) -> list[Route]:
    """Return the route of a gateway on which completions are asked for."""

    async def complete(request: Request) -> Response:
        """Answer with one completion, at once or as a stream."""
        body = await gateway.receive(request)
        gateway.authorize(request)
        expect_json(request)
        reply, active = answering.complete(body, gateway.models, gateway.seen, gateway.defects(request))
        return answering.wire(reply, active).response()

    return [Route("/v1/chat/completions", complete, methods=["POST"])]


FRONT = Front(
    "chat",
    routes,
    openai.key_of,
    openai.denied,
    openai.envelope,
    collect("conformance.mock.defects.chat"),
    fallback=True,
)
