"""A Chat Completions request: the engine's record with the fields that only this API has.

Reading a request checks it against the profile of its model; nothing here may answer it.
"""

from dataclasses import dataclass
from typing import Any

from conformance.mock.engine.request import Form, Request
from conformance.mock.surfaces.chat import extras
from conformance.mock.surfaces.chat.columns import RESERVED, Profile
from conformance.mock.surfaces.chat.messages import check_conversation

SCHEMA = "response_format.json_schema.schema"


@dataclass(frozen=True, kw_only=True)
class ChatRequest(Request):
    """A request for the engine, with the fields that only the reply and its stream use."""

    profile: Profile
    include_usage: bool = False
    service_tier: str = "default"
    older_calls: bool = False  # whether calls have the older form, function_call


def accepted(profile: Profile, body: dict[str, Any]) -> dict[str, Any]:
    """Return the values to apply, without null; raise ApiError for an unknown parameter first, then for a wrong value."""
    values = {name: value for name, value in body.items() if name not in RESERVED}
    for name in sorted(values, key=lambda name: name in profile.rules):
        value = values[name]
        values[name] = None if value is None and name in profile.rules else profile.rule(name)(name, value)
    return {name: value for name, value in values.items() if value is not None}


def read(model: str, profile: Profile, body: dict[str, Any]) -> ChatRequest:
    """Return the request in a body; raise ApiError if the profile refuses it."""
    messages = check_conversation(body.get("messages"))
    values = accepted(profile, body)
    for combination in profile.combinations:
        combination(values, messages)
    caps = [values[name] for name in ("max_tokens", "max_completion_tokens") if name in values]
    tier = values.get("service_tier", "auto")
    tools, choice = offered_tools(values)
    return ChatRequest(
        model=model,
        profile=profile,
        body=body,
        messages=messages,
        n=values.get("n", 1),
        temperature=values.get("temperature", 1.0),
        top_p=values.get("top_p", 1.0),
        stop=values.get("stop", ()),
        cap=min(caps, default=None),
        tools=tools,
        tool_choice=choice,
        older_calls="functions" in values,
        parallel_tool_calls=values.get("parallel_tool_calls", True),
        form=form_of(values.get("response_format", {"type": "text"})),
        logprobs=values.get("logprobs", False),
        top_logprobs=values.get("top_logprobs", 0),
        effort=values.get("reasoning_effort", "medium") if profile.kind == "reasoning" else None,
        stream=values.get("stream", False),
        include_usage=values.get("stream_options", {}).get("include_usage") is True or extras.USAGE in profile.extras,
        service_tier="default" if tier == "auto" else tier,
        seed=values.get("seed"),
    )


def offered_tools(values: dict[str, Any]) -> tuple[tuple[dict[str, Any], ...], str | dict[str, str]]:
    """Return the functions that may be called, in the older form too, and whether one must be."""
    tools = values.get("tools") or values.get("functions", ())
    choice = values.get("tool_choice") or values.get("function_call", "auto")
    if isinstance(choice, dict) and "names" in choice:
        return tuple(tool for tool in tools if tool["name"] in choice["names"]), choice["mode"]
    return tools, choice


def form_of(response_format: dict[str, Any]) -> Form:
    """Return the required form of an answer in a response_format."""
    kind = response_format["type"]
    return Form(kind, response_format["json_schema"]["schema"], SCHEMA) if kind == "json_schema" else Form(kind)
