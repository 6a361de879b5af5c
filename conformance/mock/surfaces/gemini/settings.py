"""Rules for the settings of generationConfig: each returns the value to apply, or raises ApiError to refuse it.

A rule is called with the path of the setting and a value that is not null.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from conformance.mock.engine.errors import ApiError
from conformance.mock.engine.rules import is_number
from conformance.mock.engine.schemas import check_schema
from conformance.mock.surfaces.gemini.fields import array, boolean, fields, invalid, text, wrong_type

Rule = Callable[[str, Any], Any]

MIME_TYPES = ("text/plain", "application/json", "text/x.enum")
LEVELS = ("MINIMAL", "LOW", "MEDIUM", "HIGH")
MODALITIES = ("TEXT", "IMAGE", "AUDIO")
MOST_STOPS = 5
MOST_THOUGHTS = 32_768  # tokens, the largest budget of any model


@dataclass(frozen=True)
class Number:
    """A rule for a number from `low` to `high`; a whole one if `whole`, which may be written as 3.0."""

    low: float = float("-inf")
    high: float = float("inf")
    whole: bool = False

    def __call__(self, path: str, value: Any) -> Any:
        kind = "TYPE_INT32" if self.whole else "TYPE_FLOAT"
        if not is_number(value) or (self.whole and value != int(value)):
            raise wrong_type(path, kind, value)
        if not self.low <= value <= self.high:
            raise invalid(path, f"the value must be in the range [{self.low:g}, {self.high:g}], got {value:g}.")
        return int(value) if self.whole else float(value)


@dataclass(frozen=True)
class OneOf:
    """A rule for one of several strings, in any case if `any_case`."""

    values: Collection[str]
    any_case: bool = False

    def __call__(self, path: str, value: Any) -> str:
        word = text(path, value).upper() if self.any_case else text(path, value)
        if word not in self.values:
            raise wrong_type(path, f"one of {', '.join(self.values)}", value)
        return word


def stop_sequences(path: str, value: Any) -> tuple[str, ...]:
    """Accept at most five strings that are not empty."""
    sequences = tuple(text(f"{path}[{place}]", each) for place, each in enumerate(array(path, value)))
    if len(sequences) > MOST_STOPS:
        raise invalid(path, f"at most {MOST_STOPS} stop sequences are supported, got {len(sequences)}.")
    if "" in sequences:
        raise invalid(path, "a stop sequence must not be empty.")
    return sequences


def thinking(levels: Collection[str]) -> Rule:
    """Return the rule for how a model thinks, which takes these levels; without any it takes only a budget."""

    def rule(path: str, value: Any) -> dict[str, Any]:
        known = fields(path, value, ("includeThoughts", "thinkingBudget", "thinkingLevel"))
        if "thinkingBudget" in known and "thinkingLevel" in known:
            raise ApiError("You can only set only one of thinking budget and thinking level.", param=path)
        if "includeThoughts" in known:
            boolean(f"{path}.include_thoughts", known["includeThoughts"])
        if "thinkingBudget" in known:
            known["thinkingBudget"] = Number(-1, MOST_THOUGHTS, whole=True)(
                f"{path}.thinking_budget", known["thinkingBudget"]
            )
        if "thinkingLevel" in known:
            if not levels:
                raise ApiError("Thinking level is not supported for this model.", param=path)
            known["thinkingLevel"] = OneOf(levels, any_case=True)(f"{path}.thinking_level", known["thinkingLevel"])
        return known

    return rule


def no_thinking(path: str, value: Any) -> None:
    """Refuse any setting of thinking."""
    raise ApiError("Thinking is not enabled for this model.", param=path)


def schema(path: str, value: Any) -> dict[str, Any]:
    """Accept a schema object of this API, and return it as JSON schema."""
    return json_schema(path, as_json_schema(path, value))


def json_schema(path: str, value: Any) -> dict[str, Any]:
    """Accept a JSON schema."""
    if not isinstance(value, dict):
        raise wrong_type(path, "an object", value)
    check_schema(path, value, "invalid_schema")
    return value


# The keywords that a schema object of this API has.
OPENAPI = frozenset(
    {
        *(
            "type",
            "format",
            "title",
            "description",
            "nullable",
            "enum",
            "maxItems",
            "minItems",
            "properties",
            "required",
        ),
        *(
            "minProperties",
            "maxProperties",
            "minLength",
            "maxLength",
            "pattern",
            "example",
            "anyOf",
            "propertyOrdering",
        ),
        *("default", "items", "minimum", "maximum"),
    }
)


def as_json_schema(path: str, value: Any) -> dict[str, Any]:
    """Return a schema object as JSON schema: types in small letters, and null where it is nullable."""
    known = fields(path, value, OPENAPI)
    if isinstance(known.get("type"), str):
        name = known["type"].lower()
        known["type"] = [name, "null"] if known.pop("nullable", False) else name
    if isinstance(known.get("properties"), dict):
        known["properties"] = {
            name: as_json_schema(f"{path}.properties[{place}].value", part)
            for place, (name, part) in enumerate(known["properties"].items())
        }
    if "items" in known:
        known["items"] = as_json_schema(f"{path}.items", known["items"])
    if isinstance(known.get("anyOf"), list):
        known["anyOf"] = [as_json_schema(f"{path}.any_of[{n}]", part) for n, part in enumerate(known["anyOf"])]
    return {name: part for name, part in known.items() if name not in ("propertyOrdering", "example")}


def modalities(path: str, value: Any) -> list[str]:
    """Accept only text, since the models of the mock write nothing else."""
    kinds = [OneOf(MODALITIES)(f"{path}[{place}]", each) for place, each in enumerate(array(path, value))]
    if other := next((kind for kind in kinds if kind != "TEXT"), None):
        raise ApiError(f"The requested modality {other} is not supported by this model.", param=path)
    return kinds


def log_probabilities(path: str, value: Any) -> None:
    """Refuse log probabilities, which the current models do not give."""
    if value not in (False, 0):
        raise ApiError("Logprobs is not enabled for this model.", param=path)


def accept_any(path: str, value: Any) -> Any:
    """Accept any value as it is."""
    return value
