"""A claim of somebody else: the two files and the command of CONTRIBUTING.md, to the letter."""

import re
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support import driving
from tests.support.documented import ROOT

TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
SECTION = re.split(r"^## ", TEXT.partition("## A claim of your own")[2], flags=re.MULTILINE)[0]
FILES = {"toml": "mine.toml", "python": "test_roles.py"}


def block(language: str) -> str:
    """Return the one block of the section in a language."""
    [text] = re.findall(rf"```{language}\n(.*?)```", SECTION, re.DOTALL)
    return str(text)


@pytest.fixture
def lying() -> str:
    """The defect that the section names."""
    [name] = re.findall(r"mock --defect (\w+)", " ".join(SECTION.split()))
    return str(name)


def follow(folder: Path, url: str) -> driving.Done:
    """Write the files and run the command on an endpoint."""
    for language, name in FILES.items():
        assert f"`{name}`:" in SECTION
        (folder / name).write_text(block(language), encoding="utf-8")
    line = block("sh").replace("URL", url).replace("VARIABLE", driving.VARIABLE).replace("=MODEL", "=mock-openai")
    program, *arguments = shlex.split(line)
    assert program == "pytest"
    return driving.python("-m", "pytest", *arguments, "--conformance-out=runs/this", cwd=folder)


def test_it_is_judged_on_two_gateways(truthful: str, lying: str, gateway: Callable[..., str], tmp_path: Path) -> None:
    """It conforms on an honest one, and deviates on the one that the section names; the other commands read the runs."""
    for name in ("good", "bad"):
        (tmp_path / name).mkdir()
    good, bad = follow(tmp_path / "good", truthful), follow(tmp_path / "bad", gateway(defects=(lying,)))
    assert (good.code, good.verdicts, good.named("conforms")) == (
        0,
        {"conforms"},
        {"chat.roles.tester@openai:mock-openai"},
    )
    assert (bad.code, bad.verdicts) == (1, {"deviates"})
    gate = driving.command("gate", str(good.folder), str(bad.folder), cwd=tmp_path)
    assert gate.code == 1, gate.said
    explained = driving.command(
        "explain",
        "chat.roles.tester@openai:mock-openai",
        f"--run={bad.folder}",
        "--contract=bad/mine.toml",
        cwd=tmp_path,
    )
    assert "The role tester is refused." in explained.out, explained.said


def test_a_contract_without_all_traits_is_one_error(tmp_path: Path) -> None:
    """No request can be built for such a class of models, whoever's the test is."""
    (tmp_path / "mine.toml").write_text(block("toml").replace("sampling = true\n", ""), encoding="utf-8")
    (tmp_path / "test_roles.py").write_text(block("python"), encoding="utf-8")
    options = ("--conformance-contract=mine.toml", "--conformance-target=mock")
    done = driving.python("-m", "pytest", "test_roles.py", *options, cwd=tmp_path)
    assert done.code != 0
    assert "surface chat, traits of class chat: sampling must be true or false, got None" in done.said
    assert "TypeError" not in done.said


def test_it_takes_as_few_lines_as_it_says() -> None:
    """Seven, without empty ones."""
    assert len(list(filter(None, block("python").splitlines()))) == 7


def test_a_run_of_the_whole_contract_says_why_it_cannot_be_tested(tmp_path: Path) -> None:
    """A claim whose test is not installed would be missing from the matrix."""
    (tmp_path / "mine.toml").write_text(block("toml"), encoding="utf-8")
    done = driving.command(
        "run", "--contract=mine.toml", "--base-url=http://127.0.0.1:9/v1", "--model=openai=m", cwd=tmp_path
    )
    assert done.code == 2, done.said
    assert "claim chat.roles.tester has no test" in done.said
