"""Records to test with: requests, exchanges, replies, cases, and an endpoint that answers from a script."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from functools import cache
from typing import Any

from conformance import suite
from conformance.base.observation import Observation, unanswered
from conformance.contract import loading as contracts
from conformance.contract.claims import Case, id_text
from conformance.contract.contract import Contract
from conformance.http.exchange import Exchange, Request
from conformance.http.source import Source
from conformance.surfaces.chat.reply import ChatReply
from conformance.surfaces.chat.request import ChatCase
from conformance.surfaces.markers import markers_in
from conformance.surfaces.surface import SurfaceContext
from conformance.trial.ask import Ask
from conformance.trial.hearing import close_hearing
from conformance.trial.invariants import invariant_of
from conformance.trial.request_cache import RequestCache
from conformance.trial.trial import Outcome
from conformance.trial.witness import Witness

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
    return asyncio.run(observe_source(test, bound, Script(answer)))


async def observe_source(
    test: Callable[[Any, Any], Awaitable[Observation]], bound: ChatCase, source: Source
) -> Observation:
    """What a test function says it saw of this source; an invariant is judged over what it asks by itself."""
    if invariant_of(test) is None:
        return await test(bound, Ask[Any](RequestCache(source, lambda _: None)))
    witness, cache = witnessed(bound, source, test)
    return _seen(await close_hearing(test, witness, bound, cache))


def witnessed(bound: ChatCase, source: Source, test: Any) -> tuple[Witness, RequestCache]:
    """A witness for one invariant, and a cache of this source that it hears."""
    invariant = invariant_of(test)
    assert invariant is not None
    witness = Witness()
    witness.enrol(bound, invariant)

    def hear(request: Request, exchange: Exchange, *, mistake: bool) -> None:
        witness.hear(exchange, mistake=mistake or request.mistake)

    return witness, RequestCache(source, lambda _: None, hear=hear)


class Echo:
    """A source that answers each request as in one of these exchanges: of the same sample, else the first of that request."""

    dead = False

    def __init__(self, exchanges: Iterable[Exchange]) -> None:
        self._exchanges = list(exchanges)

    async def send(self, request: Request, sample: int, attempt: int) -> Exchange:
        known = [each for each in self._exchanges if each.request == request] or [exchange(body=completion(choice()))]
        found = next((each for each in known if each.sample == sample), known[0])
        return replace(found, request=request, sample=sample, attempt=attempt)


def hear(
    claim_id: str,
    *exchanges: Exchange,
    mistake: bool = False,
    again: Source | None = None,
    bound: ChatCase | None = None,
) -> Observation:
    """What an invariant says of exchanges that others asked for, without asking for any itself.

    What it asks again is answered by `again`, or as before.
    """
    bound = bound or case(claim_id)
    witness, cache = witnessed(bound, again or Echo(exchanges), suite_functions()[claim_id])
    for each in exchanges:
        witness.hear(each, mistake=mistake)
    return _seen(asyncio.run(close_hearing(_ask_nothing, witness, bound, cache)))


async def _ask_nothing(bound: ChatCase, ask: Ask[Any]) -> Observation:
    return unanswered("nothing was asked")


def _seen(outcome: Outcome) -> Observation:
    assert outcome.observation is not None
    return outcome.observation


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
    found = asyncio.run(observe_source(suite_functions()[claim_id], case(claim_id, value), script))
    return found, [body for body, _, _ in script.sent]


def unmarked(body: dict[str, Any]) -> dict[str, Any]:
    """A body in which WORD stands for the word that its prompt asks for, which follows from the names of its parameters."""
    text = json.dumps(body)
    for word in markers_in(text):
        text = text.replace(word, "WORD")
    changed: dict[str, Any] = json.loads(text)
    return changed


def as_mode(bound: ChatCase, test: Any) -> ChatCase:
    """The case as a stream; an invariant's case has no mode, since it asks for both."""
    return bound if invariant_of(test) else replace(bound, case=replace(bound.case, mode="stream"))


def as_stream(whole: dict[str, Any], *, usage: bool = False) -> dict[str, Any]:
    """The same answer as a stream: a chunk for each choice, and one for its end; with the usage where that was asked for."""
    head = {name: value for name, value in whole.items() if name not in ("choices", "usage")}
    head = {**head, "object": "chat.completion.chunk"}
    chunks = []
    for each in whole["choices"]:
        told = {name: value for name, value in each["message"].items() if value is not None}
        calls = told.get("tool_calls")
        if isinstance(calls, list):
            told["tool_calls"] = [{"index": number, **call} for number, call in enumerate(calls)]
        more = {"logprobs": each["logprobs"]} if "logprobs" in each else {}
        piece = {"index": each["index"], "delta": told, "finish_reason": None, **more}
        end = {"index": each["index"], "delta": {}, "finish_reason": each["finish_reason"]}
        chunks += [{**head, "choices": [piece]}, {**head, "choices": [end]}]
    last = [{**head, "choices": [], "usage": whole["usage"]}] if usage else []
    return events(*chunks, *last)
