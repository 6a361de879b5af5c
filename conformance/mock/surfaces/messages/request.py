"""A request for a message: the engine's record with the fields that only this API has, and how a body becomes one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from conformance.mock.engine.errors import ApiError
from conformance.mock.engine.request import Form, Request
from conformance.mock.server.models import Model
from conformance.mock.surfaces.messages import content, tools
from conformance.mock.surfaces.messages.conversation import citable, conversation
from conformance.mock.surfaces.messages.fields import (
    Fields,
    Integer,
    Items,
    Number,
    OneOf,
    Rule,
    boolean,
    check_fields,
    extra,
    missing,
    refused,
    text,
)

Json = dict[str, Any]
FIRST, SECOND = "2023-06-01", "2026-10-21"
SAMPLING = ("temperature", "top_p", "top_k")
MOST_TOKENS = 128_000  # the cap of the newer models, which a client library sends by itself
WITHOUT_FORCED_TOOLS = "claude-without-forced-tools"
WITHOUT_SAMPLING = ("claude-without-sampling", WITHOUT_FORCED_TOOLS)


def stop_sequence(path: str, value: Any) -> None:
    """Refuse a stop sequence that is no string, or only white space."""
    text(path, value)
    if not value.strip():
        raise refused(path, "each stop sequence must contain a character that is not white space")


def system(path: str, value: Any) -> None:
    """Accept a text or text blocks."""
    if not isinstance(value, str):
        Items(content.text_block)(path, value)


REQUIRED: dict[str, Rule] = {"model": text, "messages": content.messages, "max_tokens": Integer(1, MOST_TOKENS)}
COUNTED: dict[str, Rule] = {
    "system": system,
    "tools": tools.tools,
    "tool_choice": tools.tool_choice,
    "thinking": tools.thinking,
    "output_config": tools.output_config,
    "cache_control": content.cache_control,
}
OPTIONAL: dict[str, Rule] = {
    **COUNTED,
    "temperature": Number(0, 1),
    "top_p": Number(0, 1),
    "top_k": Integer(-1),
    "stop_sequences": Items(stop_sequence),
    "stream": boolean,
    "metadata": tools.metadata,
    "service_tier": OneOf(("auto", "standard_only")),
    "inference_geo": OneOf(("global", "us")),
    "container": Fields({}, {"id": text}),
}


@dataclass(frozen=True, kw_only=True)
class MessagesRequest(Request):
    """A request for the engine, with the fields that only the reply and its stream use.

    `omitted` says that thinking is not shown, `cited` is the title and text of the first document that may be cited.
    """

    version: str = FIRST
    tier: str = "standard"
    omitted: bool = False
    cited: tuple[str, str] | None = None


def check(body: Json, version: str, model: Model) -> None:
    """Refuse a body that the version of the API or the model does not take."""
    missing("", body, REQUIRED)
    if version == SECOND:
        check_second(body)
    check_fields("", body, REQUIRED, OPTIONAL)
    check_model(body, model.model_class.name)
    check_together(body)


def check_count(body: Json) -> None:
    """Refuse a body that cannot be counted."""
    check_fields("", body, {name: REQUIRED[name] for name in ("model", "messages")}, COUNTED)


def check_second(body: Json) -> None:
    """Refuse what the second version no longer takes: sampling, documents of the assistant, citations of the user."""
    for name in SAMPLING:
        if name in body:
            raise extra(name)
    messages = body["messages"]
    for position, message in enumerate(messages if isinstance(messages, list) else ()):
        parts = message.get("content") if isinstance(message, dict) else None
        for number, part in enumerate(parts if isinstance(parts, list) else ()):
            path, kind = f"messages.{position}.content.{number}", part.get("type") if isinstance(part, dict) else None
            if kind == "document" and message.get("role") == "assistant":
                raise refused(path, "a document block is not permitted in an assistant message")
            if kind == "text" and part.get("citations") and message.get("role") == "user":
                raise extra(f"{path}.citations")


def check_model(body: Json, name: str) -> None:
    """Refuse what the class of models does not take: on newer ones sampling, prefilled answers, budgets, forced choices."""
    kind = body.get("thinking", {}).get("type")
    if name not in WITHOUT_SAMPLING:
        if kind == "between_tools":
            raise refused("thinking.type", "between_tools is not supported on this model")
        return
    for parameter in SAMPLING:
        if parameter in body and body[parameter] != 1:
            raise refused(parameter, "not supported on this model")
    if body["messages"][-1]["role"] == "assistant":
        raise refused("messages", "this model does not go on with a message of the assistant")
    if kind == "enabled":
        raise refused("thinking.type", "enabled is not supported on this model; use adaptive")
    if name == WITHOUT_FORCED_TOOLS and body.get("tool_choice", {}).get("type") in ("any", "tool"):
        raise refused("tool_choice", "a forced choice is not supported on this model")


def check_together(body: Json) -> None:
    """Refuse settings that exclude each other or need another one."""
    thinks, choice = body.get("thinking", {}), body.get("tool_choice", {"type": "auto"})
    names = [tool["name"] for tool in body.get("tools", ())]
    if thinks.get("budget_tokens", 0) >= body["max_tokens"]:
        raise ApiError("max_tokens has to be greater than thinking.budget_tokens.", param="thinking.budget_tokens")
    if choice["type"] in ("any", "tool") and not names:
        raise refused("tool_choice", f"{choice['type']} needs tools")
    if choice["type"] == "tool" and choice["name"] not in names:
        raise refused("tool_choice.name", f"no tool is called {choice['name']!r}")
    if is_on(thinks) and choice["type"] in ("any", "tool"):
        raise refused("tool_choice", "thinking takes no forced choice of a tool")
    if is_on(thinks) and body.get("temperature", 1) != 1:
        raise refused("temperature", "must be 1 with thinking")
    if "container" in body:
        raise refused("container", "needs the tool for running code")


def is_on(thinking: Mapping[str, Any]) -> bool:
    """Return whether a value of thinking turns it on."""
    return thinking.get("type") in ("enabled", "adaptive", "between_tools")


def read(body: Json, version: str, model: Model) -> MessagesRequest:
    """Return the request in a body; raise ApiError if it is refused."""
    check(body, version, model)
    thinks, config = body.get("thinking", {}), body.get("output_config", {})
    choice = body.get("tool_choice", {"type": "auto"})
    answer = config.get("format", {})
    form = Form("json_schema", answer["schema"], "output_config.format.schema") if answer else Form()
    return MessagesRequest(
        model=model.id,
        body=body,
        messages=conversation(body),
        temperature=body.get("temperature", 1.0),
        top_p=body.get("top_p", 1.0),
        stop=tuple(body.get("stop_sequences", ())),
        cap=body["max_tokens"],
        tools=tuple(function(tool) for tool in body.get("tools", ()) if not tools.is_server_tool(tool)),
        tool_choice=chosen(choice),
        parallel_tool_calls=not choice.get("disable_parallel_tool_use", False),
        form=form,
        effort=config.get("effort", "high") if is_on(thinks) else None,
        stream=body.get("stream", False),
        version=version,
        tier="standard",
        omitted=thinks.get("display") == "omitted",
        cited=next(citable(body), None),
    )


def function(tool: Json) -> Json:
    """Return a tool in the engine's form."""
    return {"name": tool["name"], "parameters": tool["input_schema"]}


def chosen(choice: Json) -> str | dict[str, str]:
    """Return the choice of a tool in the engine's words."""
    if choice["type"] == "tool":
        return {"name": choice["name"]}
    return {"any": "required"}.get(choice["type"], str(choice["type"]))
