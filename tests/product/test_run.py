"""A whole run on a gateway that behaves as documented: what it writes, and what is in it."""

import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from conformance.contract import loading as contracts
from conformance.target import targets
from tests.support import driving
from tests.support.driving import Done

PROVIDER_TABLE = ("temperature", "top_p", "n", "stop", "tools", "response_format", "logprobs", "reasoning_effort")
COLUMNS = ("openai", "claude", "gemini")
MOST_LINES = 120  # of a whole run, which somebody scrolls through once
Problem = Callable[[Any, str], str | None]


def test_it_ends_with_success_and_fails_nothing(embedded: Done) -> None:
    """On an endpoint that conforms the exit code is 0 and no cell is anything but settled."""
    assert embedded.code == 0, embedded.said
    assert embedded.verdicts == {"conforms", "noted", "not applicable"}


def test_the_matrix_fits_its_schema(embedded: Done, problem: Problem) -> None:
    """matrix.json is what schemas/data/matrix describes."""
    assert problem(embedded.matrix, "data/matrix") is None


def test_what_was_planned_is_reported(embedded: Done) -> None:
    """The denominators are equal, and the cases of all cells add up to them."""
    facts = embedded.run
    cases = sum(sum(cell["counts"].values()) for cell in embedded.cells.values())
    assert facts["planned"] == facts["reported"] == cases > 600
    assert not facts["partial"]
    assert not facts["stopped"]
    assert facts["mode"] == "mock"


@pytest.mark.parametrize("column", COLUMNS)
@pytest.mark.parametrize("parameter", PROVIDER_TABLE)
def test_each_cell_of_the_provider_table_conforms(embedded: Done, parameter: str, column: str) -> None:
    """Each parameter on each column has a claim that was confirmed."""
    cells = [cell for cell in embedded.cells.values() if cell["column"] == column]
    confirmed = [
        cell["claim"] for cell in cells if cell["claim"].split(".")[1] == parameter and cell["verdict"] == "conforms"
    ]
    assert confirmed


def test_nothing_is_noted_that_the_contract_states(embedded: Done) -> None:
    """`noted` and `not applicable` stand exactly where the contract says unstated and not applicable."""
    contract = contracts.load("cometapi")
    kinds = {(each["column"], each["id"]): each["class"] for each in embedded.run["models"]}
    words = {"unstated": "noted", "not applicable": "not applicable"}
    models = {place: contract.classify(*place, kind) for place, kind in kinds.items()}
    for cell in embedded.cells.values():
        if cell["claim"] in driving.TIMED:
            continue
        claim = contract.claim(cell["claim"])
        first = next(model for model in models.values() if contract.asked(claim.surface, model))
        rule = contract.rule(claim, models.get((cell["column"], cell["model"]), first))
        assert cell["verdict"] == words.get(rule.says.value, "conforms"), cell


def test_every_claim_and_model_has_a_cell(embedded: Done) -> None:
    """The matrix is complete: all claims that need no switch on all models of the target that are asked on their surface."""
    contract = contracts.load("cometapi")
    claims = [claim for claim in contract.claims.values() if claim.switch is None]
    target = targets.load("mock")
    assert [(each["column"], each["id"]) for each in embedded.run["models"]] == [
        (model.column, model.id) for model in target.models
    ]
    models = [contract.classify(model.column, model.id, model.kind, surfaces=model.surfaces) for model in target.models]
    of_models = {
        f"{claim.id}@{model}"
        for claim in claims
        for model in models
        if not claim.per_endpoint and contract.asked(claim.surface, model)
    }
    of_endpoint = {f"{claim.id}@endpoint:any" for claim in claims if claim.per_endpoint}
    assert set(embedded.cells) == of_models | of_endpoint


def test_latest_leads_to_the_run(embedded: Done) -> None:
    """A whole run becomes `latest` beside its directory."""
    assert embedded.latest.resolve() == embedded.folder.resolve()


def test_each_line_of_evidence_fits_its_schema(embedded: Done, problem: Problem) -> None:
    """evidence.ndjson holds one line of facts and one exchange per request sent, each as described."""
    wrong = [found for row in embedded.rows if (found := problem(row, "data/evidence"))]
    assert wrong == []
    first = sum("first" in row["request"] for row in embedded.rows[1:])  # another request went out before each of these
    assert len(embedded.rows) - 1 + first == embedded.run["requests"] > 600


def test_cells_name_evidence_that_is_there(embedded: Done) -> None:
    """Every exchange that a cell names is in the file, and every cell that was asked names one."""
    there = {row["id"] for row in embedded.rows[1:]}
    for name, cell in embedded.cells.items():
        assert set(cell["evidence"]) <= there, name
        assert bool(cell["evidence"]) == (cell["verdict"] != "not applicable"), name


def test_an_exchange_is_kept_once(embedded: Done) -> None:
    """No request of the same sample and attempt was sent twice."""
    ids = [row["id"] for row in embedded.rows[1:]]
    assert len(ids) == len(set(ids))


def test_the_matrix_is_there_for_people(embedded: Done) -> None:
    """matrix.md has a row per claim and a column per model of its API; the terminal tells the same counts in few lines."""
    text = (embedded.folder / "matrix.md").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| `")]
    claims = [re.sub(r"\\", "", line.split("`")[1]) for line in rows]
    assert sorted(claims) == sorted({cell["claim"] for cell in embedded.cells.values()})
    models = {(cell["claim"].split(".")[0], cell["column"], cell["model"]) for cell in embedded.cells.values()}
    columns = Counter(surface for surface, _, _ in models)
    for claim, line in zip(claims, rows, strict=True):
        assert line.replace("\\|", "").count("|") == columns[claim.split(".")[0]] + 2, line
    assert f"{len(embedded.cells)} cells" in embedded.said
    assert len(embedded.out.splitlines()) <= MOST_LINES
    assert f"{embedded.run['planned']} cases planned, {embedded.run['reported']} reported" in embedded.said


def test_a_measured_limit_is_shown(embedded: Done) -> None:
    """Limits were measured and agree with what the mock's columns document."""
    limits = {name: cell["measured"] for name, cell in embedded.cells.items() if cell["measured"]}
    assert limits["chat.n.limit@openai:mock-openai"] == "1-128"
    assert limits["chat.n.limit@gemini:mock-gemini"] == "1-8"
    assert limits["chat.stop.limit@gemini:mock-gemini"] == "1-5"
    assert "[1-128]" in embedded.out


def test_the_facts_say_what_was_run(embedded: Done) -> None:
    """The matrix names contract, digest and version, and the model that each endpoint said it is."""
    contract = contracts.load("cometapi")
    assert embedded.run["contract"].items() >= {"name": "cometapi", "digest": contract.digest}.items()
    echoed = {each["id"]: each["echoed"] for each in embedded.run["models"]}
    assert {name: echoed[name] for name in driving.MODELS.values()} == {name: name for name in driving.MODELS.values()}


def test_plain_pytest_does_the_same(embedded: Done, tmp_path: Path) -> None:
    """`pytest --pyargs conformance.suite` judges the same cells in the same way and writes the same files."""
    chosen = ["--conformance-surface=gemini", "--conformance-out=runs/this", "-q"]
    done = driving.python("-m", "pytest", "--pyargs", "conformance.suite", *chosen, cwd=tmp_path)
    assert done.code == 0, done.said
    assert done.judged == {name: seen for name, seen in embedded.judged.items() if name.startswith("gemini.")} != {}
    assert {path.name for path in done.folder.iterdir()} == {path.name for path in embedded.folder.iterdir()}
