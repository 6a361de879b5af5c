"""Requests with a client's mistake, by the name of the mistake, and what the errors in reply have in common.

The tests decide which mistakes a claim is tested with and what the error must look like.
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
from conformance.surfaces.errors import NOT_ABOUT_THE_REQUEST, is_transient

Body = dict[str, Any]
_ABOUT_THE_KEY = frozenset({401, 403})
UNKNOWN_MODEL = "conformance-no-such-model"
UNKNOWN_PATH = "/conformance-no-such-path"
NOT_IMPLEMENTED = 501  # how HTTP tells a client that a server does not know a method

MESSAGE_MISTAKES: dict[str, Callable[[Body], Body]] = {
    "no_messages": lambda body: _without(body, "messages"),
    "empty_messages": lambda body: {**body, "messages": []},
    "text_as_messages": lambda body: {**body, "messages": PLAIN},
    "number_as_content": lambda body: {**body, "messages": [{"role": "user", "content": 7}]},
}
BODY_MISTAKES: dict[str, Callable[[Body], str]] = {
    "malformed_json": lambda body: _dumped(body)[:-1],
    "empty_body": lambda body: "",
    "array_body": lambda body: "[]",
    "missing_model": lambda body: _dumped(_without(body, "model")),
    "unknown_model": lambda body: _dumped({**body, "model": UNKNOWN_MODEL}),
}


def with_message_mistake(case: ChatCase, name: str) -> Request:
    """Return the plain request with a mistake in its messages, streamed if the case is."""
    body = MESSAGE_MISTAKES[name](dict(case.plain().json))
    return case.raw(_dumped({**body, "stream": True} if case.case.mode == STREAM else body))


def with_body_mistake(case: ChatCase, name: str) -> Request:
    """Return the plain request with a mistake in the form of its body or in its model."""
    return case.raw(BODY_MISTAKES[name](dict(case.plain().json)))


def to_unknown_path(case: ChatCase) -> Request:
    """Return the plain request sent to a path that no document lists."""
    return case.raw(case.plain().body, path=UNKNOWN_PATH)


def no_error(reply: ChatReply) -> Observation | None:
    """Return why the reply has no error to look at (an answer or an outage); None if it has one."""
    if reply.ok:
        return unanswered(f"answered {reply.quoted_text()}, so there is no error to look at")
    seen = reply.refusal()
    return seen if seen.seen is Seen.UNANSWERED else None


async def errors(ask: Ask, requests: Iterable[tuple[str, Request]]) -> list[tuple[str, ChatReply]] | Observation:
    """Send requests and return the replies with an error, by name; without any, the first reason why there is none."""
    reasons: list[Observation] = []
    replies: list[tuple[str, ChatReply]] = []
    for name, request in requests:
        reply = await ask(request)
        if reason := no_error(reply):
            reasons.append(reason)
        else:
            replies.append((name, reply))
    return replies or reasons[0]


def is_server_fault(reply: ChatReply) -> bool:
    """Return whether the status is a 5xx, which may be an accident, so that it counts only if it repeats."""
    return (reply.exchange.status or 0) >= 500


def is_outage(reply: ChatReply) -> bool:
    """Return whether the reply shows nothing about keys or methods: a failure, an overload, a status about money or rates."""
    exchange = reply.exchange
    return bool(exchange.failure) or is_transient(exchange) or exchange.status in NOT_ABOUT_THE_REQUEST - _ABOUT_THE_KEY


def _without(body: Body, name: str) -> Body:
    return {key: value for key, value in body.items() if key != name}


def _dumped(body: Body) -> str:
    return json.dumps(body, sort_keys=True, separators=(",", ":"))
