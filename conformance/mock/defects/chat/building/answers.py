"""Changes of the body of a plain answer, and the claims that its text is looked at for."""

from collections.abc import Callable

from conformance.mock.defects.defect import Json, Mutation
from conformance.mock.surfaces.chat.request import ChatRequest

FORMS = tuple(
    f"chat.response_format.{statement}"
    for statement in (
        "json_schema",
        "json_object",
        "nested",
        "enum",
        "array",
        "not_strict",
        "additional_properties",
    )
)
JOINED = ("chat.logprobs.shape", "chat.stream.joins")


def in_choices(change: Callable[[Json], Json]) -> Mutation[Json]:
    """Change every choice of a body."""
    return lambda request, body: {**body, "choices": [change(choice) for choice in body["choices"]]}


def in_messages(change: Callable[[Json], Json]) -> Mutation[Json]:
    """Change the message of every choice of a body."""
    return in_choices(lambda choice: {**choice, "message": change(choice["message"])})


def without_logprobs(choice: Json) -> Json:
    """Return a choice without the key logprobs."""
    return {name: value for name, value in choice.items() if name != "logprobs"}


def with_text(prefix: str | None) -> Mutation[Json]:
    """Put a prefix before the texts of a body, or null in their place where there is no prefix."""

    def body_with(request: ChatRequest, body: Json) -> Json:
        for choice in body["choices"]:
            text = choice["message"]["content"]
            if isinstance(text, str):
                choice["message"]["content"] = None if prefix is None else prefix + text
        return body

    return body_with
