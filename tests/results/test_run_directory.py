"""The run directory: what is written at the end of a run, and where `latest` leads."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from conformance.base.errors import UsageError
from conformance.base.validation import own_problem
from conformance.cli import cli
from conformance.results.facts import ModelFacts
from conformance.results.gate import compare
from conformance.results.matrix import Matrix
from conformance.results.reading import read
from conformance.results.run_directory import assemble, begin, exit_code, write
from conformance.run.loading import load_settings
from conformance.run.options import Options
from conformance.run.tally import PreflightFacts, Tally
from tests.support.matrices import cell, matrix, said

WHOLE = matrix(cell("chat.n.count", "conforms"), cell("chat.n.zero", "deviates"))


def blocked(reason: str) -> Matrix:
    """A run of which one cell was not asked."""
    return matrix(*WHOLE.cells, cell("chat.n.one", "blocked", reason=reason))


def saved(found: Matrix, out: Path, *, replays: bool = False) -> Path:
    """The run directory with this matrix."""
    write(found, out, {}, replays=replays)
    return out


# ---------------------------------------------------------------- latest


@pytest.mark.parametrize("found", [WHOLE, said(blocked("preflight failed"), blocked="the key was not accepted")])
def test_a_whole_run_that_came_to_its_end_is_the_latest(found: Matrix, tmp_path: Path) -> None:
    """Also where a model could not be asked: the run has nothing to go on with."""
    saved(matrix(cell("chat.n.count", "conforms")), tmp_path / "one")
    out = saved(found, tmp_path / "two")
    assert (tmp_path / "latest").resolve() == out.resolve()


NOT_WHOLE = {
    "a selection": matrix(*WHOLE.cells, partial=True),
    "stopped": matrix(*WHOLE.cells, stopped=True),
    "a shard": matrix(*WHOLE.cells, partial=True, shard="1/2", cases=9),
    "nothing judged": matrix(cell("chat.n.count", "inconclusive")),
    **{reason: blocked(reason) for reason in ("run stopped", "endpoint dead", "rate limited", "budget spent", "not recorded")},
    "one case of several": matrix(cell("chat.n.count", "deviates", counts={"deviates": 1, "blocked": 1})),
}  # fmt: skip


@pytest.mark.parametrize("found", NOT_WHOLE.values(), ids=NOT_WHOLE)
def test_a_run_that_is_not_whole_is_never_the_latest(found: Matrix, tmp_path: Path) -> None:
    """A selection, an interrupted run, one whose budget was spent or whose endpoint died: what was there stays."""
    whole = saved(WHOLE, tmp_path / "one")
    saved(found, tmp_path / "two")
    assert (tmp_path / "latest").resolve() == whole.resolve()
    saved(WHOLE, tmp_path / "three", replays=True)
    assert (tmp_path / "latest").resolve() == whole.resolve()


@pytest.mark.parametrize("found", NOT_WHOLE.values(), ids=NOT_WHOLE)
def test_a_run_in_place_of_the_latest_takes_its_name_away(found: Matrix, tmp_path: Path) -> None:
    """What lies there is not whole any more, and no older run is taken in its place."""
    saved(WHOLE, tmp_path / "older")
    out = saved(WHOLE, tmp_path / "one")
    saved(found, out)
    assert not (tmp_path / "latest").is_symlink()


def test_a_run_that_fails_leaves_no_latest_that_leads_to_it(tmp_path: Path) -> None:
    """From its start on `latest` does not lead to it, and the matrix of an earlier run is gone."""
    out = saved(WHOLE, tmp_path / "one")
    begin(out)
    assert not (tmp_path / "latest").is_symlink()
    with pytest.raises(UsageError, match=r"must be a run directory with matrix\.json"):
        read(out)
    other = saved(WHOLE, tmp_path / "two")
    begin(tmp_path / "three")
    assert (tmp_path / "latest").resolve() == other.resolve()


def test_a_run_that_is_written_by_way_of_latest_is_found_by_it(tmp_path: Path) -> None:
    """The link never leads to itself."""
    out = saved(WHOLE, tmp_path / "one")
    saved(WHOLE, tmp_path / "latest")
    assert (tmp_path / "latest").resolve() == out.resolve()
    assert read(tmp_path / "latest").cells == WHOLE.cells


def test_a_folder_of_that_name_is_left_alone(tmp_path: Path) -> None:
    """A run can be written to it, and next to it."""
    saved(WHOLE, tmp_path / "latest")
    saved(WHOLE, tmp_path / "two")
    assert not (tmp_path / "latest").is_symlink()
    assert read(tmp_path / "latest").cells == WHOLE.cells


@pytest.mark.parametrize(
    "command",
    [
        ["report", "LATEST"],
        ["explain", "chat.n.count@openai:gpt-4.1-mini", "--run", "LATEST"],
        ["explain", "chat.n.count", "--run", "LATEST"],
        ["gate", "LATEST", "OLDER"],
        ["gate", "OLDER", "LATEST"],
        ["history", "*", "LATEST"],
        ["site", "LATEST", "--out", "SITE"],
    ],
    ids=" ".join,
)
def test_a_latest_whose_run_was_removed_is_said_in_one_sentence(command: list[str], tmp_path: Path) -> None:
    """Whoever reads it: where it leads, and what to do; the older run is not taken in silence."""
    older = saved(WHOLE, tmp_path / "older")
    (tmp_path / "latest").unlink()
    (tmp_path / "latest").symlink_to("gone")
    places = {"LATEST": tmp_path / "latest", "OLDER": older, "SITE": tmp_path / "site"}
    done = CliRunner().invoke(cli, [str(places.get(word, word)) for word in command])
    assert isinstance(done.exception, UsageError), done.output
    assert f"{tmp_path / 'latest'} is a link to gone, which does not exist" in str(done.exception)


def test_explaining_a_claim_without_a_run_says_so_where_latest_dangles(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No run is one thing, a run that was removed another."""
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(cli, ["explain", "chat.n.count"])
    assert "no run has judged it yet" in done.output
    (tmp_path / "reports" / "runs").mkdir(parents=True)
    (tmp_path / "reports" / "runs" / "latest").symlink_to("gone")
    assert "is a link to gone" in str(CliRunner().invoke(cli, ["explain", "chat.n.count"]).exception)


# ---------------------------------------------------------------- reading


@pytest.mark.parametrize("word", ["verdict", "says", "level", "observed", "reason"])
def test_a_word_that_nobody_knows_is_no_matrix(word: str, tmp_path: Path) -> None:
    """Its place is said."""
    document = WHOLE.document()
    document["cells"][1][word] = "splendid"
    (tmp_path / "matrix.json").write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(UsageError, match=rf"must be a matrix: cells\[1\]\.{word}|must be a matrix: .*splendid"):
        read(tmp_path)


# ---------------------------------------------------------------- exit code


FINE = PreflightFacts("chat", echoed="m")


def asked(*models: tuple[PreflightFacts, ...]) -> Matrix:
    """A run in which these models said this on their surfaces, and what was judged conforms."""
    found = matrix(cell("chat.n.count", "conforms"))
    rows = tuple(ModelFacts("openai", f"m{number}", "chat", row) for number, row in enumerate(models))
    return replace(found, run=replace(found.run, models=rows))


@pytest.mark.parametrize(
    ("models", "code"),
    [
        (((FINE,),), 0),
        (((FINE, PreflightFacts("responses", blocked="no key", exit_code=3)),), 3),
        (((FINE, PreflightFacts("responses", blocked="down", exit_code=4)),), 5),
        (((FINE,), (PreflightFacts("chat", blocked="down", exit_code=4),)), 5),
        (((FINE, PreflightFacts("responses", blocked="limited", exit_code=5)),), 5),
        (((PreflightFacts("chat", blocked="down", exit_code=4),), (PreflightFacts("chat", blocked="down", exit_code=4),)), 4),
        (((PreflightFacts("chat", blocked="down", exit_code=4), PreflightFacts("responses", blocked="down", exit_code=4)),), 4),
        (((PreflightFacts("chat", blocked="down", exit_code=4),), ()), 5),
    ],
)  # fmt: skip
def test_the_exit_code_counts_each_surface_of_each_model(models: tuple[Any, ...], code: int) -> None:
    """The endpoint is unreachable where no model is answered on any surface; one surface that is not leaves a run open."""
    assert exit_code(asked(*models)) == code


def test_a_model_that_is_blocked_on_one_surface_only_is_told_so() -> None:
    """In matrix.json on that surface, and by the gate."""
    found = asked((FINE, PreflightFacts("responses", blocked="no key", exit_code=3)))
    (model,) = found.document()["run"]["models"]
    assert (model["echoed"], model["blocked"], model["exit_code"]) == ("m", "no key", 3)
    assert [(row["surface"], row["blocked"]) for row in model["surfaces"]] == [
        ("chat", None),
        ("responses", "no key"),
    ]
    assert own_problem(json.loads(json.dumps(found.document())), "data/matrix") is None
    assert Matrix.from_document(found.document()) == found
    assert compare(found, found).unjudged == ["openai:m0 on responses"]


def test_what_each_model_said_on_each_surface_is_in_the_facts() -> None:
    """From all processes, in the order of the run's surfaces; a surface that it was not asked on is left out."""
    settings = replace(
        load_settings(Options(base_url="http://127.0.0.1:1/v1", models=("openai=a", "openai=b")), check_key=False)
    )
    first, second = settings.surfaces[:2]
    tallies = [
        Tally(preflights={(second, "openai:a"): PreflightFacts(second, blocked="no key", exit_code=3)}),
        Tally(
            preflights={
                (first, "openai:a"): PreflightFacts(first, "a-1"),
                (first, "endpoint:any"): PreflightFacts(first),
            }
        ),
    ]
    found = assemble(settings, [], {}, [Tally.from_document(json.loads(json.dumps(tally.document()))) for tally in tallies],
                     started=datetime.now(UTC), stopped=False)  # fmt: skip
    assert found.run.contract.surfaces == settings.surfaces
    one, other = found.run.models
    assert [preflight.surface for preflight in one.preflights] == [first, second]
    assert (one.echoed, one.where_blocked, other.preflights) == ("a-1", f"openai:a on {second}", ())
    assert exit_code(found) == 3
