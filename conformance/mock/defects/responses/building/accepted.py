"""Defects of checks that are missing: mistakes that are answered as if they were none, since the body is repaired first."""

from collections.abc import Callable
from typing import Any

from conformance.mock.defects.defect import Json
from conformance.mock.defects.responses.building.changes import drop

HELLO = "Hello."


def items_of(body: Json) -> list[Any]:
    """Return the items of an input; none if it is a text."""
    sent = body.get("input")
    return sent if isinstance(sent, list) else []


def with_input(wrong: Callable[[Any], bool], value: Any = HELLO) -> Callable[[Json], Json]:
    """Return a repair that replaces an input that is wrong."""
    return lambda body: {**body, "input": value} if "messages" not in body and wrong(body.get("input")) else body


def kept_items(right: Callable[[Json], bool]) -> Callable[[Json], Json]:
    """Return a repair that keeps only the items that are right."""

    def repair(body: Json) -> Json:
        items = items_of(body)
        kept = [item for item in items if not isinstance(item, dict) or right(item)]
        return {**body, "input": kept} if len(kept) < len(items) else body

    return repair


def with_known_roles(body: Json) -> Json:
    """Return a body whose unknown roles are the user's."""
    known = ("user", "assistant", "system", "developer")
    items = [
        {**item, "role": "user"} if isinstance(item, dict) and item.get("role", "user") not in known else item
        for item in items_of(body)
    ]
    return {**body, "input": items} if items else body


def with_all_outputs(body: Json) -> Json:
    """Return a body in which every call has an output."""
    items: list[Any] = []
    answered = {
        item.get("call_id") for item in items_of(body) if isinstance(item, dict) and item.get("output") is not None
    }
    for item in items_of(body):
        if isinstance(item, dict) and item.get("type") == "function_call_output" and item.get("output") is None:
            continue
        items.append(item)
        if isinstance(item, dict) and item.get("type") == "function_call" and item.get("call_id") not in answered:
            items.append({"type": "function_call_output", "call_id": item["call_id"], "output": ""})
    return {**body, "input": items} if items else body


def without_images(body: Json) -> Json:
    """Return a body without pictures that cannot be read."""
    broken = "bm8gaW1hZ2U="
    return {**body, "input": HELLO} if broken in str(body.get("input")) else body


def with_flat_tools(body: Json) -> Json:
    """Return a body whose tools are not nested as in Chat Completions."""
    tools = [{"type": "function", **tool["function"]} if "function" in tool else tool for tool in body["tools"]]
    return {**body, "tools": tools}


def without_unknown_tools(body: Json) -> Json:
    """Return a body without tools of unknown types."""
    tools = [tool for tool in body["tools"] if "unknown" not in str(tool.get("type"))]
    return {**body, "tools": tools}


def with_sound_names(body: Json) -> Json:
    """Return a body whose tools have no space in their names."""
    tools = [{**tool, "name": tool["name"].replace(" ", "_")} if "name" in tool else tool for tool in body["tools"]]
    return {**body, "tools": tools}


def with_known_choice(body: Json) -> Json:
    """Return a body whose choice is one of the words, or names a declared tool."""
    choice = body["tool_choice"]
    return drop("tool_choice")(body) if isinstance(choice, str) and choice not in ("auto", "none", "required") else body


def with_declared_choice(body: Json) -> Json:
    """Return a body whose choice names no tool that is not declared."""
    choice = body["tool_choice"]
    names = [tool.get("name") for tool in body.get("tools", ())]
    undeclared = isinstance(choice, dict) and "name" in choice and choice["name"] not in names
    return drop("tool_choice")(body) if undeclared else body


def with_named_schema(body: Json) -> Json:
    """Return a body whose schema has a name."""
    wanted = body["text"].get("format") if isinstance(body["text"], dict) else None
    if not isinstance(wanted, dict) or wanted.get("type") != "json_schema":
        return body
    return {**body, "text": {"format": {"name": "answer", **wanted}}}


def without_silent_objects(body: Json) -> Json:
    """Return a body that asks for a JSON object only if its input mentions that."""
    asks = "json_object" in str(body["text"]) and "json" not in str(body.get("input")).lower()
    return drop("text")(body) if asks else body


def dropped_if(name: str, wrong: Callable[[Any], bool]) -> Callable[[Json], Json]:
    """Return a repair that takes a parameter from a body if its value is wrong."""
    return lambda body: drop(name)(body) if name in body and wrong(body[name]) else body


def without_unknown_previous(body: Json) -> Json:
    """Return a body that goes on from no response whose id has only zeros."""
    name = str(body["previous_response_id"])
    return body if "conversation" in body or name.strip("0") != "resp_" else drop("previous_response_id")(body)


def with_converted_messages(body: Json) -> Json:
    """Return a body with the messages of Chat Completions as its input."""
    return {**drop("messages")(body), "input": body["messages"]}


def known_effort(value: Any) -> bool:
    """Return whether the effort of some settings of reasoning is unknown."""
    return isinstance(value, dict) and value.get("effort") == "conformance"
