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
    """Bodies with every choice changed."""
    return lambda request, body: {**body, "choices": [change(choice) for choice in body["choices"]]}


def in_messages(change: Callable[[Json], Json]) -> Mutation[Json]:
    """Bodies with the message of every choice changed."""
    return in_choices(lambda choice: {**choice, "message": change(choice["message"])})


def without_logprobs(choice: Json) -> Json:
    """A choice without the key logprobs."""
    return {name: value for name, value in choice.items() if name != "logprobs"}


def with_text(prefix: str | None) -> Mutation[Json]:
    """Bodies whose texts are what stands in for them: nothing where there is no prefix, else the prefix and the text."""

    def body_with(request: ChatRequest, body: Json) -> Json:
        for choice in body["choices"]:
            text = choice["message"]["content"]
            if isinstance(text, str):
                choice["message"]["content"] = None if prefix is None else prefix + text
        return body

    return body_with
