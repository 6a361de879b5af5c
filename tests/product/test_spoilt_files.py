"""Every kind of file that the product reads, spoilt in each place, to each command that reads it: one sentence, no traceback."""

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from conformance.base.errors import ConformanceError
from conformance.cli import cli
from conformance.run.loading import load_settings
from conformance.run.options import Options
from conformance.support import load
from tests.support import matrices, spoiling
from tests.support.documented import ROOT
from tests.support.making import exchange, recorded_facts, request
from tests.support.pages import save

CELL = "chat.n.deviates@openai:gpt-4.1-mini"
SENT = request(model="gpt-4.1-mini")
# What else matrix.json can have beside what every run has.
FACTS: dict[str, Any] = {
    "samples": 3, "share": 0.5, "waited": 1.5, "profile": "standard", "shard": "1/2", "cases": 20,
    "died": {"answered": "a.0.0", "asked": ["b.0.0"]},
    "cost": {"currency": "USD", "budget": 1.0, "exact": True, "models": [
        {"model": "openai:gpt-4.1-mini", "prompt_price": 1.0, "completion_price": None,
         "planned": {"requests": 1, "prompt_tokens": 1, "completion_tokens": 1, "usd": 0.1},
         "spent": {"requests": 1, "prompt_tokens": 1, "completion_tokens": 1, "unmetered": 0, "usd": None}}]},
}  # fmt: skip
TARGET = """schema = 1
name = "mine"
title = "Mine"
base_url = "http://127.0.0.1:1/v1"
contract = "cometapi"
concurrency = 4
timeout = 30
requests_per_minute = 60
patience = 3
surfaces = ["chat"]

[[models]]
column = "openai"
id = "gpt-4.1"
class = "chat"
prompt_price = 1.5
completion_price = 2

[headers]
X-Team = "a"

[run]
profile = "smoke"
budget = 1
samples = 2
share = 0.5
claims = ["chat.n.*"]
"""
EXPECTATIONS = f"""schema = 1
contract = "cometapi"

[[expected]]
cells = "{CELL}"
observed = "ignored"
reason = "known"
link = "https://tracker.example/1"
owner = "me"
expires = 2099-01-01
"""
STATE = {
    "schema": 1, "target": "mock", "contract": "mine", "night": 3, "asked": {"chat.roles.tester@openai:mock-openai": 2},
    "against": {"chat.roles.tester@openai:mock-openai": 2}, "again": ["chat.roles.tester@openai:mock-openai"], "untold": {},
    "worse": 1, "better": 0,
}  # fmt: skip
ROWS = [{"claims": [0], "requests": 1, "prompt_tokens": 1, "completion_tokens": 1}]
COSTS = {
    "schema": 1,
    "contract": "mine",
    "claims": ["chat.roles.tester"],
    "classes": {"chat": {"model": ROWS, "endpoint": []}},
}


@dataclass(frozen=True)
class Kind:
    """A kind of file: its path, the document or text to spoil, and the commands that read it."""

    file: str
    content: Any
    commands: tuple[tuple[str, ...], ...] = ()
    call: Callable[[], object] | None = None
    line: int | None = None

    def spoilt(self, before: str) -> Iterator[tuple[str, str]]:
        """Yield what the file holds in place of what it held `before`, with the name of what is wrong."""
        made = spoiling.toml_spoilt if isinstance(self.content, str) else spoiling.json_spoilt
        for name, text in made(self.content):
            if self.line is None:
                yield name, text
            else:
                lines = before.splitlines(keepends=True)
                yield name, "".join([*lines[: self.line], f"{text}\n", *lines[self.line + 1 :]])


def _own() -> str:
    return (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").split("```toml\n")[1].split("```")[0]


def _matrix() -> Any:
    looks = {"count": 3, "against": 1, "left_out": 0, "needed": 2, "noticed": 0.5}
    document = matrices.matrix(*matrices.of_all_verdicts()[:3], **FACTS).document()
    document["cells"][0] |= {"looks": looks, "tokens": {"requests": 1, "prompt_tokens": 2, "completion_tokens": 3}}
    document["cells"][0] |= {"evidence": [SENT.exchange_id(0, 0)], "seen": {"2": "ignored", "3": "blocked"}}
    return document


def _replay() -> None:
    for how in ("replay", "resume"):
        settings = load_settings(Options(**{how: "run"}), check_key=False)
        assert settings.earlier_run is not None
        with settings.earlier_run.archive() as archive:
            assert all(archive.get(name).id for name in archive)


def _support() -> None:
    support = load("support.json")
    for model in support.data["models"]:
        support.works(model, "n")
        support.limit(model, "stop")


SEEN = ("explain", CELL, "--run", "run")
SITE = ("site", "run", "--out", "site")
KINDS = {
    "matrix": Kind("run/matrix.json", _matrix(), (
        ("show", "run"), SEEN, ("explain", "chat.n.deviates", "--run", "run"), ("report", "run", "--out", "out"), SITE,
        ("report", "--merge", "run", "--out", "merged"), ("history", "*", "run"), ("history", "*", "run", "--feed", "feed.xml"),
        ("gate", "other", "run"), ("gate", "run", "other"), ("gate", "run", "--write-expectations", "new.toml"),
        ("show", "run", "--claim", "chat.*"))),
    "a line of evidence": Kind("run/evidence.ndjson", exchange(200, {"id": 1}, sent=SENT).document(), (SEEN, SITE), _replay, 1),
    "the first line": Kind("run/evidence.ndjson", {"schema": 2, **recorded_facts(samples=2, claims=["chat.n.*"])}, (SEEN, SITE),
                           _replay, 0),
    "expectations": Kind("known.toml", EXPECTATIONS, (("gate", "other", "run", "--expectations", "known.toml"),)),
    "target": Kind("target.toml", TARGET, (("watch", "--plan", "--target", "target.toml", "--state", "none"),)),
    "contract": Kind("mine.toml", _own(), (("contract", "--contract", "mine.toml", "--check"),)),
    "state of a watch": Kind("state/watch.json", STATE, (("watch", "--plan", "--contract", "mine.toml", "--state", "state"),)),
    "costs": Kind("mine.costs.json", COSTS, (("watch", "--plan", "--contract", "mine.toml", "--state", "none"),)),
    "support": Kind("support.json", {}, (), _support),
}  # fmt: skip


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with each of the kinds, in order."""
    monkeypatch.chdir(tmp_path)
    save(tmp_path / "other", matrices.matrix(*matrices.of_all_verdicts()))
    save(tmp_path / "run", matrices.matrix(*matrices.of_all_verdicts()), exchange(200, {"id": 1}, sent=SENT))
    (tmp_path / "run" / "matrix.json").write_text(json.dumps(_matrix()), encoding="utf-8")
    (tmp_path / "mine.toml").write_text(_own(), encoding="utf-8")
    (tmp_path / "state").mkdir()
    assert (
        CliRunner()
        .invoke(cli, ["report", "run", "--format", "support", "--out", "."], standalone_mode=False)
        .return_value
        == 0
    )
    return tmp_path


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("count", [12, pytest.param(1_000, marks=pytest.mark.thorough)])
def test_a_spoilt_file_is_one_sentence(count: int, kind: str, files: Path) -> None:
    """Whatever stands in whichever place: a command says what is wrong, or does its work."""
    read = KINDS[kind]
    path = files / read.file
    if kind == "support":
        read = Kind(read.file, json.loads(path.read_text(encoding="utf-8")), (), _support)
    if count < 100:  # a site takes half a second
        read = replace(read, commands=tuple(command for command in read.commands if command is not SITE))
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    every = list(read.spoilt(before))
    chosen = random.Random(1).sample(every, min(count, len(every)))
    torn = ((name, change(before.encode())) for name, change in spoiling.BYTES.items()) if count < 100 else ()
    wrong = []
    for name, content in chain(((name, text.encode("utf-8", "surrogatepass")) for name, text in chosen), torn):
        path.write_bytes(content)
        wrong += [f"{name}: {said}" for said in filter(None, _tried(read, files))]
    assert wrong == []


def _tried(read: Kind, files: Path) -> Iterator[str | None]:
    """Yield for each command that reads the file what is wrong with how it ended."""
    for command in read.commands:
        done = CliRunner().invoke(cli, command, standalone_mode=False)
        yield _unclear(" ".join(command), done.exception, done.return_value)
        for made in ("new.toml", "merged/matrix.json"):
            (files / made).unlink(missing_ok=True)
    if read.call is not None:
        try:
            read.call()
        except Exception as error:  # noqa: BLE001  that it is ours is what is tested
            yield _unclear("read", error, 2)


def _unclear(command: str, error: BaseException | None, code: Any) -> str | None:
    """Return what is wrong with the end of a command: an error that is not ours or too long, or the code of one."""
    if error is None:
        return None if code in {0, 1, 2, 5} else f"{command} ended with {code}"
    if not isinstance(error, ConformanceError | click.ClickException):
        return f"{command} raised {error!r}"
    if isinstance(error, ConformanceError) and error.exit_code not in {2, 3}:
        return f"{command} ended with {error.exit_code}"
    return None if len(str(error)) < 4_000 else f"{command} said {len(str(error))} characters"


def test_a_run_that_cannot_be_read_is_left_out_of_a_year(files: Path) -> None:
    """By name, of the history and of the site; named alone it is an error, and so are runs of which none can be read."""
    (files / "year").mkdir()
    for name in ("run", "other"):
        (files / name).rename(files / "year" / name)
    broken = files / "year" / "run" / "matrix.json"
    broken.write_text(json.dumps({**_matrix(), "cells": [7]}), encoding="utf-8")
    for command in (["history", "*", "year"], ["site", "year", "--out", "site"]):
        done = CliRunner().invoke(cli, command, standalone_mode=False)
        assert (done.exception, done.return_value) == (None, 0)
        assert "conformance: left out: year/run/matrix.json must be a matrix: cells[0]: 7 is not of type" in done.output
    for named in ("year/run", "year/run/matrix.json"):
        done = CliRunner().invoke(cli, ["history", "*", "year", named], standalone_mode=False)
        assert "year/run/matrix.json must be a matrix: cells[0]" in str(done.exception)
    (files / "year" / "other" / "matrix.json").write_text("{", encoding="utf-8")
    done = CliRunner().invoke(cli, ["history", "*", "year"], standalone_mode=False)
    assert "must be a matrix in JSON; it is cut off or wrong at line 1" in str(done.exception)
