"""Records to test with: requests, exchanges, replies, cases, and an endpoint that answers from a script."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import cache
from typing import Any

from conformance import suite
from conformance.base.observation import Observation
from conformance.contract import loading as contracts
from conformance.contract.claims import Case, id_text
from conformance.contract.contract import Contract
from conformance.http.exchange import Exchange, Request
from conformance.surfaces.chat.reply import ChatReply
from conformance.surfaces.chat.request import ChatCase
from conformance.surfaces.surface import SurfaceContext
from conformance.trial.ask import Ask
from conformance.trial.request_cache import RequestCache

MODELS = {
    "openai": "gpt-4.1-mini",
    "reasoning": "o3",
    "claude": "claude-sonnet-4-5",
    "gemini": "gemini-2.5-flash",
}


@cache
def contract() -> Contract:
    """The contract that comes with the package."""
    return contracts.load("cometapi")


def surface_context(surface: str = "chat", **how: Any) -> SurfaceContext:
    """Where a surface of the built-in contract is asked."""
    known = contract().surfaces[surface]
    return SurfaceContext(known.path, traits=known.traits, **how)


def request(**body: Any) -> Request:
    """A chat request with this body."""
    return Request.post("/chat/completions", body, surface="chat", model="openai:m")


def exchange(
    status: int | None = 200,
    body: Any = None,
    *,
    text: str | None = None,
    headers: dict[str, str] | None = None,
    failure: str | None = None,
    sent: Request | None = None,
    sample: int = 0,
    attempt: int = 0,
) -> Exchange:
    """What came back for a request: `body` as JSON, or `text` as it is; with a failure before any there is no status."""
    return Exchange(
        request=sent or request(model="m"),
        sample=sample,
        attempt=attempt,
        status=None if failure and text is None else status,
        headers=tuple((headers or {"content-type": "application/json"}).items()),
        text=json.dumps(body) if text is None else text,
        failure=failure,
        failure_detail="as the script says" if failure else "",
        started=1_700_000_000.0,
        first_byte=0.01,
        seconds=0.02,
        retries=0,
    )


def recorded_facts(**options: Any) -> dict[str, Any]:
    """What the first line of a run's evidence says beside its version."""
    rows = [{"column": "openai", "id": MODELS["openai"], "class": "chat"}]
    where = {"name": "mine", "title": "Mine", "base_url": "http://127.0.0.1:1/v1"}
    return {
        "started": "2026-02-03T04:05:06Z",
        "mode": "live",
        "target": {"schema": 1, **where, "contract": "cometapi", "models": rows},
        "digest": contract().digest,
        "options": options,
    }


def choice(text: str | None = "ready", index: Any = 0, finish: Any = "stop", **more: Any) -> dict[str, Any]:
    """One choice; `message` and `logprobs` may be given as they are."""
    message = more.pop("message", {"role": "assistant", "content": text})
    return {"index": index, "message": message, "finish_reason": finish, **more}


def completion(*choices: dict[str, Any], tokens: int | None = None, **more: Any) -> dict[str, Any]:
    """A whole answer with these choices; `tokens` are its completion tokens."""
    usage = {} if tokens is None else {"usage": {"completion_tokens": tokens}}
    return {"id": "chatcmpl-1", "model": "m-1", "choices": list(choices), **usage, **more}


def reply(*choices: dict[str, Any], tokens: int | None = None, **more: Any) -> ChatReply:
    """The reading of a whole answer with these choices."""
    return ChatReply(exchange(body=completion(*choices, tokens=tokens, **more)))


def refusal(status: int = 400, code: str = "invalid_value", message: str = "not that value") -> dict[str, Any]:
    """Status and body of an error in the documented envelope."""
    return {"status": status, "body": {"error": {"message": message, "type": "", "code": code, "param": None}}}


def events(*chunks: Any, done: bool = True) -> dict[str, Any]:
    """Status, headers and text of an event stream of these chunks."""
    lines = [f"data: {each if isinstance(each, str) else json.dumps(each)}\n\n" for each in chunks]
    return {
        "text": "".join([*lines, "data: [DONE]\n\n" if done else ""]),
        "headers": {"content-type": "text/event-stream"},
    }


def streamed(*chunks: Any, done: bool = True, **sent: Any) -> ChatReply:
    """The reading of an event stream of these chunks; `sent` is what else was asked for."""
    return ChatReply(exchange(sent=request(model="m", stream=True, **sent), **events(*chunks, done=done)))


def case(claim_id: str, value: Any = None, model: str = "openai", **rule: Any) -> ChatCase:
    """A case of the built-in contract, as a test sees it, of any value; `rule` replaces what the contract says."""
    placed = contract().classify("openai" if model == "reasoning" else model, MODELS[model])
    claim = contract().claim(claim_id)
    found = replace(contract().rule(claim, placed), **rule)
    parameter = contract().parameter(claim.surface, claim.parameter, placed)
    text = None if value is None else id_text(value)
    return ChatCase(Case(claim, placed, found, parameter, value, text), surface_context())


Answer = Callable[[dict[str, Any], int, int], Any]


class Script:
    """An endpoint that answers each request as a function of body, sample and attempt says.

    The function returns a whole answer, or the keyword arguments of `exchange` under `status`, `text` or `failure`.
    """

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self.sent: list[tuple[dict[str, Any], int, int]] = []
        self.dead = False

    async def send(self, request: Request, sample: int, attempt: int) -> Exchange:
        self.sent.append((request.json, sample, attempt))
        await asyncio.sleep(0)
        given = self._answer(request.json, sample, attempt)
        whole = "choices" in given or not {"status", "text", "failure", "body"} & given.keys()
        told = {"body": given} if whole else given
        return exchange(sent=request, sample=sample, attempt=attempt, **told)


def observe(test: Callable[[Any, Any], Awaitable[Observation]], bound: ChatCase, answer: Answer) -> Observation:
    """What a test function says it saw of an endpoint that answers like this."""

    async def run() -> Observation:
        return await test(bound, Ask[Any](RequestCache(Script(answer), lambda _: None)))

    return asyncio.run(run())


@cache
def suite_functions() -> dict[str, Callable[[Any, Any], Awaitable[Observation]]]:
    """The function of the suite that looks at each claim."""
    return suite.tests(contract())


def see(claim_id: str, answer: Any, value: Any = None, model: str = "openai") -> Observation:
    """What the suite says of an endpoint that answers like this, for one value of a claim."""
    answers = answer if callable(answer) else lambda *_: answer
    return observe(suite_functions()[claim_id], case(claim_id, value, model), answers)


def observe_with_bodies(claim_id: str, answer: Answer, value: Any = None) -> tuple[Observation, list[dict[str, Any]]]:
    """Return what the suite observes of an endpoint, and the bodies that it sent."""
    script = Script(answer)
    found = asyncio.run(
        suite_functions()[claim_id](case(claim_id, value), Ask[Any](RequestCache(script, lambda _: None)))
    )
    return found, [body for body, _, _ in script.sent]
