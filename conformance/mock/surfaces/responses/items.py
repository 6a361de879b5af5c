"""The items of an input: their check, and their translation into the engine's messages.

Refusals name the place of an item as `input[0].role`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from conformance.mock.engine.errors import ApiError, invalid_value, missing, wrong_type
from conformance.mock.engine.images import colour_of
from conformance.mock.engine.rules import ARRAY, OBJECT, TEXT, OneOf
from conformance.mock.surfaces.responses import sealing
from conformance.mock.surfaces.responses.structures import tools as tools_rule
from conformance.mock.surfaces.responses.structures import unknown_type
from conformance.mock.surfaces.structures import require_key

ROLES = ("user", "assistant", "system", "developer")
DETAILS = ("low", "high", "auto", "original")
TEXT_PARTS = ("input_text", "output_text", "text", "summary_text", "reasoning_text")
PARTS = ("input_text", "input_image", "input_file", "output_text", "refusal")
CALLS = {"function_call": "arguments", "custom_tool_call": "input"}
OUTPUTS = ("function_call_output", "custom_tool_call_output")
# Items that the mock takes and that say nothing to its engine.
SILENT = (
    "web_search_call", "file_search_call", "code_interpreter_call", "image_generation_call", "tool_search_call",
    "tool_search_output", "compaction", "computer_call", "mcp_list_tools", "mcp_call", "local_shell_call",
)  # fmt: skip
TYPES = ("message", *CALLS, *OUTPUTS, "reasoning", "item_reference", "additional_tools", *SILENT)
ID_LENGTH = 64  # characters of a call_id
PDF_TEXT = re.compile(rb"\(([^()]*)\) ?Tj")  # a text that a page of a plain PDF shows


@dataclass
class Conversation:
    """An input as it is read: the engine's messages, tools that items declare, and the calls that are not answered yet."""

    messages: list[dict[str, Any]] = field(default_factory=list)
    tools: list[dict[str, Any]] = field(default_factory=list)
    calls: dict[str, bool] = field(default_factory=dict)  # call ids, each with whether it is answered
    ids: set[str] = field(default_factory=set)


def read_input(
    value: Any, model: str, stored: Mapping[str, dict[str, Any]], before: "Conversation | None" = None
) -> Conversation:
    """Return the conversation that an input says; raise ApiError if it is invalid.

    `stored` are the items of stored responses by id, and `before` is the conversation that the input goes on from.
    """
    talk = before or Conversation()
    if value is None:
        raise missing("input")
    if isinstance(value, str):
        if not value:
            raise ApiError("Invalid 'input': empty string.", param="input", code="empty_string")
        talk.messages.append({"role": "user", "content": value})
        return talk
    if not isinstance(value, list):
        raise wrong_type("input", "a string or an array of objects", value)
    if not value:
        raise ApiError("Invalid 'input': empty array.", param="input", code="empty_array")
    for position, item in enumerate(value):
        add_item(talk, f"input[{position}]", item, model, stored)
    for call_id, answered in talk.calls.items():
        if not answered:
            raise ApiError(f"No tool output found for function call {call_id}.", param="input")
    return talk


def add_item(talk: Conversation, path: str, item: Any, model: str, stored: Mapping[str, dict[str, Any]]) -> None:
    """Check one item and add what it says to a conversation."""
    OBJECT(path, item)
    kind = item.get("type", "message" if "role" in item else None)
    if kind is None:
        raise missing(f"{path}.type")
    if kind not in TYPES:
        raise unknown_type(path, kind, TYPES)
    note_id(talk, item)
    if kind == "item_reference":
        referred = stored.get(TEXT(f"{path}.id", require_key(path, item, "id")))
        if referred is None:
            raise ApiError(f"Item with id '{item['id']}' not found.", param="input", status=404)
        talk.ids.discard(item["id"])
        add_item(talk, path, referred, model, stored)
    elif kind == "message":
        add_message(talk, path, item)
    elif kind in CALLS:
        add_call(talk, path, item, CALLS[kind])
    elif kind in OUTPUTS:
        add_output(talk, path, item)
    elif kind == "reasoning":
        check_reasoning(path, item, model, stored)
    elif kind == "additional_tools":
        talk.tools += tools_rule(f"{path}.tools", require_key(path, item, "tools"))


def note_id(talk: Conversation, item: dict[str, Any]) -> None:
    """Refuse an item with an id that an earlier item has."""
    name = item.get("id")
    if name is not None and name in talk.ids:
        raise ApiError(f"Duplicate item found with id {name}. Remove duplicate items.", param="input")
    if isinstance(name, str):
        talk.ids.add(name)


def add_message(talk: Conversation, path: str, item: dict[str, Any]) -> None:
    """Check a message and add it."""
    role = OneOf(ROLES)(f"{path}.role", require_key(path, item, "role"))
    content = item.get("content")
    if content is None:
        raise missing(f"{path}.content")
    talk.messages.append({"role": role, "content": read_content(f"{path}.content", content)})


def add_call(talk: Conversation, path: str, item: dict[str, Any], key: str) -> None:
    """Check a call and add it to the assistant's message, in the engine's form."""
    call_id = TEXT(f"{path}.call_id", require_key(path, item, "call_id"))
    if len(call_id) > ID_LENGTH:
        message = f"Invalid '{path}.call_id': string of more than {ID_LENGTH}."
        raise ApiError(message, param=f"{path}.call_id", code="string_above_max_length")
    name = TEXT(f"{path}.name", require_key(path, item, "name"))
    arguments = TEXT(f"{path}.{key}", require_key(path, item, key))
    call = {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}
    talk.calls[call_id] = False
    if talk.messages and talk.messages[-1].get("tool_calls"):
        talk.messages[-1]["tool_calls"].append(call)
    else:
        talk.messages.append({"role": "assistant", "content": None, "tool_calls": [call]})


def add_output(talk: Conversation, path: str, item: dict[str, Any]) -> None:
    """Check the output of a call and add it."""
    call_id = TEXT(f"{path}.call_id", require_key(path, item, "call_id"))
    if call_id not in talk.calls:
        raise ApiError(f"No tool call found for function call output with call_id {call_id}.", param="input")
    if item.get("output") is None:
        raise missing(f"{path}.output")
    talk.calls[call_id] = True
    content = read_content(f"{path}.output", item["output"])
    talk.messages.append({"role": "tool", "tool_call_id": call_id, "content": content})


def check_reasoning(path: str, item: dict[str, Any], model: str, stored: Mapping[str, dict[str, Any]]) -> None:
    """Check a reasoning item: its encrypted content must be what the model wrote, or else the item must be stored."""
    TEXT(f"{path}.id", require_key(path, item, "id"))
    ARRAY(f"{path}.summary", item.get("summary", []))
    sealed = item.get("encrypted_content")
    if sealed is not None:
        if not sealing.is_sealed(TEXT(f"{path}.encrypted_content", sealed), model):
            message = "The encrypted content could not be verified."
            raise ApiError(message, param=path, code="invalid_encrypted_content")
    elif item["id"] not in stored:
        message = f"Item with id '{item['id']}' not found. Items are not persisted when 'store' is false."
        raise ApiError(message, param="input", status=404)


def read_content(path: str, content: Any) -> str | list[dict[str, Any]]:
    """Return content in the engine's form; raise ApiError if it is neither a string nor an array of parts."""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        raise wrong_type(path, "a string or an array of objects", content)
    return [read_part(f"{path}[{position}]", part) for position, part in enumerate(content)]


def read_part(path: str, part: Any) -> dict[str, Any]:
    """Return one part in the engine's form."""
    OBJECT(path, part)
    kind = require_key(path, part, "type")
    if kind not in PARTS:
        raise unknown_type(path, kind, PARTS)
    if kind == "refusal":
        return {"type": "text", "text": TEXT(f"{path}.refusal", require_key(path, part, "refusal"))}
    if kind in TEXT_PARTS:
        return {"type": "text", "text": TEXT(f"{path}.text", part.get("text"))}
    return read_image(path, part) if kind == "input_image" else read_file(path, part)


def read_image(path: str, part: dict[str, Any]) -> dict[str, Any]:
    """Return an image in the engine's form; raise ApiError for an unknown detail and for a data URL that is no image."""
    if part.get("detail") is not None and part["detail"] not in DETAILS:
        raise invalid_value(f"{path}.detail", part["detail"], "one of " + ", ".join(DETAILS))
    if part.get("file_id") is not None:
        raise ApiError(f"No such file: {part['file_id']!r}.", param=f"{path}.file_id", status=404)
    url = TEXT(f"{path}.image_url", require_key(path, part, "image_url"))
    if url.startswith("data:") and colour_of(url) is None:
        raise ApiError("The image data is not a valid image.", param=f"{path}.image_url", code="invalid_image")
    return {"type": "image_url", "image_url": {"url": url, "detail": part.get("detail") or "auto"}}


def read_file(path: str, part: dict[str, Any]) -> dict[str, Any]:
    """Return the text of a file; raise ApiError unless it is a PDF in a data URL, with a name."""
    if part.get("file_data") is None:
        raise ApiError("The file could not be downloaded.", param=path, code="file_not_found")
    if not part.get("filename"):
        raise missing(f"{path}.filename")
    data = sealing.decoded(TEXT(f"{path}.file_data", part["file_data"]))
    if not data.startswith(b"%PDF-"):
        raise ApiError("The file is not a valid PDF.", param=f"{path}.file_data", code="invalid_file")
    shown = " ".join(match.decode("latin-1") for match in PDF_TEXT.findall(data))
    return {"type": "text", "text": f"The document says: {shown}"}
