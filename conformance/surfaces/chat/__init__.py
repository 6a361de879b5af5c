"""The surface `chat`: POST /v1/chat/completions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from conformance.base.money import Usage
from conformance.contract.claims import Case
from conformance.http.exchange import Exchange, Request
from conformance.surfaces.chat import usage
from conformance.surfaces.chat.reply import ChatReply
from conformance.surfaces.chat.request import NAME, ChatCase, renewed, request_kind, traits_fault
from conformance.surfaces.surface import Surface, SurfaceContext


class ChatSurface(Surface):
    """Chat Completions as OpenAI documents it and gateways imitate it."""

    name = NAME

    def bind(self, case: Case, context: SurfaceContext) -> ChatCase:
        return ChatCase(case, context)

    def read(self, exchange: Exchange) -> ChatReply:
        return ChatReply(exchange)

    def kind_of(self, request: Request) -> str:
        return request_kind(request)

    def renewed(self, request: Request, number: int) -> Request:
        return renewed(request, number)

    def ends(self, tail: bytes) -> bool:
        return tail.rstrip().endswith((b"data: [DONE]", b"data:[DONE]"))

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


SURFACE = ChatSurface()
