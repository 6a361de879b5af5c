"""The surface `gemini`: POST /v1beta/models/{model}:generateContent and :streamGenerateContent."""

from __future__ import annotations

from conformance.contract.claims import Case
from conformance.http.exchange import WRONG_KEY, Exchange
from conformance.surfaces.dialogue import DialogueSurface
from conformance.surfaces.gemini import request, usage
from conformance.surfaces.gemini.reply import GeminiReply, ends
from conformance.surfaces.gemini.request import NAME, GeminiCase
from conformance.surfaces.surface import SurfaceContext

KEY_HEADER = "x-goog-api-key"
QUERY, WRONG_QUERY = "query", "wrong query"
_IN_QUERY = (QUERY, WRONG_QUERY)


class GeminiSurface(DialogueSurface):
    """Content generation as Google documents it and gateways imitate it."""

    name = NAME
    requests = request
    meter = usage

    def bind(self, case: Case, context: SurfaceContext) -> GeminiCase:
        return GeminiCase(case, context)

    def read(self, exchange: Exchange) -> GeminiReply:
        return GeminiReply(exchange)

    def authorization(self, auth: str, key: str | None) -> dict[str, str]:
        """Return the headers that authorise a request.

        Besides the usual ways, `auth` is bearer (the key as a bearer token), bare (the key alone as Authorization), both, query
        (in the address, and in no header) or wrong query.
        """
        if auth == "wrong":
            return {KEY_HEADER: WRONG_KEY}
        if auth in ("basic", "none", *_IN_QUERY) or not key:
            return {"Authorization": f"Basic {WRONG_KEY}"} if auth == "basic" else {}
        own, bearer = {KEY_HEADER: key}, {"Authorization": f"Bearer {key}"}
        return {"bearer": bearer, "bare": {"Authorization": key}, "both": own | bearer}.get(auth, own)

    def authorization_query(self, auth: str, key: str | None) -> dict[str, str]:
        """Return the parameter of the address that holds the key, where it is sent there."""
        given = WRONG_KEY if auth == WRONG_QUERY else key
        return {"key": given} if auth in _IN_QUERY and given else {}

    def ends(self, tail: bytes) -> bool:
        return ends(tail)


SURFACE = GeminiSurface()
