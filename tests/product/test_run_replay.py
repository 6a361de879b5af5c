"""A run judged again from what it recorded: nothing is sent, and the matrix is the same."""

import gzip
import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support import driving
from tests.support.driving import Done

COUNTS = "chat.n."
SEALED = """
import sys
import socket

opened = []

def watch(event, given):
    if event.startswith("socket.") and event != "socket.gethostname":
        family = given[1] if event == "socket.__new__" else None
        if event != "socket.__new__" or family != socket.AF_UNIX:
            opened.append((event, given))
            raise RuntimeError(f"{event} in a replay: {given}")
    if event == "subprocess.Popen":
        raise RuntimeError(f"a process in a replay: {given}")

sys.addaudithook(watch)
from conformance.cli import main
sys.argv[0] = "conformance"
try:
    main()
finally:
    assert not opened, opened
"""


def replay(run: Path, cwd: Path, *more: str) -> Done:
    """A replay of a run into the folder runs/again below `cwd`, in a process that can open no socket and start nothing."""
    arguments = ["run", f"--replay={run}", "--out=runs/again", *more]
    return replace(driving.python("-c", SEALED, *arguments, cwd=cwd), folder=cwd / "runs" / "again")


def timeless(done: Done) -> str:
    """matrix.json without the times of the run."""
    text = (done.folder / "matrix.json").read_text(encoding="utf-8")
    for name in ("started", "ended"):
        text = text.replace(json.dumps(done.run[name]), "null")
    return text


@pytest.fixture(scope="module")
def few(truthful: str, tmp_path_factory: pytest.TempPathFactory) -> Done:
    """A run of a selection for two models."""
    folder = tmp_path_factory.mktemp("few")
    return driving.run(truthful, folder, "-k", COUNTS, models=driving.NAMED[:3:2])


@pytest.fixture(scope="module")
def again(few: Done, tmp_path_factory: pytest.TempPathFactory) -> Done:
    """Its replay."""
    return replay(few.folder, tmp_path_factory.mktemp("again"), "-k", COUNTS)


@pytest.fixture
def kept(few: Done, tmp_path: Path) -> Path:
    """A run directory of one's own, to be changed."""
    return Path(shutil.copytree(few.folder, tmp_path / "kept"))


def test_a_whole_run_is_judged_again(embedded: Done, tmp_path: Path) -> None:
    """No socket, no process, no key, and the same matrix byte for byte but for the times."""
    done = replay(embedded.folder, tmp_path)
    assert done.code == 0, done.said
    assert timeless(done) == timeless(embedded)
    assert done.run["started"] == embedded.run["started"]
    assert f"{embedded.run['requests']} requests replayed, none sent" in done.said
    assert "nothing is sent" in done.said


def test_a_replay_stands_beside_what_it_reads(few: Done, again: Done, tmp_path: Path) -> None:
    """It changes nothing there, does not become `latest`, and holds the exchanges that it used, so that it can be explained."""
    assert timeless(again) == timeless(few)
    assert {path.name for path in few.folder.iterdir()} == {"evidence.ndjson", "matrix.json", "matrix.md"}
    assert not again.latest.exists()
    assert {row["id"] for row in again.rows[1:]} == {row["id"] for row in few.rows[1:]}
    assert again.rows[0] == few.rows[0]
    assert timeless(replay(again.folder, tmp_path, "-k", COUNTS)) == timeless(few)
    told = driving.command("explain", "chat.n.count@openai:mock-openai", f"--run={again.folder}", cwd=tmp_path)
    assert "curl -sS" in told.out


def test_a_run_over_processes_is_replayed(spread: tuple[Done, int], tmp_path: Path) -> None:
    """By one process, with the same matrix."""
    assert timeless(replay(spread[0].folder, tmp_path)) == timeless(spread[0])


def test_several_processes_replay(few: Done, tmp_path: Path) -> None:
    """Each its models, with the same matrix and all the evidence."""
    done = driving.command("run", f"--replay={few.folder}", "--out=runs/this", "-n", "2", "-k", COUNTS, cwd=tmp_path)
    assert done.code == 0, done.said
    assert timeless(done) == timeless(few)
    assert {row["id"] for row in done.rows[1:]} == {row["id"] for row in few.rows[1:]}


def test_what_a_killed_run_left_is_replayed(few: Done, kept: Path, tmp_path: Path) -> None:
    """A compressed whole and parts of processes; a torn last line is left out, and that is said."""
    first, *lines = (kept / "evidence.ndjson").read_text(encoding="utf-8").splitlines(keepends=True)
    (kept / "evidence.ndjson.gz").write_bytes(gzip.compress("".join([first, *lines[::3]]).encode()))
    for number in (1, 2):
        (kept / f"evidence.gw{number}.ndjson").write_text("".join([first, *lines[number::3]]), encoding="utf-8")
    with (kept / "evidence.gw2.ndjson").open("a", encoding="utf-8") as file:
        file.write('{"id":"torn')
    (kept / "evidence.ndjson").unlink()
    done = replay(kept, tmp_path, "-k", COUNTS)
    assert timeless(done) == timeless(few)
    assert "evidence.gw2.ndjson ends in a line that was cut off in writing; its 11 bytes are left out" in done.said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "must contain evidence.ndjson or evidence.ndjson.gz"),
        ("", "its first line is incomplete"),
        ('{"schema": 1, "target": "mock"}\n', "must be evidence of version 2, got version 1"),
    ],
)
def test_what_is_no_recording_is_refused(tmp_path: Path, text: str | None, said: str) -> None:
    """One sentence, exit code 2."""
    (tmp_path / "run").mkdir()
    if text is not None:
        (tmp_path / "run" / "evidence.ndjson").write_text(text, encoding="utf-8")
    done = replay(tmp_path / "run", tmp_path)
    assert (done.code, len(done.lines)) == (2, 1), done.said
    assert said in done.said


def test_plain_pytest_refuses_it_too(tmp_path: Path) -> None:
    """In the words of pytest's own usage errors."""
    given = ("-m", "pytest", "--pyargs", "conformance.suite", f"--conformance-replay={tmp_path}")
    done = driving.python(*given, cwd=tmp_path)
    assert done.code == 4
    assert "must contain evidence.ndjson or evidence.ndjson.gz" in done.said


def test_other_settings_beside_it_are_refused(few: Done, tmp_path: Path) -> None:
    """They come from the recording."""
    done = replay(few.folder, tmp_path, "--target=mock")
    assert (done.code, len(done.lines)) == (2, 1), done.said
    assert "--replay takes its settings from the recording" in done.said


def test_a_request_that_is_missing_blocks_its_case(few: Done, tmp_path: Path) -> None:
    """Where more is selected than was; it is named, all else is judged, and the exit code says that something was not."""
    done = replay(few.folder, tmp_path, "-k", "chat")
    assert done.code == 5, done.said
    assert done.run["planned"] == done.run["reported"] > few.run["planned"]
    blocked = {done.cells[name]["detail"] for name in done.named("blocked")}
    assert all("not in the recording: " in each and "sample" in each for each in blocked)
    assert few.judged.items() <= done.judged.items()


def test_a_recorded_selection_is_selected_again(few: Done, tmp_path: Path) -> None:
    """The same matrix, without the -k; the header says it."""
    done = replay(few.folder, tmp_path)
    assert done.code == few.code, done.said
    assert done.matrix["cells"] == few.matrix["cells"]
    assert "its selection -k '" in done.said


def test_a_selection_of_a_run_is_replayed(embedded: Done, tmp_path: Path) -> None:
    """With the same verdicts, marked as a selection, with the requests that it took."""
    done = replay(embedded.folder, tmp_path, "-k", COUNTS)
    assert done.code == 0, done.said
    assert done.run["partial"]
    assert done.judged.items() <= embedded.judged.items()
    assert done.run["requests"] == len(done.rows) - 1 < embedded.run["requests"]


def test_todays_claims_judge(few: Done, tmp_path: Path) -> None:
    """A contract of one's own takes the place of the recorded one, and that is said."""
    shipped = Path(driving.__file__).parents[2] / "conformance" / "contracts" / "cometapi"
    (tmp_path / "mine").mkdir()
    for name in (path.name for path in shipped.glob("*.toml") if not path.name.endswith(".ledger.toml")):
        text = (shipped / name).read_text(encoding="utf-8").replace('contract = "cometapi"', 'contract = "mine"', 1)
        (tmp_path / "mine" / name).write_text(text, encoding="utf-8")
    done = replay(few.folder, tmp_path, "--contract=mine", "-k", COUNTS)
    assert done.run["contract"]["name"] == "mine"
    assert "the contract has changed: recorded under" in done.said
    assert {name: done.judged[name] for name in few.judged if name in done.judged}.items() <= few.judged.items()


def test_a_run_is_not_replayed_over_itself(few: Done, tmp_path: Path) -> None:
    """It would destroy what it reads."""
    done = driving.command("run", f"--replay={few.folder}", f"--out={few.folder}", cwd=tmp_path)
    assert (done.code, len(done.lines)) == (2, 1), done.said
    assert "must not be the directory of the replayed run" in done.said
    assert (few.folder / "evidence.ndjson").stat().st_size > 1000


def test_a_replay_has_a_place_of_its_own(few: Done, tmp_path: Path) -> None:
    """Not among the runs, so that a history does not count it as another one."""
    done = driving.command("run", f"--replay={few.folder}", "-k", COUNTS, cwd=tmp_path)
    assert done.code == 0, done.said
    assert [path.name for path in (tmp_path / "reports").iterdir()] == ["replays"]
