"""Answers that call tools, plain and as streams of fragments, and what the suite says of them."""

from dataclasses import replace
from typing import Any

from tests.support.making import case, choice, completion, events, observe, see, suite_functions

PARIS = '{"city": "Paris", "unit": "celsius"}'
TEXT = completion(choice("It is mild."))
CUT = completion(choice("It is", finish="length"))


def call(name: Any = "get_weather", id: Any = "call_1", arguments: Any = PARIS) -> dict[str, Any]:
    """One call of an answer."""
    return {"id": id, "type": "function", "function": {"name": name, "arguments": arguments}}


def calling(*calls: dict[str, Any], finish: str = "tool_calls", **message: Any) -> dict[str, Any]:
    """A plain answer that makes these calls."""
    whole = {"role": "assistant", "content": None, "tool_calls": list(calls), **message}
    return completion(choice(message=whole, finish=finish))


def fragment(index: Any = 0, arguments: str | None = None, name: str | None = None, **more: Any) -> dict[str, Any]:
    """One fragment of a call."""
    told = {"name": name, "arguments": arguments}
    function = {key: value for key, value in told.items() if value is not None}
    return {"index": index, "function": function, **more}


def first(index: Any = 0, id: str = "call_1", name: str = "get_weather") -> dict[str, Any]:
    """The first fragment of a call, as it has to be."""
    return fragment(index, "", name, id=id, type="function")


def rest(index: Any = 0, **more: Any) -> dict[str, Any]:
    """The fragment that carries all arguments."""
    return fragment(index, PARIS, **more)


def stream(*fragments: dict[str, Any], finish: str = "tool_calls") -> dict[str, Any]:
    """A stream of these fragments, a chunk each."""
    deltas: list[dict[str, Any]] = [{"role": "assistant"}, *({"tool_calls": [each]} for each in fragments)]
    chunks = [{"choices": [{"index": 0, "delta": delta, "finish_reason": None}]} for delta in deltas]
    return events(*chunks, {"choices": [{"index": 0, "delta": {}, "finish_reason": finish}]})


def says(claim_id: str, answer: Any, streamed: Any = None) -> str:
    """The word for an endpoint that answers with `answer`, or a stream with `streamed` in a case that is streamed."""
    if streamed is None:
        return see(claim_id, answer).seen.value
    bound = case(claim_id)
    bound = replace(bound, case=replace(bound.case, mode="stream"))
    found = observe(suite_functions()[claim_id], bound, lambda body, *_: streamed if body.get("stream") else answer)
    return found.seen.value


TWO = calling(call(), call("get_time", "call_2"))
STREAM_OF_TWO = stream(first(), rest(), first(1, "call_2", "get_time"), rest(1))
