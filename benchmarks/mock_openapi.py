"""The mock gateway as an OpenAPI document, one per kind of model, for tools that read such documents.

    python benchmarks/mock_openapi.py chat > openapi.json

Bodies are those of schemas/wire, each with its stricter layer; the limits of parameters are those of the contract for the
model's column.  A description can be held against a truthful gateway only where both agree: what the mock takes though no
document says so (null for any parameter, an empty list of stops) is described as taken, and what it does not look at is
left open.  What a model answers to is narrowed to what it really serves: its own name, its choices, its log probabilities.

Event streams can be described since OpenAPI 3.2, which is therefore the version.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from conformance.contract import contract

Json = dict[str, Any]

MODELS = {
    "chat": ("openai", "mock-openai"),
    "reasoning": ("openai", "mock-openai-reasoning"),
    "claude": ("claude", "mock-claude"),
    "gemini": ("gemini", "mock-gemini"),
}
WIRE = Path(__file__).parents[1] / "schemas" / "wire"
LAYERS = {  # name of the component: the files that it is made of
    "Reply": ("chat-reply", "chat-reply-strict"),
    "Chunk": ("chat-chunk", "chat-chunk-strict"),
    "Error": ("error", "error-strict"),
    "List": ("models-list", "models-list-strict"),
    "Catalogue": ("catalogue", "catalogue-strict"),
}
MOST_TOKENS = 1_000_000  # no document bounds the caps; the mock does
CHOICES = {"chat": 128, "reasoning": 128, "claude": 1, "gemini": 8}
SAMPLING = ("temperature", "top_p", "stop", "presence_penalty", "frequency_penalty", "logit_bias")
LOGPROBS = ("logprobs", "top_logprobs")
TOOLS = ("tools", "tool_choice", "parallel_tool_calls")
COMMON = ("temperature", "top_p", "n", "stop", "max_tokens", "max_completion_tokens", "response_format", "tools")
COMMON += ("tool_choice", "parallel_tool_calls", "stream", "stream_options")
OPENAI = ("presence_penalty", "frequency_penalty", "logit_bias", *LOGPROBS, "service_tier", "seed", "user")
OPENAI += ("safety_identifier", "prompt_cache_key", "metadata", "store", "verbosity", "prediction", "modalities")
OPENAI += ("reasoning_effort",)
IGNORED = (*LOGPROBS, "reasoning_effort", "presence_penalty", "frequency_penalty", "logit_bias", "service_tier")
IGNORED += ("user", "seed")  # by gemini, which refuses what it does not know at all
UNSUPPORTED = {"chat": ("reasoning_effort",), "reasoning": (*SAMPLING, *LOGPROBS, "max_tokens")}
ROLES = ["system", "developer", "user", "assistant", "function"]
NULL: Json = {"type": "null"}
TEXT: Json = {"type": "string", "minLength": 1}
OBJECT: Json = {"type": "object"}


# ------------------------------------------------------------------ the document


@cache
def document(kind: str) -> Json:
    """The whole description for one kind of model."""
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
    """POST /v1/chat/completions."""
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
    """GET /v1/models; all models are in the list, each once."""
    listed = [{"required": ["id"], "properties": {"id": {"const": name}}} for _, name in MODELS.values()]
    found = {"properties": {"data": {"allOf": [{"contains": each} for each in listed], "uniqueItems": True}}}
    return {"operationId": "list", "responses": {"200": answer(both("List", found)), **refusals("401")}}


def catalogue() -> Json:
    """GET /api/models, which is public; the mock takes any text as page and as size and reads numbers only."""
    pages = {"type": ["integer", "string"]}
    parameters = [
        {"name": "page", "in": "query", "schema": pages, "examples": {str(n): {"value": n} for n in (0, 1, 2)}},
        {"name": "page_size", "in": "query", "schema": pages, "examples": {str(n): {"value": n} for n in (1, 2, 20)}},
    ]
    required = ["page", "page_size", "total"]
    told = {"required": required, "properties": {"data": {"uniqueItems": True}}}
    return {
        "operationId": "catalogue",
        "security": [],
        "parameters": parameters,
        "responses": {"200": answer(both("Catalogue", told))},
    }


def answer(schema: Json) -> Json:
    """A response that is JSON of a schema."""
    return {"description": "As documented.", "content": {"application/json": {"schema": schema}}}


def refusals(*statuses: str) -> Json:
    """Responses that are errors; a key that is refused is answered with the scheme that is wanted."""
    found = {status: answer(ref("Error")) for status in statuses}
    if "401" in found:
        found["401"]["headers"] = {"WWW-Authenticate": {"required": True, "schema": {"const": "Bearer"}}}
    return found


# ------------------------------------------------------------------ answers


def reply(kind: str) -> Json:
    """What is answered when nothing is streamed."""
    least = {"choices": {"maxItems": CHOICES[kind], "items": {"properties": choice(kind)}}}
    return both("Reply", {"properties": {"model": {"const": MODELS[kind][1]}, **least}})


def stream(kind: str) -> Json:
    """What is streamed: chunks, of which one at least ends a choice, and [DONE], once."""
    items = {"choices": {"items": {"properties": choice(kind)}}}
    chunk = both("Chunk", {"properties": {"model": {"const": MODELS[kind][1]}, **items}})
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
    """What this kind of model leaves out of each choice."""
    return {} if kind == "chat" else {"logprobs": NULL}


def both(name: str, more: Json) -> Json:
    """A component with what is added to it."""
    return {"allOf": [ref(name), more]}


def ref(name: str) -> Json:
    """A reference to a component."""
    return {"$ref": f"#/components/schemas/{name}"}


# ------------------------------------------------------------------ schemas of the wire


def layers(name: str) -> list[Json]:
    """References to the layers of a body."""
    return [ref(file) for file in LAYERS[name]]


def wire_schemas() -> Iterator[tuple[str, Json]]:
    """Every layer and each of its definitions as a component of its own."""
    for file in (file for files in LAYERS.values() for file in files):
        schema = wire(file)
        for name, definition in schema.pop("$defs", {}).items():
            yield f"{file}.{name}", moved(definition, file)
        yield file, moved(schema, file)


def wire(file: str) -> Json:
    """One schema without what is said about it."""
    schema: Json = json.loads((WIRE / f"{file}.schema.json").read_text(encoding="utf-8"))
    return {key: value for key, value in schema.items() if key not in ("$schema", "$id", "title", "examples")}


def moved(value: Any, file: str) -> Any:
    """A schema whose references are those of the document."""
    if isinstance(value, list):
        return [moved(each, file) for each in value]
    if not isinstance(value, dict):
        return value
    found = {key: moved(each, file) for key, each in value.items()}
    if isinstance(found.get("$ref"), str):
        found["$ref"] = found["$ref"].replace("#/$defs/", f"#/components/schemas/{file}.")
    return found


# ------------------------------------------------------------------ requests


def request(kind: str) -> Json:
    """The body of a completion as this kind of model takes it.

    What one parameter needs of another is told by ways to ask, of which a body goes one: generators can follow that, and
    cannot follow conditions.  Good requests that need more than a schema can say are a way of their own.
    """
    first, *others = ways(kind)
    found = [way(kind, messages(kind), *first), *(way(kind, plain_messages(), *each) for each in others)]
    return {"anyOf": [*found, {"enum": list(good_requests(kind))}]}


def ways(kind: str) -> Iterator[tuple[Json, tuple[str, ...]]]:
    """All parameters that need no other one; then each of the rest with what it needs, and null without."""
    known = parameters(kind)
    apart = needy(kind)
    alone = {name: schema for name, schema in known.items() if name not in apart}
    yield alone | dict.fromkeys(TOOLS, NULL), ()
    cap = "max_completion_tokens" if kind == "reasoning" else "max_tokens"
    calling = {name: known[name] for name in (*TOOLS, "stream", cap)}
    yield {**calling, "tools": {**known["tools"], "type": "array"}}, ("tools",)
    for name, other in (("stream_options", "stream"), ("top_logprobs", "logprobs")):
        if name in apart:
            yield {name: known[name], other: {"const": True}}, (name, other)
            yield {name: NULL, other: {"enum": [False, None]}}, (name,)
    if "max_completion_tokens" in apart:
        older, newer = known["max_tokens"], known["max_completion_tokens"]
        both_ways = {"stream": known["stream"], "max_completion_tokens": newer, "max_tokens": NULL}
        yield both_ways, ("max_completion_tokens",)
        yield {**both_ways, "max_tokens": {**older, "type": "integer"}, "max_completion_tokens": NULL}, ("max_tokens",)


def needy(kind: str) -> set[str]:
    """Parameters that this kind takes beside certain others only, or not beside them."""
    if kind == "claude":
        return set()
    return {"stream_options"} | ({"top_logprobs", "max_completion_tokens"} if kind == "chat" else set())


def way(kind: str, conversation: Json, properties: Json, required: tuple[str, ...]) -> Json:
    """A body with some parameters."""
    return {
        "type": "object",
        "required": ["model", "messages", *required],
        "properties": {"model": {"const": MODELS[kind][1]}, "messages": conversation, **properties},
        "additionalProperties": kind == "claude",
    }


def parameters(kind: str) -> Json:
    """Every parameter that is documented for this kind, or refused by it, by name."""
    known = described(kind)
    names = COMMON if kind in ("claude", "gemini") else (*COMMON, *OPENAI)
    found = {name: nullable(known[name]) for name in names}
    found |= dict.fromkeys(UNSUPPORTED.get(kind, ()), NULL)
    return found | ({name: {} for name in IGNORED} if kind == "gemini" else {})


def described(kind: str) -> Json:
    """The schemas of all parameters with the limits of the contract, without null."""
    documented = contract.load("cometapi")
    model = documented.classify(*MODELS[kind])
    known = wire("chat-request")["properties"]

    def within(name: str, **more: Any) -> Json:
        parameter = documented.parameter(name, model)
        ends = dict(zip(("minimum", "maximum"), map(number, parameter.range), strict=False))
        return {"type": parameter.type, **ends, **more}

    def listed(name: str) -> Json:
        return {"enum": list(documented.parameter(name, model).values)}

    most = number(documented.parameter("stop", model).range[-1])
    bias = {**within("logit_bias"), "type": "number"}
    found = {name: within(name) for name in ("temperature", "top_p", "presence_penalty", "frequency_penalty", "n")}
    found |= {name: within(name, maximum=MOST_TOKENS) for name in ("max_tokens", "max_completion_tokens")}
    if kind == "claude":
        del found["n"]["maximum"]  # more are taken, and one choice comes
    return found | {
        "top_logprobs": within("top_logprobs"),
        "logit_bias": {"type": "object", "propertyNames": {"pattern": "^[0-9]+$"}, "additionalProperties": bias},
        "stop": {"anyOf": [TEXT, {"type": "array", "items": TEXT, "maxItems": most}]},
        "seed": {key: known["seed"][key] for key in ("minimum", "maximum")} | {"type": "integer"},
        "tool_choice": listed("tool_choice"),
        "reasoning_effort": listed("reasoning_effort"),
        "service_tier": listed("service_tier"),
        "verbosity": {"enum": [each for each in known["verbosity"]["enum"] if each]},
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
    """A limit as JSON writes it."""
    return int(limit) if limit == int(limit) else float(limit)


def nullable(schema: Json) -> Json:
    """The schema, or null, which counts as absent."""
    if not schema:
        return schema
    if "enum" in schema:
        return {"enum": [*schema["enum"], None]}
    if "anyOf" in schema:
        return {"anyOf": [*schema["anyOf"], NULL]}
    return {**schema, "type": [schema["type"], "null"]}


def messages(kind: str) -> Json:
    """A conversation without tools; how calls and their results belong together is beyond a schema, see the examples."""
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
    """A conversation of texts; no parts is none, which keeps what is no text at all from being a good message."""
    content = {"anyOf": [{"type": "string"}, {"type": "array", "maxItems": 0}]}
    message = {
        "type": "object",
        "required": ["role", "content"],
        "properties": {"role": {"enum": ROLES}, "content": content},
    }
    return {"type": "array", "minItems": 1, "items": message}


def tool() -> Json:
    """A function that may be called; the schema of its arguments is an object's."""
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
    """Settings of a stream."""
    flags = {name: {"type": ["boolean", "null"]} for name in ("include_usage", "include_obfuscation")}
    return {"type": "object", "properties": flags, "additionalProperties": kind == "claude"}


def response_format(kind: str) -> Json:
    """Text, or JSON of a schema; json_object needs a word in the messages and is among the examples."""
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
    """Requests that are answered, each at once and as a stream."""
    cap = "max_completion_tokens" if kind == "reasoning" else "max_tokens"
    for number, body in enumerate(good_bodies(kind)):
        whole = {"model": MODELS[kind][1], cap: 1000, **body}
        yield whole
        yield {**whole, "stream": True, "stream_options": {"include_usage": bool(number % 2)}}


def good_bodies(kind: str) -> Iterator[Json]:
    """What is asked in them."""
    yield asking("Name a river.")
    yield {**asking("Name two rivers, with accents: é."), "n": 2}
    if kind != "reasoning":
        yield {**asking("Tell me about lakes."), "temperature": 0.5, "top_p": 0.9, "stop": ["lake", "END"]}
    yield asking("Say hello.", {"role": "system", "content": "Answer in one line."})
    yield asking("And now?", {"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Yes?"})
    yield asking([{"type": "text", "text": "Which colour?"}, {"type": "image_url", "image_url": {"url": PIXEL}}])
    yield asking(
        [{"type": "text", "text": "Which?"}, {"type": "image_url", "image_url": {"url": PIXEL, "detail": "low"}}]
    )
    yield asking(
        [{"type": "text", "text": "Hear"}, {"type": "input_audio", "input_audio": {"data": "U", "format": "wav"}}]
    )
    yield from good_calls()
    formats: list[Json] = [{"type": "json_schema", "json_schema": {"name": "s", "strict": True, "schema": STONE}}]
    formats += [] if kind == "claude" else [{"type": "json_object"}]
    yield from ({**asking("A stone, as JSON."), "response_format": each} for each in formats)
    if kind == "chat":
        yield {**asking("Two words."), "logprobs": True, "top_logprobs": 6}
        yield {**asking("Two words."), "logprobs": True}
        yield {**asking("Words."), "presence_penalty": 1, "frequency_penalty": -1, "logit_bias": {"88": -100}}
    if kind in ("claude", "gemini"):
        yield {**asking("Two words."), "logprobs": True, "top_logprobs": 2, "reasoning_effort": "low"}
    if kind in ("chat", "reasoning"):
        yield {**asking("Words."), "service_tier": "flex", "user": "u", "seed": 7}
    if kind == "reasoning":
        yield from ({**asking("What is 17 times 23?"), "reasoning_effort": each} for each in ("low", "medium", "high"))


def good_calls() -> Iterator[Json]:
    """Requests with tools, with every choice among them, and with earlier calls and their results."""
    tools = {"tools": [LAKE, TODAY]}
    question = asking("How deep is Lake Como, and which day is today?")
    yield {**question, **tools}
    yield {**question, **tools, "parallel_tool_calls": False}
    for chosen in ("auto", "none", "required", {"type": "function", "function": {"name": "today"}}):
        yield {**question, **tools, "tool_choice": chosen}
    for beside in ({}, {"content": None}, {"content": ""}):
        called = {"role": "assistant", "tool_calls": [CALL], **beside}
        yield {"messages": [*question["messages"], called, RESULT], **tools}


def asking(content: Any, *before: Json) -> Json:
    """A body with one question, and what was said before it."""
    return {"messages": [*before, {"role": "user", "content": content}]}


def main() -> int:
    """Writes the document of one kind to stdout."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    parser.add_argument("kind", choices=sorted(MODELS))
    json.dump(document(parser.parse_args().kind), sys.stdout, indent=2)
    return 0


if __name__ == "__main__":
    sys.exit(main())
