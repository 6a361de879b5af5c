"""The symptoms of defects of tool calls and of their fragments: a function per defect, true if an answer shows it."""

import json
from collections.abc import Callable
from typing import Any

import httpx

Ask = Callable[..., httpx.Response]

COUNTING = "Count from 1 to 3"
BOTH = "Call the tools get_weather and get_time."
CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}


def tool(name: str, **function: Any) -> dict[str, Any]:
    """Return a declared function."""
    return {"type": "function", "function": {"name": name, **function}}


WEATHER, CLOCK = tool("get_weather", parameters=CITY), tool("get_time", parameters=CITY)
NAMED = {"type": "function", "function": {"name": "get_time"}}


def choice(reply: httpx.Response) -> Any:
    """Return the first choice of an answer, whose status must be 200."""
    assert reply.status_code == 200, reply.text
    return reply.json()["choices"][0]


def calls(reply: httpx.Response) -> Any:
    """Return the calls of an answer."""
    return choice(reply)["message"].get("tool_calls", [])


def both(ask: Ask, **options: Any) -> Any:
    """Return the calls of an answer to a prompt that asks for two."""
    return calls(ask(BOTH, tools=[WEATHER, CLOCK], **options))


def fragments(ask: Ask, **options: Any) -> list[Any]:
    """Return the fragments of the calls of a stream with two."""
    text = ask(BOTH, tools=[WEATHER, CLOCK], stream=True, **options).text
    chunks = [json.loads(line.removeprefix("data: ")) for line in text.split("\n\n") if line.startswith("data: {")]
    return [call for chunk in chunks for call in chunk["choices"][0]["delta"].get("tool_calls", [])]


def joined(streamed: list[Any]) -> list[str]:
    """Return the arguments that fragments add up to, in the order of their index."""
    indexes = sorted({fragment["index"] for fragment in streamed})
    return [
        "".join(fragment["function"]["arguments"] for fragment in streamed if fragment["index"] == index)
        for index in indexes
    ]


def ignores_tool_choice_none(ask: Ask, **options: Any) -> bool:
    return bool(both(ask, tool_choice="none", **options))


def ignores_named_tool_choice(ask: Ask, **options: Any) -> bool:
    (first, *_) = calls(ask("Use the tool get_weather.", tools=[WEATHER, CLOCK], tool_choice=NAMED, **options))
    return bool(first["function"]["name"] == "get_weather")


def prefixes_function_names(ask: Ask, **options: Any) -> bool:
    return [call["function"]["name"] for call in both(ask, **options)] == [
        "functions.get_weather",
        "functions.get_time",
    ]


def empties_arguments_without_parameters(ask: Ask, **options: Any) -> bool:
    first, second = calls(ask("Call the tools ping and get_time.", tools=[tool("ping"), CLOCK], **options))
    return first["function"]["arguments"] == "" and second["function"]["arguments"].startswith("{")


def calls_end_with_stop(ask: Ask, **options: Any) -> bool:
    return bool(choice(ask(BOTH, tools=[WEATHER], **options))["finish_reason"] == "stop")


def calls_have_id_null(ask: Ask, **options: Any) -> bool:
    return [call["id"] for call in both(ask, **options)] == ["null", "null"]


def calls_share_an_id(ask: Ask, **options: Any) -> bool:
    first, second = both(ask, **options)
    return bool(first["id"] == second["id"] != "null")


def empties_content_beside_calls(ask: Ask, **options: Any) -> bool:
    return bool(choice(ask(BOTH, tools=[WEATHER], **options))["message"]["content"] == "")


def calls_undeclared_tools(ask: Ask, **options: Any) -> bool:
    answer = choice(ask(COUNTING, **options))
    return bool(answer["message"]["content"] == "1 2 3" and answer["message"].get("tool_calls"))


def accepts_any_function_names(ask: Ask, **options: Any) -> bool:
    declared = ([tool("get weather!")], [tool(f"f{number}") for number in range(129)])
    return [ask(COUNTING, tools=tools, **options).status_code for tools in declared] == [200, 200]


def drops_unknown_tools(ask: Ask, **options: Any) -> bool:
    odd = {"type": "telepathy", "telepathy": {}}
    return [ask(COUNTING, tools=tools, **options).status_code for tools in ([odd], [odd, CLOCK], [])] == [200, 200, 400]


def fragments_without_index(ask: Ask, **options: Any) -> bool:
    return not any("index" in fragment for fragment in fragments(ask, **options))


def streams_all_calls_at_index_0(ask: Ask, **options: Any) -> bool:
    streamed = fragments(ask, **options)
    return {fragment["index"] for fragment in streamed} == {0} and len(
        {fragment["id"] for fragment in streamed if "id" in fragment}
    ) == 2


def streams_names_last(ask: Ask, **options: Any) -> bool:
    streamed = fragments(ask, **options)
    firsts = [fragment for fragment in streamed if "id" in fragment]
    named = [
        (fragment["index"], fragment["function"]["name"]) for fragment in streamed if "name" in fragment["function"]
    ]
    late = not any("name" in fragment["function"] for fragment in firsts) and "name" in streamed[-1]["function"]
    return late and named == [(0, "get_weather"), (1, "get_time")]


def streams_unclosed_arguments(ask: Ask, **options: Any) -> bool:
    return not any(text.endswith("}") for text in joined(fragments(ask, **options)))


def streams_calls_twice(ask: Ask, **options: Any) -> bool:
    streamed = fragments(ask, **options)
    texts, ids = joined(streamed), {fragment["id"] for fragment in streamed if "id" in fragment}
    return len(texts) == len(ids) == 4 and texts[:2] == texts[2:]


SYMPTOMS: dict[str, Callable[..., bool]] = {
    symptom.__name__: symptom
    for symptom in (
        ignores_tool_choice_none,
        ignores_named_tool_choice,
        prefixes_function_names,
        empties_arguments_without_parameters,
        calls_end_with_stop,
        calls_have_id_null,
        calls_share_an_id,
        empties_content_beside_calls,
        calls_undeclared_tools,
        accepts_any_function_names,
        drops_unknown_tools,
        fragments_without_index,
        streams_all_calls_at_index_0,
        streams_names_last,
        streams_unclosed_arguments,
        streams_calls_twice,
    )
}
