"""The gate on real runs: a clean one, one with a defect, and what the command says of files that are no runs."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from conformance.mock.server.options import Options
from conformance.mock.server.serving import running
from tests.support import driving
from tests.support.driving import Done

ONLY = ("-k", "chat.n. or chat.stream.")
TURNED = {
    f"{claim}@{column}:{model}"
    for claim in ("chat.n.count",)
    for column, model in (
        ("openai", "mock-openai"),
        ("openai", "mock-openai-reasoning"),
        ("gemini", "mock-gemini"),
    )
}


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Done:
    """A run on the gateway that does what is documented."""
    with running(Options(port=0)) as url:
        return driving.run(url, tmp_path_factory.mktemp("clean"), *ONLY, models=driving.NAMED)


@pytest.fixture(scope="module")
def lying(tmp_path_factory: pytest.TempPathFactory) -> Done:
    """The same on one that drops n."""
    with running(Options(port=0, defects=("drops_n",))) as url:
        return driving.run(url, tmp_path_factory.mktemp("lying"), *ONLY, models=driving.NAMED)


@pytest.fixture
def gate(tmp_path: Path) -> Callable[..., Done]:
    """`conformance gate ARGUMENTS`, with its JSON in gate.json."""
    return lambda *arguments: driving.command(
        "gate", *map(str, arguments), f"--json={tmp_path / 'gate.json'}", cwd=tmp_path
    )


def kinds(folder: Path) -> dict[str, str]:
    """What became of each cell, from the gate's JSON."""
    return {each["cell"]: each["kind"] for each in json.loads((folder / "gate.json").read_text("utf-8"))["changes"]}


def test_two_clean_runs_pass(clean: Done, gate: Callable[..., Done], tmp_path: Path) -> None:
    """Nothing changed, and that is said."""
    copy = Path(shutil.copy(clean.folder / "matrix.json", tmp_path))
    done = gate(clean.folder, copy)
    assert (done.code, kinds(tmp_path)) == (0, {})
    assert "gate: passed" in done.said


def test_a_run_is_not_compared_with_itself(clean: Done, gate: Callable[..., Done], tmp_path: Path) -> None:
    """It would pass whatever it holds, as where `latest` is taken for the baseline after the new run."""
    (tmp_path / "latest").symlink_to(clean.folder)
    done = gate(tmp_path / "latest", clean.folder / "matrix.json")
    assert (done.code, len(done.lines)) == (2, 1), done.said
    assert "must be two runs" in done.said


def test_a_defect_fails_and_exactly_its_cells_are_named(
    clean: Done, lying: Done, gate: Callable[..., Done], tmp_path: Path
) -> None:
    """Each with what was seen before and now."""
    done = gate(clean.folder, lying.folder)
    assert done.code == 1
    assert {cell for cell, kind in kinds(tmp_path).items() if kind == "regressed"} == TURNED
    assert "chat.n.count on " in done.said
    assert all(cell.partition("@")[2] in done.said for cell in TURNED)
    assert done.said.count("-> deviates (ignored: 2: 1 choice for n=2") == 1


def test_the_way_of_a_known_deviation(clean: Done, lying: Done, gate: Callable[..., Done], tmp_path: Path) -> None:
    """Proposed, filled in, expected; once it is fixed, the line to remove is named."""
    known = tmp_path / "known.toml"
    assert gate(clean.folder, lying.folder, f"--write-expectations={known}").code == 1
    unfilled = gate(clean.folder, lying.folder, f"--expectations={known}")
    assert (unfilled.code, "reason must not be empty" in unfilled.said) == (2, True)
    text = known.read_text(encoding="utf-8").replace('reason = ""', 'reason = "r"').replace('owner = ""', 'owner = "o"')
    known.write_text(text, encoding="utf-8")
    assert gate(clean.folder, lying.folder, f"--expectations={known}").code == 0
    assert {cell for cell, kind in kinds(tmp_path).items() if kind == "expected"} == TURNED
    fixed = gate(lying.folder, clean.folder, f"--expectations={known}")
    assert fixed.code == 1
    line = text.splitlines().index("[[expected]]") + 1
    assert f"line {line}:" in fixed.said
    assert "now conforms; remove it" in fixed.said
    again = gate(clean.folder, lying.folder, f"--write-expectations={known}")
    assert (again.code, "must name a new file" in again.said) == (2, True)


def test_a_run_meets_its_expectations(lying: Done, clean: Done, tmp_path: Path, gate: Callable[..., Done]) -> None:
    """Expected deviations are asked, shown and do not fail; one that is fixed does, with -n 2 as well."""
    known = tmp_path / "known.toml"
    gate(clean.folder, lying.folder, f"--write-expectations={known}")
    text = known.read_text(encoding="utf-8").replace('reason = ""', 'reason = "r"').replace('owner = ""', 'owner = "o"')
    known.write_text(text, encoding="utf-8")
    given = (*ONLY, f"--expectations={known}")
    for more in ((), ("-n", "2")):
        with running(Options(port=0, defects=("drops_n",))) as url:
            done = driving.run(url, tmp_path, *given, *more, models=driving.NAMED)
        assert done.code == 0, done.said
        assert done.named("deviates") | done.named("differs") == TURNED
    with running(Options(port=0)) as url:
        done = driving.run(url, tmp_path, *given, models=driving.NAMED)
    assert done.code == 1
    assert "stale expectation" in done.said


def test_lost_coverage_alone_is_5(clean: Done, gate: Callable[..., Done], tmp_path: Path) -> None:
    """A run of less than before leaves open what it left out."""
    with running(Options(port=0)) as url:
        less = driving.run(url, tmp_path, "-k", "chat.n.", models=driving.NAMED)
    done = gate(clean.folder, less.folder)
    assert done.code == 5
    assert set(kinds(tmp_path).values()) == {"lost coverage"}


def test_what_is_no_run_gets_one_sentence(clean: Done, gate: Callable[..., Done], tmp_path: Path) -> None:
    """A cut file, one of another version, none at all."""
    whole = (clean.folder / "matrix.json").read_text(encoding="utf-8")
    bad = {
        "cut.json": whole[: len(whole) // 2],
        "old.json": whole.replace('"schema": 1', '"schema": 0', 1),
        "other.json": "[]",
    }
    for name, text in bad.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
        done = gate(clean.folder, tmp_path / name)
        assert (done.code, len(done.lines)) == (2, 1), done.said
        assert name in done.said
    assert gate(clean.folder, tmp_path / "nowhere").code == 2
    other = Path(shutil.copy(clean.folder / "matrix.json", tmp_path))
    assert gate(clean.folder, other, "--map-model", "a").code == 2


def test_markdown_goes_where_it_is_wanted(clean: Done, lying: Done, gate: Callable[..., Done], tmp_path: Path) -> None:
    """A dash is stdout, in place of the table."""
    done = gate(clean.folder, lying.folder, "--markdown=-")
    assert done.out.startswith("## Conformance gate: ✗ failed")
    assert "gate: FAILED" not in done.out


def test_a_workflow_of_github_gets_annotations_and_a_summary(clean: Done, lying: Done, tmp_path: Path) -> None:
    """The summary is appended to the file that the runner names; without one there is none."""
    summary = tmp_path / "summary.md"
    summary.write_text("before\n", encoding="utf-8")
    given = ("gate", str(clean.folder), str(lying.folder), "--format=github", f"--sarif={tmp_path / 'gate.sarif'}")
    done = driving.command(*given, cwd=tmp_path, GITHUB_STEP_SUMMARY=str(summary))
    assert done.code == 1
    assert done.out.startswith("::error title=regressed%3A chat.n.count on ")
    assert summary.read_text(encoding="utf-8").startswith("before\n## Conformance gate: ✗ failed")
    (run,) = json.loads((tmp_path / "gate.sarif").read_text(encoding="utf-8"))["runs"]
    named = {row["locations"][0]["logicalLocations"][0]["fullyQualifiedName"] for row in run["results"]}
    assert named == TURNED
    assert driving.command(*given, cwd=tmp_path, GITHUB_STEP_SUMMARY="").out == done.out
    nowhere = driving.command(*given, cwd=tmp_path, GITHUB_STEP_SUMMARY=str(tmp_path / "none" / "x"))
    assert (nowhere.code, "cannot write" in nowhere.said) == (2, True)


def test_the_history_of_a_cell(clean: Done, lying: Done, tmp_path: Path) -> None:
    """One line for each time it turned, by target."""
    done = driving.command(
        "history", "chat.n.count@openai:mock-openai", str(clean.folder), str(lying.folder), cwd=tmp_path
    )
    assert done.code == 0
    assert "conforms, honoured" in done.said
    assert "deviates, ignored" in done.said
    assert driving.command("history", "chat.nothing", str(clean.folder), cwd=tmp_path).code == 2
    assert driving.command("history", "*", cwd=tmp_path).code == 2
