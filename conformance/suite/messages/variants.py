"""Requests that differ from the plain one by one setting, each for the claim that is about it.

Here are only settings of which one reply shows no more than whether they are accepted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from conformance.http.exchange import Request, dumped
from conformance.suite.messages.documents import document, picture
from conformance.suite.toolbox import QUESTION, WEATHER, call_of
from conformance.surfaces.dialogue import PLAIN
from conformance.surfaces.messages.request import MessagesCase, declared
from conformance.surfaces.prompt import Prompt, Result, assistant, user
from conformance.surfaces.reply import Call

Json = dict[str, Any]
Variant = Callable[[MessagesCase], Request]
TOOL = declared(WEATHER)
OPENAI_TOOL = {"type": "function", "function": {"name": "get_weather", "parameters": TOOL["input_schema"]}}
CALL = call_of(WEATHER, "one", city="Paris", unit="celsius")
OTHER = call_of(WEATHER, "two", city="Oslo", unit="celsius")
UNKNOWN = call_of(WEATHER, "other", city="Paris", unit="celsius")
EXAMPLE = "https://upload.wikimedia.org/wikipedia/commons/7/70/Example.png"  # a picture that is there to be shown
HUGE = 10_000_000  # tokens: more than any model writes
SMALLEST = 1024  # tokens of thinking, as documented


def with_settings(**settings: Any) -> Variant:
    """Return the variant that sends these settings; with tools it asks for none of them."""
    return lambda case: case.request(**settings)


def without(name: str) -> Variant:
    """Return the variant that leaves a field out."""

    def request(case: MessagesCase) -> Request:
        return case.raw(dumped({key: value for key, value in case.plain().json.items() if key != name}))

    return request


def with_messages(*messages: Any) -> Variant:
    """Return the variant with this conversation."""
    return lambda case: case.raw(dumped({**case.plain().json, "messages": list(messages)}))


def said(role: str, content: Any) -> Json:
    """Return a message."""
    return {"role": role, "content": content}


def after_call(*results: Result) -> Variant:
    """Return the variant that gives these results to one call."""
    turns = (user(QUESTION), assistant(calls=(CALL,)), user("", results=results) if results else user(PLAIN))
    return lambda case: case.spelt(Prompt(turns, tools=(WEATHER,), budget=64))


def after_calls(*calls: Call) -> Variant:
    """Return the variant that gives results to all of these calls in one message."""
    results = tuple(Result(call, "18 degrees") for call in calls)
    turns = (user(QUESTION), assistant(calls=calls), user("", results=results))
    return lambda case: case.spelt(Prompt(turns, tools=(WEATHER,), budget=64))


def with_result(**fields: Any) -> Variant:
    """Return the variant that gives a result with these fields to one call."""

    def request(case: MessagesCase) -> Request:
        result = {"type": "tool_result", "tool_use_id": CALL.id, **fields}
        made = {"type": "tool_use", "id": CALL.id, "name": CALL.name, "input": {"city": "Paris", "unit": "celsius"}}
        turns = [said("user", QUESTION), said("assistant", [made]), said("user", [result])]
        return case.request(messages=turns, tools=[TOOL], budget=64)

    return request


def thinking_with(room: int = 2 * SMALLEST, **thinking: Any) -> Variant:
    """Return the variant with this value of thinking and room for it."""
    return lambda case: case.request(max_tokens=room, thinking=thinking)


QUESTION_TO = said("user", PLAIN)

VARIANTS: Mapping[str, Variant] = {
    "messages.max_tokens.missing": without("max_tokens"),
    "messages.max_tokens.zero": with_settings(max_tokens=0),
    "messages.max_tokens.negative": with_settings(max_tokens=-1),
    "messages.max_tokens.huge": with_settings(max_tokens=HUGE),
    "messages.max_tokens.large_nonstream": with_settings(max_tokens=22_000),
    "messages.max_tokens.sdk_default": with_settings(max_tokens=128_000, stream=True),
    "messages.stop.empty_list": with_settings(stop_sequences=[]),
    "messages.stop.string": with_settings(stop_sequences="END"),
    "messages.stop.number_item": with_settings(stop_sequences=[7]),
    "messages.stop.whitespace": with_settings(stop_sequences=[" "]),
    "messages.stream.wrong_type": with_settings(stream="yes"),
    "messages.system.role_in_messages": with_messages(said("system", "Be brief."), QUESTION_TO),
    "messages.system.developer_role": with_messages(said("developer", "Be brief."), QUESTION_TO),
    "messages.system.wrong_type": with_settings(system=7),
    "messages.messages.empty": with_messages(),
    "messages.messages.missing": without("messages"),
    "messages.messages.bad_role": with_messages(said("pirate", PLAIN)),
    "messages.messages.content_number": with_messages(said("user", 7)),
    "messages.messages.empty_text": with_messages(said("user", [{"type": "text", "text": ""}])),
    "messages.messages.unknown_block": with_messages(said("user", [{"type": "conformance", "text": PLAIN}])),
    "messages.messages.name_key": with_messages({**QUESTION_TO, "name": "conformance"}),
    "messages.messages.prefill": with_messages(QUESTION_TO, said("assistant", "The word is")),
    "messages.messages.model_missing": without("model"),
    "messages.document.bad": lambda case: case.request(
        messages=[said("user", [document("text", media_type="text/tiff"), {"type": "text", "text": PLAIN}])]
    ),
    "messages.tools.eager_key": with_settings(tools=[{**TOOL, "eager_input_streaming": True}]),
    "messages.tools.custom_type": with_settings(tools=[{**TOOL, "type": "custom"}]),
    "messages.tools.result_empty": with_result(),
    "messages.tools.result_is_error": with_result(content="no such city", is_error=True),
    "messages.tools.result_blocks": with_result(content=[{"type": "text", "text": "18 degrees"}]),
    "messages.tools.parallel_results": after_calls(CALL, OTHER),
    "messages.tools.result_unknown_id": after_call(Result(UNKNOWN, "18 degrees")),
    "messages.tools.result_missing": after_call(),
    "messages.tools.choice_unknown_tool": with_settings(
        tools=[TOOL], tool_choice={"type": "tool", "name": "conformance_none"}
    ),
    "messages.tools.choice_bogus_type": with_settings(tools=[TOOL], tool_choice={"type": "conformance"}),
    "messages.tools.choice_string": with_settings(tools=[TOOL], tool_choice="auto"),
    "messages.tools.choice_without_tools": with_settings(tool_choice={"type": "any"}),
    "messages.tools.schema_missing": with_settings(tools=[{"name": "get_weather"}]),
    "messages.tools.schema_type": with_settings(tools=[{"name": "get_weather", "input_schema": {"type": "string"}}]),
    "messages.tools.bad_name": with_settings(tools=[{**TOOL, "name": "get weather"}]),
    "messages.tools.same_name": with_settings(tools=[TOOL, TOOL]),
    "messages.tools.openai_shape": with_settings(tools=[OPENAI_TOOL]),
    "messages.tools.unknown_type": with_settings(tools=[{**TOOL, "type": "conformance_20200101"}]),
    "messages.tools.server_web_search": with_settings(
        tools=[{"type": "web_search_20250305", "name": "web_search", "max_uses": 1}]
    ),
    "messages.tools.web_fetch": with_settings(
        tools=[{"type": "web_fetch_20250910", "name": "web_fetch", "max_uses": 1}]
    ),
    "messages.thinking.between_tools": thinking_with(type="between_tools"),
    "messages.thinking.disabled": thinking_with(type="disabled"),
    "messages.thinking.budget_below": thinking_with(type="enabled", budget_tokens=1000),
    "messages.thinking.budget_missing": thinking_with(type="enabled"),
    "messages.thinking.budget_over_max": thinking_with(SMALLEST, type="enabled", budget_tokens=2 * SMALLEST),
    "messages.thinking.adaptive_budget": thinking_with(type="adaptive", budget_tokens=SMALLEST),
    "messages.thinking.bogus_type": thinking_with(type="conformance"),
    "messages.effort.bogus": with_settings(output_config={"effort": "conformance"}),
    "messages.format.bogus_type": with_settings(output_config={"format": {"type": "conformance"}}),
    "messages.format.missing_schema": with_settings(output_config={"format": {"type": "json_schema"}}),
    "messages.format.unsupported_keyword": with_settings(
        max_tokens=128,
        output_config={
            "format": {
                "type": "json_schema",
                "schema": {
                    "type": "object",
                    "properties": {"words_q7": {"type": "array", "items": {"type": "string"}, "minItems": 2}},
                    "required": ["words_q7"],
                    "additionalProperties": False,
                },
            }
        },
    ),
    "messages.cache.bogus": with_settings(
        system=[{"type": "text", "text": "Be brief.", "cache_control": {"type": "x"}}]
    ),
    "messages.cache.bogus_ttl": with_settings(
        system=[{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral", "ttl": "1y"}}]
    ),
    "messages.cache.top_level": with_settings(cache_control={"type": "ephemeral"}),
    "messages.cache.on_tool": with_settings(tools=[{**TOOL, "cache_control": {"type": "ephemeral"}}]),
    "messages.service_tier.bogus": with_settings(service_tier="conformance"),
    "messages.metadata.user_id": with_settings(metadata={"user_id": "conformance"}),
    "messages.metadata.unknown_key": with_settings(metadata={"conformance": "x"}),
    "messages.container.without_tool": with_settings(container={"id": "container_conformance"}),
}

PICTURES: dict[str, Variant] = {
    "messages.image.bad": with_messages(said("user", [picture(data="no base64!")])),
    "messages.image.url": with_messages(said("user", [{"type": "image", "source": {"type": "url", "url": EXAMPLE}}])),
    "messages.image.media_type": with_messages(said("user", [picture(media_type="image/tiff")])),
}
