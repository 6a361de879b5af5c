"""The matrix: folding cases into cells, filling in what was not reached, one document form."""

import itertools
import json
from pathlib import Path
from typing import Any

import pytest

from conformance.base.observation import Reason, Seen, honoured, ignored
from conformance.base.validation import own_problem, schema_path
from conformance.contract.claims import Level, Says
from conformance.results.facts import RunFacts
from conformance.results.matrix import Cell, Matrix, Result, complete, fold, result
from conformance.trial.judge import FOLDING, Verdict
from conformance.trial.trial import Outcome, stopped
from tests.support import matrices
from tests.support.making import MODELS, contract

ROOT = Path(__file__).parents[2]
MODEL = contract().classify("openai", MODELS["openai"])
CASES = list(contract().cases(["chat.n.count", "chat.temperature.null"], [MODEL]))
RUN = RunFacts.from_document(matrices.facts(("openai", "a")))


def result_of(verdict: str, number: int = 0, **parts: Any) -> Result:
    """What became of the case with this number."""
    values: dict[str, Any] = {
        "case": f"chat.n.count@openai:a={number}", "claim": "chat.n.count", "column": "openai", "model": "a",
        "documented": "1-8", "says": "supported", "level": "must", "observed": "honoured", "measured": None,
        "detail": f"case {number}", "evidence": (f"e{number}",), "seconds": 0.0, "reason": None,
    }  # fmt: skip
    return Result.from_document({"verdict": verdict, **values, **parts})


def folded(*results: Result) -> Cell:
    """The one cell of these results."""
    (cell,) = fold(results)
    return cell


@pytest.mark.parametrize(("worse", "better"), list(itertools.combinations(map(str, Verdict), 2)))
def test_the_worst_case_decides(worse: str, better: str) -> None:
    """Of any two verdicts the earlier one of the order, whatever the order of the cases."""
    assert folded(result_of(worse, 1), result_of(better, 2)).verdict == worse
    assert folded(result_of(better, 2), result_of(worse, 1)).detail == "1: case 1"


def test_of_equal_verdicts_the_worst_that_was_seen_decides() -> None:
    """Then the first in the contract's order; word, detail and evidence are that case's, and each case keeps its word."""
    cell = folded(
        result_of("conforms", 1),
        result_of("deviates", 2, observed="ignored"),
        result_of("deviates", 3, observed="clamped"),
        result_of("deviates", 4, observed="clamped"),
    )
    assert (cell.observed, cell.detail) == ("clamped", "3: case 3")
    assert cell.evidence == ("e3", "e1", "e2", "e4")
    assert {value: word for value, word in cell.seen.items() if value != "1"} == {
        "2": "ignored", "3": "clamped", "4": "clamped",
    }  # fmt: skip
    assert cell.counts == {"deviates": 3, "conforms": 1}
    assert cell.id == "chat.n.count@openai:a"
    assert cell.parameter == "n"


def test_a_cell_of_one_case_does_not_repeat_its_observation() -> None:
    """They would be the same."""
    assert folded(result_of("conforms", 1)).seen == {}


def test_counts_stand_worst_first() -> None:
    """In the order of folding, and without those that are none."""
    cell = folded(*(result_of(str(verdict), number) for number, verdict in enumerate(reversed(FOLDING))))
    assert list(cell.counts) == [str(verdict) for verdict in FOLDING]
    assert set(cell.counts.values()) == {1}


def test_a_measured_limit_comes_from_any_case() -> None:
    """It is shown though another case decided."""
    assert folded(result_of("conforms", 1, measured="1-8"), result_of("deviates", 2)).measured == "1-8"


def test_evidence_is_listed_once() -> None:
    """An exchange that several cases used is named once."""
    assert folded(
        result_of("conforms", 1, evidence=("a", "b")), result_of("conforms", 2, evidence=("b", "c"))
    ).evidence == tuple("abc")


def test_a_detail_names_the_value_only_where_there_are_several() -> None:
    """One case needs no telling apart."""
    assert folded(result_of("conforms", 7)).detail == "case 7"
    assert folded(result_of("conforms", 7), result_of("conforms", 8)).detail == "7: case 7"


def test_cells_keep_the_order_of_their_cases() -> None:
    """Claims and models stand as they come first."""
    results = [
        result_of("conforms", claim="chat.b.x"),
        result_of("conforms", claim="chat.a.x"),
        result_of("deviates", claim="chat.b.x"),
    ]
    cells = fold([*results, result_of("noted", claim="chat.b.x", model="b")])
    assert [cell.id for cell in cells] == ["chat.b.x@openai:a", "chat.a.x@openai:a", "chat.b.x@openai:b"]


def test_what_was_not_reported_is_blocked() -> None:
    """Every planned case has a result, in plan order, and none that was not planned."""
    known = {
        CASES[1].id: result(CASES[1], Outcome(Verdict.CONFORMS, "2 choices", honoured("2 choices"))),
        "chat.other.claim@openai:a": result_of("conforms"),
    }
    results = complete(CASES, known)
    assert [result.case for result in results] == [case.id for case in CASES]
    assert [result.verdict for result in results] == ["blocked", "conforms", "blocked", "blocked"]
    assert {result.detail for result in results if result.verdict == "blocked"} == {stopped().detail}
    assert sum(sum(cell.counts.values()) for cell in fold(results)) == len(CASES)


def test_a_result_holds_what_became_of_a_case() -> None:
    """It has the facts of the case, the observation and the verdict."""
    seen = ignored("1 choice for n=2", "1-1")
    found = result(CASES[0], Outcome(Verdict.DEVIATES, "again", seen, ("e1",), 0.12345678))
    assert found == Result(
        "chat.n.count@openai:gpt-4.1-mini=2", "chat.n.count", "openai", "gpt-4.1-mini", "1-128", Says.SUPPORTED,
        Level.MUST, Seen.IGNORED, "1-1", Verdict.DEVIATES, "again", ("e1",), 0.123457, value="2",
    )  # fmt: skip
    assert result(CASES[0], Outcome(Verdict.BLOCKED, "stopped")).observed is None


def test_a_result_crosses_processes_as_a_document() -> None:
    """Of plain values, which a serialiser takes that knows no enum, and read back as it was."""
    outcome = Outcome(Verdict.BLOCKED, "budget", evidence=("e1",), reason=Reason.BUDGET)
    found = result(CASES[0], outcome)
    document = found.document()
    assert {type(value) for value in document.values()} <= {str, list, float, bool, type(None)}
    assert Result.from_document(document) == found


def test_a_document_is_read_back_as_the_same_matrix() -> None:
    """Through JSON and the schema."""
    outcomes = [
        Outcome(verdict, "so", honoured("so") if verdict in "conforms deviates" else None) for verdict in Verdict
    ]
    cases = list(itertools.islice(contract().cases(contract().claims, [MODEL]), len(outcomes)))
    matrix = Matrix(RUN, fold([result(case, outcome) for case, outcome in zip(cases, outcomes, strict=True)]))
    document = json.loads(json.dumps(matrix.document()))
    assert own_problem(document, "data/matrix") is None
    assert Matrix.from_document(document) == matrix
    assert document["schema"] == 1


OLD = [
    ("blocked", None, "preflight of openai:a: the key was not accepted", {}, Reason.PREFLIGHT),
    ("blocked", None, "stopped: not reached before the run ended", {}, Reason.STOPPED),
    ("blocked", None, "stopped: not asked, the endpoint no longer answers", {}, Reason.DEAD),
    ("blocked", None, "stopped: not asked, the endpoint has refused everything for its rate limit for 60 s", {},
     Reason.RATE_LIMITED),
    ("blocked", None, "budget: not asked, it might cost more than is left of 1 USD", {}, Reason.BUDGET),
    ("blocked", None, "not in the recording: POST /chat/completions", {"2": "blocked"}, Reason.NOT_RECORDED),
    ("inconclusive", "unanswered", "unstable: ignored 2, honoured 1 of 3 times; first: x", {}, Reason.UNSTABLE),
    ("inconclusive", "unanswered", "2: unstable: ignored 2, honoured 1 of 3 times", {"2": "unanswered"}, Reason.UNSTABLE),
    ("inconclusive", "unanswered", "mixed: ignored 2, honoured 1 of 3; needs 2/3", {}, Reason.MIXED),
    ("inconclusive", "unanswered", "too few answers: unanswered 2 of 3; needs half", {}, Reason.TOO_FEW),
    ("inconclusive", "unanswered", "status 503: the upstream is unstable: try later", {}, None),
    ("deviates", "ignored", "unstable: ", {}, None),
    ("conforms", "honoured", "budget: kept", {}, None),
]  # fmt: skip


@pytest.mark.parametrize(("verdict", "observed", "detail", "seen", "reason"), OLD)
def test_cells_of_older_runs_get_their_reason_from_how_their_detail_begins(
    verdict: str, observed: str | None, detail: str, seen: dict[str, str], reason: Reason | None
) -> None:
    """Where matrix.json says nothing of a reason; where it says that there is none, there is none."""
    cell = matrices.cell("chat.n.count", verdict, observed=observed, detail=detail, seen=seen)
    document = cell.document()
    assert Cell.from_document(document).reason is None
    del document["reason"]
    assert Cell.from_document(document).reason is reason


@pytest.mark.parametrize("path", sorted(ROOT.glob("reports/*/matrix.json")), ids=lambda path: path.parent.name)
def test_published_runs_are_read_and_written_as_they_were(path: Path) -> None:
    """Every cell has every field, and what an older run does not say, its cause and what is wider, is told by its texts."""
    data = json.loads(path.read_text(encoding="utf-8"))
    found = Matrix.from_document(data)
    tested = found.run.contract.surfaces
    assert set(tested) <= {"chat", "models", "responses", "messages", "gemini"}
    assert {preflight.surface for model in found.run.models for preflight in model.preflights} == {*tested} - {"models"}
    written = found.document()
    assert own_problem(json.loads(json.dumps(written)), "data/matrix") is None
    without_cause = [
        [{name: value for name, value in cell.items() if name not in {"cause", "wider"}} for cell in document["cells"]]
        for document in (written, data)
    ]
    assert without_cause[0] == without_cause[1]
    blocked = {cell["claim"] for cell in written["cells"] if cell["reason"] == "presupposition failed"}
    assert {cell["claim"] for cell in written["cells"] if "cause" in cell} == blocked


def test_the_schema_refuses_what_is_no_matrix() -> None:
    """An unknown word, a missing fact, a digest of its cells."""
    good = json.loads(json.dumps(Matrix(RUN, fold([result_of("conforms")])).document()))
    assert own_problem(good, "data/matrix") is None
    assert own_problem({**good, "digest": "0"}, "data/matrix")
    assert own_problem({**good, "run": {**good["run"], "mode": "dry"}}, "data/matrix")
    assert own_problem({**good, "cells": [{**good["cells"][0], "verdict": "passed"}]}, "data/matrix")
    del good["run"]["planned"]
    assert own_problem(good, "data/matrix")


def test_the_schema_knows_every_word() -> None:
    """What a cell may hold is what matrix.json may hold."""
    schema = json.loads(schema_path("data/matrix").read_text(encoding="utf-8"))["$defs"]
    cell = schema["cell"]["properties"]
    assert cell["reason"]["enum"] == [*Reason, None]
    assert cell["observed"]["enum"] == [*Seen, None]
    assert (schema["verdict"]["enum"], schema["seen"]["enum"]) == (list(Verdict), list(Seen))
    assert (cell["says"]["enum"], cell["level"]["enum"]) == (list(Says), list(Level))


def test_a_matrix_counts_its_cells() -> None:
    """Per verdict, worst first; cells of one claim stand together."""
    cells = fold(
        [
            result_of("conforms", claim="chat.a.x"),
            result_of("deviates", claim="chat.b.x"),
            result_of("conforms", claim="chat.a.x", model="b"),
        ]
    )
    matrix = Matrix(RUN, cells)
    assert matrix.counts() == {"deviates": 1, "conforms": 2}
    assert list(matrix.counts()) == ["deviates", "conforms"]
    assert [(claim, len(group)) for claim, group in matrix.cells_by_claim()] == [("chat.a.x", 2), ("chat.b.x", 1)]


def test_an_id_with_an_equals_sign_is_no_value() -> None:
    """Cases of a model with any id keep their values, and the cell is the same when it is read back."""
    model = "ft:a=b@c:d=1"
    cell = folded(*(result_of("conforms", n, model=model, case=f"chat.n.count@openai:{model}={n}") for n in (1, 2)))
    assert set(cell.seen) == {"1", "2"}
    assert Cell.from_document(cell.document()) == cell
    assert (
        folded(result_of("conforms", model=model, case=f"chat.n.count@openai:{model}")).id
        == f"chat.n.count@openai:{model}"
    )


def test_what_is_read_from_a_file_is_printable() -> None:
    """Whoever wrote it: control characters, signs of direction and commands of a workflow are spelt out, in names too."""
    bad = "a\x1b[2J\n::error::b\u202e##[group]"
    found = Matrix.from_document(
        {"schema": 1, "run": matrices.facts((bad, bad), target=bad, base_url=bad, api_key_env=bad),
         "cells": [{**folded(result_of("conforms")).document(), "model": bad, "measured": bad, "seen": {bad: "honoured"}}]}
    )  # fmt: skip
    good = "a\\x1b[2J\\n\\x3a:error::b\\u202e\\x23#[group]"
    [cell] = found.cells
    assert (cell.model, cell.measured, list(cell.seen)) == (good, good, [good])
    assert (found.run.target, found.run.models[0].id, found.run.api_key_env) == (good, good, good)
    assert Matrix.from_document(found.document()) == found
