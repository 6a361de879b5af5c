"""What the errors in reply to a client's mistake have in common.

The tests decide which mistakes a claim is tested with and what the error must look like.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from conformance.base.observation import Observation, Seen, honoured, mishandled, unanswered
from conformance.http.exchange import Request
from conformance.suite.probes import Ask
from conformance.surfaces.errors import NOT_ABOUT_THE_REQUEST, is_transient
from conformance.surfaces.reply import Reply
from conformance.surfaces.surface import BoundCase
from conformance.trial.invariants import SILENT, Finding

_ABOUT_THE_KEY = frozenset({401, 403})
UNKNOWN_PATH = "/conformance-no-such-path"
NOT_IMPLEMENTED = 501  # how HTTP tells a client that a server does not know a method


def altered(case: BoundCase, **parts: Any) -> Request:
    """Return the plain request with other parts, such as another path or key, as a deliberate mistake."""
    return replace(case.plain(), mistake=True, **parts)


def to_unknown_path(case: BoundCase) -> Request:
    """Return the plain request sent to a path that no document lists."""
    return altered(case, path=UNKNOWN_PATH)


def no_error(reply: Reply) -> Observation | None:
    """Return why the reply has no error to look at (an answer or an outage); None if it has one."""
    if reply.ok:
        return unanswered(f"answered {reply.quoted_text()}, so there is no error to look at")
    seen = reply.refusal()
    return seen if seen.seen is Seen.UNANSWERED else None


def no_fault(reply: Reply) -> Observation:
    """Return honoured for an answer and for a refusal of the client's mistake; a fault of the server is neither."""
    if reply.ok:
        return honoured(f"answered {reply.quoted_text()}")
    seen = reply.refusal()
    return honoured(f"refused as the client's mistake: {seen.detail}") if seen.seen is Seen.REFUSED else seen


async def errors(ask: Ask, requests: Iterable[tuple[str, Request]]) -> list[tuple[str, Reply]] | Observation:
    """Send requests and return the replies with an error, by name; without any, the first reason why there is none."""
    reasons: list[Observation] = []
    replies: list[tuple[str, Reply]] = []
    for name, request in requests:
        reply = await ask(request)
        if reason := no_error(reply):
            reasons.append(reason)
        else:
            replies.append((name, reply))
    return replies or reasons[0]


def is_server_fault(reply: Reply) -> bool:
    """Return whether the status is a 5xx, which may be an accident, so that it counts only if it repeats."""
    return (reply.exchange.status or 0) >= 500


def is_outage(reply: Reply) -> bool:
    """Return whether the reply shows nothing about keys or methods: a failure, an overload, a status about money or rates."""
    exchange = reply.exchange
    return bool(exchange.failure) or is_transient(exchange) or exchange.status in NOT_ABOUT_THE_REQUEST - _ABOUT_THE_KEY


def either(statuses: Sequence[int]) -> str:
    """Return "400, 404 or 422" for these statuses."""
    *others, last = map(str, statuses)
    return f"{', '.join(others)} or {last}" if others else last


def of_error(reply: Reply, fault: str | None) -> Finding:
    """Return the finding of an invariant for a fault of an error, suspect if the server failed; an outage shows nothing."""
    if is_transient(reply.exchange) or reply.exchange.status in NOT_ABOUT_THE_REQUEST:
        return SILENT
    if fault is None:
        return None
    return mishandled(f"status {reply.exchange.status}: {fault}", suspect=is_server_fault(reply))
