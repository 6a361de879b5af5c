"""Defects of calls: their names, ids and arguments, and how an answer with them ends."""

from collections.abc import Iterator
from dataclasses import replace

from conformance.mock.defects.choices import without_text_before_calls
from conformance.mock.defects.defect import Json
from conformance.mock.defects.gemini.building import of_candidates, of_parts, plainly, without
from conformance.mock.engine.answer import Draft
from conformance.mock.surfaces.gemini.defect import GeminiDefect
from conformance.mock.surfaces.gemini.request import GeminiRequest


def with_another_name(parts: list[Json]) -> list[Json]:
    """Return parts in which the last of several calls has a name that nobody declared."""
    calls = [part for part in parts if "functionCall" in part]
    if len(calls) < 2:
        return parts
    return [*parts[:-1], {**parts[-1], "functionCall": {**parts[-1]["functionCall"], "name": "nobody_declared"}}]


def calling_twice(request: GeminiRequest, chunks: Iterator[Json]) -> Iterator[Json]:
    """Yield the responses with each call of a single tool once more."""
    for chunk in chunks:
        parts = chunk["candidates"][0]["content"].get("parts", [])
        if len(request.tools) == 1 and any("functionCall" in part for part in parts):
            yield of_candidates(lambda each: without(each, "finishReason"))(chunk)
        yield chunk


def with_module(request: GeminiRequest, draft: Draft) -> Draft:
    """Return calls that were not required with the module in front of their names in which models write them."""
    if request.tool_choice != "auto":
        return draft
    return replace(draft, calls=tuple(replace(call, name=f"default_api.{call.name}") for call in draft.calls))


def with_one_id(parts: list[Json]) -> list[Json]:
    """Return parts whose calls have the same id."""
    return [
        {**part, "functionCall": {**part["functionCall"], "id": "call-1"}} if "functionCall" in part else part
        for part in parts
    ]


def with_numbered_ids(parts: list[Json]) -> list[Json]:
    """Return parts whose calls have their numbers as ids."""
    return [
        {**part, "functionCall": {**part["functionCall"], "id": f"call-{number}"}} if "functionCall" in part else part
        for number, part in enumerate(parts)
    ]


DEFECTS = (
    GeminiDefect(
        "gemini_names_no_calls",
        "Calls have no id.",
        ("gemini.tools.id",),
        whole=plainly(
            of_parts(
                lambda parts: [
                    {**part, "functionCall": without(part["functionCall"], "id")} if "functionCall" in part else part
                    for part in parts
                ]
            )
        ),
    ),
    GeminiDefect(
        "gemini_invents_functions",
        "The second of two calls has a name that nobody declared.",
        ("gemini.tools.parallel",),
        whole=plainly(of_parts(with_another_name)),
    ),
    GeminiDefect(
        "gemini_streams_calls_twice",
        "A stream has each call twice.",
        ("gemini.tools.stream_agrees",),
        events=calling_twice,
    ),
    GeminiDefect(
        "gemini_spells_arguments_as_text",
        "The arguments of a call are a text.",
        (
            "gemini.tools.every_arguments",
            "gemini.tools.args_object",
            "gemini.tools.args_fit",
            "gemini.tools.no_parameters",
            "gemini.case.sdk_mix",
            "gemini.tools.parameters_json_schema",
            "gemini.tools.allowed_names",
            "gemini.tools.mode_validated",
            "gemini.signature.round_trip",
            "gemini.contents.sent_back",
        ),
        whole=plainly(
            of_parts(
                lambda parts: [
                    {**part, "functionCall": {**part["functionCall"], "args": "{}"}} if "functionCall" in part else part
                    for part in parts
                ]
            )
        ),
    ),
    GeminiDefect(
        "gemini_names_the_module_of_functions",
        "The name of a call that is not required has a prefix that its declaration lacks.",
        ("gemini.tools.declared", "gemini.tools.call", "gemini.tools.parallel"),
        draft=with_module,
    ),
    GeminiDefect(
        "gemini_numbers_calls_in_each_answer",
        "The id of a call is its number in its answer, which the next answer has too.",
        ("gemini.tools.id_unique",),
        reports=("B55",),
        whole=plainly(of_parts(with_numbered_ids)),
    ),
    GeminiDefect(
        "gemini_gives_calls_one_id",
        "All calls of an answer have one id.",
        ("gemini.tools.ids_differ", "gemini.tools.id_unique"),
        reports=("N178",),
        whole=plainly(of_parts(with_one_id)),
    ),
    GeminiDefect(
        "gemini_streams_no_text_before_calls",
        "A stream lacks the text before a call, which the plain answer has.",
        ("gemini.tools.stream_text",),
        reports=("B58",),
        parameter="tools",
        choice=without_text_before_calls,
    ),
)
