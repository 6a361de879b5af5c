"""A Responses request: the engine's record with the fields that only this API has.

Reading a request checks it against the profile of its model; nothing here may answer it.
"""

import json
from dataclasses import dataclass, field
from typing import Any

from conformance.mock.engine.errors import ApiError, missing, wrong_type
from conformance.mock.engine.request import Form, Request
from conformance.mock.engine.tokens import count_prompt
from conformance.mock.surfaces.responses.columns import LOGPROBS, RESERVED, Profile
from conformance.mock.surfaces.responses.items import Conversation, read_input
from conformance.mock.surfaces.responses.store import Store
from conformance.mock.surfaces.responses.structures import callable_tools

SCHEMA = "text.format.schema"
# Tokens that a prompt may have.  Less than real models, so that a test of a prompt beyond the context needs only 33 kB.
CONTEXT = 16_384
# The engine knows three efforts; the others count as the nearest of them, and `none` as no reasoning.
_ENGINE_EFFORTS = {"minimal": "low", "low": "low", "medium": "medium", "high": "high", "xhigh": "high"}
# How verbosity changes an open question for the engine.
_LENGTHS = {"low": "\nUse 15 words.", "medium": "", "high": "\nUse 150 words."}


@dataclass(frozen=True, kw_only=True)
class ResponsesRequest(Request):
    """A request for the engine, with the fields that only the response and its stream use.

    `values` are those to apply by parameter, and `conversation` is everything said before the answer, without instructions.
    """

    profile: Profile
    values: dict[str, Any] = field(repr=False)
    conversation: Conversation = field(repr=False)
    declared: tuple[dict[str, Any], ...] = ()

    @property
    def prompt(self) -> str:
        """The text of the last user message, with the length that verbosity asks for."""
        return super().prompt + _LENGTHS[self.values.get("text", {}).get("verbosity") or "medium"]

    @property
    def store(self) -> bool:
        """Whether the response is stored."""
        return bool(self.values.get("store", True))

    @property
    def background(self) -> bool:
        """Whether the response is made in the background."""
        return bool(self.values.get("background", False))

    @property
    def include(self) -> tuple[str, ...]:
        """What else the output has to hold."""
        return tuple(self.values.get("include", ()))

    @property
    def shows_logprobs(self) -> bool:
        """Whether the text comes with log probabilities."""
        return LOGPROBS in self.include

    @property
    def obfuscated(self) -> bool:
        """Whether deltas are padded."""
        return self.values.get("stream_options", {}).get("include_obfuscation") is not False


def accepted(profile: Profile, body: dict[str, Any]) -> dict[str, Any]:
    """Return the values to apply, without null; raise ApiError for an unknown parameter first, then for a wrong value."""
    values = {name: value for name, value in body.items() if name not in RESERVED}
    for name in sorted(values, key=lambda name: name in profile.rules):
        value = values[name]
        values[name] = None if value is None and name in profile.rules else profile.rule(name)(name, value)
    return {name: value for name, value in values.items() if value is not None}


def model_named(body: dict[str, Any]) -> str:
    """Return the model that a body names; raise ApiError if it names none."""
    name = body.get("model")
    if name is None:
        raise missing("model")
    if not isinstance(name, str):
        raise wrong_type("model", "a string", name)
    return name


def read(model: str, profile: Profile, body: dict[str, Any], store: Store) -> ResponsesRequest:
    """Return the request in a body; raise ApiError if the profile refuses it."""
    values = accepted(profile, body)
    check_combinations(values, body)
    previous = values.get("previous_response_id")
    before = None if previous is None else store.conversation_after(previous)
    conversation = read_input(body.get("input"), model, store.items, before)
    declared = (*values.get("tools", ()), *conversation.tools)
    tools, choice = offered(callable_tools(declared), values.get("tool_choice", "auto"))
    instructions = [{"role": "system", "content": values["instructions"]}] if values.get("instructions") else []
    messages = (*instructions, *conversation.messages)
    check_length(messages, values.get("truncation", "disabled"))
    effort = (values.get("reasoning") or {}).get("effort") or "medium"
    return ResponsesRequest(
        model=model,
        profile=profile,
        body=body,
        values=values,
        conversation=conversation,
        declared=declared,
        messages=messages,
        temperature=values.get("temperature", 1.0),
        top_p=values.get("top_p", 1.0),
        cap=values.get("max_output_tokens"),
        tools=tools,
        tool_choice=choice,
        parallel_tool_calls=values.get("parallel_tool_calls", True),
        form=form_of(values.get("text", {}).get("format") or {"type": "text"}),
        logprobs=LOGPROBS in values.get("include", ()),
        top_logprobs=values.get("top_logprobs", 0),
        effort=_ENGINE_EFFORTS.get(effort) if profile.kind == "reasoning" else None,
        stream=values.get("stream", False),
    )


def check_combinations(values: dict[str, Any], body: dict[str, Any]) -> None:
    """Refuse parameters that exclude or need each other."""
    if "previous_response_id" in values and "conversation" in values:
        message = "'previous_response_id' and 'conversation' cannot be used together."
        raise ApiError(message, param="conversation", code="mutually_exclusive_parameters")
    if "conversation" in values:
        message = f"Conversation with id '{values['conversation']}' not found."
        raise ApiError(message, param="conversation", code="conversation_not_found", status=404)
    if values.get("background") and values.get("store") is False:
        raise ApiError("Background mode needs 'store' to be true.", param="background")
    if "stream_options" in values and not values.get("stream"):
        raise ApiError("'stream_options' is allowed only when 'stream' is true.", param="stream_options")
    wanted = (values.get("text", {}).get("format") or {}).get("type") == "json_object"
    said = json.dumps([body.get("input"), values.get("instructions")])
    if wanted and "json" not in said.lower():
        message = "The input has to contain the word 'json' to use 'text.format' of type 'json_object'."
        raise ApiError(message, param="input")


def offered(
    tools: tuple[dict[str, Any], ...], choice: str | dict[str, Any]
) -> tuple[tuple[dict[str, Any], ...], str | dict[str, str]]:
    """Return the tools that may be called and whether one must be; raise ApiError for a choice of what is not declared."""
    names = {tool["name"] for tool in tools}
    if isinstance(choice, dict):
        for name in choice.get("names") or [choice.get("name")]:
            if name not in names:
                raise ApiError(f"Tool {name!r} of 'tool_choice' is not declared in 'tools'.", param="tool_choice")
        if "names" in choice:
            return tuple(tool for tool in tools if tool["name"] in choice["names"]), choice["mode"]
    if choice == "required" and not tools:
        raise ApiError("'tool_choice' required is allowed only when 'tools' are given.", param="tool_choice")
    return tools, choice


def check_length(messages: tuple[dict[str, Any], ...], truncation: str) -> None:
    """Check that the conversation fits into the context, unless it may be cut."""
    count = count_prompt(messages)
    if count > CONTEXT and truncation == "disabled":
        message = f"Your input exceeds the context window of this model: it has {count} tokens, {CONTEXT} fit."
        raise ApiError(message, param="input", code="context_length_exceeded")


def form_of(wanted: dict[str, Any]) -> Form:
    """Return the required form of an answer in text.format."""
    kind = wanted["type"]
    return Form(kind, wanted["schema"], SCHEMA) if kind == "json_schema" else Form(kind)
