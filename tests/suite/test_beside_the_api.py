"""What is no part of an API, or comes in another form than asked for, breaks no statement about every reply of that API."""

import asyncio
from typing import Any

from conformance import suite
from conformance.http.exchange import Exchange, Request
from conformance.surfaces.gemini.reply import GeminiReply
from conformance.surfaces.responses.request import ResponsesCase
from conformance.trial.ask import Ask
from conformance.trial.request_cache import RequestCache
from tests.support.making import contract, exchange, surface_context


class Missing:
    """An endpoint that has no such path, and remembers what it was asked."""

    dead = False

    def __init__(self) -> None:
        self.asked: list[Request] = []

    async def send(self, request: Request, sample: int, attempt: int) -> Exchange:
        """Answer in no envelope of any API."""
        self.asked.append(request)
        return exchange(404, {"detail": "Not Found"}, sent=request, sample=sample, attempt=attempt)


def test_the_catalogue_is_not_asked_as_a_model() -> None:
    """The errors of the gateway's own catalogue belong to the endpoint, so no statement about the API hears them."""
    model = contract().classify("openai", "gpt-4.1-mini")
    row = next(iter(contract().cases(["responses.cross.catalogue"], [model])))
    source = Missing()
    ask: Ask[Any] = Ask(RequestCache(source, lambda _: None))
    function = suite.tests(contract())["responses.cross.catalogue"]
    seen = asyncio.run(function(ResponsesCase(row, surface_context("responses")), ask))
    assert seen.seen == "unanswered"
    assert [request.model for request in source.asked] == ["endpoint:any"]


def test_events_in_place_of_an_array_are_read() -> None:
    """Without alt=sse an array is documented; a gateway that sends events all the same has answered."""
    path = "/v1beta/models/gemini-2.5-flash:streamGenerateContent"
    sent = Request.post(path, {"contents": []}, surface="gemini", model="gemini:m")
    text = 'data: {"candidates": [{"content": {"parts": [{"text": "Hi"}]}, "finishReason": "STOP"}]}\n\n'
    reply = GeminiReply(exchange(text=text, headers={"content-type": "text/event-stream"}, sent=sent))
    assert (reply.ok, reply.text) == (True, "Hi")
