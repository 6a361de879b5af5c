"""What pytest's own options make of a run: only what is selected is sent, and the matrix says that it is a part."""

from collections.abc import Callable
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from conformance.contract.selection import covers
from conformance.run.loading import load_settings
from conformance.run.options import Options
from tests.support import driving
from tests.support.driving import Done


@pytest.fixture(scope="module")
def partial(truthful: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[Done, int]:
    """A run of one parameter of one column out of four models, and what it sent."""
    before = driving.counted(truthful)
    done = driving.run(
        truthful, tmp_path_factory.mktemp("partial"), "-k", "claude and chat.temperature.", models=driving.NAMED
    )
    return done, driving.counted(truthful) - before


def test_a_selection_sends_only_its_own(partial: tuple[Done, int]) -> None:
    """-k "claude and chat.temperature." asks nothing of another model, and nothing that these cases do not use."""
    done, sent = partial
    assert done.code == 0, done.said
    assert {cell["claim"].split(".")[1] for cell in done.cells.values()} == {"temperature"}
    assert {row["request"]["model"] for row in done.rows[1:]} == {"claude:mock-claude"}
    used = {each for cell in done.cells.values() for each in cell["evidence"]}
    preflight = {row["id"] for row in done.rows[1:]} - used
    assert len(preflight) <= 1
    assert sent == len(done.rows) - 1 == done.run["requests"] < 50


def test_a_selection_is_partial_and_never_latest(partial: tuple[Done, int]) -> None:
    """The matrix says that it is a part, and `latest` is not moved."""
    done, _ = partial
    assert done.run["partial"]
    assert done.run["planned"] == done.run["reported"] == sum(map(_cases, done.cells.values()))
    assert not done.latest.is_symlink()
    assert "a selection" in done.said


def _cases(cell: dict[str, dict[str, int]]) -> int:
    return sum(cell["counts"].values())


def test_a_selection_leaves_an_older_latest_alone(truthful: str, tmp_path: Path) -> None:
    """What `latest` led to before a selection was run, it leads to afterwards."""
    (tmp_path / "runs" / "older").mkdir(parents=True)
    (tmp_path / "runs" / "latest").symlink_to("older")
    done = driving.run(truthful, tmp_path, "-k", "chat.n.null")
    assert done.code == 0, done.said
    assert done.latest.resolve().name == "older"


def test_claims_are_selected_by_patterns(truthful: str, tmp_path: Path) -> None:
    """As the gate and the history have them: cells of one column, and a claim on all models; nothing else is planned."""
    chosen = ("--claim=chat.n.*@claude:*", "--claim", "chat.stop.null", "--show=problems")
    done = driving.run(truthful, tmp_path, *chosen, models=driving.NAMED)
    assert done.code == 0, done.said
    models = {name.partition("@")[2] for name in done.cells if name.startswith("chat.stop.null@")}
    assert len(models) == len(driving.NAMED)
    assert {name for name in done.cells if not name.startswith("chat.stop.null@")} == {
        name for name in done.cells if fnmatchcase(name, "chat.n.*@claude:*")
    }
    assert len(done.cells) > len(models) + 5
    assert done.run["partial"]
    assert done.run["planned"] == sum(map(_cases, done.cells.values()))
    assert "as documented" not in done.said  # --show=problems leaves the table out
    again = driving.command("run", "--replay=runs/this", "--out=runs/again", cwd=tmp_path)
    assert again.code == 0, again.said
    assert replace(again, folder=tmp_path / "runs" / "again").cells.keys() == done.cells.keys()


@pytest.mark.parametrize(
    ("pattern", "hint"),
    [
        ("chat.temprature.*", "chat.temperature.*"),
        ("temperature", "gemini.temperature.*"),
        ("chat.n.*@mistral:*", "chat.n.*@openai:*"),
    ],
)
def test_a_pattern_that_selects_nothing_is_answered_with_one_that_does(pattern: str, hint: str, tmp_path: Path) -> None:
    """Before anything is sent or written, with exit code 2; the pattern of the hint has a plan."""
    done = driving.command("run", f"--claim={pattern}", "--out=runs/this", cwd=tmp_path)
    assert done.code == 2, done.said
    assert (
        f"--claim must match a claim or a cell of the run, got '{pattern}'; for instance --claim '{hint}'" in done.said
    )
    assert not done.folder.exists()
    assert any(covers(hint, case.cell) for case in load_settings(Options(claims=(hint,))).cases.values())


@pytest.mark.parametrize("option", ["--collect-only", "--co"])
def test_collecting_sends_nothing_and_writes_nothing(truthful: str, tmp_path: Path, option: str) -> None:
    """--collect-only lists the cases and touches neither the endpoint nor the disk."""
    before = driving.counted(truthful)
    done = driving.run(truthful, tmp_path, option, "-k", "chat.n.count")
    assert done.code == 0, done.said
    assert "chat.n.count@openai:mock-openai=2" in done.said
    assert driving.counted(truthful) == before
    assert not done.folder.exists()


def test_collecting_starts_no_gateway(tmp_path: Path) -> None:
    """Without an endpoint --collect-only does not even start the embedded mock gateway."""
    program = "import subprocess\n"
    program += "def forbidden(*_, **__): raise SystemExit('a process was started')\n"
    program += "subprocess.Popen = forbidden\n"
    program += "import sys; sys.argv = ['conformance', 'run', '--collect-only', '-k', 'chat.n.count']\n"
    program += "from conformance.cli import main; main()\n"
    done = driving.python("-c", program, cwd=tmp_path)
    assert done.code == 0, done.said
    assert "chat.n.count@claude:mock-claude" in done.said


def test_last_failed_sends_only_what_failed(gateway: Callable[..., str], tmp_path: Path) -> None:
    """--lf after a deviation asks the failed cases again and no others."""
    url = gateway(defects=("drops_n",))
    first = driving.run(url, tmp_path, "-k", "chat.n.")
    failed, sent = first.named("deviates"), len(first.rows) - 1
    assert first.code == 1, first.said
    assert failed == {"chat.n.count@openai:mock-openai"}
    before = driving.counted(url)
    again = driving.run(url, tmp_path, "--lf")
    assert again.code == 1, again.said
    assert set(again.cells) == failed
    assert again.run["partial"]
    assert driving.counted(url) - before == len(again.rows) - 1 < sent


@pytest.mark.parametrize(("option", "failures"), [("-x", 1), ("--maxfail=2", 2)])
def test_an_early_stop_keeps_the_denominator(
    gateway: Callable[..., str], tmp_path: Path, option: str, failures: int
) -> None:
    """-x and --maxfail end the run early; what was not reached is blocked, and the failure is what the exit code says."""
    url = gateway(defects=("drops_n",), latency=0.05)
    done = driving.run(url, tmp_path, option, "--concurrency=2", "-k", "chat.n. or chat.top_p.")
    stopped = {name for name in done.named("blocked") if done.cells[name]["detail"].startswith("stopped")}
    failed = [cell["counts"]["deviates"] for cell in done.cells.values() if cell["verdict"] == "deviates"]
    assert done.code == 1, done.said
    assert sum(failed) == failures
    assert stopped == done.named("blocked") != set()
    assert done.run["stopped"]
    assert done.run["reported"] < done.run["planned"] == sum(map(_cases, done.cells.values()))
    assert not done.latest.exists()
    assert f"{len(stopped)} cells were not reached before the run ended" in done.said


def test_an_early_stop_over_processes(gateway: Callable[..., str], tmp_path: Path) -> None:
    """-x with -n 2 ends early too, with a matrix of all that was planned."""
    url = gateway(defects=("drops_n",), latency=0.05)
    done = driving.run(url, tmp_path, "-x", "-n", "2", "-k", "chat.n. or chat.top_p.", models=driving.NAMED[:2])
    assert done.code == 1, done.said
    assert done.run["stopped"]
    assert done.run["reported"] < done.run["planned"]
    assert done.named("deviates")
    assert len(done.rows) > 1


def test_the_cases_can_be_named_one_by_one(truthful: str, tmp_path: Path) -> None:
    """-v prints each case by its id with its outcome."""
    done = driving.run(truthful, tmp_path, "-v", "-k", "chat.n.count")
    assert done.code == 0, done.said
    for value in (2, 7, 8):
        assert any(
            f"[chat.n.count@openai:mock-openai={value}]" in line and "PASSED" in line.upper() for line in done.lines
        )
