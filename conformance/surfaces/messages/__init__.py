"""The surface `messages`: POST /v1/messages and /v1/messages/count_tokens, as Anthropic documents them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from conformance.base.money import Usage
from conformance.contract.claims import Case
from conformance.http.exchange import WRONG_KEY, Exchange, Request
from conformance.surfaces.errors import ErrorWords
from conformance.surfaces.messages import usage
from conformance.surfaces.messages.reply import MessagesReply
from conformance.surfaces.messages.request import NAME, MessagesCase, renewed, request_kind, traits_fault
from conformance.surfaces.messages.words import WORDS
from conformance.surfaces.rate_headers import LimitHeaders, RateHeaders
from conformance.surfaces.surface import Surface, SurfaceContext

# The last event of a stream, whole: the blank line after it is the end that clients wait for.
_LAST = re.compile(rb'data: ?\{[^\n]*"type": ?"message_stop"[^\n]*\}\s*\n\s*\n\s*$')


class MessagesSurface(Surface):
    """Anthropic's Messages API, and gateways that serve it."""

    name = NAME
    error_words: ErrorWords = WORDS
    rate_headers = RateHeaders(
        *(
            LimitHeaders(*(f"anthropic-ratelimit-{counted}-{part}" for part in ("limit", "remaining", "reset")))
            for counted in ("requests", "tokens")
        )
    )

    def bind(self, case: Case, context: SurfaceContext) -> MessagesCase:
        return MessagesCase(case, context)

    def read(self, exchange: Exchange) -> MessagesReply:
        return MessagesReply(exchange)

    def authorization(self, auth: str, key: str | None) -> dict[str, str]:
        """Return the headers that authorise a request.

        Besides key (x-api-key), wrong, basic and none, `auth` is bearer, both (x-api-key and a bearer token) or bare (the key
        as the whole of Authorization).
        """
        if auth in _FORMS:
            return {name: scheme.format(key) for name, scheme in _FORMS[auth].items()} if key else {}
        wrong = {"wrong": {"x-api-key": WRONG_KEY}, "basic": {"Authorization": f"Basic {WRONG_KEY}"}}
        return wrong.get(auth, {})

    def kind_of(self, request: Request) -> str:
        return request_kind(request)

    def renewed(self, request: Request, number: int) -> Request:
        return renewed(request, number)

    def ends(self, tail: bytes) -> bool:
        return _LAST.search(tail) is not None

    def usage(self, exchange: Exchange) -> Usage | None:
        return usage.usage(exchange)

    def estimate(self, request: Request) -> Usage:
        return usage.estimate(request)

    def paced_tokens(self, request: Request) -> int:
        return usage.paced_tokens(request)

    def upper_bound(self, request: Request) -> Usage:
        return usage.upper_bound(request)

    def check_traits(self, traits: Mapping[str, Any]) -> str | None:
        return traits_fault(traits)


_FORMS = {
    "key": {"x-api-key": "{}"},
    "bearer": {"Authorization": "Bearer {}"},
    "both": {"x-api-key": "{}", "Authorization": "Bearer {}"},
    "bare": {"Authorization": "{}"},
}

SURFACE = MessagesSurface()
