"""Requests with a client's mistake in them, by name, and what their refusals have in common.

Which mistakes a claim is held against and what a refusal of them has to look like is for the tests to say.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

from conformance.base.observation import Observation, Seen, unanswered
from conformance.contract.claims import STREAM
from conformance.http.exchange import Request
from conformance.suite.chat import Ask
from conformance.surfaces.chat.reply import ChatReply
from conformance.surfaces.chat.request import PLAIN, ChatCase

Body = dict[str, Any]
NOBODY = "conformance-no-such-model"
NOWHERE = "/conformance-no-such-path"

IN_MESSAGES: dict[str, Callable[[Body], Body]] = {
    "no_messages": lambda body: _without(body, "messages"),
    "empty_messages": lambda body: {**body, "messages": []},
    "text_as_messages": lambda body: {**body, "messages": PLAIN},
    "number_as_content": lambda body: {**body, "messages": [{"role": "user", "content": 7}]},
}
OF_THE_BODY: dict[str, Callable[[Body], str]] = {
    "malformed_json": lambda body: _written(body)[:-1],
    "empty_body": lambda body: "",
    "array_body": lambda body: "[]",
    "missing_model": lambda body: _written(_without(body, "model")),
    "unknown_model": lambda body: _written({**body, "model": NOBODY}),
}


def mistaken(case: ChatCase, name: str) -> Request:
    """The plain request with a mistake in its messages, streamed where the case is."""
    body = IN_MESSAGES[name](dict(case.plain().json))
    return case.raw(_written({**body, "stream": True} if case.case.mode == STREAM else body))


def unreadable(case: ChatCase, name: str) -> Request:
    """The plain request with a mistake in its body as a whole, or in its model."""
    return case.raw(OF_THE_BODY[name](dict(case.plain().json)))


def astray(case: ChatCase) -> Request:
    """The plain request to a path that no document lists."""
    return case.raw(case.plain().body, path=NOWHERE)


def no_error(reply: ChatReply) -> Observation | None:
    """Why there is no error to look at: an answer, or an outage; None if there is one."""
    if reply.ok:
        return unanswered(f"answered {reply.quoted_text()}: there is no error to look at")
    seen = reply.refusal()
    return seen if seen.seen is Seen.UNANSWERED else None


async def errors(ask: Ask, requests: Iterable[tuple[str, Request]]) -> list[tuple[str, ChatReply]] | Observation:
    """The errors that these requests lead to, by their names; the first reason there is none where there is none."""
    reasons: list[Observation] = []
    found: list[tuple[str, ChatReply]] = []
    for name, request in requests:
        reply = await ask(request)
        if reason := no_error(reply):
            reasons.append(reason)
        else:
            found.append((name, reply))
    return found or reasons[0]


def fault_of_server(reply: ChatReply) -> bool:
    """Whether the error could be an accident of the server, so that it counts only when it repeats."""
    return (reply.exchange.status or 0) >= 500


def _without(body: Body, name: str) -> Body:
    return {key: value for key, value in body.items() if key != name}


def _written(body: Body) -> str:
    return json.dumps(body, sort_keys=True, separators=(",", ":"))
