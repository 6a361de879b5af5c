"""A run that did not come to its end, gone on with: only what is missing is asked, and the matrix is the same."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from conformance.evidence import files as evidence_files
from tests.support import canned, driving
from tests.support.driving import Done

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "killed.py"
SELECTED = ("-k", "chat.n.")


def resume(folder: Path, *more: str, run: Path | None = None) -> Done:
    """Go on with the run in runs/this."""
    return driving.command("run", f"--resume={run or 'runs/this'}", *more, cwd=folder)


def cells(done: Done) -> list[dict[str, Any]]:
    """All cells without the model's words, which are others in each run."""
    return [
        {**each, "evidence": len(each["evidence"]), "detail": re.sub(r"'.*?'", "", each["detail"])}
        for each in done.matrix["cells"]
    ]


def facts(done: Done, *without: str) -> dict[str, Any]:
    """The facts of a run, times apart."""
    return {name: value for name, value in done.run.items() if name not in {"started", "ended", *without}}


def halve(folder: Path, *, torn: str = "") -> int:
    """Leave of a run what a kill in its midst leaves: half of its evidence, some of it in a worker's part, and no matrix.

    How many exchanges are gone.
    """
    for path in folder.glob("matrix*"):
        path.unlink()
    path = folder / "evidence.ndjson"
    first, *lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    half = len(lines) // 2
    path.write_text("".join([first, *lines[: half // 2]]), encoding="utf-8")
    part = folder / "evidence.gw0.ndjson"
    part.write_text("".join([first, *lines[half // 2 : half]]) + torn, encoding="utf-8")
    return len(lines) - half


@pytest.fixture(scope="module")
def whole(truthful: str, tmp_path_factory: pytest.TempPathFactory) -> Done:
    """A run of a selection that came to its end."""
    return driving.run(truthful, tmp_path_factory.mktemp("whole"), *SELECTED, models=driving.NAMED[:3:2])


@pytest.fixture
def begun(whole: Done, tmp_path: Path) -> Done:
    """A copy of it in runs/this, to be changed."""
    shutil.copytree(whole.folder, tmp_path / "runs" / "this")
    return Done(whole.code, whole.out, whole.err, tmp_path / "runs" / "this")


def test_it_asks_only_what_is_missing(begun: Done, truthful: str, tmp_path: Path) -> None:
    """Same matrix, same number of requests, each exchange once; a torn line goes, and that is said."""
    missing = halve(begun.folder, torn='{"id":"torn off')
    before = driving.counted(truthful)
    done = resume(tmp_path)
    assert done.code == 0, done.said
    assert driving.counted(truthful) - before == missing
    assert cells(done) == cells(begun)
    assert facts(done) == facts(begun)
    assert not done.run["stopped"]
    ids = [row["id"] for row in done.rows[1:]]
    assert len(ids) == len(set(ids)) == done.run["requests"]
    assert "evidence.gw0.ndjson ends in a line that was cut off in writing; its 15 bytes are left out" in done.said
    assert "recorded requests are not sent again" in done.said


def test_a_finished_run_sends_nothing(begun: Done, truthful: str, tmp_path: Path) -> None:
    """All of it is recorded; over several processes as well, with settings of pytest that are others."""
    before = driving.counted(truthful)
    done = resume(tmp_path, "-n", "2")
    assert done.code == 0, done.said
    assert driving.counted(truthful) == before
    assert done.matrix["cells"] == begun.matrix["cells"]
    assert facts(done) == facts(begun)
    assert done.rows == begun.rows
    assert [each.name for each in done.folder.glob("evidence*")] == ["evidence.ndjson"]


def test_a_run_may_be_gone_on_with_by_way_of_a_link(truthful: str, tmp_path: Path) -> None:
    """A link to a run directory is the directory."""
    first = driving.run(truthful, tmp_path, *SELECTED)
    link = first.folder.parent / "mine"
    link.symlink_to("this")
    done = resume(tmp_path, run=Path("runs/mine"))
    assert done.code == 0, done.said
    assert link.resolve() == first.folder.resolve()
    assert [each.name for each in (tmp_path / "runs").iterdir()].count("this") == 1


def test_the_embedded_gateway_is_started_anew(tmp_path: Path) -> None:
    """At another address and with another key; the matrix keeps to the address that the run began with."""
    begun = driving.command("run", "--out=runs/this", *SELECTED, cwd=tmp_path)
    halve(begun.folder)
    done = resume(tmp_path)
    assert done.code == 0, done.said
    assert cells(done) == cells(begun)
    assert facts(done) == facts(begun)


@pytest.mark.parametrize(("of_all", "verdict"), [(True, "inconclusive"), (False, "deviates")], ids=["all", "one kind"])
def test_an_outage_is_asked_about_again(tmp_path: Path, of_all: bool, verdict: str) -> None:
    """What failed for a time is asked again once the endpoint is back, and the newer answer counts from then on.

    That holds for what was left open, because plain requests failed too, and for what was held against the endpoint.
    """
    up, begun = False, False

    def behave(headers: dict[str, str], sent: Any) -> canned.Answer:
        nonlocal begun
        several = isinstance(sent, dict) and sent.get("n", 1) > 1
        begun = begun or several
        if not up and (several or (of_all and begun)):
            return 503, "", {"retry-after": "0"}
        if several:
            return 400, canned.error("n is too large", code="invalid_value", param="n"), {}
        return 200, canned.completion("ready"), {}

    with canned.serving(behave) as endpoint:
        aimed = (driving.impatient(endpoint.base_url, tmp_path), "--contract=cometapi", "--model=openai=m")
        first = driving.command("run", *aimed, "--out=runs/this", "-k", "n.count and openai", cwd=tmp_path)
        assert verdict in first.verdicts, first.said
        assert "503" in json.dumps(first.matrix["cells"])
        up, before = True, len(endpoint.bodies)
        done = resume(tmp_path, "-k", "n.count and openai")
        sent = len(endpoint.bodies) - before
    assert "inconclusive" not in done.verdicts, done.said
    assert "deviates" in done.verdicts
    assert "503" not in json.dumps(done.matrix["cells"])
    # Only what failed: three cases, each three times with a control of its own.
    assert sent == 12
    replayed = driving.command("run", "--replay=runs/this", "--out=again", "-k", "n.count and openai", cwd=tmp_path)
    assert (tmp_path / "again" / "evidence.ndjson").stat().st_size < (done.folder / "evidence.ndjson").stat().st_size
    again = Done(replayed.code, replayed.out, replayed.err, tmp_path / "again")
    assert again.matrix["cells"] == done.matrix["cells"]
    assert facts(again) == facts(done)


def test_a_run_that_had_not_begun_is_refused(tmp_path: Path) -> None:
    """There is nothing to go on with: one sentence, exit code 2."""
    (tmp_path / "runs" / "this").mkdir(parents=True)
    (tmp_path / "runs" / "this" / "evidence.ndjson").write_text('{"schema"', encoding="utf-8")
    done = resume(tmp_path)
    assert (done.code, len(done.lines)) == (2, 1), done.said
    assert "its first line is incomplete; start the run again" in done.said


def test_it_goes_on_in_its_own_directory(begun: Done, tmp_path: Path) -> None:
    """Another one is refused, and nothing is written there."""
    done = resume(tmp_path, "--out=elsewhere")
    assert (done.code, len(done.lines)) == (2, 1), done.said
    assert "leave out --out" in done.said
    assert not (tmp_path / "elsewhere").exists()


def test_large_evidence_is_compressed_and_gone_on_with(begun: Done, tmp_path: Path) -> None:
    """At the end of the run, whose summary names the file; a resume unpacks it, and explain reads it as it is."""
    row = {**begun.rows[1], "sample": 999_999, "text": "x" * evidence_files.LARGE}
    halve(begun.folder)
    with (begun.folder / "evidence.ndjson").open("a", encoding="utf-8") as file:
        file.write(f"{json.dumps(row, separators=(',', ':'))}\n")
    for _ in range(2):
        done = resume(tmp_path)
        assert done.code == 0, done.said
        assert cells(done) == cells(begun)
        assert [each.name for each in done.folder.glob("evidence*")] == ["evidence.ndjson.gz"]
        assert "matrix.json, matrix.md, evidence.ndjson.gz" in done.said
    told = driving.command("explain", "chat.n.count@openai:mock-openai", "--run=runs/this", cwd=tmp_path)
    assert "curl -sS" in told.out


def test_killed_runs_lose_nothing(tmp_path: Path) -> None:
    """At random moments, alone and spread: what was recorded is not asked again, and the matrix is that of a whole run."""
    given = ["--kills=3", "--latency=0.1", "--concurrency=2", "--seed=4", "--select=chat.n."]
    done = driving.python(str(SCRIPT), *given, cwd=tmp_path)
    assert done.code == 0, done.said
    assert "sent twice: 0; differing cells: 0" in done.said
    assert done.said.count(" Kill(") == 3
