"""The guides: their commands print what they promise, and the commands and recipes that they name exist."""

import random
import re
import socket
from contextlib import suppress
from pathlib import Path

import click
import pytest

from conformance.cli import cli
from tests.support import documented
from tests.support.documented import ROOT, Step

GUIDES = [ROOT / "docs" / name for name in ("gate.md", "nightly.md", "publish.md")]
RECIPES = sorted(path for path in (ROOT / "docs" / "recipes").rglob("*") if path.is_file())
SPOKEN = [*GUIDES, ROOT / "action.yml", *RECIPES]
_CALL = re.compile(r"\bconformance (?P<name>[a-z]+)(?P<rest>(?:[^\n`|;&>]|\\\n)*)")


def short(path: object) -> str:
    """Return the name of a file, for the id of a test."""
    return path.name if isinstance(path, Path) else ""


def free_port() -> int:
    """Return a free port below the range from which the system assigns ports, so that no other program gets it first."""
    while True:
        with suppress(OSError), socket.socket() as listener:
            listener.bind(("127.0.0.1", random.randrange(20_000, 32_000)))
            return int(listener.getsockname()[1])


@pytest.mark.parametrize("guide", GUIDES, ids=short)
def test_a_guide_can_be_followed_to_the_letter(guide: Path, tmp_path: Path) -> None:
    """Its commands, typed into one shell in an empty folder, print the lines below them."""
    steps = [step for step in documented.steps(guide) if not step.left_out]
    for step, printed in zip(steps, documented.follow(steps, tmp_path, free_port), strict=True):
        line = documented.missing(step.says, printed)
        assert line is None, f"{guide.name} promises this line:\n{line}\nafter\n{step.commands}\nprinted was\n{printed}"


@pytest.mark.parametrize("guide", GUIDES, ids=short)
def test_what_is_not_run_has_a_reason(guide: Path) -> None:
    """Most commands of a guide are run here, and each of the others has a reason."""
    steps = documented.steps(guide)
    assert len([step for step in steps if not step.left_out]) >= 5
    assert all(step.left_out is None or step.left_out.startswith("it ") for step in steps)


@pytest.mark.parametrize("path", SPOKEN, ids=short)
def test_commands_and_options_exist(path: Path) -> None:
    """Every command and option of ours that a guide or a recipe names is one that the command line has."""
    for call in _CALL.finditer(path.read_text(encoding="utf-8")):
        command = cli.commands.get(call["name"])
        if command is None:
            assert "--" not in call["rest"], f"{path.name}: there is no conformance {call['name']}"
            continue
        known = {name for each in command.params if isinstance(each, click.Option) for name in each.opts} | {"--help"}
        named = set(re.findall(r"(?<!\S)--[a-z][a-z-]*", call["rest"]))
        assert named <= known, f"{path.name}: conformance {call['name']} has no {named - known}"


def test_every_recipe_is_pointed_to() -> None:
    """A recipe that no page names would never be found."""
    text = "".join(page.read_text(encoding="utf-8") for page in (ROOT / "docs").glob("*.md"))
    hidden = {path.name for path in RECIPES if path.name not in text}
    assert hidden <= {"Dockerfile.dockerignore"}


def test_a_line_that_is_missing_or_out_of_turn_is_noticed() -> None:
    """The reading of guides itself: lines in their order, with any text for three dots."""
    printed = "one\ntwo 2 three\nfour\n"
    assert documented.missing(("one", "two ... three", "four"), printed) is None
    assert documented.missing(("four", "one"), printed) == "one"
    assert documented.missing(("two 3 three",), printed) == "two 3 three"


def test_blocks_are_told_apart(tmp_path: Path) -> None:
    """Commands, what they print, and what is left out with its reason."""
    guide = tmp_path / "guide.md"
    guide.write_text(
        "```sh\na\n```\n\n```text\nb\n```\n\n<!-- not run: it costs -->\n```sh\nc\n```\n", encoding="utf-8"
    )
    assert documented.steps(guide) == [Step("a\n", ("b",), None), Step("c\n", (), "it costs")]
