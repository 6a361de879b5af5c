"""Rules for the nested parameters of Responses: tools, tool_choice, text, reasoning, include.

They are rules as in engine/rules.py: called with a name and a value, they return the value to apply or raise ApiError.
"""

from dataclasses import dataclass
from typing import Any

from conformance.mock.engine.errors import ApiError, invalid_value, unknown_parameter, unsupported_parameter, wrong_type
from conformance.mock.engine.rules import ARRAY, BOOLEAN, OBJECT, TEXT, OneOf
from conformance.mock.engine.schemas import check_schema
from conformance.mock.surfaces.structures import array_too_long, function_name, object_schema, require_key

MOST_TOOLS = 128  # the documented limit of functions
# Tools that the server runs itself, each with the keys that it needs.
HOSTED: dict[str, tuple[str, ...]] = {
    "web_search": (),
    "web_search_preview": (),
    "file_search": ("vector_store_ids",),
    "code_interpreter": (),
    "image_generation": (),
    "computer_use_preview": (),
    "local_shell": (),
    "shell": (),
    "apply_patch": (),
    "mcp": ("server_label",),
    "tool_search": (),
}
OWN = ("function", "custom", "namespace")
INCLUDED = (
    "file_search_call.results",
    "web_search_call.results",
    "web_search_call.action.sources",
    "message.input_image.image_url",
    "computer_call_output.output.image_url",
    "code_interpreter_call.outputs",
    "reasoning.encrypted_content",
    "message.output_text.logprobs",
)
# What a custom tool takes, as a schema for the engine: one text.
FREE_TEXT = {"type": "object", "properties": {"input": {"type": "string"}}, "required": ["input"]}


def tools(name: str, value: Any) -> tuple[dict[str, Any], ...]:
    """Accept an array of tools of the known types, with the keys that each of them needs."""
    ARRAY(name, value)
    if len(value) > MOST_TOOLS:
        raise array_too_long(name, len(value), MOST_TOOLS)
    return tuple(tool(f"{name}[{position}]", each) for position, each in enumerate(value))


def tool(path: str, value: Any) -> dict[str, Any]:
    """Return a tool; raise ApiError if it is invalid."""
    OBJECT(path, value)
    kind = require_key(path, value, "type")
    OneOf((*OWN, *HOSTED))(f"{path}.type", kind)
    if kind in HOSTED:
        for key in HOSTED[kind]:
            require_key(path, value, key)
        return dict(value)
    function_name(f"{path}.name", require_key(path, value, "name"))
    if kind == "namespace":
        return {**value, "tools": list(tools(f"{path}.tools", require_key(path, value, "tools")))}
    if kind == "function":
        if value.get("parameters") is not None:
            object_schema(f"{path}.parameters", value["parameters"])
        if value.get("strict") is not None:
            BOOLEAN(f"{path}.strict", value["strict"])
    return dict(value)


def callable_tools(declared: tuple[dict[str, Any], ...], namespace: str = "") -> tuple[dict[str, Any], ...]:
    """Return the tools that the model can call, in the engine's form; those of a namespace carry its name."""
    found: list[dict[str, Any]] = []
    for each in declared:
        if each["type"] == "namespace":
            found += callable_tools(tuple(each["tools"]), each["name"])
        elif each["type"] == "function":
            found.append({**each, "parameters": each.get("parameters"), "namespace": namespace})
        elif each["type"] == "custom":
            found.append({**each, "parameters": FREE_TEXT, "namespace": namespace})
    return tuple(found)


def tool_choice(name: str, value: Any) -> str | dict[str, Any]:
    """Accept auto, none, required, or an object that names a tool or the allowed ones.

    Returns {"name": ...} for one tool, {"names": [...], "mode": ...} for allowed ones, and auto for a hosted tool.
    """
    if isinstance(value, str):
        return OneOf(("none", "auto", "required"))(name, value)
    if not isinstance(value, dict):
        raise wrong_type(name, "a string or an object", value)
    kind = OneOf(("function", "custom", "allowed_tools", *HOSTED))(f"{name}.type", require_key(name, value, "type"))
    if kind in HOSTED:
        return "auto"
    if kind != "allowed_tools":
        return {"name": TEXT(f"{name}.name", require_key(name, value, "name"))}
    allowed = ARRAY(f"{name}.tools", require_key(name, value, "tools"))
    paths = [f"{name}.tools[{position}]" for position in range(len(allowed))]
    names = [require_key(path, OBJECT(path, each), "name") for path, each in zip(paths, allowed, strict=True)]
    return {"mode": OneOf(("auto", "required"))(f"{name}.mode", require_key(name, value, "mode")), "names": names}


def text(name: str, value: Any) -> dict[str, Any]:
    """Accept the form of the answer and its verbosity."""
    known_keys(name, value, ("format", "verbosity"))
    if value.get("verbosity") is not None:
        OneOf(("low", "medium", "high"))(f"{name}.verbosity", value["verbosity"])
    wanted = value.get("format")
    if wanted is None:
        return dict(value)
    path = f"{name}.format"
    kind = OneOf(("text", "json_object", "json_schema"))(
        f"{path}.type", require_key(path, OBJECT(path, wanted), "type")
    )
    if kind == "json_schema":
        function_name(f"{path}.name", require_key(path, wanted, "name"))
        schema = OBJECT(f"{path}.schema", require_key(path, wanted, "schema"))
        check_schema(f"{path}.schema", schema, "invalid_json_schema")
        if wanted.get("strict") is not None:
            BOOLEAN(f"{path}.strict", wanted["strict"])
    return dict(value)


@dataclass(frozen=True)
class Reasoning:
    """A rule for the settings of reasoning; without `efforts` the models do not reason, and any setting is refused."""

    efforts: tuple[str, ...] = ()

    def __call__(self, name: str, value: Any) -> dict[str, Any]:
        known_keys(name, value, ("effort", "summary", "generate_summary", "context", "mode"))
        for key, setting in value.items():
            if setting is not None and not self.efforts:
                raise unsupported_parameter(f"{name}.{key}", "these")
        if value.get("effort") is not None:
            OneOf(self.efforts, code="unsupported_value")(f"{name}.effort", value["effort"])
        if value.get("summary") is not None:
            OneOf(("auto", "concise", "detailed"))(f"{name}.summary", value["summary"])
        return dict(value)


@dataclass(frozen=True)
class Include:
    """A rule for what else the output has to hold; what these models do not have is refused."""

    lacking: tuple[str, ...] = ()

    def __call__(self, name: str, value: Any) -> tuple[str, ...]:
        for position, each in enumerate(ARRAY(name, value)):
            OneOf(INCLUDED)(f"{name}[{position}]", each)
            if each in self.lacking:
                raise ApiError(f"{each!r} is not supported with these models.", param=name)
        return tuple(value)


def conversation(name: str, value: Any) -> str:
    """Accept the id of a conversation, or an object with it."""
    if isinstance(value, str):
        return value
    if not isinstance(value, dict):
        raise wrong_type(name, "a string or an object", value)
    return str(TEXT(f"{name}.id", require_key(name, value, "id")))


@dataclass(frozen=True)
class ShortText:
    """A rule for a string of at most `most` characters."""

    most: int

    def __call__(self, name: str, value: Any) -> str:
        if len(TEXT(name, value)) > self.most:
            message = f"Invalid '{name}': string of more than {self.most}."
            raise ApiError(message, param=name, code="string_above_max_length")
        return str(value)


def known_keys(name: str, value: Any, known: tuple[str, ...]) -> None:
    """Refuse anything but an object with known keys."""
    for key in OBJECT(name, value):
        if key not in known:
            raise unknown_parameter(f"{name}.{key}")


def unknown_type(path: str, value: object, known: tuple[str, ...]) -> ApiError:
    """Return the refusal of an object of an unknown type."""
    return invalid_value(f"{path}.type", value, "one of " + ", ".join(known))
