"""The surface `chat`: POST /v1/chat/completions."""

from __future__ import annotations

from conformance.contract.claims import Case
from conformance.http.exchange import Exchange
from conformance.surfaces.chat import request, usage
from conformance.surfaces.chat.reply import ChatReply
from conformance.surfaces.chat.request import NAME, ChatCase
from conformance.surfaces.dialogue import DialogueSurface
from conformance.surfaces.surface import SurfaceContext


class ChatSurface(DialogueSurface):
    """Chat Completions as OpenAI documents it and gateways imitate it."""

    name = NAME
    requests = request
    meter = usage

    def bind(self, case: Case, context: SurfaceContext) -> ChatCase:
        return ChatCase(case, context)

    def read(self, exchange: Exchange) -> ChatReply:
        return ChatReply(exchange)

    def ends(self, tail: bytes) -> bool:
        return tail.rstrip().endswith((b"data: [DONE]", b"data:[DONE]"))


SURFACE = ChatSurface()
