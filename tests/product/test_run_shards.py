"""`conformance run --shard I/N`: parts of a run, each by itself, and what becomes of them together."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from conformance.base.validation import own_problem
from conformance.mock.engine import answer
from conformance.mock.server.options import Options
from conformance.mock.server.serving import running
from conformance.suite import invariant_claims
from tests.support import driving
from tests.support.driving import Done
from tests.support.making import contract

INVARIANTS = invariant_claims(contract())
EVERY = " or ".join(sorted(INVARIANTS))  # statements about every reply, which each shard judges for itself
SMALL = ("-k", f"(chat.n. or chat.top_p. or chat.stop.) and not ({EVERY})")


@pytest.fixture(scope="module")
def parts(truthful: str, tmp_path_factory: pytest.TempPathFactory) -> list[Done]:
    """Three shards of a selection of one model's cases, the second of them with -n 2."""
    folders = [tmp_path_factory.mktemp("part") for _ in range(3)]
    more: list[tuple[str, ...]] = [(), ("-n", "2"), ()]
    return [
        driving.run(truthful, folder, f"--shard={number}/3", *SMALL, *more[number - 1])
        for number, folder in enumerate(folders, 1)
    ]


def test_each_shard_says_which_it_is(parts: list[Done]) -> None:
    """In the matrix and on the screen; it is a part, which never becomes `latest`."""
    for number, done in enumerate(parts, 1):
        assert done.code == 0, done.said
        assert done.run["shard"] == f"{number}/3"
        assert done.run["partial"]
        assert not done.latest.exists()
        assert f"shard {number}/3" in done.said
        assert own_problem(done.matrix, "data/matrix") is None


def test_the_shards_of_a_selection_are_the_selection(parts: list[Done], truthful: str, tmp_path: Path) -> None:
    """Each cell is in one shard, with the verdict that the undivided run comes to; all of the facts add up."""
    whole = driving.run(truthful, tmp_path, *SMALL)
    assert sorted(name for done in parts for name in done.cells) == sorted(whole.cells)
    assert {name: judged for done in parts for name, judged in done.judged.items()} == whole.judged
    assert sum(done.run["planned"] for done in parts) == whole.run["planned"]
    assert all(done.run["cases"] > whole.run["planned"] for done in parts)


def test_an_empty_shard_is_no_failure(truthful: str, tmp_path: Path) -> None:
    """Nothing is sent, a matrix without cells is written, and it is said; plain and over processes."""
    before = driving.counted(truthful)
    for more in ((), ("-n", "2")):
        done = driving.run(truthful, tmp_path, "--shard=2/9999", "-k", "chat.n.null", *more)
        assert done.code == 0, done.said
        assert (done.matrix["cells"], done.run["planned"], done.run["shard"]) == ([], 0, "2/9999")
        assert "nothing of what was selected belongs to this shard: nothing was sent" in done.said
        assert own_problem(done.matrix, "data/matrix") is None
    assert driving.counted(truthful) == before


def test_a_selection_of_nothing_is_a_failure_in_a_shard_too(truthful: str, tmp_path: Path) -> None:
    """A misspelt -k is not taken for an empty shard: exit 5, and no matrix."""
    done = driving.run(truthful, tmp_path, "--shard=1/2", "-k", "no_such_parameter")
    assert done.code == 5, done.said
    assert "nothing selected" in done.said
    assert not (done.folder / "matrix.json").exists()


def test_collecting_lists_the_shard_only(truthful: str, tmp_path: Path) -> None:
    """--collect-only names the cases of this shard, and says how many were left out; nothing is written."""
    listed = [driving.run(truthful, tmp_path, f"--shard={part}/2", "--collect-only").lines for part in (1, 2)]
    cases = [{line for line in lines if "[" in line and "@" in line} for lines in listed]
    assert cases[0]
    assert cases[1]
    assert {line.partition("[")[2].partition("@")[0] for line in cases[0] & cases[1]} <= INVARIANTS
    assert any("deselected" in line for line in listed[0])
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize("wrong", ["0/2", "3/2", "two"])
def test_a_wrong_shard_is_a_usage_error(wrong: str, tmp_path: Path) -> None:
    """One sentence, exit 2, nothing written."""
    done = driving.command("run", "--shard", wrong, cwd=tmp_path)
    assert (done.code, len(done.lines)) == (2, 1)
    assert f"--shard must be I/N with 1 <= I <= N <= 10000, got '{wrong}'" in done.said
    assert list(tmp_path.iterdir()) == []


TIMES = ("started", "ended", "requests")


@pytest.fixture(scope="module")
def repeating() -> Iterator[str]:
    """The base URL of a mock gateway that says the same whenever it is asked the same."""
    with pytest.MonkeyPatch.context() as patch, running(Options(port=0)) as url:
        patch.setattr(answer, "sampling_seed", lambda request, index: answer.digest([request.body, index]))
        yield url


@pytest.fixture(scope="module")
def whole(repeating: str, tmp_path_factory: pytest.TempPathFactory) -> Done:
    """The undivided run of two models that take a temperature."""
    return driving.run(repeating, tmp_path_factory.mktemp("whole"), models=driving.TWO)


@pytest.fixture(scope="module")
def shards(repeating: str, tmp_path_factory: pytest.TempPathFactory) -> list[Done]:
    """The same in three shards."""
    folders = [tmp_path_factory.mktemp("shard") for _ in range(3)]
    return [
        driving.run(repeating, folder, f"--shard={number}/3", models=driving.TWO)
        for number, folder in enumerate(folders, 1)
    ]


def merge(*runs: Path, cwd: Path, more: tuple[str, ...] = ()) -> Done:
    """`conformance report --merge` into the folder runs/this."""
    return driving.command("report", "--merge", *map(str, runs), "--out=runs/this", *more, cwd=cwd)


def plain(done: Done) -> str:
    """A matrix as it is written, without times, cost, and the ids and tokens of requests that repeat an id which the gateway
    made up.

    Of a statement about every reply each shard judges its own, so of those only the verdict is compared.
    """
    made_up = {row["id"] for row in done.rows[1:] if '"tool_call' in (row["request"]["body"] or "")}
    document = json.loads((done.folder / "matrix.json").read_text(encoding="utf-8"))
    del document["run"]["cost"]
    document["cells"] = [cell for cell in document["cells"] if cell["claim"] not in driving.TIMED]
    for cell in document["cells"]:
        if made_up & set(cell["evidence"]):
            del cell["tokens"]
        if cell["claim"] in INVARIANTS:
            for name in ("detail", "evidence", "looks", "tokens"):
                cell.pop(name, None)
    text = json.dumps(document, indent=1, ensure_ascii=False) + "\n"
    for name in made_up:
        text = text.replace(name, "made up")
    return "\n".join(line for line in text.splitlines() if line.strip().partition(":")[0].strip('"') not in TIMES)


@pytest.mark.thorough
def test_merged_shards_are_the_undivided_run(whole: Done, shards: list[Done], tmp_path: Path) -> None:
    """Byte for byte, times and number of requests apart; named backwards, by directory or file."""
    named = [shards[2].folder, shards[1].folder / "matrix.json", shards[0].folder]
    done = merge(*named, cwd=tmp_path)
    assert done.code == whole.code == 0, done.err
    assert plain(done) == plain(whole)
    assert whole.run["requests"] <= done.run["requests"] == sum(each.run["requests"] for each in shards)
    assert sum(each["spent"]["requests"] for each in done.run["cost"]["models"]) == done.run["requests"]
    assert done.latest.resolve() == done.folder.resolve()
    assert {path.name for path in whole.folder.iterdir()} == {path.name for path in done.folder.iterdir()}
    assert "the whole contract" in done.said


def test_a_merged_run_has_the_evidence(shards: list[Done], tmp_path: Path) -> None:
    """Of every cell; `explain` finds it.  The shards are left as they were."""
    done = merge(*(each.folder for each in shards), cwd=tmp_path)
    kept = {row["id"] for row in done.rows[1:]}
    assert all(set(cell["evidence"]) <= kept for cell in done.cells.values())
    assert len(done.rows) - 1 == sum(len(each.rows) - 1 for each in shards)
    told = driving.command("explain", "chat.n.null@claude:mock-claude", "--run=runs/this", cwd=tmp_path)
    assert (told.code, "curl" in told.said) == (0, True), told.said


def test_a_merged_run_is_judged_again_from_its_evidence(shards: list[Done], whole: Done, tmp_path: Path) -> None:
    """The recording is that of the whole.  Where two shards got a reply with another made-up id, what goes on from it is
    missing in one of them, and is said to be."""
    assert merge(*(each.folder for each in shards), cwd=tmp_path).code == 0
    done = driving.command("run", "--replay=runs/this", "--out=runs/again", cwd=tmp_path)
    done = replace(done, folder=tmp_path / "runs" / "again")
    lost = {name for name, cell in done.cells.items() if cell["detail"].startswith("not in the recording")}
    assert done.judged.keys() == whole.judged.keys()
    assert {name: judged for name, judged in done.judged.items() if name not in lost} == {
        name: judged for name, judged in whole.judged.items() if name not in lost
    }
    assert all(name.startswith(("chat.messages.tool_", "chat.messages.sent_back@")) for name in lost)


def test_a_missing_shard_is_said_and_no_success(shards: list[Done], tmp_path: Path) -> None:
    """What is there is merged as a part, which is not `latest`; exit 5."""
    done = merge(shards[0].folder, shards[2].folder, cwd=tmp_path)
    assert done.code == 5, done.said
    assert done.run["partial"]
    assert "missing: shard 2/3; the others were merged as a selection" in done.err
    assert not done.latest.exists()


def test_an_empty_shard_merges(truthful: str, tmp_path: Path) -> None:
    """Three parts of what makes one: two have nothing, and together they are the selection."""
    runs = []
    for number in range(1, 4):
        (tmp_path / str(number)).mkdir()
        runs.append(driving.run(truthful, tmp_path / str(number), f"--shard={number}/3", "-k", "chat.n.null"))
    assert sorted(len(each.cells) for each in runs) == [0, 0, 1]
    done = merge(*(each.folder for each in runs), cwd=tmp_path)
    assert (done.code, list(done.cells)) == (0, ["chat.n.null@openai:mock-openai"]), done.said


def test_embedded_gateways_of_shards_are_one_target(tmp_path: Path) -> None:
    """Without an endpoint each shard starts a mock gateway with an address of its own, and all merge."""
    for number in (1, 2):
        told = ("run", f"--shard={number}/2", f"--out={number}", "-k", "chat.n. and openai")
        assert driving.command(*told, cwd=tmp_path).code == 0
    done = merge(tmp_path / "1", tmp_path / "2", cwd=tmp_path)
    assert (done.code, done.run["mode"]) == (0, "mock"), done.said


def test_the_exit_code_of_a_merge_is_that_of_the_run(gateway: Callable[..., str], tmp_path: Path) -> None:
    """A deviation in one shard fails the whole, unless it is known."""
    url = gateway(defects=("drops_n",))
    runs = []
    for number in (1, 2):
        (tmp_path / str(number)).mkdir()
        runs.append(driving.run(url, tmp_path / str(number), f"--shard={number}/2", "-k", f"chat.n. and not ({EVERY})"))
    assert sorted(each.code for each in runs) == [0, 1]
    failed = merge(*(each.folder for each in runs), cwd=tmp_path)
    assert failed.code == 1, failed.said
    entries = "".join(
        f'[[expected]]\ncells = "chat.n.{each}@openai:*"\nobserved = "ignored"\nreason = "known"\nowner = "us"\n'
        "expires = 2999-01-01\n" for each in ("count",)
    )  # fmt: skip
    (tmp_path / "known.toml").write_text(f'schema = 1\ncontract = "cometapi"\n{entries}', encoding="utf-8")
    told = ("report", "--merge", *(str(each.folder) for each in runs), "--out=again", "--expectations=known.toml")
    known = driving.command(*told, cwd=tmp_path)
    assert known.code == 0, known.said


def test_what_cannot_be_merged_is_said_in_one_sentence(shards: list[Done], whole: Done, tmp_path: Path) -> None:
    """Exit 2, and nothing is written: overlapping, no matrix, no folder, a folder with a run in it."""
    one, two, three = (each.folder for each in shards)
    for runs, says in (
        ((one, one), "overlap"),
        ((one, whole.folder), "so both must be shards"),
        ((one, tmp_path), "must be a run directory with matrix.json"),
    ):
        done = merge(*runs, cwd=tmp_path)
        assert (done.code, len(done.lines)) == (2, 1), done.said
        assert says in done.said
    assert list(tmp_path.iterdir()) == []
    into = driving.command("report", "--merge", str(one), str(two), f"--out={three}", cwd=tmp_path)
    assert (into.code, f"{three} holds a run" in into.said) == (2, True)
    for told in (("report", "--merge", str(one)), ("report", str(one), str(two))):
        wrong = driving.command(*told, cwd=tmp_path)
        assert (wrong.code, len(wrong.lines), "--merge" in wrong.said) == (2, 1, True)
