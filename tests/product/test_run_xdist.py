"""A run that is spread over processes does the same work, and no more of it."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from conformance.mock.engine.request import digest
from conformance.mock.server.options import Options
from conformance.mock.server.serving import running
from conformance.mock.surfaces.chat import answering
from conformance.mock.surfaces.chat.reply import Reply
from conformance.mock.surfaces.chat.request import ChatRequest
from tests.support import driving
from tests.support.driving import Done

Counted = tuple[Done, int]


def test_the_verdicts_are_the_same(alone: Counted, spread: Counted) -> None:
    """-n 2 judges every cell as one process does, on as many exchanges."""
    assert alone[0].code == spread[0].code == 0, spread[0].said
    assert spread[0].judged == alone[0].judged
    for name, cell in spread[0].cells.items():
        assert len(cell["evidence"]) == len(alone[0].cells[name]["evidence"]), name


def test_the_gateway_sees_as_many_requests(alone: Counted, spread: Counted) -> None:
    """-n 2 sends exactly as many requests, as counted by the gateway and told in the matrix."""
    assert alone[1] == spread[1] == alone[0].run["requests"] == spread[0].run["requests"]


def test_no_request_is_sent_by_two_workers(spread: Counted) -> None:
    """The joined evidence holds each exchange once, and all of what the gateway counted."""
    done, requests = spread
    ids = [row["id"] for row in done.rows[1:]]
    first = sum("first" in row["request"] for row in done.rows[1:])  # another request went out before each of these
    assert len(ids) == len(set(ids)) == requests - first
    assert "id" not in done.rows[0]
    assert [path.name for path in done.folder.glob("evidence*")] == ["evidence.ndjson"]


def test_the_facts_are_whole(alone: Counted, spread: Counted) -> None:
    """What each model said about itself comes from whichever worker asked it."""
    assert spread[0].run["models"] == alone[0].run["models"]
    assert spread[0].run["planned"] == spread[0].run["reported"] == alone[0].run["reported"]
    assert not spread[0].run["partial"]
    assert spread[0].latest.resolve() == spread[0].folder.resolve()


def test_the_embedded_gateway_serves_all_workers(tmp_path: Path) -> None:
    """Without an endpoint the controller starts one mock gateway, whose key all workers know."""
    done = driving.command("run", "--out=runs/this", "-n", "3", "-k", "chat.n. and not reasoning", cwd=tmp_path)
    assert done.code == 0, done.said
    assert done.verdicts == {"conforms", "noted", "not applicable"}
    assert len({row["request"]["model"] for row in done.rows[1:]}) == 3
    assert len(done.rows) - 1 == done.run["requests"]


def test_an_id_that_models_of_two_workers_share_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither worker sees it: ids follow from the request, so that they are unique for each model."""
    made = answering.reply_to

    def reply_to(request: ChatRequest, answers: Any) -> Reply:
        same = {name: value for name, value in request.body.items() if name != "model"}
        return replace(made(request, answers), id=f"chatcmpl-{digest([same, request.repetition]).hex()}")

    monkeypatch.setattr(answering, "reply_to", reply_to)
    with running(Options(port=0, api_key=driving.KEY)) as url:
        done = driving.run(
            url, tmp_path, *("-n", "2", "-k", "chat.stop.ends_text or chat.reply.id_unique"), models=driving.NAMED
        )
    cells = {name: cell["verdict"] for name, cell in done.cells.items() if name.startswith("chat.reply.id_unique")}
    assert "deviates" in cells.values(), cells
    assert done.code == 1


def test_more_workers_than_groups_of_cases(truthful: str, tmp_path: Path) -> None:
    """Those that would have nothing to do are not started, and nobody waits for them."""
    done = driving.run(truthful, tmp_path, "-n", "4", "--profile=smoke", "-k", "chat.n or chat.reply")
    assert done.code == 0, done.said
    assert done.run["planned"] == done.run["reported"] > 0
