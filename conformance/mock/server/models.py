"""Which model ids a mock gateway serves, each with the class of models that it imitates."""

from dataclasses import dataclass
from typing import Any

from conformance.mock.engine.errors import ApiError
from conformance.mock.server import documented
from conformance.mock.server.nearest import StartError, nearest
from conformance.mock.surfaces.chat.columns import Profile, profiles

FIRST_CREATED = 1_767_225_600  # unix seconds; later models of the list are a day younger each
DAY = 86_400
OWNERS = {"openai": "openai", "claude": "anthropic", "gemini": "google"}

OWN_MODELS = (
    "openai=mock-openai,class=chat",
    "openai=mock-openai-reasoning,class=reasoning",
    "claude=mock-claude,class=claude",
    "gemini=mock-gemini,class=gemini",
)


@dataclass(frozen=True)
class Model:
    """One id of the list, and how its requests are taken."""

    id: str
    profile: Profile
    created: int

    def as_json(self) -> dict[str, Any]:
        """The record of GET /v1/models."""
        owner = OWNERS.get(self.profile.column, self.profile.column)
        return {"id": self.id, "object": "model", "created": self.created, "owned_by": owner}

    def as_record(self) -> dict[str, Any]:
        """The record of GET /api/models."""
        owner = OWNERS.get(self.profile.column, self.profile.column)
        return {
            "id": self.id,
            "code": self.id,
            "name": self.id.replace("-", " ").title(),
            "created": self.created,
            "provider": owner.title(),
            "provider_code": owner,
            "model_type": "text",
            "features": ["text-to-text"],
            "endpoints": '{"openai": {"path": "/v1/chat/completions", "method": "POST"}}',
            "pricing": {
                "currency": "USD / M Tokens",
                "input": 0.1,
                "output": 0.4,
                "per_request": None,
                "per_second": None,
            },
        }


@dataclass(frozen=True)
class Page:
    """Which part of the catalogue is asked for; page 0 is all of it."""

    number: int = 1
    size: int = 20


class Models:
    """The ids that are served, in order; later ones of the same name replace earlier ones."""

    def __init__(self, extra: tuple[str, ...] = ()) -> None:
        self.by_id: dict[str, Model] = {}
        for place, spelled in enumerate((*OWN_MODELS, *extra)):
            name, profile = parsed(spelled)
            self.by_id[name] = Model(name, profile, FIRST_CREATED + place * DAY)

    def listing(self) -> dict[str, Any]:
        """The body of GET /v1/models."""
        return {"object": "list", "data": [model.as_json() for model in self.by_id.values()]}

    def catalogue(self, page: Page) -> dict[str, Any]:
        """The body of GET /api/models."""
        everything = [model.as_record() for model in self.by_id.values()]
        size = page.size if page.number else len(everything)
        start = max(0, page.number - 1) * size
        told = {"page": page.number, "page_size": page.size if page.number else 0, "total": len(everything)}
        return {"success": True, **told, "data": everything[start : start + size]}

    def find(self, name: Any) -> Model:
        """The model of a request, or its refusal."""
        if not name:
            raise ApiError("You must provide a model parameter.")
        if not isinstance(name, str) or name not in self.by_id:
            message = f"The model {name!r} does not exist or you do not have access to it."
            raise ApiError(message, param="model", code="model_not_found", status=404)
        return self.by_id[name]


def parsed(spelled: str) -> tuple[str, Profile]:
    """COLUMN=ID[,class=NAME] as id and profile."""
    column, equals, rest = spelled.partition("=")
    name, _, kind = rest.partition(",class=")
    if not equals or not name:
        raise StartError(f"{spelled!r} is not COLUMN=ID[,class=NAME], for instance openai=gpt-4.1,class=chat.")
    if column not in documented.columns():
        raise StartError(f"Unknown column {column!r} in {spelled!r}. " + nearest(column, documented.columns()))
    kind = kind or documented.class_of(column, name)
    known = tuple(name for name, profile in profiles().items() if profile.column == column)
    if kind not in known:
        raise StartError(f"Unknown class {kind!r} of column {column!r} in {spelled!r}. " + nearest(kind, known))
    return name, profiles()[kind]
