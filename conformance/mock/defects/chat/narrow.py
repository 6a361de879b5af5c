"""Requests that are in order and are refused, or break the server."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from conformance.mock.defects.chat.conversations import in_body
from conformance.mock.defects.chat.parts import each_part
from conformance.mock.defects.defect import Json
from conformance.mock.engine.errors import ApiError, invalid_value, unsupported_parameter
from conformance.mock.engine.messages import Messages
from conformance.mock.engine.rules import OneOf
from conformance.mock.surfaces.chat.columns import Profile
from conformance.mock.surfaces.chat.combinations import Values
from conformance.mock.surfaces.chat.defect import ChatDefect

CAPS = ("max_tokens", "max_completion_tokens")


def narrowed(name: str, *values: str) -> Callable[[Profile], Profile]:
    """Profiles that take these values of a parameter only."""
    return lambda profile: replace(profile, rules={**profile.rules, name: OneOf(values)})


def refused_where(wrong: Callable[[Any], bool], error: Callable[[Any], ApiError], name: str) -> Callable[[Json], Json]:
    """Bodies, refused where the value of one key is wrong."""

    def body_with(body: Json) -> Json:
        if wrong(body.get(name)):
            raise error(body.get(name))
        return body

    return body_with


def without_tools(body: Json) -> Json:
    """The body, refused where it has tools."""
    if body["tools"] is None:
        return body
    raise ApiError("Extra inputs are not permitted: tools, tool_choice.", param="tools", code="extra_forbidden")


def logprobs_alone(status: int, message: str) -> Callable[[Values, Messages], None]:
    """A combination that lets logprobs through with top_logprobs only."""

    def combination(values: Values, messages: Messages) -> None:
        if values.get("logprobs") and "top_logprobs" not in values:
            type_ = "server_error" if status >= 500 else "invalid_request_error"
            raise ApiError(message, param="top_logprobs", status=status, type=type_)

    return combination


def also(combination: Callable[[Values, Messages], None]) -> Callable[[Profile], Profile]:
    """Profiles with one combination more that is looked at."""
    return lambda profile: replace(profile, combinations=(*profile.combinations, combination))


def some_text(message: Json) -> Json:
    """A message, refused where its text is empty."""
    if message.get("content") == "":
        raise ApiError("Text content blocks have to be non-empty.", param="messages")
    return message


def no_sound(part: Json) -> Iterable[Json]:
    """Any part but sound, which is refused."""
    if part.get("type") == "input_audio":
        raise invalid_value("messages[0].content[1].type", "input_audio", "text or image_url")
    return (part,)


def with_cap(body: Json) -> Json:
    """The body, refused where it has no cap."""
    if not any(name in body for name in CAPS):
        raise ApiError("Field required: max_tokens.", param="max_tokens", code="missing_required_parameter")
    return body


DEFECTS = (
    ChatDefect(
        "demands_top_logprobs",
        "logprobs true is refused without top_logprobs.",
        claims=("chat.logprobs.present", "chat.logprobs.shape", "chat.top_logprobs.null"),
        reports=("D023",),
        parameter="logprobs",
        kinds=("chat",),
        profile=also(logprobs_alone(400, "'top_logprobs' has to be set when 'logprobs' is.")),
    ),
    ChatDefect(
        "breaks_without_top_logprobs",
        "logprobs true without top_logprobs is a fault of the server.",
        claims=("chat.logprobs.present", "chat.logprobs.shape", "chat.top_logprobs.null"),
        reports=("D027",),
        parameter="logprobs",
        kinds=("chat",),
        profile=also(logprobs_alone(500, "list index out of range")),
    ),
    ChatDefect(
        "refuses_empty_text",
        "A message whose content is the empty text is refused, of the user and beside calls alike.",
        claims=("chat.messages.empty_content", "chat.messages.tool_calls_empty_content"),
        reports=("D040",),
        body=in_body(some_text),
    ),
    ChatDefect(
        "refuses_whole_top_p",
        "A top_p of 1 is refused, though that is what it is without.",
        claims=("chat.top_p.range", "chat.top_p.maximum_varies"),
        reports=("D060",),
        parameter="top_p",
        kinds=("chat", "claude", "gemini"),
        body=refused_where(
            lambda value: value == 1, lambda value: invalid_value("top_p", value, "less than 1"), "top_p"
        ),
    ),
    ChatDefect(
        "refuses_json_schema",
        "A response_format of type json_schema is refused.",
        claims=(
            "chat.response_format.json_schema",
            "chat.response_format.nested",
            "chat.response_format.enum",
            "chat.response_format.array",
            "chat.response_format.not_strict",
            "chat.response_format.truncated",
            "chat.response_format.additional_properties",
        ),
        reports=("D069",),
        parameter="response_format",
        body=refused_where(
            lambda value: isinstance(value, dict) and value.get("type") == "json_schema",
            lambda value: ApiError("This response_format type is not available.", param="response_format"),
            "response_format",
        ),
    ),
    ChatDefect(
        "refuses_tools",
        "tools are refused as an input that nobody expects.",
        claims=(
            "chat.tools.called",
            "chat.tools.arguments",
            "chat.tools.no_parameters",
            "chat.tools.finish_reason",
            "chat.tools.content_null",
            "chat.tools.ids",
            "chat.tools.parallel",
            "chat.tools.stream_first",
            "chat.tools.stream_index",
            "chat.tools.stream_repeats",
            "chat.parallel_tool_calls.off",
            "chat.tool_choice.default",
            "chat.tool_choice.none",
            "chat.tool_choice.required",
            "chat.tool_choice.named",
        ),
        reports=("D092",),
        parameter="tools",
        body=without_tools,
    ),
    ChatDefect(
        "refuses_low_effort",
        "A reasoning_effort of low is refused.",
        claims=("chat.reasoning_effort.values", "chat.reasoning_effort.effect"),
        parameter="reasoning_effort",
        kinds=("reasoning",),
        profile=narrowed("reasoning_effort", "medium", "high"),
    ),
    ChatDefect(
        "refuses_tier_flex",
        "The service tier flex is refused.",
        claims=("chat.service_tier.values",),
        parameter="service_tier",
        kinds=("chat", "reasoning"),
        profile=narrowed("service_tier", "auto", "default", "priority"),
    ),
    ChatDefect(
        "refuses_seed",
        "A seed is refused.",
        claims=("chat.seed.accepted",),
        parameter="seed",
        body=refused_where(
            lambda value: value is not None, lambda value: unsupported_parameter("seed", "these"), "seed"
        ),
    ),
    ChatDefect(
        "refuses_sound",
        "An audio part is refused.",
        claims=("chat.audio.input",),
        body=in_body(each_part(no_sound)),
    ),
    ChatDefect(
        "demands_a_cap",
        "A request without a cap on its answer is refused.",
        claims=("chat.max_completion_tokens.left_out",),
        body=with_cap,
    ),
)
