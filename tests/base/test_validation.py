"""Schemas: found, checked, and what is wrong said in a sentence with a line."""

import json
from pathlib import Path
from typing import Any

import pytest

from conformance.base.errors import UsageError
from conformance.base.validation import load_toml, own_problem, problem, schema_path, schema_problem

SCHEMAS = sorted(schema_path("data/matrix").parent.glob("*.schema.json"))
CARD = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}


@pytest.mark.parametrize("path", SCHEMAS, ids=lambda path: path.name)
def test_every_schema_is_one_and_has_a_version(path: Path) -> None:
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
def test_no_schema_lets_unknown_keys_through(path: Path) -> None:
    """Every object with named properties is closed, so that a slip of the pen is found."""
    for place, part in _objects(json.loads(path.read_text(encoding="utf-8"))):
        assert part.get("additionalProperties") is False, place


def _objects(schema: Any, place: str = "") -> list[tuple[str, dict[str, Any]]]:
    """Every part of a schema that names properties, with its place."""
    if isinstance(schema, list):
        return [found for number, each in enumerate(schema) for found in _objects(each, f"{place}[{number}]")]
    if not isinstance(schema, dict):
        return []
    here = [(place, schema)] if schema.get("type") == "object" and "properties" in schema else []
    return here + [found for key, each in schema.items() for found in _objects(each, f"{place}.{key}")]


def test_a_schema_that_is_not_there_is_named() -> None:
    """The two places that were looked at are told."""
    with pytest.raises(FileNotFoundError, match="data/nothing is in neither"):
        schema_path("data/nothing")


def test_a_valid_instance_has_no_problem() -> None:
    """None stands for nothing wrong."""
    assert problem({"city": "Paris"}, CARD) is None
    target = {"schema": 1, "name": "t", "title": "T", "base_url": "http://127.0.0.1/v1"}
    assert own_problem(target, "data/target") is None


@pytest.mark.parametrize(
    ("instance", "said"),
    [(None, "the whole: "), ({}, "city"), ({"city": 7}, "city: 7 is not"), ({"city": "x", "a": 1}, "'a'")],
)
def test_a_problem_names_place_and_reason(instance: Any, said: str) -> None:
    """One sentence, with where it is."""
    assert said in (problem(instance, CARD) or "")


def test_a_problem_in_an_array_is_placed_by_number() -> None:
    """Indexes stand in brackets."""
    schema = {"properties": {"a": {"items": {"type": "integer"}}}}
    assert (problem({"a": [1, "x"]}, schema) or "").startswith("a[1]: ")


def test_what_is_no_schema_is_told() -> None:
    """A schema of the wrong form has a problem of its own."""
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


def said_of(tmp_path: Path, *parts: str) -> UsageError:
    """The error of a target file with these lines in it."""
    path = tmp_path / "mine.toml"
    path.write_text(TARGET.format(*parts), encoding="utf-8")
    with pytest.raises(UsageError) as raised:
        load_toml(path, "target")
    assert str(path) in raised.value.message
    return raised.value


def test_a_good_file_is_read(tmp_path: Path) -> None:
    """What TOML says comes back as data."""
    path = tmp_path / "mine.toml"
    path.write_text(TARGET.format("", 'id = "b"'), encoding="utf-8")
    assert [each["id"] for each in load_toml(path, "target")["models"]] == ["a", "b"]


@pytest.mark.parametrize(
    ("parts", "line", "said", "hint"),
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
def test_a_mistake_is_told_with_its_line(
    tmp_path: Path, parts: tuple[str, str], line: int, said: str, hint: str
) -> None:
    """File, line, place, what was expected and, for an unknown key, the nearest valid one."""
    error = said_of(tmp_path, *parts)
    assert f"line {line}: {said}" in error.message
    assert hint in error.hint
    assert error.exit_code == 2


@pytest.mark.parametrize("sign", ["\x85", "\u2028", "\u2029"])
def test_the_line_is_counted_as_toml_counts_it(tmp_path: Path, sign: str) -> None:
    """Only LF and CRLF end a line of TOML, whatever else stands in a comment."""
    assert "line 6: unknown key 'concurency'" in said_of(tmp_path, f"# a{sign}b\nconcurency = 3", 'id = "b"').message


def test_what_is_no_toml_is_told(tmp_path: Path) -> None:
    """The parser's own line is passed on."""
    assert "line 5" in said_of(tmp_path, "concurrency =", "").message


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    """A folder, nothing at all and other encodings are usage errors."""
    (tmp_path / "latin.toml").write_bytes(b'title = "caf\xe9"\n')
    for name in (".", "nothing.toml", "latin.toml"):
        with pytest.raises(UsageError, match="cannot be read"):
            load_toml(tmp_path / name, "target")
