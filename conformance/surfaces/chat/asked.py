"""What a Chat Completions request asks for, in the words of all surfaces; a field of the wrong type reads as absent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from conformance.surfaces.asked import Asked
from conformance.surfaces.values import as_count

CAPS = frozenset({"max_tokens", "max_completion_tokens"})
_SENT = frozenset({"stream", "stream_options"})  # how the answer is sent
# Parameters that change how an answer is made but not how many tokens its prompt has.
_SAMPLING = CAPS | {
    *("temperature", "top_p", "n", "stop", "seed", "user", "service_tier", "metadata"),
    *("presence_penalty", "frequency_penalty", "logit_bias", "logprobs", "top_logprobs"),
}


def read(body: Mapping[str, Any]) -> Asked:
    """Return what a body asks for."""
    stream, options = body.get("stream"), body.get("stream_options")
    content = {name: value for name, value in body.items() if name not in _SENT}
    stop = body.get("stop")
    stops = [stop] if isinstance(stop, str) else stop if isinstance(stop, list) else []
    return Asked(
        model=str(body.get("model", "")).rsplit("/", 1)[-1],
        streamed=bool(stream) if isinstance(stream, bool | None) else None,
        usage=isinstance(options, dict),
        texts=tuple(_texts(body)),
        only_text=not {"tools", "response_format", "functions"} & body.keys()
        and "image_url" not in str(body.get("messages")),
        number=as_count(body.get("n")) or 1,
        cap=min((cap for name in CAPS if (cap := as_count(body.get(name)))), default=None),
        stop=tuple(value for value in stops if isinstance(value, str) and value),
        tools=_tools(body),
        choice=_choice(body.get("tool_choice")),
        schema=_schema(body.get("response_format")),
        formatted="response_format" in body,
        greedy=body.get("temperature") == 0,
        content=content,
        prompt={name: value for name, value in content.items() if name not in _SAMPLING},
    )


def _texts(body: Mapping[str, Any]) -> list[str]:
    """Return the texts of the messages, one for each message or each part of it."""
    texts: list[str] = []
    messages = body.get("messages")
    for message in messages if isinstance(messages, list) else ():
        content = message.get("content") if isinstance(message, dict) else None
        parts = content if isinstance(content, list) else [{"text": content}]
        values = (part.get("text") for part in parts if isinstance(part, dict))
        texts += [text for text in values if isinstance(text, str)]
    return texts


def _tools(body: Mapping[str, Any]) -> dict[str, Mapping[str, Any] | None]:
    """Return the schema of the arguments of each declared function, by its name."""
    tools = body.get("tools")
    functions = (tool.get("function") for tool in tools if isinstance(tool, dict)) if isinstance(tools, list) else ()
    return {
        str(function.get("name")): schema if isinstance(schema := function.get("parameters"), dict) else None
        for function in functions
        if isinstance(function, dict)
    }


def _choice(value: Any) -> str:
    return value if isinstance(value, str) else "" if value is None else "named"


def _schema(value: Any) -> Mapping[str, Any] | None:
    """Return the schema of a strict json_schema; None for any other format."""
    described = value.get("json_schema") if isinstance(value, dict) and value.get("type") == "json_schema" else None
    if not isinstance(described, dict) or described.get("strict") is not True:
        return None
    schema = described.get("schema")
    return schema if isinstance(schema, dict) else None
