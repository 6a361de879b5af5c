"""Print an OpenAPI document of the mock gateway for one kind of model, for tools that read such documents.

    python benchmarks/mock_openapi.py chat > openapi.json

Bodies have the schemas of schemas/wire, each with its strict layer; parameters have the limits of the contract for the model's
column.  A gateway without defects must conform to the document, so what the mock accepts beyond the documentation (null for
any parameter, an empty list of stop sequences) is described as accepted, and what it does not check is left open.  Answers are
restricted to what a model returns: its own name, its number of choices, its log probabilities.

The version is OpenAPI 3.2, because earlier ones cannot describe event streams.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from conformance.contract import loading

Json = dict[str, Any]

MODELS = {
    "chat": ("openai", "mock-openai"),
    "reasoning": ("openai", "mock-openai-reasoning"),
    "claude": ("claude", "mock-claude"),
    "gemini": ("gemini", "mock-gemini"),
}
WIRE = Path(__file__).parents[1] / "schemas" / "wire"
LAYERS = {  # name of a component: the schema files that it combines
    "Reply": ("chat-reply", "chat-reply-strict"),
    "Chunk": ("chat-chunk", "chat-chunk-strict"),
    "Error": ("error", "error-strict"),
    "List": ("models-list", "models-list-strict"),
    "Catalogue": ("catalogue", "catalogue-strict"),
}
MOST_TOKENS = 1_000_000  # the limit of the mock; the documentation states none
CHOICES = {"chat": 128, "reasoning": 128, "claude": 1, "gemini": 8}
SAMPLING = ("temperature", "top_p", "stop", "presence_penalty", "frequency_penalty", "logit_bias")
LOGPROBS = ("logprobs", "top_logprobs")
TOOLS = ("tools", "tool_choice", "parallel_tool_calls")
COMMON: tuple[str, ...] = (
    "temperature",
    "top_p",
    "n",
    "stop",
    "max_tokens",
    "max_completion_tokens",
    "response_format",
    "tools",
)
COMMON += ("tool_choice", "parallel_tool_calls", "stream", "stream_options")
OPENAI: tuple[str, ...] = (
    "presence_penalty",
    "frequency_penalty",
    "logit_bias",
    *LOGPROBS,
    "service_tier",
    "seed",
    "user",
)
OPENAI += ("safety_identifier", "prompt_cache_key", "metadata", "store", "verbosity", "prediction", "modalities")
OPENAI += ("reasoning_effort",)
IGNORED: tuple[str, ...] = (
    *LOGPROBS,
    "reasoning_effort",
    "presence_penalty",
    "frequency_penalty",
    "logit_bias",
    "service_tier",
)
IGNORED += ("user", "seed")  # by gemini, which refuses unknown parameters
UNSUPPORTED = {"chat": ("reasoning_effort",), "reasoning": (*SAMPLING, *LOGPROBS, "max_tokens")}
ROLES = ["system", "developer", "user", "assistant", "function"]
NULL: Json = {"type": "null"}
TEXT: Json = {"type": "string", "minLength": 1}
OBJECT: Json = {"type": "object"}


# ------------------------------------------------------------------ the document


@cache
def document(kind: str) -> Json:
    """Return the OpenAPI document for one kind of model."""
    return {
        "openapi": "3.2.0",
        "info": {"title": f"Mock gateway, {MODELS[kind][1]}", "version": "1"},
        "security": [{"key": []}],
        "paths": {
            "/v1/chat/completions": {"post": completions(kind)},
            "/v1/models": {"get": listing()},
            "/api/models": {"get": catalogue()},
        },
        "components": {
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
            "schemas": dict(wire_schemas()) | {name: {"allOf": layers(name)} for name in LAYERS},
        },
    }


def completions(kind: str) -> Json:
    """Return the operation of POST /v1/chat/completions."""
    examples = {f"good{number}": {"value": body} for number, body in enumerate(good_requests(kind))}
    return {
        "operationId": "complete",
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": request(kind), "examples": examples}},
        },
        "responses": {
            "200": {
                "description": "The answer, at once or as a stream.",
                "content": {"application/json": {"schema": reply(kind)}, "text/event-stream": stream(kind)},
            },
            **refusals("400", "401", "404", "415"),
        },
    }


def listing() -> Json:
    """Return the operation of GET /v1/models, which lists every model once."""
    listed = [{"required": ["id"], "properties": {"id": {"const": name}}} for _, name in MODELS.values()]
    result = {"properties": {"data": {"allOf": [{"contains": item} for item in listed], "uniqueItems": True}}}
    return {"operationId": "list", "responses": {"200": answer(extended("List", result)), **refusals("401")}}


def catalogue() -> Json:
    """Return the operation of GET /api/models, which needs no key; the mock accepts any text as page and size."""
    pages = {"type": ["integer", "string"]}
    parameters = [
        {"name": "page", "in": "query", "schema": pages, "examples": {str(n): {"value": n} for n in (0, 1, 2)}},
        {"name": "page_size", "in": "query", "schema": pages, "examples": {str(n): {"value": n} for n in (1, 2, 20)}},
    ]
    required = ["page", "page_size", "total"]
    counts = {"required": required, "properties": {"data": {"uniqueItems": True}}}
    return {
        "operationId": "catalogue",
        "security": [],
        "parameters": parameters,
        "responses": {"200": answer(extended("Catalogue", counts))},
    }


def answer(schema: Json) -> Json:
    """Return a response with a JSON body of this schema."""
    return {"description": "As documented.", "content": {"application/json": {"schema": schema}}}


def refusals(*statuses: str) -> Json:
    """Return responses with errors; one for a wrong key names the scheme in a header."""
    result = {status: answer(ref("Error")) for status in statuses}
    if "401" in result:
        result["401"]["headers"] = {"WWW-Authenticate": {"required": True, "schema": {"const": "Bearer"}}}
    return result


# ------------------------------------------------------------------ answers


def reply(kind: str) -> Json:
    """Return the schema of a plain reply."""
    restricted = {"choices": {"maxItems": CHOICES[kind], "items": {"properties": choice(kind)}}}
    return extended("Reply", {"properties": {"model": {"const": MODELS[kind][1]}, **restricted}})


def stream(kind: str) -> Json:
    """Return the media type of a stream: chunks, at least one of which ends a choice, and [DONE] once."""
    items = {"choices": {"items": {"properties": choice(kind)}}}
    chunk = extended("Chunk", {"properties": {"model": {"const": MODELS[kind][1]}, **items}})
    done = {"properties": {"data": {"const": "[DONE]"}}}
    data = {"if": {"const": "[DONE]"}, "else": {"contentMediaType": "application/json", "contentSchema": chunk}}
    ends = {"properties": {"data": {"pattern": '"finish_reason": ?"'}}}
    return {
        "itemSchema": {"type": "object", "required": ["data"], "properties": {"data": {"type": "string", **data}}},
        "schema": {
            "type": "array",
            "allOf": [
                {"contains": {"required": ["data"], **done}, "minContains": 1, "maxContains": 1},
                {"contains": {"required": ["data"], **ends}},
            ],
        },
    }


def choice(kind: str) -> Json:
    """Return the schemas of fields of a choice that this kind of model does not fill in."""
    return {} if kind == "chat" else {"logprobs": NULL}


def extended(name: str, more: Json) -> Json:
    """Return a component with another schema added."""
    return {"allOf": [ref(name), more]}


def ref(name: str) -> Json:
    """Return a reference to a component."""
    return {"$ref": f"#/components/schemas/{name}"}


# ------------------------------------------------------------------ schemas of the wire


def layers(name: str) -> list[Json]:
    """Return references to the layers of a body."""
    return [ref(file) for file in LAYERS[name]]


def wire_schemas() -> Iterator[tuple[str, Json]]:
    """Yield every layer, and each of its definitions, as a component."""
    for file in (file for files in LAYERS.values() for file in files):
        schema = wire(file)
        for name, definition in schema.pop("$defs", {}).items():
            yield f"{file}.{name}", with_component_references(definition, file)
        yield file, with_component_references(schema, file)


def wire(file: str) -> Json:
    """Return a schema of the wire without its annotations."""
    schema: Json = json.loads((WIRE / f"{file}.schema.json").read_text(encoding="utf-8"))
    return {key: value for key, value in schema.items() if key not in ("$schema", "$id", "title", "examples")}


def with_component_references(value: Any, file: str) -> Any:
    """Return a schema with its references changed to components of the document."""
    if isinstance(value, list):
        return [with_component_references(item, file) for item in value]
    if not isinstance(value, dict):
        return value
    result = {key: with_component_references(part, file) for key, part in value.items()}
    if isinstance(result.get("$ref"), str):
        result["$ref"] = result["$ref"].replace("#/$defs/", f"#/components/schemas/{file}.")
    return result


# ------------------------------------------------------------------ requests


def request(kind: str) -> Json:
    """Return the schema of a request body that this kind of model accepts.

    Where one parameter requires another, the schema has alternatives, because generators can follow those but not
    conditions.  Valid requests beyond what a schema can express are an alternative of their own.
    """
    first, *others = alternatives(kind)
    result = [
        alternative(kind, messages(kind), *first),
        *(alternative(kind, plain_messages(), *other) for other in others),
    ]
    return {"anyOf": [*result, {"enum": list(good_requests(kind))}]}


def alternatives(kind: str) -> Iterator[tuple[Json, tuple[str, ...]]]:
    """Yield properties and required keys of each alternative: independent parameters, then each other one with its needs."""
    known = parameters(kind)
    excluded = dependent(kind)
    alone = {name: schema for name, schema in known.items() if name not in excluded}
    yield alone | dict.fromkeys(TOOLS, NULL), ()
    cap = "max_completion_tokens" if kind == "reasoning" else "max_tokens"
    calling = {name: known[name] for name in (*TOOLS, "stream", cap)}
    yield {**calling, "tools": {**known["tools"], "type": "array"}}, ("tools",)
    for name, other in (("stream_options", "stream"), ("top_logprobs", "logprobs")):
        if name in excluded:
            yield {name: known[name], other: {"const": True}}, (name, other)
            yield {name: NULL, other: {"enum": [False, None]}}, (name,)
    if "max_completion_tokens" in excluded:
        older, newer = known["max_tokens"], known["max_completion_tokens"]
        both_ways = {"stream": known["stream"], "max_completion_tokens": newer, "max_tokens": NULL}
        yield both_ways, ("max_completion_tokens",)
        yield {**both_ways, "max_tokens": {**older, "type": "integer"}, "max_completion_tokens": NULL}, ("max_tokens",)


def dependent(kind: str) -> set[str]:
    """Return the parameters that require or exclude others for this kind of model."""
    if kind == "claude":
        return set()
    return {"stream_options"} | ({"top_logprobs", "max_completion_tokens"} if kind == "chat" else set())


def alternative(kind: str, conversation: Json, properties: Json, required: tuple[str, ...]) -> Json:
    """Return the schema of a body with these parameters."""
    return {
        "type": "object",
        "required": ["model", "messages", *required],
        "properties": {"model": {"const": MODELS[kind][1]}, "messages": conversation, **properties},
        "additionalProperties": kind == "claude",
    }


def parameters(kind: str) -> Json:
    """Return the schemas of all parameters that this kind of model documents or refuses, by name."""
    known = described(kind)
    names = COMMON if kind in ("claude", "gemini") else (*COMMON, *OPENAI)
    result = {name: nullable(known[name]) for name in names}
    result |= dict.fromkeys(UNSUPPORTED.get(kind, ()), NULL)
    return result | ({name: {} for name in IGNORED} if kind == "gemini" else {})


def described(kind: str) -> Json:
    """Return the schemas of all parameters with the limits of the contract, without null."""
    documented = loading.load("cometapi")
    model = documented.classify(*MODELS[kind])
    known = wire("chat-request")["properties"]

    def within(name: str, **more: Any) -> Json:
        parameter = documented.parameter("chat", name, model)
        ends = dict(zip(("minimum", "maximum"), map(number, parameter.range), strict=False))
        return {"type": parameter.type, **ends, **more}

    def listed(name: str) -> Json:
        return {"enum": list(documented.parameter("chat", name, model).values)}

    most = number(documented.parameter("chat", "stop", model).range[-1])
    bias = {**within("logit_bias"), "type": "number"}
    result = {name: within(name) for name in ("temperature", "top_p", "presence_penalty", "frequency_penalty", "n")}
    result |= {name: within(name, maximum=MOST_TOKENS) for name in ("max_tokens", "max_completion_tokens")}
    if kind == "claude":
        del result["n"]["maximum"]  # larger values are accepted, and give one choice
    return result | {
        "top_logprobs": within("top_logprobs"),
        "logit_bias": {"type": "object", "propertyNames": {"pattern": "^[0-9]+$"}, "additionalProperties": bias},
        "stop": {"anyOf": [TEXT, {"type": "array", "items": TEXT, "maxItems": most}]},
        "seed": {key: known["seed"][key] for key in ("minimum", "maximum")} | {"type": "integer"},
        "tool_choice": listed("tool_choice"),
        "reasoning_effort": listed("reasoning_effort"),
        "service_tier": listed("service_tier"),
        "verbosity": {"enum": [value for value in known["verbosity"]["enum"] if value]},
        "metadata": {key: known["metadata"][key] for key in known["metadata"] if key != "type"} | OBJECT,
        "prediction": OBJECT,
        "modalities": {},
        "stream_options": stream_options(kind),
        "response_format": response_format(kind),
        "tools": {"type": "array", "minItems": 1, "maxItems": known["tools"]["maxItems"], "items": tool()},
        **{name: {"type": "boolean"} for name in ("logprobs", "parallel_tool_calls", "stream", "store")},
        **{name: {"type": "string"} for name in ("user", "safety_identifier", "prompt_cache_key")},
    }


def number(limit: Any) -> int | float:
    """Return a limit as an integer if it is one."""
    return int(limit) if limit == int(limit) else float(limit)


def nullable(schema: Json) -> Json:
    """Return the schema with null allowed, which counts as left out."""
    if not schema:
        return schema
    if "enum" in schema:
        return {"enum": [*schema["enum"], None]}
    if "anyOf" in schema:
        return {"anyOf": [*schema["anyOf"], NULL]}
    return {**schema, "type": [schema["type"], "null"]}


def messages(kind: str) -> Json:
    """Return the schema of a conversation without tools; a schema cannot relate calls to results, so examples have those."""
    detail: Json = {"detail": {"enum": ["auto", "low", "high", None]}} if kind in ("chat", "reasoning") else {}
    image = {"type": "object", "required": ["url"], "properties": {"url": {"type": "string"}, **detail}}
    parts = [
        {
            "type": "object",
            "required": ["type", "text"],
            "properties": {"type": {"const": "text"}, "text": {"type": "string"}},
        },
        {
            "type": "object",
            "required": ["type", "image_url"],
            "properties": {"type": {"const": "image_url"}, "image_url": image},
        },
    ]
    message = {
        "type": "object",
        "required": ["role", "content"],
        "properties": {
            "role": {"enum": ROLES},
            "content": {"anyOf": [{"type": "string"}, {"type": "array", "items": {"anyOf": parts}}]},
        },
    }
    return {"type": "array", "minItems": 1, "items": message}


def plain_messages() -> Json:
    """Return the schema of a conversation of texts, or of empty arrays, which the mock accepts too."""
    content = {"anyOf": [{"type": "string"}, {"type": "array", "maxItems": 0}]}
    message = {
        "type": "object",
        "required": ["role", "content"],
        "properties": {"role": {"enum": ROLES}, "content": content},
    }
    return {"type": "array", "minItems": 1, "items": message}


def tool() -> Json:
    """Return the schema of a function tool, whose parameters must describe an object."""
    parameters = {
        "type": ["object", "null"],
        "properties": {"type": {"const": "object"}},
        "anyOf": [{"required": ["type"]}, {"maxProperties": 0}],
    }
    function = {
        "type": "object",
        "required": ["name"],
        "properties": {"name": {"type": "string", "pattern": "^[a-zA-Z0-9_-]{1,64}$"}, "parameters": parameters},
    }
    return {
        "type": "object",
        "required": ["type", "function"],
        "properties": {"type": {"const": "function"}, "function": function},
    }


def stream_options(kind: str) -> Json:
    """Return the schema of stream_options."""
    flags = {name: {"type": ["boolean", "null"]} for name in ("include_usage", "include_obfuscation")}
    return {"type": "object", "properties": flags, "additionalProperties": kind == "claude"}


def response_format(kind: str) -> Json:
    """Return the schema of response_format; json_object requires a word in the messages, so the examples have it."""
    described = {
        "type": "object",
        "required": ["name", "schema"],
        "properties": {
            "name": {"type": "string", "pattern": "^[a-zA-Z0-9_-]{1,64}$"},
            "schema": {"type": "object", "properties": {"type": {"enum": ["object", "string", "array"]}}},
            "strict": {"type": ["boolean", "null"]},
        },
    }
    text = {"type": "object", "required": ["type"], "properties": {"type": {"const": "text"}}}
    schema = {
        "type": "object",
        "required": ["type", "json_schema"],
        "properties": {"type": {"const": "json_schema"}, "json_schema": described},
    }
    return {"anyOf": [text, schema]}


# ------------------------------------------------------------------ good requests

LAKE: Json = {
    "type": "function",
    "function": {
        "name": "lake_depth",
        "description": "Depth of a lake.",
        "parameters": {
            "type": "object",
            "properties": {"lake": {"type": "string"}},
            "required": ["lake"],
            "additionalProperties": False,
        },
    },
}
TODAY: Json = {"type": "function", "function": {"name": "today"}}
STONE: Json = {
    "type": "object",
    "properties": {
        "stone": {"type": "string"},
        "colour": {"enum": ["red", "grey"]},
        "grams": {"type": "array", "items": {"type": "number"}, "minItems": 1},
    },
    "required": ["stone", "colour", "grams"],
    "additionalProperties": False,
}
CALL = {"id": "call_7Q", "type": "function", "function": {"name": "lake_depth", "arguments": '{"lake":"Como"}'}}
RESULT = {"role": "tool", "tool_call_id": "call_7Q", "content": "425 m"}
PIXEL = "data:image/gif;base64,R0lGODlhAQABAAAAACw="


def good_requests(kind: str) -> Iterator[Json]:
    """Yield valid requests, each plain and streamed."""
    cap = "max_completion_tokens" if kind == "reasoning" else "max_tokens"
    for number, body in enumerate(good_bodies(kind)):
        whole = {"model": MODELS[kind][1], cap: 1000, **body}
        yield whole
        yield {**whole, "stream": True, "stream_options": {"include_usage": bool(number % 2)}}


def good_bodies(kind: str) -> Iterator[Json]:
    """Yield the bodies of valid requests, without model and cap."""
    yield body_with("Name a river.")
    yield {**body_with("Name two rivers, with accents: é."), "n": 2}
    if kind != "reasoning":
        yield {**body_with("Tell me about lakes."), "temperature": 0.5, "top_p": 0.9, "stop": ["lake", "END"]}
    yield body_with("Say hello.", {"role": "system", "content": "Answer in one line."})
    yield body_with("And now?", {"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Yes?"})
    yield body_with([{"type": "text", "text": "Which colour?"}, {"type": "image_url", "image_url": {"url": PIXEL}}])
    yield body_with(
        [{"type": "text", "text": "Which?"}, {"type": "image_url", "image_url": {"url": PIXEL, "detail": "low"}}]
    )
    yield body_with(
        [{"type": "text", "text": "Hear"}, {"type": "input_audio", "input_audio": {"data": "U", "format": "wav"}}]
    )
    yield from good_calls()
    formats: list[Json] = [{"type": "json_schema", "json_schema": {"name": "s", "strict": True, "schema": STONE}}]
    formats += [] if kind == "claude" else [{"type": "json_object"}]
    yield from ({**body_with("A stone, as JSON."), "response_format": value} for value in formats)
    if kind == "chat":
        yield {**body_with("Two words."), "logprobs": True, "top_logprobs": 6}
        yield {**body_with("Two words."), "logprobs": True}
        yield {**body_with("Words."), "presence_penalty": 1, "frequency_penalty": -1, "logit_bias": {"88": -100}}
    if kind in ("claude", "gemini"):
        yield {**body_with("Two words."), "logprobs": True, "top_logprobs": 2, "reasoning_effort": "low"}
    if kind in ("chat", "reasoning"):
        yield {**body_with("Words."), "service_tier": "flex", "user": "u", "seed": 7}
    if kind == "reasoning":
        yield from (
            {**body_with("What is 17 times 23?"), "reasoning_effort": effort} for effort in ("low", "medium", "high")
        )


def good_calls() -> Iterator[Json]:
    """Yield valid requests with tools, with every tool_choice, and with earlier calls and results."""
    tools = {"tools": [LAKE, TODAY]}
    question = body_with("How deep is Lake Como, and which day is today?")
    yield {**question, **tools}
    yield {**question, **tools, "parallel_tool_calls": False}
    for chosen in ("auto", "none", "required", {"type": "function", "function": {"name": "today"}}):
        yield {**question, **tools, "tool_choice": chosen}
    for content in ({}, {"content": None}, {"content": ""}):
        called = {"role": "assistant", "tool_calls": [CALL], **content}
        yield {"messages": [*question["messages"], called, RESULT], **tools}


def body_with(content: Any, *before: Json) -> Json:
    """Return a body with one question after earlier messages."""
    return {"messages": [*before, {"role": "user", "content": content}]}


def main() -> int:
    """Print the document of one kind of model to stdout."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    parser.add_argument("kind", choices=sorted(MODELS))
    json.dump(document(parser.parse_args().kind), sys.stdout, indent=2)
    return 0


if __name__ == "__main__":
    sys.exit(main())
