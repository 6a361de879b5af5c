"""Rules for the nested parameters of Chat Completions: stop, logit_bias, tools, tool_choice, response_format.

They are rules as in engine/rules.py: called with a name and a value, they return the value to apply or raise ApiError.
"""

import re
from dataclasses import dataclass
from typing import Any

from conformance.mock.engine.errors import ApiError, invalid_value, wrong_type
from conformance.mock.engine.rules import ARRAY, BOOLEAN, OBJECT, TEXT, Number, OneOf
from conformance.mock.engine.schemas import check_schema
from conformance.mock.surfaces.structures import (
    array_too_long,
    function_name,
    object_schema,
    require_key,
    require_text,
)

TOKEN_ID = re.compile(r"[0-9]+")


@dataclass(frozen=True)
class Stop:
    """A rule for a string, or an array of at most `most` strings; a longer one may be cut, an empty one counts as left out."""

    most: float
    cuts: bool = False

    def __call__(self, name: str, value: Any) -> tuple[str, ...] | None:
        if isinstance(value, str):
            sequences = [value]
        elif isinstance(value, list):
            sequences = value
        else:
            raise wrong_type(name, "a string or an array of strings", value)
        if len(sequences) > self.most and self.cuts:
            sequences = sequences[: int(self.most)]
        elif len(sequences) > self.most:
            raise array_too_long(name, len(sequences), self.most)
        for position, sequence in enumerate(sequences):
            require_text(f"{name}[{position}]", sequence)
        return tuple(sequences) or None


@dataclass(frozen=True)
class Biases:
    """A rule for an object from token ids to numbers between `low` and `high`."""

    low: float
    high: float

    def __call__(self, name: str, value: Any) -> dict[str, float]:
        OBJECT(name, value)
        limits = Number(self.low, self.high)
        for key, bias in value.items():
            if not TOKEN_ID.fullmatch(key):
                raise invalid_value(name, key, "a token id as the key")
            limits(f"{name}.{key}", bias)
        return dict(value)


@dataclass(frozen=True)
class Tools:
    """A rule for an array of 1 to `most` function tools; their names are checked if `strict`.

    128 is the documented limit.
    """

    most: int = 128
    strict: bool = True

    def __call__(self, name: str, value: Any) -> tuple[dict[str, Any], ...]:
        ARRAY(name, value)
        if not value:
            raise ApiError(f"Invalid '{name}': empty array.", param=name, code="empty_array")
        if len(value) > self.most:
            raise array_too_long(name, len(value), self.most)
        return tuple(self.function(f"{name}[{position}]", tool) for position, tool in enumerate(value))

    def function(self, name: str, tool: Any) -> dict[str, Any]:
        """Return the function of a tool; raise ApiError if it is invalid."""
        OBJECT(name, tool)
        OneOf(("function",))(f"{name}.type", require_key(name, tool, "type"))
        function: dict[str, Any] = OBJECT(f"{name}.function", require_key(name, tool, "function"))
        called = TEXT(f"{name}.function.name", require_key(f"{name}.function", function, "name"))
        if self.strict:
            function_name(f"{name}.function.name", called)
        parameters = function.get("parameters")
        if parameters is not None:
            object_schema(f"{name}.function.parameters", parameters)
        return function


@dataclass(frozen=True)
class ResponseFormat:
    """A rule for an object whose type is one of `types`; name and schema of a json_schema are checked if `strict`."""

    types: tuple[str, ...] = ("text", "json_object", "json_schema")
    strict: bool = True

    def __call__(self, name: str, value: Any) -> dict[str, Any]:
        OBJECT(name, value)
        kind = OneOf(self.types)(f"{name}.type", require_key(name, value, "type"))
        if kind == "json_schema":
            path = f"{name}.json_schema"
            described = OBJECT(path, require_key(name, value, "json_schema"))
            schema = OBJECT(f"{path}.schema", require_key(path, described, "schema"))
            if self.strict:
                function_name(f"{path}.name", require_key(path, described, "name"))
                check_schema(f"{path}.schema", schema, "invalid_json_schema")
            if described.get("strict") is not None:
                BOOLEAN(f"{path}.strict", described["strict"])
        return dict(value)


def tool_choice(name: str, value: Any) -> str | dict[str, Any]:
    """Accept auto, none, required, or an object that names a function or the allowed ones.

    Returns {"name": ...} for one function, {"names": [...], "mode": ...} for allowed ones.
    """
    if isinstance(value, str):
        return OneOf(("none", "auto", "required"))(name, value)
    if not isinstance(value, dict):
        raise wrong_type(name, "a string or an object", value)
    kind = OneOf(("function", "allowed_tools"))(f"{name}.type", require_key(name, value, "type"))
    if kind == "function":
        return {"name": named_function(name, value)}
    allowed = OBJECT(f"{name}.{kind}", require_key(name, value, kind))
    tools = ARRAY(f"{name}.{kind}.tools", require_key(f"{name}.{kind}", allowed, "tools"))
    return {
        "mode": OneOf(("auto", "required"))(f"{name}.{kind}.mode", require_key(f"{name}.{kind}", allowed, "mode")),
        "names": [named_function(f"{name}.{kind}.tools[{position}]", tool) for position, tool in enumerate(tools)],
    }


def named_function(path: str, value: Any) -> str:
    """Return the name in {"function": {"name": ...}}."""
    function = OBJECT(f"{path}.function", require_key(path, OBJECT(path, value), "function"))
    return str(TEXT(f"{path}.function.name", require_key(f"{path}.function", function, "name")))


def functions(name: str, value: Any) -> tuple[dict[str, Any], ...]:
    """Accept an array of functions, the older form of tools."""
    return Tools()(name, [{"type": "function", "function": function} for function in ARRAY(name, value)])


def function_call(name: str, value: Any) -> str | dict[str, Any]:
    """Accept auto, none or an object with the name of a function, the older form of tool_choice."""
    if isinstance(value, str):
        return OneOf(("none", "auto"))(name, value)
    return {"name": TEXT(f"{name}.name", require_key(name, OBJECT(name, value), "name"))}
