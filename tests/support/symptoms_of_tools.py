"""How the defects of calls and of their fragments show: one function per defect, true where its symptom is seen."""

import json
from collections.abc import Callable
from typing import Any

import httpx

Ask = Callable[..., httpx.Response]

COUNTING = "Count from 1 to 3"
BOTH = "Call the tools get_weather and get_time."
CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}


def tool(name: str, **function: Any) -> dict[str, Any]:
    """A declared function."""
    return {"type": "function", "function": {"name": name, **function}}


WEATHER, CLOCK = tool("get_weather", parameters=CITY), tool("get_time", parameters=CITY)
NAMED = {"type": "function", "function": {"name": "get_time"}}


def choice(reply: httpx.Response) -> Any:
    """The first choice of an answer, which has to be a 200."""
    assert reply.status_code == 200, reply.text
    return reply.json()["choices"][0]


def calls(reply: httpx.Response) -> Any:
    """The calls of an answer."""
    return choice(reply)["message"].get("tool_calls", [])


def both(ask: Ask, **how: Any) -> Any:
    """The calls of an answer to a prompt that asks for two."""
    return calls(ask(BOTH, tools=[WEATHER, CLOCK], **how))


def fragments(ask: Ask, **how: Any) -> list[Any]:
    """The fragments of the calls of a stream that holds two."""
    text = ask(BOTH, tools=[WEATHER, CLOCK], stream=True, **how).text
    chunks = [json.loads(line.removeprefix("data: ")) for line in text.split("\n\n") if line.startswith("data: {")]
    return [call for chunk in chunks for call in chunk["choices"][0]["delta"].get("tool_calls", [])]


def joined(found: list[Any]) -> list[str]:
    """The arguments that fragments add up to, by their index."""
    places = sorted({each["index"] for each in found})
    return ["".join(each["function"]["arguments"] for each in found if each["index"] == place) for place in places]


def ignores_tool_choice_none(ask: Ask, **how: Any) -> bool:
    return bool(both(ask, tool_choice="none", **how))


def ignores_named_tool_choice(ask: Ask, **how: Any) -> bool:
    (first, *_) = calls(ask("Use the tool get_weather.", tools=[WEATHER, CLOCK], tool_choice=NAMED, **how))
    return bool(first["function"]["name"] == "get_weather")


def prefixes_function_names(ask: Ask, **how: Any) -> bool:
    return [call["function"]["name"] for call in both(ask, **how)] == ["functions.get_weather", "functions.get_time"]


def empties_arguments_without_parameters(ask: Ask, **how: Any) -> bool:
    first, second = calls(ask("Call the tools ping and get_time.", tools=[tool("ping"), CLOCK], **how))
    return first["function"]["arguments"] == "" and second["function"]["arguments"].startswith("{")


def calls_end_with_stop(ask: Ask, **how: Any) -> bool:
    return bool(choice(ask(BOTH, tools=[WEATHER], **how))["finish_reason"] == "stop")


def calls_have_id_null(ask: Ask, **how: Any) -> bool:
    return [call["id"] for call in both(ask, **how)] == ["null", "null"]


def calls_share_an_id(ask: Ask, **how: Any) -> bool:
    first, second = both(ask, **how)
    return bool(first["id"] == second["id"] != "null")


def empties_content_beside_calls(ask: Ask, **how: Any) -> bool:
    return bool(choice(ask(BOTH, tools=[WEATHER], **how))["message"]["content"] == "")


def calls_undeclared_tools(ask: Ask, **how: Any) -> bool:
    answer = choice(ask(COUNTING, **how))
    return bool(answer["message"]["content"] == "1 2 3" and answer["message"].get("tool_calls"))


def accepts_any_function_names(ask: Ask, **how: Any) -> bool:
    declared = ([tool("get weather!")], [tool(f"f{number}") for number in range(129)])
    return [ask(COUNTING, tools=tools, **how).status_code for tools in declared] == [200, 200]


def drops_unknown_tools(ask: Ask, **how: Any) -> bool:
    odd = {"type": "telepathy", "telepathy": {}}
    return [ask(COUNTING, tools=tools, **how).status_code for tools in ([odd], [odd, CLOCK], [])] == [200, 200, 400]


def fragments_without_index(ask: Ask, **how: Any) -> bool:
    return not any("index" in each for each in fragments(ask, **how))


def streams_all_calls_at_index_0(ask: Ask, **how: Any) -> bool:
    found = fragments(ask, **how)
    return {each["index"] for each in found} == {0} and len({each["id"] for each in found if "id" in each}) == 2


def streams_names_last(ask: Ask, **how: Any) -> bool:
    found = fragments(ask, **how)
    firsts = [each for each in found if "id" in each]
    named = [(each["index"], each["function"]["name"]) for each in found if "name" in each["function"]]
    late = not any("name" in each["function"] for each in firsts) and "name" in found[-1]["function"]
    return late and named == [(0, "get_weather"), (1, "get_time")]


def streams_unclosed_arguments(ask: Ask, **how: Any) -> bool:
    return not any(text.endswith("}") for text in joined(fragments(ask, **how)))


def streams_calls_twice(ask: Ask, **how: Any) -> bool:
    found = fragments(ask, **how)
    texts, ids = joined(found), {each["id"] for each in found if "id" in each}
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
