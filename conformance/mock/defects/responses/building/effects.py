"""Defects of what a request asks for: caps, formats, tools, reasoning and inputs that are accepted and have no effect."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from conformance.mock.defects.defect import Json
from conformance.mock.defects.responses.building.accepted import items_of
from conformance.mock.defects.responses.building.changes import drop, in_items, named, put
from conformance.mock.engine.request import Form
from conformance.mock.surfaces.responses.defect import ResponsesDefect
from conformance.mock.surfaces.responses.request import ResponsesRequest

Request = ResponsesRequest


COUNTED = 5  # input tokens that a gateway counts for any input


def ignored(
    name: str, symptom: str, claims: str, request: Callable[[Request], Request], **more: Any
) -> ResponsesDefect:
    """Return a defect that changes a request after it was checked."""
    return ResponsesDefect(name, symptom, named(claims), request=request, **more)


def without_form(kind: str) -> Callable[[Request], Request]:
    """Return a change that asks for text in place of a form."""
    return lambda request: replace(request, form=Form()) if request.form.kind == kind else request


def with_choice(old: Any, new: str) -> Callable[[Request], Request]:
    """Return a change of the choice of tools."""
    return lambda request: replace(request, tool_choice=new) if old(request.tool_choice) else request


def with_any_tool(body: Json) -> Json:
    """Return a body that allows all tools where it allows some."""
    choice = body["tool_choice"]
    return {**body, "tool_choice": "required"} if "allowed_tools" in str(choice) else body


def without_default_choice(body: Json) -> Json:
    """Return a body that forbids functions where it does not choose."""
    only = body["tools"] and all(tool.get("type") == "function" for tool in body["tools"])
    return {**body, "tool_choice": "none"} if only and "tool_choice" not in body else body


def with_other_name(request: Request, response: Json) -> Json:
    """Return a response with a call of an unknown tool, where the model may choose."""
    chosen = request.body.get("tool_choice") == "auto" and len(request.tools) == 1
    return in_items(put(name="other_tool"), "function_call")(response) if chosen else response


def with_bare_entries(request: Request, response: Json) -> Json:
    """Return a response whose entries have no arguments."""
    return in_items(lambda item: {**item, "arguments": "{}"} if item["name"] == "add_entry" else item, "function_call")(
        response
    )


def with_outputs(change: Callable[[Any], Any]) -> Callable[[Json], Json]:
    """Return a change of the outputs of functions in the input of a body."""

    def changed(body: Json) -> Json:
        items = [
            {**item, "output": change(item["output"])}
            if isinstance(item, dict) and item.get("type") == "function_call_output" and "output" in item
            else item
            for item in items_of(body)
        ]
        return {**body, "input": items} if items else body

    return changed


def with_known_calls(body: Json) -> Json:
    """Return a body whose outputs belong to its calls."""
    called = [
        item["call_id"] for item in items_of(body) if isinstance(item, dict) and item.get("type") == "function_call"
    ]
    items = [
        {**item, "call_id": called[-1]}
        if called and isinstance(item, dict) and item.get("type") == "function_call_output"
        else item
        for item in items_of(body)
    ]
    return {**body, "input": items} if items else body


def kept(right: Callable[[Json], bool]) -> Callable[[Json], Json]:
    """Return a change that keeps only some items of an input."""

    def changed(body: Json) -> Json:
        items = items_of(body)
        return (
            {**body, "input": [item for item in items if not isinstance(item, dict) or right(item)]} if items else body
        )

    return changed


def without_history(body: Json) -> Json:
    """Return a body with its last item alone, if it has an earlier answer as a text."""
    items = items_of(body)
    answers = [item for item in items if isinstance(item, dict) and item.get("role") == "assistant"]
    said = any(isinstance(item.get("content"), str) for item in answers)
    return {**body, "input": items[-1:]} if said and not any("call_id" in item for item in items) else body


def without_pictures(body: Json) -> Json:
    """Return a body without pictures."""
    items = [
        {**item, "content": [part for part in item["content"] if part.get("type") != "input_image"]}
        if isinstance(item, dict) and isinstance(item.get("content"), list)
        else item
        for item in items_of(body)
    ]
    return {**body, "input": items} if items and "bm8gaW1hZ2U=" not in str(body["input"]) else body


def without_setting(name: str, key: str) -> Callable[[Json], Json]:
    """Return a change that takes a key from an object of a body."""
    return lambda body: {**body, name: drop(key)(body[name])} if isinstance(body[name], dict) else body


def not_including(value: str) -> Callable[[Json], Json]:
    """Return a change that takes a value from include."""
    return lambda body: {**body, "include": [each for each in body["include"] if each != value]}


def with_constant_count(response: Json) -> Json:
    """Return a response that counts the same tokens for any input."""
    usage = response["usage"]
    return {**response, "usage": {**usage, "input_tokens": COUNTED, "total_tokens": COUNTED + usage["output_tokens"]}}


def with_uncounted_thoughts(response: Json) -> Json:
    """Return a response that counts no tokens of reasoning."""
    return {**response, "usage": {**response["usage"], "output_tokens_details": {"reasoning_tokens": 0}}}


def with_lasting_instructions(request: Request) -> Request:
    """Return a request whose instructions become a part of its conversation."""
    orders = request.values.get("instructions")
    if orders:
        request.conversation.messages.insert(0, {"role": "system", "content": orders})
    return request


def with_file_name(item: Any) -> Any:
    """Return an item whose files have names."""
    content = item.get("content") if isinstance(item, dict) else None
    if not isinstance(content, list):
        return item
    parts = [{"filename": "file.pdf", **part} if part.get("type") == "input_file" else part for part in content]
    return {**item, "content": parts}


def without_tools(kind: str) -> Callable[[Json], Json]:
    """Return a change that takes the tools of a type from a body, and the choice of one of them."""

    def changed(body: Json) -> Json:
        kept = [tool for tool in body["tools"] if tool.get("type") != kind]
        choice = body.get("tool_choice")
        chosen = isinstance(choice, dict) and choice.get("type") == kind
        return {**(drop("tool_choice")(body) if chosen else body), "tools": kept}

    return changed


def without_calls(response: Json) -> Json:
    """Return a response without its calls, with a text that says nothing in their place."""
    others = [item for item in response["output"] if item["type"] != "function_call"]
    part = {"type": "output_text", "text": "", "annotations": [], "logprobs": []}
    said = {"id": "msg_1", "type": "message", "status": "completed", "role": "assistant", "content": [part]}
    lacks = len(others) < len(response["output"])
    return {**response, "output": [*others, said]} if lacks else response


def completed_though_cut(response: Json) -> Json:
    """Return a response that was cut as if it were whole."""
    if response["status"] != "incomplete":
        return response
    ended = {"status": "completed", "incomplete_details": None, "completed_at": response["created_at"]}
    return in_items(lambda item: {**item, "status": "completed"} if "status" in item else item)({**response, **ended})
