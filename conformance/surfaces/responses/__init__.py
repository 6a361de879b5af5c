"""The surface `responses`: POST /v1/responses, and what is stored of its answers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from conformance.base.money import Usage
from conformance.contract.claims import Case
from conformance.http.exchange import Exchange, Request
from conformance.surfaces.responses import usage
from conformance.surfaces.responses.reply import ENDINGS, ResponsesReply
from conformance.surfaces.responses.request import NAME, ResponsesCase, renewed, request_kind, traits_fault
from conformance.surfaces.surface import Surface, SurfaceContext

# The type of a last event, in its name or in its data.
_ENDING = re.compile(rb'(?:^event: ?|"type": ?")(?:%b)\b' % "|".join(map(re.escape, ENDINGS)).encode(), re.MULTILINE)


class ResponsesSurface(Surface):
    """Responses as OpenAI documents it and gateways imitate it."""

    name = NAME
    piece_indexes = ("output_index", "content_index", "summary_index")

    def bind(self, case: Case, context: SurfaceContext) -> ResponsesCase:
        return ResponsesCase(case, context)

    def read(self, exchange: Exchange) -> ResponsesReply:
        return ResponsesReply(exchange)

    def kind_of(self, request: Request) -> str:
        return request_kind(request)

    def renewed(self, request: Request, number: int) -> Request:
        return renewed(request, number)

    def ends(self, tail: bytes) -> bool:
        text = tail.replace(b"\r\n", b"\n")
        if not text.endswith(b"\n\n"):
            return False
        last = text.rstrip().rpartition(b"\n\n")[2]
        return last.endswith(b"[DONE]") or bool(_ENDING.search(last))

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


SURFACE = ResponsesSurface()
