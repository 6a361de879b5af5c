"""JSON Schema: the only place that knows jsonschema.

Finding the project's own schemas, holding data against a schema and saying in one sentence what is wrong live here.  A
sentence about a TOML file names its line, since the parser of the standard library does not.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError, ValidationError, best_match

from conformance.base.errors import UsageError, nearest

_HEADER = re.compile(r"^\s*(\[{1,2})\s*([^\[\]]+?)\s*\]{1,2}\s*(?:#.*)?$")
_KEY = re.compile(r"""^\s*((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"|'[^']*'))*)\s*=""")


_MAY_HOLD_A_SECRET = frozenset(
    {"base_url", "headers", "api_key_env", "api_key_file"}
)  # of a target, put there by mistake


def schema_path(name: str) -> Path:
    """The file of a schema such as "data/matrix": in the wheel inside the package, in a checkout beside it."""
    package = Path(__file__).parents[1]
    for root in (package / "schemas", package.parent / "schemas"):
        if (root / f"{name}.schema.json").is_file():
            return root / f"{name}.schema.json"
    raise FileNotFoundError(f"schema {name} is in neither {package / 'schemas'} nor {package.parent / 'schemas'}")


@cache
def _own(name: str) -> Draft202012Validator:
    schema = json.loads(schema_path(name).read_text(encoding="utf-8"))
    return Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)


@cache
def _given(canonical: str) -> Draft202012Validator:
    return Draft202012Validator(json.loads(canonical))


def problem(instance: Any, schema: dict[str, Any]) -> str | None:
    """What keeps `instance` from validating against `schema`, in one short sentence; None if it validates."""
    error = best_match(_given(json.dumps(schema, sort_keys=True)).iter_errors(instance))
    return None if error is None else f"{_place(error.absolute_path)}: {error.message[:200]}"


def own_problem(instance: Any, name: str) -> str | None:
    """What keeps `instance` from validating against the project's schema `name`; None if it validates."""
    error = best_match(_own(name).iter_errors(instance))
    return None if error is None else f"{_place(error.absolute_path)}: {error.message[:200]}"


def schema_problem(schema: Any) -> str | None:
    """What keeps `schema` from being a JSON Schema; None if it is one."""
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        return str(error.message)
    return None


def load_toml(path: Path, schema: str, *, version: int | None = None, moved: str = "") -> dict[str, Any]:
    """Read a TOML file and hold it against schemas/data/<schema>; dates are compared as strings.

    Raises UsageError with file, line, what was expected and, for an unknown key, the nearest valid one.  A file of another
    `version` of its format is refused with the hint `moved`, before its keys are looked at.
    """
    try:
        text = path.read_text(encoding="utf-8")
        data = tomllib.loads(text)
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read: {error}", "give the path of a TOML file") from error
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path} is not TOML: {error}", "mend that line") from error
    found = data.get("schema")
    if version is not None and isinstance(found, int) and found != version:
        line = line_of(text, ["schema"])
        raise UsageError(f"{path}, line {line}: written for version {found} of this format, not {version}", moved)
    errors = list(_own(f"data/{schema}").iter_errors(json.loads(json.dumps(data, default=str))))
    if errors:
        raise UsageError(*_explain(path, text, _deepest(errors)))
    return data


def _deepest(errors: list[ValidationError]) -> ValidationError:
    error: ValidationError | None = min(
        errors, key=lambda each: (each.validator != "additionalProperties", len(each.absolute_path))
    )
    assert error is not None
    while error.context:
        error = best_match(error.context) or error
    return error


def _explain(path: Path, text: str, error: ValidationError) -> tuple[str, str]:
    where = list(error.absolute_path)
    schema = error.schema
    if error.validator == "additionalProperties" and isinstance(error.instance, dict) and isinstance(schema, dict):
        known = set(schema.get("properties", {}))
        extra = next(key for key in error.instance if key not in known)
        line = line_of(text, [*where, extra])
        return f"{path}, line {line}: unknown key {extra!r} in {_place(where)}", nearest(extra, known)
    said = _must_be(error) if where and where[0] in _MAY_HOLD_A_SECRET else error.message[:200]
    return f"{path}, line {line_of(text, where)}: {_place(where)}: {said}", "see the schema's description"


def _must_be(error: ValidationError) -> str:
    """Return what a value must be, without the value."""
    rules = {"pattern": f"must match {error.validator_value!r}", "type": f"must be of type {error.validator_value}"}
    return rules.get(str(error.validator), f"breaks the rule {error.validator} of the schema")


def _place(path: Sequence[Any]) -> str:
    spelled = "".join(f"[{each}]" if isinstance(each, int) else f".{each}" for each in path)
    return spelled.lstrip(".") or "the whole"


def line_of(text: str, wanted: Sequence[Any]) -> int:
    """The line (from 1) that sets `wanted`, a path of keys and indexes, or the nearest line that leads to it."""
    counts: dict[tuple[Any, ...], int] = {}
    table: tuple[Any, ...] = ()
    best, best_length = 1, 0
    for number, line in enumerate(
        text.split("\n"), 1
    ):  # splitlines counts U+0085 and U+2028 in a comment as ends, TOML does not
        here: tuple[Any, ...] | None = None
        if header := _HEADER.match(line):
            table = tuple(_parts(header[2]))
            if header[1] == "[[":
                counts[table] = counts.get(table, -1) + 1
                table = (*table, counts[table])
            here = table
        elif key := _KEY.match(line):
            here = (*table, *_parts(key[1]))
        if here is not None:
            shared = _shared(here, wanted)
            if shared > best_length and (shared == len(here) or shared == len(wanted)):
                best, best_length = number, shared
    return best


def _parts(dotted: str) -> list[str]:
    return [part.strip().strip("\"'") for part in dotted.split(".")]


def _shared(one: Sequence[Any], other: Sequence[Any]) -> int:
    count = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        count += 1
    return count
