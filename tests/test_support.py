"""support.json: what the verdicts of a parameter's claims come to, and how a program reads it."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from conformance import support
from conformance.base.errors import UsageError
from conformance.base.validation import own_problem, schema_path
from conformance.render.support import document, render
from conformance.results.matrix import Cell
from tests.support.matrices import FOUR, cell, hostile, matrix

ROOT = Path(__file__).parents[1]
SAYS = {"s": "supported", "w": "without effect", "r": "refused", "u": "unstated", "n": "not applicable"}


def about(*cells: tuple[str, str, str | None]) -> dict[str, Any]:
    """Return the entry of a parameter with these cells, each of contract, verdict and observation."""
    made = [
        cell(f"chat.n.c{number}", verdict, says=SAYS[says], observed=observed)
        for number, (says, verdict, observed) in enumerate(cells)
    ]
    entry: dict[str, Any] = document(matrix(*made))["models"]["openai:gpt-4.1-mini"]["n"]
    return entry


WORKS, ACCEPTED = ("s", "conforms", "honoured"), ("s", "conforms", "accepted")
DROPPED, DIFFERS = ("s", "deviates", "ignored"), ("s", "differs", "clamped")
UNSURE, BLOCKED = ("s", "inconclusive", "unanswered"), ("s", "blocked", None)
NOTED, NOT_MEANT = ("u", "noted", "honoured"), ("n", "not applicable", None)
NO_EFFECT, AN_EFFECT = ("w", "conforms", "ignored"), ("w", "deviates", "honoured")
REFUSES, SWALLOWS = ("r", "conforms", "refused"), ("r", "deviates", "accepted")


@pytest.mark.parametrize(
    ("cells", "works"),
    [
        ([WORKS], True),
        ([ACCEPTED], True),
        ([WORKS, ACCEPTED, NOTED, NOT_MEANT], True),
        ([WORKS, UNSURE], True),
        ([ACCEPTED, UNSURE], None),
        ([ACCEPTED, BLOCKED], None),
        ([WORKS, DROPPED], "partial"),
        ([WORKS, DIFFERS], "partial"),
        ([WORKS, NO_EFFECT], "partial"),
        ([DROPPED], False),
        ([DROPPED, UNSURE, NOTED], False),
        ([NO_EFFECT], False),
        ([AN_EFFECT], True),
        ([("w", "conforms", "refused")], False),
        ([("w", "deviates", "mishandled")], False),
        ([UNSURE], None),
        ([BLOCKED], None),
        ([NOTED], None),
        ([NOT_MEANT], None),
        ([("u", "inconclusive", "unanswered")], None),
        ([REFUSES], None),
        ([SWALLOWS], None),
        ([WORKS, SWALLOWS], True),
    ],
)
def test_a_parameter_works_only_where_that_was_seen(cells: list[tuple[str, str, str | None]], works: Any) -> None:
    """Inconclusive, blocked, noted and refused values are no support; a broken promise takes some of it away."""
    assert about(*cells)["works"] is works


@pytest.mark.parametrize(
    ("cells", "refuses"),
    [([WORKS], None), ([REFUSES], True), ([REFUSES, SWALLOWS], False), ([("r", "inconclusive", "unanswered")], None)],
)
def test_refusing_what_is_invalid_is_told_apart(cells: list[tuple[str, str, str | None]], refuses: Any) -> None:
    """A gateway that swallows a bad value may still honour good ones."""
    assert about(*cells)["refuses_invalid"] is refuses


def test_more_than_documented_is_told() -> None:
    """By any claim about the parameter."""
    found = [cell("chat.n.count", "conforms"), cell("chat.n.limit", "conforms", wider=True)]
    (parameters,) = document(matrix(*found))["models"].values()
    assert parameters["n"]["wider"] is True
    assert about(WORKS)["wider"] is False


def test_acceptance_is_not_an_effect() -> None:
    """Whoever needs to know that it was more than accepted can see it."""
    assert about(WORKS)["effect_seen"]
    assert not about(ACCEPTED)["effect_seen"]
    assert not about(NOTED)["effect_seen"]


def limited(says: str, verdict: str, observed: str) -> Cell:
    """A cell with a measured limit."""
    return cell("chat.n.limit", verdict, says=SAYS[says], observed=observed, measured="1-8")


@pytest.mark.parametrize(
    ("found", "limit"),
    [
        (limited("s", "conforms", "honoured"), "1-8"),
        (limited("s", "deviates", "ignored"), None),
        (limited("s", "inconclusive", "unanswered"), None),
        (limited("u", "noted", "honoured"), None),
    ],
)
def test_a_limit_is_told_where_the_parameter_works(found: Cell, limit: str | None) -> None:
    """A limit of what does not work, or is not known to, would pass for support."""
    entry = document(matrix(found))["models"]["openai:gpt-4.1-mini"]["n"]
    assert entry["limit"] == limit
    assert entry["claims"] == {"chat.n.limit": found.verdict}


@pytest.mark.parametrize("found", [FOUR, matrix(), hostile(), matrix(cell("chat.n.count", "blocked"), partial=True)])
def test_the_document_fits_its_schema(found: Any) -> None:
    """Whatever the run, with the gateway, its version, the contract and the day."""
    data = json.loads(render(found))
    assert own_problem(data, "data/support") is None
    assert data["date"] == "2026-01-02"
    assert data["whole"] is not found.run.partial


def test_the_examples_of_the_schema_fit_it() -> None:
    """A reader can trust them; every key is described."""
    schema = json.loads(schema_path("data/support").read_text(encoding="utf-8"))
    data = document(matrix())
    [models] = schema["properties"]["models"]["examples"]
    assert own_problem({**data, "models": models}, "data/support") is None
    [parameter] = schema["$defs"]["parameter"]["examples"]
    assert own_problem({**data, "models": {"openai:m": {"n": parameter}}}, "data/support") is None
    assert own_problem({**data, "models": {"openai:m": {"n": {**parameter, "works": "yes"}}}}, "data/support")
    for keys in (schema["properties"], schema["$defs"]["parameter"]["properties"]):
        assert all("description" in key for key in keys.values())


# ---------------------------------------------------------------- reading


@pytest.fixture
def written(tmp_path: Path) -> Path:
    """A support.json of two columns that share a model id."""
    cells = [
        cell("chat.n.limit", "conforms", measured="1-128"),
        cell("chat.n.limit", "deviates", column="claude", model="claude-sonnet-4-5", observed="ignored"),
        cell("chat.n.limit", "conforms", model="both", measured="1"),
        cell("chat.n.limit", "noted", column="claude", model="both", says="unstated"),
    ]
    path = tmp_path / "support.json"
    path.write_text(render(matrix(*cells)), encoding="utf-8")
    return path


def test_a_program_asks_what_works(written: Path) -> None:
    """By model id and parameter; what nobody tested is not known."""
    found = support.load(written)
    assert found.works("gpt-4.1-mini", "n") is True
    assert found.limit("gpt-4.1-mini", "n") == "1-128"
    assert found.works("claude:claude-sonnet-4-5", "n") is False
    assert found.works("gpt-4.1-mini", "logprobs") is None
    assert found.works("nobody", "n") is None
    assert found.limit("nobody", "n") is None


def test_a_model_of_two_columns_is_named_with_its_column(written: Path) -> None:
    """The error says how."""
    found = support.load(written)
    assert (found.works("openai:both", "n"), found.works("claude:both", "n")) == (True, None)
    with pytest.raises(UsageError, match="name it openai:both or claude:both"):
        found.works("both", "n")


@pytest.mark.parametrize("text", [None, "{", "[]", '{"schema": 2}'])
def test_what_is_no_support_file_is_refused(text: str | None, tmp_path: Path) -> None:
    """In one sentence that names the file and the next step."""
    path = tmp_path / "support.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(
        UsageError, match=r"support\.json (must be a support\.json|cannot be read).*conformance report RUN"
    ):
        support.load(path)


def test_the_documented_program_runs(written: Path) -> None:
    """The example of docs/support.md works as it is there."""
    code, *_ = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "support.md").read_text(encoding="utf-8"), re.DOTALL)
    assert len(code.splitlines()) <= 10
    exec(compile(code.replace("reports/runs/latest/support.json", str(written)), "docs/support.md", "exec"), {})


# ---------------------------------------------------------------- several surfaces


TWO = matrix(
    cell("chat.n.count", "conforms"),
    cell("responses.n.count", "deviates"),
    cell("chat.stop.text", "conforms"),
    cell("models.list.listed", "conforms", column="endpoint", model="any"),
)


def test_surfaces_that_disagree_make_no_parameter_partial(tmp_path: Path) -> None:
    """Each has its own entry, and a program that means one of the two must name its surface."""
    data = document(TWO)
    assert own_problem(json.loads(json.dumps(data)), "data/support") is None
    parameters = data["models"]["openai:gpt-4.1-mini"]
    assert {name: entry["works"] for name, entry in parameters.items()} == {
        "chat.n": True, "chat.stop": True, "responses.n": False,
    }  # fmt: skip
    path = tmp_path / "support.json"
    path.write_text(render(TWO), encoding="utf-8")
    found = support.load(path)
    assert found.works("gpt-4.1-mini", "chat.n") is True
    assert found.works("gpt-4.1-mini", "responses.n") is False
    assert found.works("gpt-4.1-mini", "stop") is True
    assert found.works("gpt-4.1-mini", "messages.n") is None
    with pytest.raises(UsageError, match=r"'n' is on several surfaces; name it chat\.n or responses\.n"):
        found.works("gpt-4.1-mini", "n")


def test_one_surface_and_the_list_of_models_need_no_names_of_surfaces(tmp_path: Path) -> None:
    """Its parameters have their plain names; a program may name the surface all the same."""
    path = tmp_path / "support.json"
    one = matrix(
        cell("chat.n.count", "conforms"), cell("models.list.listed", "conforms", column="endpoint", model="any")
    )
    path.write_text(render(one), encoding="utf-8")
    found = support.load(path)
    assert list(found.data["models"]["openai:gpt-4.1-mini"]) == ["n"]
    assert list(found.data["models"]["endpoint:any"]) == ["list"]
    assert found.works("gpt-4.1-mini", "n") is True
    assert found.works("gpt-4.1-mini", "chat.n") is True
    assert found.works("gpt-4.1-mini", "responses.n") is None
    both = matrix(cell("chat.n.count", "conforms"), cell("models.n.count", "deviates", column="endpoint", model="any"))
    assert [list(parameters) for parameters in document(both)["models"].values()] == [["chat.n"], ["models.n"]]
