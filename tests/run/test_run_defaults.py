"""What a target file says about its runs: used where the command line says nothing, and recorded for a replay."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from conformance.base.errors import UsageError
from conformance.base.money import Price
from conformance.base.validation import own_problem
from conformance.contract.claims import Cost
from conformance.render.plan import render
from conformance.run.loading import load_settings
from conformance.run.options import Options
from conformance.run.planning import ModelPlan, Plan
from conformance.run.settings import Settings
from conformance.target import targets

_FILE = """
schema = 1
name = "mine"
title = "Mine"
base_url = "https://gateway.example/v1"
[[models]]
column = "openai"
id = "gpt-4.1-mini"
[run]
profile = "smoke"
budget = 0.10
samples = 3
share = 0.5
claims = ["chat.stop.*", "chat.temperature.*"]
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A target file that says everything about its runs."""
    path = tmp_path / "mine.toml"
    path.write_text(_FILE, encoding="utf-8")
    return path


def said(settings: Settings) -> tuple[object, ...]:
    """What a target file can say about a run."""
    return settings.profile, settings.budget, settings.samples, settings.share, settings.claims


def test_the_file_decides_where_the_command_line_is_silent(file: Path) -> None:
    """Each option that is given wins over the file."""
    assert said(load_settings(Options(str(file)))) == (
        Cost.SMOKE,
        Decimal("0.1"),
        3,
        0.5,
        ("chat.stop.*", "chat.temperature.*"),
    )
    given = Options(str(file), profile="full", budget="2", samples=1, share=1, claims=("chat.n.*",))
    assert said(load_settings(given)) == (Cost.FULL, Decimal(2), 1, 1, ("chat.n.*",))
    assert said(load_settings(Options("openai"), check_key=False)) == (Cost.FULL, None, 1, None, ())


def test_a_recording_keeps_what_the_file_said(file: Path) -> None:
    """The recorded target fits its schema, and a replay tests what the run tested."""
    target = targets.load(str(file))
    document = targets.document(target)
    assert own_problem(document, "data/target") is None
    assert targets.from_data(document).run == target.run
    assert targets.document(replace(target, run=targets.RunDefaults())).keys() == document.keys() - {"run"}


def test_a_pattern_of_the_file_that_selects_nothing_names_the_file(file: Path) -> None:
    """The hint is a pattern, not an option."""
    file.write_text(_FILE.replace("chat.stop.*", "chat.nn.*"), encoding="utf-8")
    with pytest.raises(UsageError) as failed:
        load_settings(Options(str(file)))
    wanted = (
        "claims in [run] of target mine must match a claim or a cell of the run, got 'chat.nn.*'; for instance 'chat."
    )
    assert str(failed.value).startswith(wanted)


def test_a_plan_says_if_the_budget_may_not_suffice() -> None:
    """It says so only where all prices are known."""
    model = ModelPlan("openai:gpt", "chat", 9, 9, 9, 0, 1_000_000, 0, Price(Decimal(2), Decimal(2)))
    plan = Plan("mine", "cometapi", (model,), budget=Decimal("1.5"))
    assert "The budget of 1.5 USD is less than that" in render(plan)
    for enough in (
        replace(plan, budget=Decimal(2)),
        replace(plan, budget=None),
        replace(plan, models=(replace(model, price=None),)),
    ):
        assert "The budget of" not in render(enough)
