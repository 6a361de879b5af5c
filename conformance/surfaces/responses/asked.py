"""What a Responses request asks for, in the words of all surfaces; a field of the wrong type reads as absent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from conformance.surfaces.asked import Asked
from conformance.surfaces.values import as_count, as_dicts

CAP = "max_output_tokens"
_SENT = frozenset({"stream", "stream_options", "background"})  # how the answer is sent
# Parameters that change how an answer is made or kept, but not how many tokens its prompt has.
_SAMPLING = frozenset(
    {
        *(CAP, "temperature", "top_p", "top_logprobs", "include", "store", "metadata", "service_tier", "user"),
        *("truncation", "reasoning", "safety_identifier", "prompt_cache_key"),
    }
)


def read(body: Mapping[str, Any]) -> Asked:
    """Return what a body asks for."""
    stream, cap, sent = body.get("stream"), body.get(CAP), body.get("input")
    content = {name: value for name, value in body.items() if name not in _SENT}
    chained = body.get("previous_response_id") is not None or body.get("conversation") is not None
    prompt = {name: value for name, value in content.items() if name not in _SAMPLING}
    wanted = _format(body.get("text"))
    return Asked(
        model=str(body.get("model", "")).rsplit("/", 1)[-1],
        streamed=bool(stream) if isinstance(stream, bool | None) else None,
        usage=True,
        texts=tuple(_texts(body)),
        only_text=not chained and not {"tools", "text"} & body.keys() and not _has_more(sent),
        cap=as_count(cap) or None,
        tools=dict(_functions([*as_dicts(body.get("tools")), *_listed(sent)])),
        choice=_choice(body.get("tool_choice")),
        schema=wanted.get("schema")
        if wanted.get("strict") is True and isinstance(wanted.get("schema"), dict)
        else None,
        formatted=wanted.get("type") not in (None, "text"),
        greedy=body.get("temperature") == 0,
        content=content,
        prompt=None if chained else prompt,
    )


def _texts(body: Mapping[str, Any]) -> Iterator[str]:
    """Yield the texts of the instructions and of the messages, one for each message or each part of it."""
    for value in (body.get("instructions"), body.get("input")):
        if isinstance(value, str):
            yield value
    for item in as_dicts(body.get("input")):
        content = item.get("content")
        parts = content if isinstance(content, list) else [{"text": content}]
        yield from (text for part in parts if isinstance(part, dict) and isinstance(text := part.get("text"), str))


def _has_more(sent: Any) -> bool:
    """Return whether an input has anything but messages of text."""
    return any(
        item.get("type", "message") != "message" or "image" in str(item) or "file" in str(item)
        for item in as_dicts(sent)
    )


def _listed(sent: Any) -> list[dict[str, Any]]:
    """Return the tools that items of an input declare."""
    return [tool for item in as_dicts(sent) for tool in as_dicts(item.get("tools"))]


def _functions(tools: list[dict[str, Any]]) -> Iterator[tuple[str, Mapping[str, Any] | None]]:
    """Yield the name and the schema of each function, those of namespaces too."""
    for tool in tools:
        yield from _functions(as_dicts(tool.get("tools")))
        if tool.get("type") == "function":
            schema = tool.get("parameters")
            yield str(tool.get("name")), schema if isinstance(schema, dict) else None


def _choice(value: Any) -> str:
    if isinstance(value, dict):
        return "named" if value.get("type") == "function" else ""
    return value if isinstance(value, str) else ""


def _format(text: Any) -> dict[str, Any]:
    wanted = text.get("format") if isinstance(text, dict) else None
    return wanted if isinstance(wanted, dict) else {}
