"""The surface `responses`: POST /v1/responses, and what is stored of its answers."""

from __future__ import annotations

import re

from conformance.contract.claims import Case
from conformance.http.exchange import Exchange
from conformance.surfaces.dialogue import DialogueSurface
from conformance.surfaces.responses import request, usage
from conformance.surfaces.responses.reply import ENDINGS, ResponsesReply
from conformance.surfaces.responses.request import NAME, ResponsesCase
from conformance.surfaces.surface import SurfaceContext

# The type of a last event, in its name or in its data.
_ENDING = re.compile(rb'(?:^event: ?|"type": ?")(?:%b)\b' % "|".join(map(re.escape, ENDINGS)).encode(), re.MULTILINE)


class ResponsesSurface(DialogueSurface):
    """Responses as OpenAI documents it and gateways imitate it."""

    name = NAME
    requests = request
    meter = usage
    piece_indexes = ("output_index", "content_index", "summary_index")

    def bind(self, case: Case, context: SurfaceContext) -> ResponsesCase:
        return ResponsesCase(case, context)

    def read(self, exchange: Exchange) -> ResponsesReply:
        return ResponsesReply(exchange)

    def ends(self, tail: bytes) -> bool:
        text = tail.replace(b"\r\n", b"\n")
        if not text.endswith(b"\n\n"):
            return False
        last = text.rstrip().rpartition(b"\n\n")[2]
        return last.endswith(b"[DONE]") or bool(_ENDING.search(last))


SURFACE = ResponsesSurface()
