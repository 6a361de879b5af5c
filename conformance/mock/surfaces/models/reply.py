"""The lists of models as JSON: in OpenAI's format, and in the gateway's own with prices and endpoints."""

import json
from typing import Any

from conformance.mock.server.models import Model, Models
from conformance.mock.surfaces.models.request import CataloguePage

OWNERS = {"openai": "openai", "claude": "anthropic", "gemini": "google"}


def model_record(model: Model) -> dict[str, Any]:
    """Return the record of a model in GET /v1/models."""
    owner = OWNERS.get(model.model_class.column, model.model_class.column)
    return {"id": model.id, "object": "model", "created": model.created, "owned_by": owner}


def catalogue_record(model: Model) -> dict[str, Any]:
    """Return the record of a model in GET /api/models."""
    owner = OWNERS.get(model.model_class.column, model.model_class.column)
    return {
        "id": model.id,
        "code": model.id,
        "name": model.id.replace("-", " ").title(),
        "created": model.created,
        "provider": owner.title(),
        "provider_code": owner,
        "model_type": "text",
        "features": ["text-to-text"],
        "endpoints": json.dumps({name: {"path": path, "method": "POST"} for name, path in endpoints(model)}),
        "pricing": {
            "currency": "USD / M Tokens",
            "input": 0.1,
            "output": 0.4,
            "per_request": None,
            "per_second": None,
        },
    }


def endpoints(model: Model) -> list[tuple[str, str]]:
    """Return the names and paths of the APIs that a model answers on."""
    own = {"claude": [("anthropic", "/v1/messages")], "openai": [("openai-response", "/v1/responses")]}
    return [("openai", "/v1/chat/completions"), *own.get(model.model_class.column, [])]


def listing(models: Models) -> dict[str, Any]:
    """Return the body of GET /v1/models."""
    return {"object": "list", "data": [model_record(model) for model in models.by_id.values()]}


def catalogue(models: Models, page: CataloguePage) -> dict[str, Any]:
    """Return the body of GET /api/models."""
    everything = [catalogue_record(model) for model in models.by_id.values()]
    size = page.size if page.number else len(everything)
    start = max(0, page.number - 1) * size
    counts = {"page": page.number, "page_size": page.size if page.number else 0, "total": len(everything)}
    return {"success": True, **counts, "data": everything[start : start + size]}
