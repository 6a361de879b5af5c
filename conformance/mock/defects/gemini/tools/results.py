"""Defects of the results of calls, and of what is said with them."""

from dataclasses import replace

from conformance.mock.defects.defect import Json
from conformance.mock.defects.gemini.building import of_given_parts
from conformance.mock.engine.answer import Choice
from conformance.mock.engine.errors import ApiError
from conformance.mock.surfaces.gemini.defect import GeminiDefect
from conformance.mock.surfaces.gemini.request import GeminiRequest


def without_results(request: GeminiRequest) -> GeminiRequest:
    """Return a request in which results are empty."""
    messages = (({**each, "content": "."} if each["role"] == "tool" else each) for each in request.messages)
    return replace(request, messages=tuple(messages))


def with_objects(parts: list[Json]) -> list[Json]:
    """Return parts whose results are objects."""
    return [
        {**part, "functionResponse": {**part["functionResponse"], "response": {"output": "."}}}
        if isinstance(part.get("functionResponse", {}).get("response"), str)
        else part
        for part in parts
    ]


def refusing_errors(parts: list[Json]) -> list[Json]:
    """Refuse results that are errors."""
    if any("error" in str(part.get("functionResponse", {}).get("response")) for part in parts):
        raise ApiError("A result must have an output.", param="contents")
    return parts


def with_short_results(request: GeminiRequest) -> GeminiRequest:
    """Return a request with the beginning of long results only."""
    messages = (
        {**each, "content": each["content"][:500]} if each["role"] == "tool" else each for each in request.messages
    )
    return replace(request, messages=tuple(messages))


def without_answer_to_unnamed_calls(request: GeminiRequest, choice: Choice) -> Choice:
    """Return an empty choice if a call in the history has no id."""
    calls = (
        part["functionCall"] for content in request.contents for part in content["parts"] if "functionCall" in part
    )
    unnamed = any(not call.get("id") for call in calls)
    return replace(choice, tokens=(), calls=(), finish_reason="stop") if unnamed else choice


DEFECTS = (
    GeminiDefect(
        "gemini_answers_unnamed_calls_with_nothing",
        "The answer is empty if a call in the history has no id.",
        ("gemini.tools.calls_without_ids",),
        reports=("C52",),
        choice=without_answer_to_unnamed_calls,
    ),
    GeminiDefect(
        "gemini_loses_results",
        "Results of calls do not reach the model.",
        ("gemini.tools.second_turn", "gemini.tools.result_long"),
        request=without_results,
    ),
    GeminiDefect(
        "gemini_takes_text_as_result",
        "A result that is a text is taken.",
        ("gemini.tools.response_not_object",),
        body=of_given_parts(with_objects),
    ),
    GeminiDefect(
        "gemini_refuses_errors_as_results",
        "A result that is an error is refused.",
        ("gemini.tools.response_error_key",),
        body=of_given_parts(refusing_errors),
    ),
    GeminiDefect(
        "gemini_shortens_results",
        "The end of a long result is dropped.",
        ("gemini.tools.result_long",),
        request=with_short_results,
    ),
)
