"""Plain answers over HTTP: format, usage, log probabilities, tools, structured output."""

import itertools
import json
import re
import time
from collections.abc import Callable
from typing import Any

import jsonschema
import pytest

Answer = Callable[..., dict[str, Any]]

WEATHER = {
    "type": "object",
    "properties": {
        "city": {"type": "string"},
        "unit": {"enum": ["celsius", "fahrenheit"]},
        "days": {"type": "integer"},
    },
    "required": ["city", "unit", "days"],
    "additionalProperties": False,
}
TOOLS = [
    {"type": "function", "function": {"name": "get_time"}},
    {"type": "function", "function": {"name": "get_weather", "parameters": WEATHER}},
]


def first(body: dict[str, Any]) -> dict[str, Any]:
    """Return the first choice."""
    choice: dict[str, Any] = body["choices"][0]
    return choice


@pytest.mark.parametrize("model", ["mock-openai", "mock-openai-reasoning", "mock-claude", "mock-gemini"])
def test_an_answer_has_the_documented_keys(answer: Answer, model: str) -> None:
    """An answer has all documented keys, echoes the model, and its usage adds up."""
    before = int(time.time())
    body = answer("Count from 1 to 7", model)
    assert re.fullmatch(r"chatcmpl-[0-9a-f]{24}", body["id"])
    assert body["object"] == "chat.completion"
    assert type(body["created"]) is int
    assert before <= body["created"] <= time.time()
    assert body["model"] == model
    assert body["service_tier"] == "default"
    assert body["system_fingerprint"].startswith("fp_")
    assert first(body) == {
        "index": 0,
        "message": {"role": "assistant", "content": "1 2 3 4 5 6 7", "refusal": None, "annotations": []},
        "logprobs": None,
        "finish_reason": "stop",
    }
    usage = body["usage"]
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]
    assert usage["prompt_tokens_details"] == {"cached_tokens": 0, "audio_tokens": 0}
    thought = usage["completion_tokens_details"]["reasoning_tokens"]
    assert usage["completion_tokens"] == 7 + thought
    assert bool(thought) == (model == "mock-openai-reasoning")


def test_ids_are_never_repeated(answer: Answer) -> None:
    """No two answers, and no two calls, have the same id."""
    bodies = [answer(tools=TOOLS, tool_choice="required") for _ in range(5)]
    assert len({body["id"] for body in bodies}) == 5
    assert len({first(body)["message"]["tool_calls"][0]["id"] for body in bodies}) == 5


def test_usage_counts_all_choices_and_the_prompt(answer: Answer) -> None:
    """completion_tokens is the sum over choices, and a longer prompt costs more."""
    one, three = (answer("Count from 1 to 7", n=n)["usage"] for n in (1, 3))
    assert three["completion_tokens"] == 3 * one["completion_tokens"]
    assert three["prompt_tokens"] == one["prompt_tokens"]
    assert answer("Count from 1 to 7 and then stop.")["usage"]["prompt_tokens"] > one["prompt_tokens"]


def test_service_tier_is_echoed(answer: Answer) -> None:
    """auto becomes default, and other tiers come back as requested."""
    tiers = [answer(service_tier=tier)["service_tier"] for tier in ("auto", "default", "flex", "priority")]
    assert tiers == ["default", "default", "flex", "priority"]


def test_repeated_requests_vary_unless_greedy(say: Callable[..., str]) -> None:
    """The default temperature varies, temperature 0 does not."""
    assert say() != say()
    assert say(temperature=0) == say(temperature=0)


@pytest.mark.parametrize("most", [None, 0, 1, 5, 20])
def test_logprobs_join_to_the_content(answer: Answer, most: int | None) -> None:
    """There is one entry per visible token, none above 0, with alternatives in falling order, the chosen token first."""
    extra = {} if most is None else {"top_logprobs": most}
    body = answer("Repeat exactly: The café 🙂 costs 12345 €.", logprobs=True, **extra)
    choice, entries = first(body), first(body)["logprobs"]["content"]
    assert first(body)["logprobs"]["refusal"] is None
    assert "".join(entry["token"] for entry in entries) == choice["message"]["content"]
    assert bytes(byte for entry in entries for byte in entry["bytes"]).decode() == choice["message"]["content"]
    assert len(entries) == body["usage"]["completion_tokens"]
    for entry in entries:
        top = entry["top_logprobs"]
        assert len(top) == (most or 0)
        assert all(left["logprob"] >= right["logprob"] for left, right in itertools.pairwise(top))
        assert all(token["logprob"] <= 0 for token in [entry, *top])
        assert len({token["token"] for token in top}) == len(top)
        if top:
            assert {key: entry[key] for key in ("token", "logprob", "bytes")} == top[0]


def test_logprobs_fit_a_text_that_was_cut(answer: Answer) -> None:
    """If a stop sequence begins inside a token, tokens and content still agree."""
    choice = first(answer("Count from 100 to 130", logprobs=True, stop="07"))
    assert choice["message"]["content"].endswith(" 1")
    assert "".join(entry["token"] for entry in choice["logprobs"]["content"]) == choice["message"]["content"]


@pytest.mark.parametrize("model", ["mock-openai", "mock-openai-reasoning", "mock-claude", "mock-gemini"])
def test_a_requested_tool_is_called(answer: Answer, model: str) -> None:
    """With auto, the tool that the prompt asks for is called with valid arguments from the prompt."""
    choice = first(answer("What is the weather in Paris in fahrenheit for 3 days?", model, tools=TOOLS))
    assert choice["finish_reason"] == "tool_calls"
    assert choice["message"]["content"] is None
    [call] = choice["message"]["tool_calls"]
    assert re.fullmatch(r"call_[0-9a-f]{24}", call["id"])
    assert (call["type"], call["function"]["name"]) == ("function", "get_weather")
    arguments = json.loads(call["function"]["arguments"])
    jsonschema.validate(arguments, WEATHER)
    assert arguments == {"city": "Paris", "unit": "fahrenheit", "days": 3}


def test_tool_choice_decides(answer: Answer) -> None:
    """none gives text, required always a call, a name that function; auto calls a tool if the prompt asks for it."""
    weather, plain = "Use get_weather for Paris.", "Reply with the single word: ready"

    def called(prompt: str, choice: Any) -> list[str]:
        message = first(answer(prompt, tools=TOOLS, tool_choice=choice))["message"]
        return [call["function"]["name"] for call in message.get("tool_calls", [])]

    assert called(weather, "none") == []
    assert called(weather, "auto") == ["get_weather"]
    assert called(weather, {"type": "function", "function": {"name": "get_time"}}) == ["get_time"]
    assert called(plain, "auto") == []
    assert called(plain, "required") == ["get_time"]
    assert called("Do not use any tool. What is the weather?", "auto") == []


def test_a_named_function_ends_with_stop(answer: Answer) -> None:
    """As with OpenAI's models, finish_reason is stop for a named function and tool_calls for required."""
    named = {"type": "function", "function": {"name": "get_time"}}
    assert first(answer(tools=TOOLS, tool_choice=named))["finish_reason"] == "stop"
    assert first(answer(tools=TOOLS, tool_choice="required"))["finish_reason"] == "tool_calls"


def test_only_allowed_tools_are_called(answer: Answer) -> None:
    """The mode says whether one has to be; a tool that is not declared cannot be allowed."""
    names = [tool["function"]["name"] for tool in TOOLS]
    for name in names:
        allowed = [{"type": "function", "function": {"name": name}}]
        choice = {"type": "allowed_tools", "allowed_tools": {"mode": "required", "tools": allowed}}
        calls = first(answer(tools=TOOLS, tool_choice=choice))["message"]["tool_calls"]
        assert [call["function"]["name"] for call in calls] == [name]


def test_functions_are_called_in_the_older_form(answer: Answer, ask: Callable[..., Any]) -> None:
    """Plain and streamed: one function_call, and an end of its own unless the function is named."""
    functions = [tool["function"] for tool in TOOLS]
    prompt = f"Use the function {functions[0]['name']}."
    choice = first(answer(prompt, functions=functions))
    assert choice["message"]["function_call"]["name"] == functions[0]["name"]
    assert (choice["finish_reason"], choice["message"]["content"]) == ("function_call", None)
    assert "tool_calls" not in choice["message"]
    named = first(answer(functions=functions, function_call={"name": functions[0]["name"]}))
    assert named["finish_reason"] == "stop"
    lines = ask(prompt, functions=functions, stream=True).text.splitlines()
    chunks = [json.loads(line[6:]) for line in lines if line.startswith("data: {")]
    parts = [part for chunk in chunks for part in [chunk["choices"][0]["delta"].get("function_call")] if part]
    assert parts[0]["name"] == functions[0]["name"]
    assert json.loads("".join(part["arguments"] for part in parts)) == json.loads(
        choice["message"]["function_call"]["arguments"]
    )
    assert chunks[-1]["choices"][0]["finish_reason"] == "function_call"


def test_degraded_answers_have_their_own_fields(answer: Answer) -> None:
    """Text beside a call, reasoning beside a text."""
    beside = first(answer(tools=TOOLS, tool_choice="required", defect="writes_beside_calls"))["message"]
    assert (bool(beside["content"]), bool(beside["tool_calls"])) == (True, True)
    shown = first(answer("Reply with the word: ready", defect="shows_reasoning"))["message"]
    assert shown["content"] == "ready"
    assert shown["reasoning_content"]


def test_a_tool_without_parameters_gets_an_empty_object(answer: Answer) -> None:
    """The arguments of a tool without parameters are the text {}."""
    [call] = first(answer("Use get_time.", tools=TOOLS))["message"]["tool_calls"]
    assert call["function"]["arguments"] == "{}"


def test_several_tools_can_be_called_at_once(answer: Answer) -> None:
    """Two requested tools are both called, unless parallel_tool_calls is false."""
    prompt = "Call get_time and get_weather for Rome."
    assert len(first(answer(prompt, tools=TOOLS))["message"]["tool_calls"]) == 2
    assert len(first(answer(prompt, tools=TOOLS, parallel_tool_calls=False))["message"]["tool_calls"]) == 1


def test_a_tool_result_is_answered_in_text(answer: Answer) -> None:
    """After the result of a call, the answer is a text that contains the result."""
    question = {"role": "user", "content": "What is the weather in Paris?"}
    call = first(answer(messages=[question], tools=TOOLS))["message"]
    result = {"role": "tool", "tool_call_id": call["tool_calls"][0]["id"], "content": "19 degrees"}
    choice = first(answer(messages=[question, call, result], tools=TOOLS))
    assert "19 degrees" in choice["message"]["content"]
    assert choice["finish_reason"] == "stop"


def test_required_gives_a_call_after_a_result_too(answer: Answer) -> None:
    """With required, the answer to a tool result is another call."""
    messages = [
        {"role": "user", "content": "What is the weather in Paris?"},
        {"role": "assistant", "tool_calls": [{"id": "a", "function": {"name": "get_weather", "arguments": "{}"}}]},
        {"role": "tool", "tool_call_id": "a", "content": "19 degrees"},
    ]
    assert first(answer(messages=messages, tools=TOOLS, tool_choice="required"))["finish_reason"] == "tool_calls"


def test_a_cap_cuts_the_arguments_of_a_call(answer: Answer) -> None:
    """The arguments are cut, finish_reason is length, and the usage keeps to the cap."""
    body = answer("What is the weather in Paris?", tools=TOOLS, max_tokens=8)
    choice = first(body)
    assert choice["finish_reason"] == "length"
    assert body["usage"]["completion_tokens"] == 8
    with pytest.raises(json.JSONDecodeError):
        json.loads(choice["message"]["tool_calls"][0]["function"]["arguments"])


@pytest.mark.parametrize("model", ["mock-openai", "mock-openai-reasoning", "mock-claude", "mock-gemini"])
def test_json_schema_is_kept(say: Callable[..., str], model: str) -> None:
    """With json_schema, the answer validates against the schema, whatever the question."""
    wanted = {"type": "json_schema", "json_schema": {"name": "w", "strict": True, "schema": WEATHER}}
    jsonschema.validate(json.loads(say("Name a fruit.", model, response_format=wanted)), WEATHER)


def test_json_object_is_an_object(say: Callable[..., str]) -> None:
    """With json_object, the answer is one object with the keys that the prompt names, and a cap can cut it."""
    wanted = {"type": "json_object"}
    assert set(json.loads(say('JSON with the keys "a" and "b", please.', response_format=wanted))) == {"a", "b"}
    assert say("Any JSON.", response_format=wanted, max_tokens=2) == '{"'


def test_parts_of_a_message_are_read_as_its_text(say: Callable[..., str]) -> None:
    """Text parts are read as the prompt; other parts have no text."""
    parts = [{"type": "text", "text": "Count from 1 to 3"}, {"type": "image_url", "image_url": {"url": "data:,"}}]
    assert say(messages=[{"role": "system", "content": "Be brief."}, {"role": "user", "content": parts}]) == "1 2 3"
