"""The model ids that a mock gateway serves, each with the class of models that it imitates."""

from dataclasses import dataclass
from typing import Any

from conformance.mock.engine.classes import CLASSES, ModelClass
from conformance.mock.engine.errors import ApiError
from conformance.mock.server import documented
from conformance.mock.server.nearest import StartError, nearest

FIRST_CREATED = 1_767_225_600  # 1 January 2026 in Unix seconds; each later model of the list was created a day later
DAY = 86_400  # seconds

OWN_MODELS = (
    "openai=mock-openai,class=chat",
    "openai=mock-openai-reasoning,class=reasoning",
    "claude=mock-claude,class=claude",
    "gemini=mock-gemini,class=gemini",
    "gemini=mock-gemini-3,class=gemini-3",
    "claude=mock-claude-4-7,class=claude-without-sampling",
    "claude=mock-claude-5-5,class=claude-without-forced-tools",
)


@dataclass(frozen=True)
class Model:
    """One id that is served, its class of models, and its creation time in Unix seconds."""

    id: str
    model_class: ModelClass
    created: int


class Models:
    """The models that are served, in order; `extra` ones replace the mock's own of the same id."""

    def __init__(self, extra: tuple[str, ...] = ()) -> None:
        self.by_id: dict[str, Model] = {}
        for position, spelling in enumerate((*OWN_MODELS, *extra)):
            name, model_class = parse_model(spelling)
            self.by_id[name] = Model(name, model_class, FIRST_CREATED + position * DAY)

    def find(self, name: Any) -> Model:
        """Return the model that a request names; raise ApiError without a name or for an unknown one."""
        if not name:
            raise ApiError("You must provide a model parameter.")
        if not isinstance(name, str) or name not in self.by_id:
            message = f"The model {name!r} does not exist or you do not have access to it."
            raise ApiError(message, param="model", code="model_not_found", status=404)
        return self.by_id[name]


def parse_model(spelling: str) -> tuple[str, ModelClass]:
    """Return the id and class in COLUMN=ID[,class=NAME]; raise StartError for any other text."""
    column, equals, rest = spelling.partition("=")
    name, _, kind = rest.partition(",class=")
    if not equals or not name:
        raise StartError(
            f"--model must be COLUMN=ID[,class=NAME], for instance openai=gpt-4.1,class=chat; got {spelling!r}."
        )
    if column not in documented.columns():
        raise StartError(f"Unknown column {column!r} in --model {spelling!r}. " + nearest(column, documented.columns()))
    kind = kind or documented.class_of(column, name)
    known = tuple(name for name, row in CLASSES.items() if row.column == column)
    if kind not in known:
        raise StartError(
            f"Unknown class {kind!r} of column {column!r} in --model {spelling!r}. " + nearest(kind, known)
        )
    return name, CLASSES[kind]
