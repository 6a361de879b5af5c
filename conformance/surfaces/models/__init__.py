"""The surface `models`: the lists of models, in OpenAI's format and in the gateway's own.

No model answers on it, so whether the endpoint works is asked on a surface on which models do (`bind_to_models`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from conformance.base.money import Price
from conformance.contract.claims import Case
from conformance.http.exchange import Exchange, Request
from conformance.surfaces.models import prices
from conformance.surfaces.reply import Reply
from conformance.surfaces.surface import BoundCase, Surface, SurfaceContext

CATALOGUE = "/api/models"


@dataclass(frozen=True)
class ModelsCase(BoundCase):
    """A case about the lists of models."""

    def plain(self) -> Request:
        """Return the plain request of the first model of the run, or the list if no surface of the contract has models."""
        return self.context.bind_to_models(self.case).plain() if self.context.bind_to_models else self.openai_list()

    def openai_list(self, auth: str = "key") -> Request:
        """Return GET <base URL>/models; `auth` as in Surface.authorization."""
        return self.raw(None, method="GET", auth=auth)

    def one_model(self) -> Request:
        """Return GET <base URL>/models with the id of the first model of the run."""
        return self.raw(None, method="GET", path=f"{self.context.path}/{self.model.id}")

    def catalogue(self, query: str = "", auth: str = "none") -> Request:
        """Return GET /api/models at the root of the host, without a key unless `auth` says otherwise."""
        return self.raw(None, method="GET", path=CATALOGUE + query, auth=auth, at_origin=True)


class ModelsReply(Reply):
    """A list of models: a JSON object."""

    def _problem(self) -> str | None:
        """Return why the reply is not a list."""
        if self.exchange.failure or self.exchange.status != 200:
            return f"status {self.exchange.status}"
        return None if isinstance(self.exchange.json, dict) else "the body is not a JSON object"

    @property
    def body(self) -> dict[str, Any]:
        """The JSON object of the body; empty if there is none."""
        return self.exchange.json if isinstance(self.exchange.json, dict) else {}


class ModelsSurface(Surface):
    """GET /v1/models and GET /api/models."""

    name = "models"
    asks_models = False
    price_lists = prices.PRICE_LISTS

    def bind(self, case: Case, context: SurfaceContext) -> ModelsCase:
        return ModelsCase(case, context)

    def read(self, exchange: Exchange) -> ModelsReply:
        return ModelsReply(exchange)

    def prices(self, document: Any) -> dict[str, Price]:
        return prices.published(document)


SURFACE = ModelsSurface()
