"""The response object of a finished answer, made once: a stream is derived from it, so that both agree."""

import re
import secrets
import time
from typing import Any

from conformance.mock.engine.answer import Call, Choice
from conformance.mock.engine.logprobs import entry
from conformance.mock.engine.tokens import count_prompt, split
from conformance.mock.surfaces.responses import sealing
from conformance.mock.surfaces.responses.columns import ENCRYPTED
from conformance.mock.surfaces.responses.request import ResponsesRequest

Json = dict[str, Any]

THOUGHT = "The question asks for something that can be answered at once."
CACHED_FROM, CACHED_STEP = 1024, 128  # tokens: the shortest prefix that is cached, and the steps in which it grows
# What a question must say for a hosted tool to be used.
_ASKS_FOR = {
    "web_search": re.compile(r"\bsearch the web\b", re.IGNORECASE),
    "file_search": re.compile(r"\bsearch the files\b", re.IGNORECASE),
    "code_interpreter": re.compile(r"\brun (?:some )?python\b", re.IGNORECASE),
}


def new_id(prefix: str) -> str:
    """Return a new id."""
    return f"{prefix}_{secrets.token_hex(24)}"


def response_to(request: ResponsesRequest, choice: Choice, cached: int) -> Json:
    """Return the whole response of an answer, with a new id and the current time."""
    now = int(time.time())
    status, reason = ending(choice)
    response = {**echo(request), "id": new_id("resp"), "object": "response", "created_at": now}
    return response | {
        "status": status,
        "completed_at": now if status == "completed" else None,
        "error": None,
        "incomplete_details": None if reason is None else {"reason": reason},
        "model": request.model,
        "output": output(request, choice),
        "usage": usage(request, choice, cached),
    }


def ending(choice: Choice) -> tuple[str, str | None]:
    """Return the status of a response, and why it is incomplete."""
    reasons = {"length": "max_output_tokens", "content_filter": "content_filter"}
    reason = reasons.get(choice.finish_reason)
    return ("completed" if reason is None else "incomplete"), reason


def echo(request: ResponsesRequest) -> Json:
    """Return the settings of a request as a response repeats them, with the defaults of those that it leaves out."""
    values = request.values
    tier, wanted = values.get("service_tier", "auto"), values.get("text", {})
    reasoning = values.get("reasoning") or {}
    effort = reasoning.get("effort") or ("medium" if request.profile.kind == "reasoning" else None)
    return {
        "background": request.background,
        "instructions": values.get("instructions"),
        "max_output_tokens": values.get("max_output_tokens"),
        "max_tool_calls": values.get("max_tool_calls"),
        "parallel_tool_calls": request.parallel_tool_calls,
        "previous_response_id": values.get("previous_response_id"),
        "prompt_cache_key": values.get("prompt_cache_key"),
        "reasoning": {"effort": effort, "summary": reasoning.get("summary")},
        "safety_identifier": values.get("safety_identifier"),
        "service_tier": "default" if tier == "auto" else tier,
        "store": request.store,
        "temperature": request.temperature,
        "text": {"format": wanted.get("format") or {"type": "text"}, "verbosity": wanted.get("verbosity") or "medium"},
        "tool_choice": request.body.get("tool_choice") or "auto",
        "tools": list(values.get("tools", ())),
        "top_logprobs": request.top_logprobs,
        "top_p": request.top_p,
        "presence_penalty": 0.0,
        "frequency_penalty": 0.0,
        "truncation": values.get("truncation", "disabled"),
        "user": values.get("user"),
        "metadata": values.get("metadata", {}),
    }


def output(request: ResponsesRequest, choice: Choice) -> list[Json]:
    """Return the items of an answer in order: reasoning, hosted calls, the message, calls.

    The last item of an answer that was cut is incomplete.
    """
    status, reason = ending(choice)
    items = [*thoughts(request, choice), *hosted_calls(request)]
    if choice.tokens or (not choice.calls and reason is None):
        items.append(message(request, choice, status))
    for position, call in enumerate(choice.calls):
        cut = status if position == len(choice.calls) - 1 else "completed"
        items.append(call_item(request, call, cut))
    return items


def thoughts(request: ResponsesRequest, choice: Choice) -> list[Json]:
    """Return the reasoning item of an answer: with a summary, a text or its encrypted form where these are to be shown."""
    if not choice.reasoning_tokens and not choice.thoughts:
        return []
    summary = [{"type": "summary_text", "text": THOUGHT}] if request.values.get("reasoning", {}).get("summary") else []
    item: Json = {"id": new_id("rs"), "type": "reasoning", "summary": summary}
    if choice.thoughts:
        item["content"] = [{"type": "reasoning_text", "text": choice.thoughts}]
    if ENCRYPTED in request.include:
        item["encrypted_content"] = sealing.sealed(THOUGHT, request.model)
    return [item]


def hosted_calls(request: ResponsesRequest) -> list[Json]:
    """Return the items of hosted tools that the question asks for."""
    types = {tool["type"].removesuffix("_preview") for tool in request.declared}
    used = [kind for kind, asks in _ASKS_FOR.items() if kind in types and asks.search(request.prompt)]
    return [hosted_call(kind) for kind in used if request.tool_choice != "none"]


def hosted_call(kind: str) -> Json:
    """Return the item of a call of a hosted tool."""
    item: Json = {"id": new_id(kind[:2]), "type": f"{kind}_call", "status": "completed"}
    if kind == "web_search":
        return item | {"action": {"type": "search", "query": "news"}}
    if kind == "file_search":
        return item | {"queries": ["news"], "results": None}
    return item | {"code": "print(1)", "container_id": new_id("cntr"), "outputs": None}


def message(request: ResponsesRequest, choice: Choice, status: str) -> Json:
    """Return the message of an answer."""
    if choice.declined:
        part: Json = {"type": "refusal", "refusal": choice.text}
    else:
        shown = [entry(token, request.top_logprobs) for token in choice.tokens] if request.logprobs else []
        part = {"type": "output_text", "text": choice.text, "annotations": [], "logprobs": shown}
    return {"id": new_id("msg"), "type": "message", "status": status, "role": "assistant", "content": [part]}


def call_item(request: ResponsesRequest, call: Call, status: str) -> Json:
    """Return the item of a call: of a function, or of a custom tool, which takes a text."""
    tool = next(tool for tool in request.tools if tool["name"] == call.name)
    space = {"namespace": tool["namespace"]} if tool["namespace"] else {}
    call_id = new_id("call")[:40]
    if tool["type"] == "custom":
        head: Json = {"id": new_id("ctc"), "type": "custom_tool_call", "status": status, "call_id": call_id}
        return head | {"name": call.name, "input": free_text(call.arguments), **space}
    head = {"id": new_id("fc"), "type": "function_call", "status": status, "call_id": call_id}
    return head | {"name": call.name, "arguments": call.arguments, **space}


def free_text(arguments: str) -> str:
    """Return the text in the arguments that the engine made for a custom tool; they may be cut."""
    return arguments.removeprefix('{"input":"').removesuffix('"}')


def usage(request: ResponsesRequest, choice: Choice, cached: int) -> Json:
    """Return the usage of a response."""
    prompt, answer = count_prompt(request.messages), choice.completion_tokens
    return {
        "input_tokens": prompt,
        "input_tokens_details": {"cached_tokens": min(cached, prompt)},
        "output_tokens": answer,
        "output_tokens_details": {"reasoning_tokens": choice.reasoning_tokens},
        "total_tokens": prompt + answer,
    }


def pieces(text: str) -> list[str]:
    """Return the pieces in which a text is streamed."""
    return list(split(text))
