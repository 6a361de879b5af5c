"""The project's schemas are found and valid, and an error in a file is one sentence with its line."""

import json
from pathlib import Path
from typing import Any

import pytest

from conformance.base.errors import UsageError
from conformance.base.validation import inlined, load_toml, own_problem, problem, schema_path, schema_problem

SCHEMAS = sorted(schema_path("data/matrix").parent.glob("*.schema.json"))
CARD = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}


@pytest.mark.parametrize("path", SCHEMAS, ids=lambda path: path.name)
def test_every_schema_is_valid_and_has_a_version(path: Path) -> None:
    """Each file is valid JSON Schema 2020-12, is found by its name, and its id ends in a version."""
    schema = json.loads(path.read_text(encoding="utf-8"))
    name = path.name.removesuffix(".schema.json")
    assert schema_problem(schema) is None
    assert schema_path(f"data/{name}") == path
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    version = schema["$id"].removeprefix(f"urn:llm-conformance:data:{name}:")
    assert version.isdigit()
    stated = [part["properties"]["schema"]["const"] for _, part in _objects(schema) if "schema" in part["properties"]]
    assert {*map(str, stated)} <= {version}
    assert schema["title"]
    assert schema["description"]


@pytest.mark.parametrize("path", SCHEMAS, ids=lambda path: path.name)
def test_no_schema_allows_unknown_keys(path: Path) -> None:
    """Every object with named properties is closed, so that a misspelt key is an error."""
    for place, part in _objects(json.loads(path.read_text(encoding="utf-8"))):
        assert part.get("additionalProperties") is False, place


def _objects(schema: Any, place: str = "") -> list[tuple[str, dict[str, Any]]]:
    """Return every part of a schema that names properties, with its place."""
    if isinstance(schema, list):
        return [part for number, item in enumerate(schema) for part in _objects(item, f"{place}[{number}]")]
    if not isinstance(schema, dict):
        return []
    here = [(place, schema)] if schema.get("type") == "object" and "properties" in schema else []
    return here + [part for key, value in schema.items() for part in _objects(value, f"{place}.{key}")]


def test_a_missing_schema_is_named() -> None:
    """The error lists the two folders that were searched."""
    with pytest.raises(FileNotFoundError, match="data/nothing is in neither"):
        schema_path("data/nothing")


def test_a_valid_instance_has_no_problem() -> None:
    """Both functions return None for it."""
    assert problem({"city": "Paris"}, CARD) is None
    target = {"schema": 1, "name": "t", "title": "T", "base_url": "http://127.0.0.1/v1"}
    assert own_problem(target, "data/target") is None


@pytest.mark.parametrize(
    ("instance", "sentence"),
    [(None, "the whole: "), ({}, "city"), ({"city": 7}, "city: 7 is not"), ({"city": "x", "a": 1}, "'a'")],
)
def test_a_problem_names_place_and_reason(instance: Any, sentence: str) -> None:
    """The sentence begins with the place and gives the reason."""
    assert sentence in (problem(instance, CARD) or "")


def test_a_problem_in_an_array_names_the_index() -> None:
    """Indexes are written in brackets."""
    schema = {"properties": {"a": {"items": {"type": "integer"}}}}
    assert (problem({"a": [1, "x"]}, schema) or "").startswith("a[1]: ")


def test_definitions_are_put_where_they_are_referred_to() -> None:
    """One that refers to itself stays a reference below itself, and one whose keywords are there already stays one at all."""
    definitions = {
        "name": {"type": "string"},
        "list": {"type": "array", "items": {"$ref": "#/$defs/list"}},
    }
    schema = {
        "$defs": definitions,
        "properties": {
            "a": {"$ref": "#/$defs/name", "maxLength": 3},
            "b": {"anyOf": [{"$ref": "#/$defs/list"}, {"type": "null"}]},
            "c": {"$ref": "#/$defs/name", "type": "null"},
        },
    }
    found = inlined(schema, schema)
    assert found["properties"] == {
        "a": {"type": "string", "maxLength": 3},
        "b": {"anyOf": [{"type": "array", "items": {"$ref": "#/$defs/list"}}, {"type": "null"}]},
        "c": {"$ref": "#/$defs/name", "type": "null"},
    }
    for instance in ({"a": "abc", "b": [[[]]]}, {"a": "abcd"}, {"b": [[1]]}, {"c": None}, {"c": "x"}):
        assert problem(instance, found) == problem(instance, schema), instance


def test_nothing_is_held_against_an_invalid_schema() -> None:
    """It may be the deliberate mistake of a request that is answered all the same."""
    assert problem({"a": 1}, {"type": "conformance-no-such-type"}) is None


def test_an_invalid_schema_is_a_problem() -> None:
    """An unknown type name, and a value that is not an object, are reported."""
    assert schema_problem({"type": "object"}) is None
    assert schema_problem({"type": "text"})
    assert schema_problem(7)


TARGET = """\
schema = 1
name = "mine"
title = "Mine"
base_url = "http://127.0.0.1:1/v1"
{0}
[[models]]
column = "openai"
id = "a"

[[models]]
column = "claude"
{1}
"""


def error_of(tmp_path: Path, *parts: str) -> UsageError:
    """Return the error of a target file that contains these lines."""
    path = tmp_path / "mine.toml"
    path.write_text(TARGET.format(*parts), encoding="utf-8")
    with pytest.raises(UsageError) as raised:
        load_toml(path, "target")
    assert str(path) in raised.value.message
    return raised.value


def test_a_valid_file_is_loaded(tmp_path: Path) -> None:
    """The result holds the values of the file."""
    path = tmp_path / "mine.toml"
    path.write_text(TARGET.format("", 'id = "b"'), encoding="utf-8")
    assert [model["id"] for model in load_toml(path, "target")["models"]] == ["a", "b"]


@pytest.mark.parametrize(
    ("parts", "line", "sentence", "hint"),
    [
        (("concurency = 3", 'id = "b"'), 5, "unknown key 'concurency' in the whole", "did you mean concurrency?"),
        (("timeout = 0\nconcurency = 3", 'id = "b"'), 6, "unknown key 'concurency'", "did you mean concurrency?"),
        (("concurrency = 0", 'id = "b"'), 5, "concurrency: 0 is less than", "schema"),
        (("", 'id = "b"\nclas = "chat"'), 13, "unknown key 'clas' in models[1]", "did you mean class?"),
        (("", "id = 7"), 12, "models[1].id: 7 is not of type 'string'", "schema"),
        (("", ""), 10, "models[1]: 'id' is a required property", "schema"),
        (("api_key_env = 'sk-123'", 'id = "b"'), 5, "api_key_env: must match", "schema"),
        (("headers.x = 1", 'id = "b"'), 5, "headers.x: must be of type string", "schema"),
    ],
)
def test_a_mistake_is_reported_with_its_line(
    tmp_path: Path, parts: tuple[str, str], line: int, sentence: str, hint: str
) -> None:
    """The error names file, line, place, what was expected and, for an unknown key, the most similar valid one."""
    error = error_of(tmp_path, *parts)
    assert f"line {line}: {sentence}" in error.message
    assert hint in error.hint
    assert error.exit_code == 2


@pytest.mark.parametrize("sign", ["\x85", "\u2028", "\u2029"])
def test_the_line_is_counted_as_toml_counts_it(tmp_path: Path, sign: str) -> None:
    """Only LF and CRLF end a line of TOML, even where a comment holds other line separators of Unicode."""
    assert "line 6: unknown key 'concurency'" in error_of(tmp_path, f"# a{sign}b\nconcurency = 3", 'id = "b"').message


def test_invalid_toml_is_a_usage_error(tmp_path: Path) -> None:
    """The message contains the line that the parser names."""
    assert "line 5" in error_of(tmp_path, "concurrency =", "").message


def test_an_unreadable_file_is_a_usage_error(tmp_path: Path) -> None:
    """This holds for a folder, a missing file, and a file that is not UTF-8."""
    (tmp_path / "latin.toml").write_bytes(b'title = "caf\xe9"\n')
    for name in (".", "nothing.toml", "latin.toml"):
        with pytest.raises(UsageError, match="cannot be read"):
            load_toml(tmp_path / name, "target")
