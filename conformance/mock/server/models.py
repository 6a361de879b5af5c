"""The model ids that a mock gateway serves, each with the class of models that it imitates."""

from dataclasses import dataclass
from typing import Any

from conformance.mock.engine.classes import CLASSES, ModelClass, other_class
from conformance.mock.engine.errors import ApiError
from conformance.mock.server.documented import DEFAULT, Contract, contract
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
    """One id that is served, its class of models, its creation time in Unix seconds, and the contract that describes it."""

    id: str
    model_class: ModelClass
    created: int
    contract: Contract


class Models:
    """The models that are served, in order; `extra` ones replace the mock's own of the same id."""

    def __init__(self, extra: tuple[str, ...] = (), contract_name: str = DEFAULT) -> None:
        self.by_id: dict[str, Model] = {}
        self.contract = documented = contract(contract_name)
        for position, spelling in enumerate((*own_models(documented), *extra)):
            name, model_class = parse_model(spelling, documented)
            self.by_id[name] = Model(name, model_class, FIRST_CREATED + position * DAY, documented)

    def find(self, name: Any) -> Model:
        """Return the model that a request names; raise ApiError without a name or for an unknown one."""
        if not name:
            raise ApiError("You must provide a model parameter.")
        if not isinstance(name, str) or name not in self.by_id:
            message = f"The model {name!r} does not exist or you do not have access to it."
            raise ApiError(message, param="model", code="model_not_found", status=404)
        return self.by_id[name]


def own_models(documented: Contract) -> tuple[str, ...]:
    """Return the mock's own models of the contract's columns, and one, mock-CLASS, of each class that the mock does not know."""
    known = []
    for text in OWN_MODELS:
        column, model_class = text.partition("=")[0], text.rpartition(",class=")[2]
        if column in documented.columns:
            known.append(text if model_class in documented.classes(column) else text.partition(",class=")[0])
    further = (f"{row['column']}=mock-{name},class={name}" for name, row in documented.shared["classes"].items())
    return (*known, *(text for text in further if text.rpartition("class=")[2] not in CLASSES))


def parse_model(spelling: str, documented: Contract) -> tuple[str, ModelClass]:
    """Return the id and class in COLUMN=ID[,class=NAME]; raise StartError for any other text."""
    column, equals, rest = spelling.partition("=")
    name, _, kind = rest.partition(",class=")
    if not equals or not name:
        raise StartError(
            f"--model must be COLUMN=ID[,class=NAME], for instance openai=gpt-4.1,class=chat; got {spelling!r}."
        )
    if column not in documented.columns:
        raise StartError(f"Unknown column {column!r} in --model {spelling!r}. " + nearest(column, documented.columns))
    kind = kind or documented.class_of(column, name)
    known = documented.classes(column)
    if kind not in known:
        raise StartError(
            f"Unknown class {kind!r} of column {column!r} in --model {spelling!r}. " + nearest(kind, known)
        )
    imitated = CLASSES.get(kind)
    if imitated is not None and imitated.column == column:
        return name, imitated
    return name, other_class(kind, column, reasons=documented.reasons(kind))
