"""JSON Schema: the only module that knows jsonschema.

It finds the project's schemas, validates data against a schema, and says in one sentence what is wrong.  For a TOML file that
sentence names the line; the parser of the standard library keeps no positions, so the line is searched for in the text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import date, datetime, time
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError, ValidationError, best_match

from conformance.base.errors import UsageError, nearest
from conformance.base.parsing import parse_toml, place_in_words, values
from conformance.base.reading import read_text

# A line that opens a table, [a.b], or an element of an array of tables, [[a.b]]: group 1 tells which, group 2 is the name.
_HEADER = re.compile(r"^\s*(\[{1,2})\s*([^\[\]]+?)\s*\]{1,2}\s*(?:#.*)?$")

# A line that sets a key: group 1 is the key, bare or quoted, possibly dotted.  A line inside a multi-line string can look like
# one; then the error names a wrong line, but nothing is decided by it.
_KEY = re.compile(r"""^\s*((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"|'[^']*'))*)\s*=""")

# Fields of a target in which people put a key by mistake: an error about them must not repeat the value, however it looks.
_MAY_HOLD_A_SECRET = frozenset({"base_url", "headers", "api_key_env", "api_key_file"})

# Bytes of a TOML file.  The largest file of a contract has 0.13 MB.
MAX_TOML = 4 * 1024 * 1024

_MAX_MESSAGE = 200  # characters; jsonschema repeats the whole instance in its messages, which may be a page long


def schema_path(name: str) -> Path:
    """Return the file of a schema such as "data/matrix": inside the package in a wheel, next to the package in a checkout."""
    package = Path(__file__).parents[1]
    for root in (package / "schemas", package.parent / "schemas"):
        if (root / f"{name}.schema.json").is_file():
            return root / f"{name}.schema.json"
    raise FileNotFoundError(f"schema {name} is in neither {package / 'schemas'} nor {package.parent / 'schemas'}")


@cache
def _validator_of_file(name: str) -> Draft202012Validator:
    schema = json.loads(schema_path(name).read_text(encoding="utf-8"))
    return Draft202012Validator(inlined(schema, schema), format_checker=Draft202012Validator.FORMAT_CHECKER)


def inlined(part: Any, root: Any, within: tuple[str, ...] = ()) -> Any:
    """Return a part of a schema with its definitions in the places that refer to them.

    Looking up a reference takes a third of the time of a validation, and every chunk of every stream is validated.  A definition
    that refers to itself is left as it is, and so is one next to keywords that it has as well.
    """
    if isinstance(part, list):
        return [inlined(each, root, within) for each in part]
    if not isinstance(part, dict):
        return part
    name = part.get("$ref")
    if isinstance(name, str) and name.startswith("#/") and name not in within:
        target = root
        for step in name.removeprefix("#/").split("/"):
            target = target[step]
        others = {keyword: value for keyword, value in part.items() if keyword != "$ref"}
        if not others.keys() & target.keys():
            return inlined({**target, **others}, root, (*within, name))
    return {keyword: inlined(value, root, within) for keyword, value in part.items()}


@cache
def _validator_of_text(text: str) -> Draft202012Validator:
    schema = json.loads(text)
    return Draft202012Validator({} if schema_problem(schema) else schema)


def problem(instance: Any, schema: dict[str, Any]) -> str | None:
    """Return in one short sentence why `instance` does not validate against `schema`; None if it does, or if nothing could.

    A schema may be a deliberate mistake of a request that is answered all the same.
    """
    error = best_match(_validator_of_text(json.dumps(schema, sort_keys=True)).iter_errors(instance))
    return None if error is None else f"{place_in_words(error.absolute_path)}: {error.message[:_MAX_MESSAGE]}"


def own_problem(instance: Any, name: str) -> str | None:
    """Return why `instance` does not validate against the project's schema `name`; None if it does."""
    error = best_match(_validator_of_file(name).iter_errors(instance))
    return None if error is None else f"{place_in_words(error.absolute_path)}: {error.message[:_MAX_MESSAGE]}"


def schema_problem(schema: Any) -> str | None:
    """Return why `schema` is not a valid JSON Schema; None if it is."""
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        return str(error.message)
    return None


def load_toml(
    path: Path, schema: str, *, version: int | None = None, moved: str = "", validate: bool = True
) -> dict[str, Any]:
    """Read a TOML file and validate it against schemas/data/<schema>; dates are validated as strings.

    A file that comes with the package and that a test validates need not be validated at each start (`validate`).

    Raises UsageError with file, line, what was expected and, for an unknown key, the most similar valid one.  A file of another
    `version` of its format is refused first, with the hint `moved`, since errors about its keys would mislead.
    """
    text = read_text(path, "give the path of a TOML file", MAX_TOML)
    try:
        data = parse_toml(text)
    except ValueError as error:
        raise UsageError(f"{path} must be TOML: {error}", "correct that line") from error
    written_for = data.get("schema")
    if version is not None and isinstance(written_for, int) and written_for != version:
        line = line_of(text, ["schema"])
        message = f"{path}, line {line}: this format must have version {version}, got version {written_for}"
        raise UsageError(message, moved)
    if not validate:
        return data
    errors = list(_validator_of_file(f"data/{schema}").iter_errors(json.loads(json.dumps(data, default=str))))
    if errors:
        raise UsageError(*_explain(path, text, _deepest(errors)))
    if place := _misplaced_date(data, _dated(schema)):
        message = f"{path}, line {line_of(text, place)}: {place_in_words(place)} must not be a date or time"
        raise UsageError(message, "put it into quotes")
    return data


@cache
def _dated(schema: str) -> frozenset[str]:
    """Return the keys whose value the schema says is a date."""
    document = json.loads(schema_path(f"data/{schema}").read_text(encoding="utf-8"))
    return frozenset(path[-2] for path, value in values(document) if path[-1] == "format" and value == "date")


def _misplaced_date(data: Any, dated: frozenset[str]) -> tuple[Any, ...] | None:
    """Return the place of the first date or time that no key for dates has: to a schema it is a text like any other."""
    for place, value in values(data):
        if isinstance(value, time | datetime) or (isinstance(value, date) and place[-1] not in dated):
            return place
    return None


def _deepest(errors: list[ValidationError]) -> ValidationError:
    """Return the error to show first: an unknown key, else the outermost one; of alternatives, the one nearest to matching.

    An unknown key comes first because it is usually a misspelling, and then the cause of the other errors too.
    """
    error = min(errors, key=lambda other: (other.validator != "additionalProperties", len(other.absolute_path)))
    while error.context:
        error = best_match(error.context) or error
    return error


def _explain(path: Path, text: str, error: ValidationError) -> tuple[str, str]:
    """Return message and hint for an error in a TOML file."""
    where = list(error.absolute_path)
    schema = error.schema
    if error.validator == "additionalProperties" and isinstance(error.instance, dict) and isinstance(schema, dict):
        known = set(schema.get("properties", {}))
        extra = next(key for key in error.instance if key not in known)
        line = line_of(text, [*where, extra])
        return f"{path}, line {line}: unknown key {extra!r} in {place_in_words(where)}", nearest(extra, known)
    silent = (where and where[0] in _MAY_HOLD_A_SECRET) or _repeats_much(error)
    reason = _must_be(error) if silent else error.message[:_MAX_MESSAGE]
    return f"{path}, line {line_of(text, where)}: {place_in_words(where)}: {reason}", "see the schema's description"


def _repeats_much(error: ValidationError) -> bool:
    """Return whether the message of an error repeats a list or an object, which may have secrets in it."""
    return isinstance(error.instance, dict | list) and repr(error.instance) in error.message


def _must_be(error: ValidationError) -> str:
    """Return what a value must be, without repeating the value."""
    rule: Any = error.validator_value
    refused = rule.get("required") if error.validator == "not" else None
    rules = {
        "pattern": f"must match {rule!r}",
        "type": f"must be of type {rule}",
        "not": f"must not have {' and '.join(refused)} together" if refused else "must not be this",
    }
    return rules.get(str(error.validator), f"breaks the rule {error.validator} of the schema")


def line_of(text: str, wanted: Sequence[Any]) -> int:
    """Return the line (from 1) that sets `wanted`, a path of keys and indexes, or the nearest line that leads to it."""
    counts: dict[tuple[Any, ...], int] = {}
    table: tuple[Any, ...] = ()
    best, best_length = 1, 0
    # str.splitlines would also split at U+0085 and U+2028, which TOML allows inside a comment.
    for number, line in enumerate(text.split("\n"), 1):
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
    """Return how many steps two paths have in common at their beginning."""
    count = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        count += 1
    return count
