"""The surface `models`: the lists of models, in OpenAI's shape and the gateway's own.

No model answers on it, so whether the endpoint works at all is asked on the surface that the case is carried by.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from conformance.base.money import Price
from conformance.contract.claims import Case
from conformance.http.exchange import Exchange, Request
from conformance.surfaces.models import prices
from conformance.surfaces.surface import BoundCase, Reply, Surface, SurfaceContext

CATALOGUE = "/api/models"


@dataclass(frozen=True)
class ModelsCase(BoundCase):
    """A case about the lists of models."""

    def plain(self) -> Request:
        """The plain request of the model that stands in for the endpoint, or the list where no surface asks models."""
        return self.context.bind_to_models(self.case).plain() if self.context.bind_to_models else self.openai_list()

    def openai_list(self, auth: str = "key") -> Request:
        """GET <base URL>/models."""
        return self.raw(None, method="GET", auth=auth)

    def catalogue(self, query: str = "") -> Request:
        """GET /api/models at the root of the host, without a key."""
        return self.raw(None, method="GET", path=CATALOGUE + query, auth="none", at_origin=True)


class ModelsReply(Reply):
    """A list of models: a JSON object."""

    def _problem(self) -> str | None:
        """What keeps the reply from being a list."""
        if self.exchange.failure or self.exchange.status != 200:
            return f"status {self.exchange.status}"
        return None if isinstance(self.exchange.json, dict) else "no JSON object"

    @property
    def body(self) -> dict[str, Any]:
        """The JSON object; empty where there is none."""
        return self.exchange.json if isinstance(self.exchange.json, dict) else {}


class ModelsSurface(Surface):
    """GET /v1/models and GET /api/models."""

    name = "models"
    asks_models = False
    price_lists = prices.PLACES

    def bind(self, case: Case, context: SurfaceContext) -> ModelsCase:
        return ModelsCase(case, context)

    def read(self, exchange: Exchange) -> ModelsReply:
        return ModelsReply(exchange)

    def prices(self, document: Any) -> dict[str, Price]:
        return prices.published(document)


SURFACE = ModelsSurface()
