"""Which model ids a mock gateway serves, each with the class of models that it imitates."""

from dataclasses import dataclass
from typing import Any

from conformance.mock.engine.classes import CLASSES, ModelClass
from conformance.mock.engine.errors import ApiError
from conformance.mock.server import documented
from conformance.mock.server.nearest import StartError, nearest

FIRST_CREATED = 1_767_225_600  # unix seconds; later models of the list are a day younger each
DAY = 86_400

OWN_MODELS = (
    "openai=mock-openai,class=chat",
    "openai=mock-openai-reasoning,class=reasoning",
    "claude=mock-claude,class=claude",
    "gemini=mock-gemini,class=gemini",
)


@dataclass(frozen=True)
class Model:
    """One id that is served, and the class of models that it imitates."""

    id: str
    model_class: ModelClass
    created: int


class Models:
    """The ids that are served, in order; later ones of the same name replace earlier ones."""

    def __init__(self, extra: tuple[str, ...] = ()) -> None:
        self.by_id: dict[str, Model] = {}
        for place, spelled in enumerate((*OWN_MODELS, *extra)):
            name, model_class = parsed(spelled)
            self.by_id[name] = Model(name, model_class, FIRST_CREATED + place * DAY)

    def find(self, name: Any) -> Model:
        """Return the model of a request, or its refusal."""
        if not name:
            raise ApiError("You must provide a model parameter.")
        if not isinstance(name, str) or name not in self.by_id:
            message = f"The model {name!r} does not exist or you do not have access to it."
            raise ApiError(message, param="model", code="model_not_found", status=404)
        return self.by_id[name]


def parsed(spelled: str) -> tuple[str, ModelClass]:
    """Read COLUMN=ID[,class=NAME] as id and class."""
    column, equals, rest = spelled.partition("=")
    name, _, kind = rest.partition(",class=")
    if not equals or not name:
        raise StartError(f"{spelled!r} is not COLUMN=ID[,class=NAME], for instance openai=gpt-4.1,class=chat.")
    if column not in documented.columns():
        raise StartError(f"Unknown column {column!r} in {spelled!r}. " + nearest(column, documented.columns()))
    kind = kind or documented.class_of(column, name)
    known = tuple(name for name, row in CLASSES.items() if row.column == column)
    if kind not in known:
        raise StartError(f"Unknown class {kind!r} of column {column!r} in {spelled!r}. " + nearest(kind, known))
    return name, CLASSES[kind]
