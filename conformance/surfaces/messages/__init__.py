"""The surface `messages`: POST /v1/messages and /v1/messages/count_tokens, as Anthropic documents them."""

from __future__ import annotations

import re

from conformance.contract.claims import Case
from conformance.http.exchange import WRONG_KEY, Exchange
from conformance.surfaces.dialogue import DialogueSurface
from conformance.surfaces.errors import ErrorWords
from conformance.surfaces.messages import request, usage
from conformance.surfaces.messages.reply import MessagesReply
from conformance.surfaces.messages.request import NAME, MessagesCase
from conformance.surfaces.messages.words import WORDS
from conformance.surfaces.rate_headers import LimitHeaders, RateHeaders
from conformance.surfaces.surface import SurfaceContext

# The last event of a stream, whole: the blank line after it is the end that clients wait for.
_LAST = re.compile(rb'data: ?\{[^\n]*"type": ?"message_stop"[^\n]*\}\s*\n\s*\n\s*$')


class MessagesSurface(DialogueSurface):
    """Anthropic's Messages API, and gateways that serve it."""

    name = NAME
    requests = request
    meter = usage
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

    def ends(self, tail: bytes) -> bool:
        return _LAST.search(tail) is not None


_FORMS = {
    "key": {"x-api-key": "{}"},
    "bearer": {"Authorization": "Bearer {}"},
    "both": {"x-api-key": "{}", "Authorization": "Bearer {}"},
    "bare": {"Authorization": "{}"},
}

SURFACE = MessagesSurface()
