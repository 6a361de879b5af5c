"""What a request for a message asks for, in the words of all surfaces; a field of the wrong type reads as absent."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from conformance.surfaces.asked import Asked
from conformance.surfaces.values import as_count, as_dict, as_dicts

_CAP = "max_tokens"
# Parameters that change how an answer is made, but not how many tokens its prompt has.
_SAMPLING = frozenset({_CAP, "temperature", "top_p", "top_k", "stop_sequences", "metadata", "service_tier"})
_CHOICES = {"any": "required", "tool": "named"}
_MORE = frozenset({"tools", "thinking", "output_config", "container"})  # what may add tokens of its own to a prompt
_UNENFORCED = ("minItems", "maxItems", "minLength", "maxLength", "minimum", "maximum", "multipleOf")


def read(body: Mapping[str, Any]) -> Asked:
    """Return what a body asks for."""
    stream, cap = body.get("stream"), body.get(_CAP)
    content = {name: value for name, value in body.items() if name != "stream"}
    wanted = as_dict(as_dict(body.get("output_config")).get("format"))
    return Asked(
        model=str(body.get("model", "")).rsplit("/", 1)[-1],
        streamed=bool(stream) if isinstance(stream, bool | None) else None,
        usage=True,
        texts=tuple(_texts(body)),
        only_text=not _MORE & body.keys() and all(_is_text(message) for message in as_dicts(body.get("messages"))),
        cap=as_count(cap) or None,
        stop=tuple(item for item in _items(body.get("stop_sequences")) if isinstance(item, str)),
        tools={
            str(tool.get("name")): tool["input_schema"] for tool in as_dicts(body.get("tools")) if _is_function(tool)
        },
        choice=_choice(as_dict(body.get("tool_choice"))),
        schema=_enforced(wanted.get("schema")),
        formatted=bool(wanted),
        greedy=body.get("temperature") == 0,
        content=content,
        prompt={name: value for name, value in content.items() if name not in _SAMPLING},
    )


def _texts(body: Mapping[str, Any]) -> Iterator[str]:
    """Yield the texts of system and of all messages, those of results too."""
    for content in (body.get("system"), *(message.get("content") for message in as_dicts(body.get("messages")))):
        yield from _said(content)


def _said(content: Any) -> Iterator[str]:
    if isinstance(content, str):
        yield content
    for block in as_dicts(content):
        if isinstance(block.get("text"), str):
            yield block["text"]
        yield from _said(block.get("content"))


def _is_text(message: Mapping[str, Any]) -> bool:
    return all(block.get("type") == "text" for block in as_dicts(message.get("content")))


def _is_function(tool: Mapping[str, Any]) -> bool:
    return isinstance(tool.get("input_schema"), dict)


def _choice(value: Mapping[str, Any]) -> str:
    kind = value.get("type")
    return _CHOICES.get(kind, kind) if isinstance(kind, str) else ""


def _enforced(schema: Any) -> Mapping[str, Any] | None:
    """Return a schema that every answer must fit; None for one with a keyword that the API does not enforce."""
    if not isinstance(schema, dict) or any(f'"{name}"' in json.dumps(schema) for name in _UNENFORCED):
        return None
    return schema


def _items(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
