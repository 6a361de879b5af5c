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
    """The base URL of a truthful gateway, which also serves an imitated id of a class without a model of its own."""
    with running(Options(port=0, models=("claude=claude-opus-5", "openai=vendor/gpt-4.1"))) as url:
        yield url


@pytest.fixture(scope="session")
def client(base_url: str) -> Iterator[httpx.Client]:
    """A client with the right key."""
    with httpx.Client(base_url=base_url, headers={"authorization": "Bearer sk-test"}, timeout=600) as client:
        yield client


@pytest.fixture(scope="session")
def ask(client: httpx.Client) -> Callable[..., httpx.Response]:
    """Posts one chat request: a prompt or messages, a model, and any parameters; or a raw body, or in another's name."""

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
    """The JSON of one answer, which has to be a 200."""

    def answered(*prompt: str, **parameters: Any) -> dict[str, Any]:
        reply = ask(*prompt, **parameters)
        assert reply.status_code == 200, reply.text
        body: dict[str, Any] = reply.json()
        return body

    return answered


@pytest.fixture(scope="session")
def say(answer: Callable[..., dict[str, Any]]) -> Callable[..., str]:
    """The text of the first choice."""

    def said(*prompt: str, **parameters: Any) -> str:
        text: str = answer(*prompt, **parameters)["choices"][0]["message"]["content"]
        return text

    return said
