"""`conformance report`: a finished run in other formats, and what is said when that cannot be."""

import json
from pathlib import Path

import pytest

from conformance.base.writing import write_texts
from conformance.render import FORMATS, texts
from conformance.results.reading import read
from tests.support import driving

PUBLISHED = sorted((Path(__file__).parents[2] / "reports").glob("*/matrix.json"))


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run directory with nothing but its matrix."""
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "matrix.json").write_bytes(PUBLISHED[0].read_bytes())
    return folder


def test_all_formats_are_written_beside_the_matrix(run: Path, tmp_path: Path) -> None:
    """Without a name there is every format; each file is named."""
    done = driving.command("report", str(run), cwd=tmp_path)
    assert done.code == 0, done.said
    assert {each.name for each in run.iterdir()} == {"matrix.json", *(each.file for each in FORMATS.values())}
    assert [Path(line).name for line in done.lines] == [each.file for each in FORMATS.values()]


def test_formats_can_be_chosen_and_put_elsewhere(run: Path, tmp_path: Path) -> None:
    """The folder is made; the run directory stays as it is."""
    told = ("--format=csv", "--format", "summary", "--out=new/folder")
    done = driving.command("report", str(run / "matrix.json"), *told, cwd=tmp_path)
    assert done.code == 0, done.said
    assert {each.name for each in (tmp_path / "new" / "folder").iterdir()} == {"matrix.csv", "summary.md"}
    assert [each.name for each in run.iterdir()] == ["matrix.json"]


def test_an_unknown_format_is_answered_with_the_known_ones(run: Path, tmp_path: Path) -> None:
    """One sentence, exit 2, nothing written."""
    done = driving.command("report", str(run), "--format=cvs", cwd=tmp_path)
    assert (done.code, len(done.lines)) == (2, 1)
    assert "got 'cvs'; did you mean csv?" in done.said
    other = driving.command("report", str(run), "--format=parquet", cwd=tmp_path)
    assert all(name in other.said for name in FORMATS)
    assert [each.name for each in run.iterdir()] == ["matrix.json"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "must be a run directory with matrix.json"),
        ("{", "matrix.json must be a matrix in JSON; it is cut off or wrong at line 1"),
        ("[" * 100_000, "matrix.json must be a matrix in JSON; it is nested more than 100 deep"),
        ('{"schema": 1}', "matrix.json must be a matrix: the whole: 'run' is a required property"),
        (json.dumps([1]), "matrix.json must be a matrix: the whole: [1] is not of type 'object'"),
        ('{"schema": 0}', "must have schema version 1, got version 0; make the run again"),
        ('{"schema": 2}', "must have schema version 1, got version 2; install the suite that wrote it"),
    ],
)
def test_what_is_no_run_is_said_in_one_sentence(text: str | None, said: str, tmp_path: Path) -> None:
    """A folder without a matrix, JSON that is broken, of another document or another version: exit 2, and what to do."""
    if text is not None:
        (tmp_path / "matrix.json").write_text(text)
    done = driving.command("report", str(tmp_path), cwd=tmp_path)
    assert (done.code, len(done.lines)) == (2, 1)
    assert said in done.said


def test_a_folder_that_cannot_be_written_is_said_in_one_sentence(run: Path, tmp_path: Path) -> None:
    """Exit 2, with what to do."""
    (tmp_path / "file").write_text("")
    done = driving.command("report", str(run), "--out=file/folder", cwd=tmp_path)
    assert (done.code, len(done.lines)) == (2, 1)
    assert "file/folder cannot be made" in done.said
    assert "--out" in done.said


@pytest.mark.parametrize("path", PUBLISHED, ids=lambda path: path.parent.name)
def test_published_runs_can_be_written_in_every_format(path: Path, tmp_path: Path) -> None:
    """Nothing that real servers said breaks one."""
    files = write_texts(texts(read(path)), tmp_path, "")
    assert all(each.read_text(encoding="utf-8").endswith("\n") for each in files)


# ---------------------------------------------------------------- show


def test_a_finished_run_is_printed_again(run: Path, tmp_path: Path) -> None:
    """With the lines of its models, the table and the problems; from the directory or from the file."""
    for path in (run, run / "matrix.json"):
        done = driving.command("show", str(path), cwd=tmp_path)
        assert done.code == 0, done.said
        assert "binding claims hold" in done.said
        assert "as documented: " in done.said
        assert " 1 ✗ deviates: " in done.out
        assert "look closer: conformance explain" in done.said


def test_a_part_of_a_run_is_printed(run: Path, tmp_path: Path) -> None:
    """All cells that the pattern covers, and nothing about the others."""
    done = driving.command("show", str(run), "--claim=chat.n.*@openai:*", cwd=tmp_path)
    assert done.code == 0, done.said
    assert {line.split()[0] for line in done.lines if line.startswith("  ")} >= {"count", "limit", "null"}
    assert "temperature" not in done.said
    assert "planned" not in done.said
    wrong = driving.command("show", str(run), "--claim=chat.nn.*", cwd=tmp_path)
    assert (wrong.code, "for instance --claim 'chat.n.*'" in wrong.said) == (2, True)


def test_a_run_that_is_not_there_is_not_shown(tmp_path: Path) -> None:
    """The default is the latest run; without one it says what to do."""
    done = driving.command("show", cwd=tmp_path)
    assert done.code == 2, done.said
    assert "must be" in done.said
