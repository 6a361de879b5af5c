"""Answers that call tools, plain and streamed in fragments, and what the suite observes for them."""

from typing import Any

from tests.support.making import as_mode, case, choice, completion, events, observe, see, suite_functions

PARIS = '{"city": "Paris", "unit": "celsius"}'
TEXT = completion(choice("It is mild."))
CUT = completion(choice("It is", finish="length"))


def call(name: Any = "get_weather", id: Any = "call_1", arguments: Any = PARIS) -> dict[str, Any]:
    """Return one tool call of an answer."""
    return {"id": id, "type": "function", "function": {"name": name, "arguments": arguments}}


def calling(*calls: dict[str, Any], finish: str = "tool_calls", **message: Any) -> dict[str, Any]:
    """Return a plain answer with these tool calls."""
    whole = {"role": "assistant", "content": None, "tool_calls": list(calls), **message}
    return completion(choice(message=whole, finish=finish))


def fragment(index: Any = 0, arguments: str | None = None, name: str | None = None, **more: Any) -> dict[str, Any]:
    """Return one streamed fragment of a tool call."""
    parts = {"name": name, "arguments": arguments}
    function = {key: value for key, value in parts.items() if value is not None}
    return {"index": index, "function": function, **more}


def first(index: Any = 0, id: str = "call_1", name: str = "get_weather") -> dict[str, Any]:
    """Return a correct first fragment of a tool call."""
    return fragment(index, "", name, id=id, type="function")


def rest(index: Any = 0, **more: Any) -> dict[str, Any]:
    """Return a fragment with all arguments."""
    return fragment(index, PARIS, **more)


def stream(*fragments: dict[str, Any], finish: str = "tool_calls") -> dict[str, Any]:
    """Return a stream with one chunk for each fragment."""
    deltas: list[dict[str, Any]] = [{"role": "assistant"}, *({"tool_calls": [part]} for part in fragments)]
    chunks = [{"choices": [{"index": 0, "delta": delta, "finish_reason": None}]} for delta in deltas]
    return events(*chunks, {"choices": [{"index": 0, "delta": {}, "finish_reason": finish}]})


def says(claim_id: str, answer: Any, streamed: Any = None) -> str:
    """Return the observation for an endpoint that answers with `answer`, or streams `streamed` in a streamed case."""
    if streamed is None:
        return see(claim_id, answer).seen.value
    test = suite_functions()[claim_id]
    bound = as_mode(case(claim_id), test)
    return observe(test, bound, lambda body, *_: streamed if body.get("stream") else answer).seen.value


TWO = calling(call(), call("get_time", "call_2"))
STREAM_OF_TWO = stream(first(), rest(), first(1, "call_2", "get_time"), rest(1))
