"""What the errors in reply to a client's mistake have in common.

The tests decide which mistakes a claim is tested with and what the error must look like.
"""

from __future__ import annotations

from collections.abc import Iterable

from conformance.base.observation import Observation, Seen, unanswered
from conformance.http.exchange import Request
from conformance.suite.chat import Ask
from conformance.surfaces.chat.reply import ChatReply
from conformance.surfaces.chat.request import ChatCase
from conformance.surfaces.errors import NOT_ABOUT_THE_REQUEST, is_transient

_ABOUT_THE_KEY = frozenset({401, 403})
UNKNOWN_PATH = "/conformance-no-such-path"
NOT_IMPLEMENTED = 501  # how HTTP tells a client that a server does not know a method


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
