"""Forms, caps and combinations that are not kept or not checked: structured output, finish_reason, tier, user."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from conformance.mock.defects.defect import Mutation
from conformance.mock.engine.answer import Choice, Draft
from conformance.mock.engine.errors import ApiError
from conformance.mock.engine.messages import Messages
from conformance.mock.engine.rules import Unsupported, anything
from conformance.mock.surfaces.chat.columns import Profile
from conformance.mock.surfaces.chat.combinations import Values
from conformance.mock.surfaces.chat.defect import ChatDefect
from conformance.mock.surfaces.chat.request import ChatRequest
from conformance.mock.surfaces.chat.structures import ResponseFormat

Change = Callable[[Any, Any], Any]  # of a value and its schema


def in_answer(change: Change) -> Mutation[Draft]:
    """Structured answers with every value in them changed, from the innermost outwards."""

    def drafted(request: ChatRequest, draft: Draft) -> Draft:
        if draft.calls or request.form.kind != "json_schema":
            return draft
        schema = request.form.schema
        value = everywhere(json.loads(draft.text), schema, change)
        return Draft(json.dumps(value, separators=(",", ":")))

    return drafted


def everywhere(value: Any, schema: Any, change: Change) -> Any:
    """A value changed along its schema, as far as that says what the parts of objects are."""
    if isinstance(value, dict):
        known = schema.get("properties", {})
        value = {name: everywhere(part, known.get(name, {}), change) for name, part in value.items()}
    return change(value, schema)


def one_key_more(value: Any, schema: Any) -> Any:
    """An object with a key that its schema does not have."""
    return {**value, "note": "as asked"} if isinstance(value, dict) else value


def outside_enum(value: Any, schema: Any) -> Any:
    """Another text than those of an enum."""
    return "something else" if "enum" in schema else value


def no_items(value: Any, schema: Any) -> Any:
    """An empty array."""
    return [] if isinstance(value, list) else value


def never_cut(request: ChatRequest, choice: Choice) -> Choice:
    """The choice with finish_reason stop in place of length."""
    return replace(choice, finish_reason="stop") if choice.finish_reason == "length" else choice


def with_any_schema(profile: Profile) -> Profile:
    """The profile that takes a json_schema without a name and with any schema."""
    rule = profile.rules["response_format"]
    assert isinstance(rule, ResponseFormat)
    return replace(profile, rules={**profile.rules, "response_format": replace(rule, strict=False)})


def without_user(profile: Profile) -> Profile:
    """The profile that refuses the parameter user."""
    return replace(profile, rules={**profile.rules, "user": Unsupported(profile.name)})


def one_sampling_parameter(values: Values, messages: Messages) -> None:
    """temperature and top_p exclude each other."""
    if {"temperature", "top_p"} <= values.keys():
        message = "'temperature' and 'top_p' are not supported at the same time."
        raise ApiError(message, param="top_p", code="invalid_parameter_combination")


DEFECTS = (
    ChatDefect(
        "adds_keys_to_structured_answers",
        "Objects in a structured answer have a key that their schema forbids.",
        claims=(
            "chat.response_format.json_schema",
            "chat.response_format.nested",
            "chat.response_format.not_strict",
            "chat.response_format.additional_properties",
        ),
        parameter="response_format",
        reports=("D067",),
        draft=in_answer(one_key_more),
    ),
    ChatDefect(
        "leaves_enums",
        "Values in a structured answer are none of those that an enum lists.",
        parameter="response_format",
        claims=("chat.response_format.json_schema", "chat.response_format.enum", "chat.response_format.not_strict"),
        draft=in_answer(outside_enum),
    ),
    ChatDefect(
        "empties_arrays",
        "Arrays in a structured answer are empty, whatever the schema says.",
        parameter="response_format",
        claims=("chat.response_format.array",),
        draft=in_answer(no_items),
    ),
    ChatDefect(
        "accepts_any_schema",
        "A json_schema is not checked: it can lack its name and hold anything as its schema.",
        parameter="response_format",
        claims=("chat.response_format.missing_name", "chat.response_format.bad_schema"),
        kinds=("chat", "reasoning"),
        profile=with_any_schema,
    ),
    ChatDefect(
        "cut_answers_end_with_stop",
        "An answer that the cap cut has finish_reason stop.",
        claims=(
            "chat.max_tokens.finish_reason",
            "chat.max_completion_tokens.finish_reason",
            "chat.response_format.truncated",
        ),
        reports=("D011",),
        choice=never_cut,
    ),
    ChatDefect(
        "refuses_user",
        "The parameter user is refused.",
        parameter="user",
        claims=("chat.user.accepted",),
        kinds=("chat", "reasoning"),
        profile=without_user,
    ),
    ChatDefect(
        "accepts_any_user",
        "The parameter user can be of any type.",
        claims=("chat.user.wrong_type",),
        kinds=("chat", "reasoning"),
        parameter="user",
        profile=lambda profile: replace(profile, rules={**profile.rules, "user": anything}),
    ),
    ChatDefect(
        "names_undocumented_tiers",
        "The answer names a service tier that no document lists.",
        claims=("chat.service_tier.echo",),
        kinds=("chat", "reasoning"),
        request=lambda request: replace(request, service_tier="on_demand"),
    ),
    ChatDefect(
        "refuses_temperature_with_top_p",
        "A request with temperature and top_p is refused.",
        parameter="top_p",
        claims=("chat.temperature.with_top_p",),
        kinds=("chat", "gemini"),
        profile=lambda profile: replace(profile, combinations=(*profile.combinations, one_sampling_parameter)),
    ),
)
