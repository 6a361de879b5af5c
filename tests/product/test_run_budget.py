"""A run with a budget: what it sends, what it leaves, where its prices come from, and how it ends."""

import json
import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.support import canned, driving
from tests.support.driving import Done

TARGET = """\
schema = 1
name = "priced"
title = "Priced"
base_url = "{url}"
api_key_env = "{variable}"
[[models]]
column = "openai"
id = "mock-openai"
prompt_price = 1000
completion_price = 2000
"""


def priced(url: str, folder: Path, *arguments: str) -> Done:
    """A run on a target whose file names the price: a dollar for a thousand tokens of a prompt, two for an answer's."""
    (folder / "priced.toml").write_text(TARGET.format(url=url, variable=driving.VARIABLE), encoding="utf-8")
    return driving.command("run", "--target=priced.toml", "--out=runs/this", *arguments, cwd=folder)


def left(done: Done) -> set[str]:
    """The cells that the budget cut."""
    return {name for name, cell in done.cells.items() if cell["detail"].startswith("budget: ")}


def spent(done: Done) -> Decimal:
    """What the run says it spent."""
    return sum((Decimal(str(each["spent"]["usd"])) for each in done.run["cost"]["models"]), Decimal(0))


@pytest.mark.parametrize("further", [(), ("-n", "2")])
def test_a_budget_stops_before_it_is_passed(truthful: str, tmp_path: Path, further: tuple[str, ...]) -> None:
    """What was not judged is blocked and says so, the exit code is 5, and what was spent is below the budget."""
    done = priced(truthful, tmp_path, "--budget=1", "--profile=smoke", *further)
    assert done.code == 5, done.said
    assert left(done) == done.named("blocked") != set()
    assert done.verdicts - {"blocked"} <= {"conforms", "noted", "not applicable", "inconclusive"}
    assert 0 < spent(done) <= 1
    assert "budget 1 USD" in done.said
    assert "not asked, it might cost more than is left of 1 USD" in done.said
    assert done.run["cost"]["budget"] == 1
    assert done.run["reported"] == done.run["planned"]
    assert not (done.folder / "shared.db").exists()


@pytest.mark.parametrize("further", [(), ("-n", "2")])
def test_what_was_paid_for_is_evidence_of_its_cell(truthful: str, tmp_path: Path, further: tuple[str, ...]) -> None:
    """A case that the budget cut in its midst names the exchanges it had by then."""
    done = priced(truthful, tmp_path, "--budget=0.6", "-k", "chat.n. or chat.stop.", "--concurrency=4", *further)
    asked = {row["id"] for row in done.rows[1:]}
    used = {name for cell in done.cells.values() for name in cell["evidence"]}
    assert left(done)
    assert used <= asked
    assert len(asked - used) <= 1, "only the preflight belongs to no case"
    assert any(done.cells[name]["evidence"] for name in left(done))


def test_a_budget_that_is_enough_changes_nothing(truthful: str, tmp_path: Path) -> None:
    """Everything is judged, the exit code is 0."""
    done = priced(truthful, tmp_path, "--budget=100", "-k", "chat.n.one or chat.reply")
    assert done.code == 0, done.said
    assert left(done) == set()


@pytest.mark.thorough
def test_a_budget_just_above_the_plan_is_enough(truthful: str, tmp_path: Path) -> None:
    """A full run ends as one without a budget does: no request is held back for more than an answer can cost."""
    address = [f"--base-url={truthful}", f"--api-key-env={driving.VARIABLE}", driving.NAMED[0], "--contract=cometapi"]
    plan = driving.command("plan", "--prices", *address, cwd=tmp_path)
    usd = Decimal(next(row for row in plan.lines if row.startswith("all ")).split()[-1])
    done = driving.run(truthful, tmp_path, f"--budget={usd * Decimal('1.05'):.4f}")
    assert left(done) == set()
    assert done.code == 0, done.said


def test_a_deviation_outweighs_the_budget(gateway: Callable[..., str], tmp_path: Path) -> None:
    """Where something deviates and the budget cut something else, the exit code is 1."""
    done = priced(gateway(defects=("drops_n",)), tmp_path, "--budget=6", "-k", "chat.n. or chat.max_tokens.")
    assert done.named("deviates")
    assert left(done)
    assert done.code == 1, done.said


@pytest.mark.parametrize("further", [(), ("-n", "2")])
def test_prices_come_from_the_gateway_where_no_file_names_them(
    truthful: str, tmp_path: Path, further: tuple[str, ...]
) -> None:
    """The catalogue is asked, and the run facts say what each model costs."""
    done = driving.run(truthful, tmp_path, "--budget=0.50", "-k", "chat.n.one", *further)
    assert done.code == 0, done.said
    (model,) = done.run["cost"]["models"]
    assert (model["prompt_price"], model["completion_price"]) == (0.1, 0.4)


@pytest.mark.parametrize("further", [(), ("-n", "2")])
def test_a_budget_without_a_price_ends_at_once(tmp_path: Path, further: tuple[str, ...]) -> None:
    """The model and both ways to give prices are named, the exit code is 3, and no completion was asked for."""
    with canned.serving(lambda *_: (404, "{}", {})) as endpoint:
        done = driving.run(endpoint.base_url, tmp_path, "--budget=0.50", *further)
        sent = [each for each in endpoint.bodies if each is not None]
    assert done.code == 3, done.said
    assert any(line.startswith("conformance: --budget needs the price of") for line in done.lines), done.said
    assert "outcomes" not in done.said
    assert "openai:mock-openai" in done.said
    assert "prompt_price" in done.said
    assert "GET /api/models" in done.said
    assert sent == []


def test_a_gateway_that_cannot_be_asked_for_prices_is_named(tmp_path: Path) -> None:
    """It is not said to publish none: run and plan end with its address and exit code 4."""
    with canned.serving(lambda *_: (404, "{}", {})) as gone:
        url = gone.base_url
    address = (f"--base-url={url}", driving.NAMED[0], f"--api-key-env={driving.VARIABLE}")
    for command in (("run", "--budget=1"), ("plan", "--prices")):
        done = driving.command(*command, *address, cwd=tmp_path)
        assert done.code == 4, done.said
        assert f"conformance: {url} did not answer a request for prices: " in done.said


@pytest.mark.parametrize("amount", ["0", "-1", "much", "nan", "inf", "0.50 USD", ""])
def test_what_is_no_amount_is_wrong_usage(tmp_path: Path, amount: str) -> None:
    """One sentence, exit code 2."""
    done = driving.command("run", f"--budget={amount}", cwd=tmp_path)
    assert done.code == 2
    assert f"--budget must be a positive amount in USD, got {amount!r}" in done.said


def test_a_plan_asks_for_prices_only_where_it_is_told_to(truthful: str, tmp_path: Path) -> None:
    """Without --prices money is unknown and nothing is sent; with it the catalogue is asked and no completion."""
    address = [f"--base-url={truthful}", f"--api-key-env={driving.VARIABLE}", "--profile=smoke", driving.NAMED[0]]
    before = driving.counted(truthful)
    silent = driving.command("plan", *address, cwd=tmp_path)
    assert "unknown" in next(line for line in silent.lines if line.startswith("openai:mock-openai"))
    assert "nothing was sent" in silent.said
    assert driving.counted(truthful) == before
    asked = driving.command("plan", "--prices", *address, cwd=tmp_path)
    assert re.search(
        r" 0\.000[1-9]$", next(line for line in asked.lines if line.startswith("openai:mock-openai")).rstrip()
    )
    assert "asked for its prices only" in asked.said
    assert driving.counted(truthful) == before + 1


def test_a_plan_of_the_embedded_gateway_asks_nobody_for_prices(tmp_path: Path) -> None:
    """It is a usage error that says what to name."""
    done = driving.command("plan", "--prices", cwd=tmp_path)
    assert done.code == 2
    assert "--base-url" in done.said


def test_without_prices_a_run_says_that_they_are_unknown(truthful: str, tmp_path: Path) -> None:
    """No catalogue is asked where there is no budget, and money is null, never zero."""
    done = driving.run(truthful, tmp_path, "-k", "chat.n.one")
    (model,) = done.run["cost"]["models"]
    money: list[Any] = [model["prompt_price"], model["planned"]["usd"], model["spent"]["usd"]]
    assert money == [None, None, None]
    assert model["spent"]["requests"] == done.run["requests"]
    assert "price unknown" in done.said


def test_a_replay_costs_what_the_run_did(truthful: str, tmp_path: Path) -> None:
    """Prices, budget and tokens are those of the recording, and no catalogue is asked."""
    chosen = ("-k", "chat.n.one or chat.stream.done")
    first = driving.run(truthful, tmp_path, "--budget=0.50", *chosen)
    before = driving.stats(truthful)
    again = driving.command("run", "--replay=runs/this", "--out=runs/again", *chosen, cwd=tmp_path)
    assert again.code == first.code == 0, again.said
    replayed = json.loads((tmp_path / "runs" / "again" / "matrix.json").read_text(encoding="utf-8"))
    assert replayed["run"]["cost"] == first.run["cost"]
    assert first.run["cost"]["models"][0]["spent"]["usd"] > 0
    assert driving.stats(truthful) == before


def test_a_resumed_run_has_a_budget_of_its_own(truthful: str, tmp_path: Path) -> None:
    """What a budget cut is asked with another; what was recorded costs nothing of it."""
    first = priced(truthful, tmp_path, "--budget=1", "--profile=smoke")
    before, sent = driving.counted(truthful), len(first.rows) - 1
    done = driving.command("run", "--resume=runs/this", "--budget=100", cwd=tmp_path)
    assert (first.code, done.code) == (5, 0), done.said
    assert left(done) == set()
    assert driving.counted(truthful) - before == done.run["requests"] - sent
    assert done.run["cost"]["budget"] == 100
