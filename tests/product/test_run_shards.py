"""`conformance run --shard I/N`: parts of a run, each by itself, and what becomes of them together."""

from pathlib import Path

import driving
import pytest
from driving import Done

from conformance.validation import own_problem

SMALL = ("-k", "test_n.py or test_top_p.py or test_stop.py")


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
    assert not cases[0] & cases[1]
    assert any("deselected" in line for line in listed[0])
    assert not (tmp_path / "runs").exists()


def test_plain_pytest_takes_it_with_the_prefix(truthful: str, tmp_path: Path) -> None:
    """--conformance-shard is the same option."""
    arguments = [f"--conformance-base-url={truthful}", f"--conformance-api-key-env={driving.VARIABLE}"]
    arguments += [f"--conformance-{each.removeprefix('--')}" for each in driving.NAMED[:1]]
    arguments += ["--conformance-shard=1/2", "--collect-only", "-q", "--pyargs", "conformance.suite"]
    done = driving.python("-m", "pytest", *arguments, cwd=tmp_path)
    assert done.code == 0, done.said
    assert "deselected" in done.said


@pytest.mark.parametrize("wrong", ["0/2", "3/2", "two"])
def test_a_wrong_shard_is_a_usage_error(wrong: str, tmp_path: Path) -> None:
    """One sentence, exit 2, nothing written."""
    done = driving.command("run", "--shard", wrong, cwd=tmp_path)
    assert (done.code, len(done.lines)) == (2, 1)
    assert f"--shard '{wrong}' names no part; write I/N" in done.said
    assert list(tmp_path.iterdir()) == []


def test_a_plan_of_a_shard_counts_its_part(tmp_path: Path) -> None:
    """`conformance plan --shard` counts what the shard would send, which is less than the whole."""
    told = [driving.command("plan", "--model=openai=m", *shard, cwd=tmp_path) for shard in ((), ("--shard=1/2",))]
    assert [done.code for done in told] == [0, 0], told[1].said
    assert max(driving.numbers(told[1].out)) < max(driving.numbers(told[0].out))
