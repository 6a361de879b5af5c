"""One gateway for all tests of the mock, and a client that speaks plain HTTP to it."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from conformance.mock.server.options import Options
from conformance.mock.server.serving import running

OPEN = "Tell me something about rivers and bridges."


@pytest.fixture(scope="session")
def base_url() -> Iterator[str]:
    """Yield the base URL of a gateway without defects, which also serves two ids given as options."""
    with running(Options(port=0, models=("claude=claude-opus-5", "openai=vendor/gpt-4.1"))) as url:
        yield url


@pytest.fixture(scope="session")
def client(base_url: str) -> Iterator[httpx.Client]:
    """Yield a client with the right key."""
    with httpx.Client(base_url=base_url, headers={"authorization": "Bearer sk-test"}, timeout=600) as client:
        yield client


@pytest.fixture(scope="session")
def ask(client: httpx.Client) -> Callable[..., httpx.Response]:
    """Return a function that posts a chat request with a prompt, a model, a defect and parameters, or a raw body."""

    def post(
        prompt: str = OPEN,
        model: str = "mock-openai",
        defect: str = "",
        *,
        raw: bytes | None = None,
        authorization: str | None = None,
        **parameters: Any,
    ) -> httpx.Response:
        body = {"model": model, "messages": [{"role": "user", "content": prompt}], **parameters}
        headers = {"x-mock-defect": defect} if defect else {}
        headers |= {} if authorization is None else {"authorization": authorization}
        return client.post(
            "/chat/completions", content=json.dumps(body).encode() if raw is None else raw, headers=headers
        )

    return post


@pytest.fixture(scope="session")
def answer(ask: Callable[..., httpx.Response]) -> Callable[..., dict[str, Any]]:
    """Return a function that returns the JSON of an answer, whose status must be 200."""

    def answered(*prompt: str, **parameters: Any) -> dict[str, Any]:
        reply = ask(*prompt, **parameters)
        assert reply.status_code == 200, reply.text
        body: dict[str, Any] = reply.json()
        return body

    return answered


@pytest.fixture(scope="session")
def say(answer: Callable[..., dict[str, Any]]) -> Callable[..., str]:
    """Return a function that returns the text of the first choice."""

    def said(*prompt: str, **parameters: Any) -> str:
        text: str = answer(*prompt, **parameters)["choices"][0]["message"]["content"]
        return text

    return said
