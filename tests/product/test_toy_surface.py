"""A surface from outside the package: it brings files of its own, and nothing of the engine knows it.

The package in toy/ is found by its entry points, as an installed one is, in the suite's process and in the mock's.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import conformance
from tests.support import driving
from tests.support.driving import Done

TOY = Path(__file__).parent / "toy"
PACKAGE = Path(conformance.__file__).parent
PATH = {"PYTHONPATH": os.pathsep.join([str(TOY), *filter(None, [os.environ.get("PYTHONPATH")])])}
CELLS = {"toy.limit.cuts", "toy.stop.ends_text", "toy.reply.words"}


def command(*arguments: str, cwd: Path) -> Done:
    """A command of the product where the toy is installed."""
    return driving.command(*arguments, cwd=cwd, **PATH)


@contextmanager
def gateway(*options: str) -> Iterator[str]:
    """The base URL of a mock gateway, which finds the toy's front by itself."""
    line = [sys.executable, "-m", "conformance.mock", "--port=0", "--until-stdin-closes", *options]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(line, env=driving.environment(**PATH), text=True, **pipes) as process:  # type: ignore[call-overload]
        yield process.stdout.readline().split()[-1]
        process.stdin.close()


def run(url: str, folder: Path, *more: str) -> Done:
    """A run of the toy's contract on an endpoint, which is a target with surfaces of its own."""
    lines = [
        "schema = 1",
        'name = "toy"',
        'title = "Toy"',
        f'base_url = "{url}"',
        f'api_key_env = "{driving.VARIABLE}"',
    ]
    lines += [f"contract = {json.dumps(str(TOY / 'contract'))}", 'surfaces = ["toy", "models"]']
    lines += ["[[models]]", 'column = "openai"', 'id = "mock-openai"']
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "toy.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return command("run", "--target=toy.toml", "--out=runs/this", *more, cwd=folder)


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Done:
    """A run on a gateway that keeps its word."""
    with gateway() as url:
        return run(url, tmp_path_factory.mktemp("honest"))


@pytest.fixture(scope="module")
def lying(tmp_path_factory: pytest.TempPathFactory) -> Done:
    """A run on a gateway with the toy's own defect."""
    with gateway("--defect=toy_forgets_limit") as url:
        return run(url, tmp_path_factory.mktemp("lying"))


def test_its_contract_is_in_order(tmp_path: Path) -> None:
    """A folder of files, one a surface, with the same rights as a built-in one."""
    done = command("contract", "--check", "--contract", str(TOY / "contract"), cwd=tmp_path)
    assert (done.code, done.out) == (0, f"{TOY / 'contract'}: 4 claims on models, toy in 1 columns, no faults\n")


def test_without_its_package_the_contract_is_refused(tmp_path: Path) -> None:
    """A surface that is not installed is named, and nothing is asked."""
    asked = ["--base-url=http://127.0.0.1:9/v1", "--model=openai=mock-openai"]
    done = driving.command("run", "--contract", str(TOY / "contract"), *asked, cwd=tmp_path)
    assert done.code == 2, done.said
    assert "surface toy is not installed" in done.said


def test_it_becomes_a_matrix(honest: Done) -> None:
    """Its own claim, two by shared probes, and one of another surface of the same contract."""
    assert honest.code == 0, honest.said
    assert {name.partition("@")[0]: cell["verdict"] for name, cell in honest.cells.items()} == {
        **dict.fromkeys(CELLS, "conforms"), "models.list.wrapper": "conforms"
    }  # fmt: skip
    surfaces = {row["request"]["surface"] for row in honest.rows[1:]}
    assert surfaces == {"toy", "models"}


def test_its_defect_is_found(lying: Done) -> None:
    """By the shared probe, which knows nothing of the toy."""
    assert lying.code == 1, lying.said
    assert lying.named("deviates") == {"toy.limit.cuts@openai:mock-openai"}


def test_the_gate_stops_it(honest: Done, lying: Done, tmp_path: Path) -> None:
    """The cell that got worse is named."""
    done = command("gate", str(honest.folder), str(lying.folder), cwd=tmp_path)
    assert done.code == 1, done.said
    assert "toy.limit.cuts on openai:mock-openai" in done.said


def test_it_has_pages_and_a_support_file(lying: Done, tmp_path: Path) -> None:
    """The site has a page of its claim, support.json its parameter."""
    assert command("site", str(lying.folder), "--out=site", cwd=tmp_path).code == 0
    assert any("toy-limit-cuts" in path.name for path in (tmp_path / "site").rglob("*.html"))
    assert command("report", str(lying.folder), "--format=support", "--out=report", cwd=tmp_path).code == 0
    text = (tmp_path / "report" / "support.json").read_text(encoding="utf-8")
    assert '"toy"' in text
    assert '"limit"' in text


def test_its_format_is_written_like_the_others(honest: Done, tmp_path: Path) -> None:
    """Where it is named and where all are; no run writes it by itself, and a name near it is told."""
    assert command("report", str(honest.folder), "--format=toy-lines", "--out=one", cwd=tmp_path).code == 0
    assert [path.name for path in (tmp_path / "one").iterdir()] == ["lines.txt"]
    text = (tmp_path / "one" / "lines.txt").read_text(encoding="utf-8")
    assert {line.partition(":")[0] for line in text.splitlines()} == {*CELLS, "models.list.wrapper"}
    assert command("report", str(honest.folder), "--out=all", cwd=tmp_path).code == 0
    assert {"lines.txt", "support.json", "matrix.csv"} <= {path.name for path in (tmp_path / "all").iterdir()}
    assert not (honest.folder / "lines.txt").exists()
    wrong = command("report", str(honest.folder), "--format=toy-line", cwd=tmp_path)
    assert wrong.code == 2
    assert "did you mean toy-lines?" in wrong.said


def test_a_recording_of_it_is_judged_again(lying: Done, tmp_path: Path) -> None:
    """With nothing sent, to the same cells."""
    done = command("run", f"--replay={lying.folder}", "--out=runs/this", cwd=tmp_path)
    assert done.code == 1, done.said
    assert done.judged == lying.judged


def test_a_surface_can_be_selected(tmp_path: Path) -> None:
    """A selection of surfaces is a part of the contract, and says so."""
    with gateway() as url:
        done = run(url, tmp_path, "--surface=toy")
        wrong = run(url, tmp_path, "--surface=toi")
    assert {name.partition("@")[0] for name in done.cells} == CELLS
    assert done.run["partial"]
    assert wrong.code == 2
    assert "did you mean toy" in wrong.said


def test_the_command_that_repeats_a_request_sends_its_key(lying: Done, tmp_path: Path) -> None:
    """In the header that the surface names."""
    done = command("explain", "toy.limit.cuts@openai:mock-openai", f"--run={lying.folder}", cwd=tmp_path)
    assert f'"X-Toy-Key: ${driving.VARIABLE}"' in done.out


def test_no_file_of_the_package_knows_it() -> None:
    """Neither by name nor by anything that it brings."""
    files = [path for kind in ("*.py", "*.toml", "*.html", "*.js") for path in PACKAGE.rglob(kind)]
    assert [path for path in files if re.search(r"\btoy", path.read_text(encoding="utf-8"))] == []
