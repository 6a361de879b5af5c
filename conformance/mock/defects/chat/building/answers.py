"""Mutations of the body of a plain answer, and the claims that depend on its text."""

from collections.abc import Callable

from conformance.mock.defects.defect import Json, Mutation
from conformance.mock.surfaces.chat.request import ChatRequest

# Claims that read the text of a structured answer.
STRUCTURED_CLAIMS = tuple(
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
# Claims that compare the text with its tokens or with its stream.
JOINED_TEXT_CLAIMS = ("chat.logprobs.shape", "chat.stream.joins")


def change_choices(change: Callable[[Json], Json]) -> Mutation[Json]:
    """Return a mutation that changes every choice of a body."""
    return lambda request, body: {**body, "choices": [change(choice) for choice in body["choices"]]}


def change_messages(change: Callable[[Json], Json]) -> Mutation[Json]:
    """Return a mutation that changes the message of every choice of a body."""
    return change_choices(lambda choice: {**choice, "message": change(choice["message"])})


def without_logprobs(choice: Json) -> Json:
    """Return a choice without the key logprobs."""
    return {name: value for name, value in choice.items() if name != "logprobs"}


def with_text(prefix: str | None) -> Mutation[Json]:
    """Return a mutation that puts a prefix before every text of a body, or replaces the texts by null without a prefix."""

    def body_with(request: ChatRequest, body: Json) -> Json:
        for choice in body["choices"]:
            text = choice["message"]["content"]
            if isinstance(text, str):
                choice["message"]["content"] = None if prefix is None else prefix + text
        return body

    return body_with
