"""A surface of somebody else's package: POST /v1/say, which says the numbers up to a limit of words.

It is what a new API has to bring, and nothing more: how a case is put, how a reply is read, how the key is sent, what it costs.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from conformance.base.money import Usage
from conformance.contract.claims import Case
from conformance.http.exchange import Exchange, Request
from conformance.surfaces.reply import End, Reply
from conformance.surfaces.surface import PromptCase, Surface, SurfaceContext, with_value_at

NUMBERS = "Say the numbers from one to forty."
ENDS = {"done": End.STOP, "stopped": End.STOP, "cut": End.LENGTH}


@dataclass(frozen=True)
class ToyCase(PromptCase):
    """A case in the words of the toy: everything stands under `ask`, settings one level deeper."""

    def plain(self) -> Request:
        return self._post({"ask": {"model": self.model.id, "words": "Say ready."}})

    def repeatable_control(self) -> Request:
        return self._post({"ask": {"model": self.model.id, "words": NUMBERS}})

    def long_control(self) -> Request:
        return self.repeatable_control()

    def with_value(self, value: Any) -> Request:
        return self._post(with_value_at(self.plain().json, self.parameter.place, value))

    def capped(self, control: Request, cap: Any) -> Request:
        return self._post(with_value_at(control.json, self.parameter.place, cap))

    def stopped(self, control: Request, stop: str | Sequence[str]) -> Request:
        return self._post(
            with_value_at(control.json, self.parameter.place, [stop] if isinstance(stop, str) else list(stop))
        )

    def _post(self, body: dict[str, Any]) -> Request:
        return Request.post(self.context.path, body, surface="toy", model=str(self.case.model))


class ToyReply(Reply):
    """What was said, and why it ended."""

    @cached_property
    def body(self) -> dict[str, Any]:
        return self.exchange.json if isinstance(self.exchange.json, dict) else {}

    def _problem(self) -> str | None:
        if self.exchange.failure or self.exchange.status != 200:
            return f"status {self.exchange.status}"
        return None if isinstance(self.body.get("said"), str) else "nothing was said"

    @property
    def text(self) -> str:
        said = self.body.get("said")
        return said if isinstance(said, str) else ""

    @property
    def end(self) -> End | None:
        return ENDS.get(str(self.body.get("why")))

    @property
    def end_as_sent(self) -> str:
        return f"why {self.body.get('why')!r}"

    @property
    def answer_tokens(self) -> int | None:
        count = self.body.get("words")
        return count if isinstance(count, int) else None


class ToySurface(Surface):
    """The toy."""

    name = "toy"

    def bind(self, case: Case, context: SurfaceContext) -> ToyCase:
        return ToyCase(case, context)

    def read(self, exchange: Exchange) -> ToyReply:
        return ToyReply(exchange)

    def authorization(self, auth: str, key: str | None) -> dict[str, str]:
        named = {"key": key, "wrong": "nobody", "basic": "nobody"}.get(auth)
        return {"X-Toy-Key": named} if named else {}

    def usage(self, exchange: Exchange) -> Usage | None:
        words = ToyReply(exchange).answer_tokens
        return None if words is None else Usage(1, self.estimate(exchange.request).prompt_tokens, words)

    def estimate(self, request: Request) -> Usage:
        return Usage(1, len(json.dumps(request.json)) // 4, 40)

    def upper_bound(self, request: Request) -> Usage:
        return self.estimate(request)


SURFACE = ToySurface()
