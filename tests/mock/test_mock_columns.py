"""What each class of models accepts and refuses, over HTTP: documented ranges and rules between parameters."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.support.collecting import over

CHAT, REASONING, CLAUDE, GEMINI = "mock-openai", "mock-openai-reasoning", "mock-claude", "mock-gemini"
EVERY = (CHAT, REASONING, CLAUDE, GEMINI)
SAMPLED = (CHAT, CLAUDE, GEMINI)
OPTIONAL = (
    *("temperature", "top_p", "n", "stop", "presence_penalty", "frequency_penalty", "logit_bias", "logprobs"),
    *("top_logprobs", "max_tokens", "max_completion_tokens", "response_format", "tools", "tool_choice", "stream"),
    *("stream_options", "reasoning_effort", "service_tier", "user"),
)

TOOL = {"type": "function", "function": {"name": "get_weather", "parameters": {"type": "object", "properties": {}}}}
SCHEMA = {"type": "json_schema", "json_schema": {"name": "card", "schema": {"type": "object"}}}


def named(name: str, **choice: Any) -> dict[str, Any]:
    """Return a function with this name, as a tool or as a tool_choice."""
    return {"type": "function", "function": {"name": name, **choice}}


ACCEPTED: list[tuple[tuple[str, ...], dict[str, Any]]] = [
    (SAMPLED, {"temperature": 0}),
    (SAMPLED, {"temperature": 2}),
    (SAMPLED, {"top_p": 0}),
    (SAMPLED, {"top_p": 1}),
    (SAMPLED, {"stop": "x"}),
    (SAMPLED, {"stop": ["a", "b", "c", "d"]}),
    (SAMPLED, {"stop": []}),
    ((GEMINI,), {"stop": ["a", "b", "c", "d", "e"]}),
    ((CHAT, REASONING), {"n": 128, "max_completion_tokens": 1}),
    ((GEMINI,), {"n": 8}),
    ((CLAUDE,), {"n": 9}),
    ((CHAT,), {"presence_penalty": -2, "frequency_penalty": 2}),
    ((CHAT,), {"logit_bias": {"50256": -100, "7": 100}}),
    ((CHAT,), {"logprobs": True, "top_logprobs": 20}),
    ((CHAT,), {"logprobs": True, "top_logprobs": 0}),
    ((CHAT, CLAUDE, GEMINI), {"max_tokens": 1}),
    (EVERY, {"max_completion_tokens": 1}),
    ((CLAUDE, GEMINI), {"max_tokens": 5, "max_completion_tokens": 4}),
    ((CHAT, REASONING, GEMINI), {"response_format": {"type": "json_object"}}),
    (EVERY, {"response_format": SCHEMA}),
    (EVERY, {"response_format": {"type": "text"}}),
    (EVERY, {"tools": [TOOL] * 128}),
    (EVERY, {"tools": [TOOL], "tool_choice": "none", "parallel_tool_calls": False}),
    (EVERY, {"tools": [TOOL], "tool_choice": named("get_weather")}),
    (EVERY, {"tools": [named("a" * 64)]}),
    (EVERY, {"stream": True, "stream_options": {"include_usage": True}}),
    ((CLAUDE,), {"stream_options": {"include_usage": True}}),
    ((CLAUDE,), {"stream": True, "stream_options": {"surprise": 1}}),
    ((CHAT, REASONING), {"service_tier": "priority", "seed": 1, "user": "u", "metadata": {"a": "b"}, "store": False}),
    ((REASONING,), {"reasoning_effort": "high"}),
    ((CLAUDE,), {"reasoning_effort": 7, "presence_penalty": "x", "logit_bias": 1, "service_tier": "x", "anything": {}}),
    ((CLAUDE, GEMINI), {"logprobs": "yes", "top_logprobs": 99, "reasoning_effort": "extreme"}),
    ((GEMINI,), {"presence_penalty": 9, "frequency_penalty": "x", "logit_bias": [], "service_tier": 4}),
    (
        EVERY,
        dict.fromkeys(OPTIONAL),
    ),
]

REFUSED: list[tuple[tuple[str, ...], dict[str, Any], str | None, str | None]] = [
    (SAMPLED, {"temperature": 2.1}, "temperature", "decimal_above_max_value"),
    (SAMPLED, {"temperature": -0.1}, "temperature", "decimal_below_min_value"),
    (SAMPLED, {"temperature": "hot"}, "temperature", "invalid_type"),
    (SAMPLED, {"temperature": True}, "temperature", "invalid_type"),
    (SAMPLED, {"top_p": 1.1}, "top_p", "decimal_above_max_value"),
    (SAMPLED, {"top_p": -0.1}, "top_p", "decimal_below_min_value"),
    (EVERY, {"n": 0}, "n", "integer_below_min_value"),
    (EVERY, {"n": 1.5}, "n", "invalid_type"),
    (EVERY, {"n": True}, "n", "invalid_type"),
    ((CHAT, REASONING), {"n": 129}, "n", "integer_above_max_value"),
    ((GEMINI,), {"n": 9}, "n", "integer_above_max_value"),
    ((CHAT, CLAUDE), {"stop": ["a", "b", "c", "d", "e"]}, "stop", "array_above_max_length"),
    ((GEMINI,), {"stop": ["a", "b", "c", "d", "e", "f"]}, "stop", "array_above_max_length"),
    (SAMPLED, {"stop": ""}, "stop[0]", "empty_string"),
    (SAMPLED, {"stop": 7}, "stop", "invalid_type"),
    (SAMPLED, {"stop": ["a", 7]}, "stop[1]", "invalid_type"),
    ((CHAT,), {"presence_penalty": 2.1}, "presence_penalty", "decimal_above_max_value"),
    ((CHAT,), {"frequency_penalty": -2.1}, "frequency_penalty", "decimal_below_min_value"),
    ((CHAT,), {"logit_bias": {"7": 101}}, "logit_bias.7", "decimal_above_max_value"),
    ((CHAT,), {"logit_bias": {"word": 1}}, "logit_bias", "invalid_value"),
    ((CHAT,), {"logit_bias": [1]}, "logit_bias", "invalid_type"),
    ((CHAT,), {"logprobs": 1}, "logprobs", "invalid_type"),
    ((CHAT,), {"logprobs": True, "top_logprobs": 21}, "top_logprobs", "integer_above_max_value"),
    ((CHAT,), {"logprobs": True, "top_logprobs": -1}, "top_logprobs", "integer_below_min_value"),
    ((CHAT,), {"top_logprobs": 2}, "top_logprobs", None),
    ((CHAT,), {"logprobs": False, "top_logprobs": 2}, "top_logprobs", None),
    (SAMPLED, {"max_tokens": 0}, "max_tokens", "integer_below_min_value"),
    (EVERY, {"max_completion_tokens": "9"}, "max_completion_tokens", "invalid_type"),
    ((CHAT,), {"max_tokens": 5, "max_completion_tokens": 5}, None, "invalid_parameter_combination"),
    ((CLAUDE,), {"response_format": {"type": "json_object"}}, "response_format.type", "invalid_value"),
    (EVERY, {"response_format": {"type": "yaml"}}, "response_format.type", "invalid_value"),
    (EVERY, {"response_format": "json"}, "response_format", "invalid_type"),
    (EVERY, {"response_format": {}}, "response_format.type", "missing_required_parameter"),
    (
        EVERY,
        {"response_format": {"type": "json_schema", "json_schema": {"name": "a"}}},
        "response_format.json_schema.schema",
        "missing_required_parameter",
    ),
    (
        EVERY,
        {"response_format": {"type": "json_schema", "json_schema": {"schema": {}}}},
        "response_format.json_schema.name",
        "missing_required_parameter",
    ),
    *(
        (
            EVERY,
            {"response_format": {"type": "json_schema", "json_schema": {"name": "a", "schema": schema}}},
            "response_format.json_schema.schema",
            "invalid_json_schema",
        )
        for schema in ({"type": "thing"}, {"properties": {"a": {"type": "thing"}}}, {"anyOf": [{"type": "thing"}]})
    ),
    (SAMPLED, {"max_tokens": 10_000_000}, "max_tokens", "integer_above_max_value"),
    (EVERY, {"max_completion_tokens": 10_000_000}, "max_completion_tokens", "integer_above_max_value"),
    (EVERY, {"tools": []}, "tools", "empty_array"),
    (EVERY, {"tools": "x"}, "tools", "invalid_type"),
    (EVERY, {"tools": [TOOL] * 129}, "tools", "array_above_max_length"),
    (EVERY, {"tools": [named("get weather")]}, "tools[0].function.name", "invalid_value"),
    (EVERY, {"tools": [named("a" * 65)]}, "tools[0].function.name", "string_above_max_length"),
    (EVERY, {"tools": [named("")]}, "tools[0].function.name", "empty_string"),
    (EVERY, {"tools": [{"type": "function"}]}, "tools[0].function", "missing_required_parameter"),
    (
        EVERY,
        {"tools": [named("a", parameters={"type": "array"})]},
        "tools[0].function.parameters",
        "invalid_function_parameters",
    ),
    (EVERY, {"tool_choice": "auto"}, "tool_choice", None),
    (EVERY, {"parallel_tool_calls": True}, "parallel_tool_calls", None),
    (EVERY, {"tools": [TOOL], "tool_choice": "bogus"}, "tool_choice", "invalid_value"),
    (EVERY, {"tools": [TOOL], "tool_choice": named("other")}, "tool_choice", None),
    (
        EVERY,
        {"tools": [TOOL], "tool_choice": {"type": "function"}},
        "tool_choice.function",
        "missing_required_parameter",
    ),
    (EVERY, {"stream": "yes"}, "stream", "invalid_type"),
    (EVERY, {"stream": True, "stream_options": []}, "stream_options", "invalid_type"),
    ((CHAT, REASONING, GEMINI), {"stream_options": {"include_usage": True}}, "stream_options", None),
    ((CHAT, REASONING, GEMINI), {"stream": True, "stream_options": {"x": 1}}, "stream_options.x", "unknown_parameter"),
    ((CHAT, REASONING), {"service_tier": "bogus"}, "service_tier", "invalid_value"),
    ((CHAT, REASONING, GEMINI), {"surprise": None}, "surprise", "unknown_parameter"),
    ((CHAT, REASONING), {"metadata": {"a": 1}}, "metadata.a", "invalid_type"),
    ((CHAT,), {"reasoning_effort": "low"}, "reasoning_effort", "unsupported_parameter"),
    ((REASONING,), {"reasoning_effort": "minimal"}, "reasoning_effort", "unsupported_value"),
    ((REASONING,), {"reasoning_effort": 3}, "reasoning_effort", "invalid_type"),
    *(
        ((REASONING,), {name: value}, name, "unsupported_parameter")
        for name, value in {
            "temperature": 1,
            "top_p": "x",
            "stop": [],
            "presence_penalty": 0,
            "frequency_penalty": 9,
            "logit_bias": {},
            "logprobs": False,
            "top_logprobs": 0,
            "max_tokens": 5,
        }.items()
    ),
    (("claude-opus-5",), {"temperature": 1}, "temperature", "unsupported_parameter"),
]


@over("model, parameters", [(model, row) for models, row in ACCEPTED for model in models])
def test_documented_values_are_accepted(
    ask: Callable[..., httpx.Response], model: str, parameters: dict[str, Any]
) -> None:
    """A value in the range of the column, or of a parameter that it ignores, is answered with 200."""
    reply = ask("Answer in JSON.", model, **parameters)
    assert reply.status_code == 200, reply.text


@over("model, parameters, param, code", [(model, *row) for models, *row in REFUSED for model in models])
def test_undocumented_values_are_refused(
    ask: Callable[..., httpx.Response], model: str, parameters: dict[str, Any], param: str | None, code: str | None
) -> None:
    """Any other value is refused with a 400 whose param and code say what is wrong."""
    reply = ask("Answer in JSON.", model, **parameters)
    assert reply.status_code == 400, reply.text
    error = reply.json()["error"]
    assert set(error) == {"message", "type", "param", "code"}
    assert (error["type"], error["param"], error["code"]) == ("invalid_request_error", param, code)
    assert error["message"]


def test_json_object_needs_the_word_json(ask: Callable[..., httpx.Response]) -> None:
    """On openai, json_object requires the word json in a message, in upper or lower case; on gemini it does not."""
    wanted = {"response_format": {"type": "json_object"}}
    assert ask("Name a colour.", **wanted).json()["error"]["param"] == "messages"
    assert ask("Name a colour as Json.", **wanted).status_code == 200
    assert ask("Name a colour.", GEMINI, **wanted).status_code == 200


@pytest.mark.parametrize(("model", "n", "count"), [(CHAT, 128, 128), (GEMINI, 8, 8), (CLAUDE, 3, 1), (REASONING, 2, 2)])
def test_n_counts_choices(answer: Callable[..., dict[str, Any]], model: str, n: int, count: int) -> None:
    """There are n different choices with indexes from 0; claude returns one, whatever n is."""
    choices = answer(model=model, n=n)["choices"]
    assert [choice["index"] for choice in choices] == list(range(count))
    assert len({choice["message"]["content"] for choice in choices}) == count


def test_claude_caps_temperature(say: Callable[..., str]) -> None:
    """On claude, temperature 0 repeats the answer, and a temperature above 1 still varies it."""
    assert say(model=CLAUDE, temperature=0) == say(model=CLAUDE, temperature=0)
    assert say(model=CLAUDE, temperature=2) != say(model=CLAUDE, temperature=2)


@pytest.mark.parametrize("model", [CLAUDE, GEMINI])
def test_unsupported_logprobs_and_effort_have_no_effect(answer: Callable[..., dict[str, Any]], model: str) -> None:
    """On columns that ignore logprobs and reasoning_effort, neither changes the answer."""
    body = answer(model=model, logprobs=True, top_logprobs=3, reasoning_effort="high")
    assert body["choices"][0]["logprobs"] is None
    assert body["usage"]["completion_tokens_details"]["reasoning_tokens"] == 0
