"""What a request for content asks for, in the words of all surfaces; a field of the wrong type reads as absent.

Names may be spelt with underscores, as in all JSON of Google's APIs.  A demand in such a spelling is left out: whether it acts is
the subject of claims of its own, and what ignores it there is not held against the limits that other claims are about.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from conformance.surfaces.asked import Asked
from conformance.surfaces.values import as_count, as_dict, as_dicts

_UNDERSCORE = re.compile(r"_([a-z])")
_CHOICES = {"AUTO": "auto", "NONE": "none", "ANY": "required"}
# Settings that change how an answer is made but not how many tokens its prompt has.
_SAMPLING = frozenset(
    {
        *("temperature", "topP", "topK", "candidateCount", "maxOutputTokens", "stopSequences", "seed"),
        *("presencePenalty", "frequencyPenalty", "responseLogprobs", "logprobs"),
    }
)


def read(model: str, body: Mapping[str, Any], *, streamed: bool | None) -> Asked:
    """Return what a body asks for; the address says of which model, and whether as a stream."""
    fields = _fields(body)
    settings, demands = _fields(fields.get("generationConfig")), as_dict(body.get("generationConfig"))
    turns = [*as_dicts([fields.get("systemInstruction")]), *as_dicts(fields.get("contents"))]
    parts = [_fields(part) for turn in turns for part in as_dicts(turn.get("parts"))]
    form = settings.get("responseMimeType")
    stops = demands.get("stopSequences")
    shown = {name: value for name, value in settings.items() if name not in _SAMPLING}
    return Asked(
        model=model.rpartition("/")[2],
        streamed=streamed,
        usage=True,
        texts=tuple(text for part in parts if isinstance(text := part.get("text"), str)),
        only_text=not {"tools", "cachedContent"} & fields.keys()
        and not shown
        and all(set(part) <= {"text"} for part in parts),
        number=as_count(demands.get("candidateCount")) or 1,
        cap=as_count(demands.get("maxOutputTokens")) or None,
        stop=tuple(each for each in stops if isinstance(each, str) and each) if isinstance(stops, list) else (),
        tools=dict(_functions(fields.get("tools"))),
        choice=_choice(body.get("toolConfig")),
        schema=_schema(demands) if demands.get("responseMimeType") == "application/json" else None,
        formatted=form not in (None, "text/plain"),
        greedy=settings.get("temperature") == 0,
        content=dict(body),
        prompt=None if "cachedContent" in fields else {**fields, "generationConfig": shown},
    )


def json_schema(schema: Any) -> Any:
    """Return a schema object of this API as a JSON schema: types in small letters, and null where it is nullable."""
    if isinstance(schema, list):
        return [json_schema(each) for each in schema]
    if not isinstance(schema, Mapping):
        return schema
    kind = schema.get("type")
    found = {
        name: json_schema(value) for name, value in schema.items() if name not in ("enum", "properties", "nullable")
    }
    if isinstance(kind, str):
        found["type"] = [kind.lower(), "null"] if schema.get("nullable") is True else kind.lower()
    if isinstance(properties := schema.get("properties"), Mapping):
        found["properties"] = {name: json_schema(value) for name, value in properties.items()}
    return {**found, "enum": schema["enum"]} if "enum" in schema else found


def _schema(settings: Mapping[str, Any]) -> Mapping[str, Any] | None:
    own, other = settings.get("responseSchema"), settings.get("responseJsonSchema")
    if isinstance(own, dict):
        return dict(json_schema(own))
    return other if isinstance(other, dict) else None


def _functions(tools: Any) -> Iterator[tuple[str, Mapping[str, Any] | None]]:
    """Yield the name and the schema of each declared function."""
    for tool in as_dicts(tools):
        for each in as_dicts(_fields(tool).get("functionDeclarations")):
            declared = _fields(each)
            schema = declared.get("parameters") or declared.get("parametersJsonSchema")
            yield str(declared.get("name")), schema if isinstance(schema, dict) else None


def _choice(config: Any) -> str:
    calling = as_dict(as_dict(config).get("functionCallingConfig"))
    choice = _CHOICES.get(str(calling.get("mode")), "")
    return "named" if choice == "required" and calling.get("allowedFunctionNames") else choice


def _fields(value: Any) -> dict[str, Any]:
    """Return the fields of an object by their names in camel case; none for anything else."""
    return {_UNDERSCORE.sub(lambda found: found[1].upper(), name): each for name, each in as_dict(value).items()}
