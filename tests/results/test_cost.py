"""Planned against spent: the run facts about cost, of one run and of runs put together."""

import json
from dataclasses import replace
from typing import Any

from conformance.results.cost import CostFacts, SpentCost, facts, joined
from conformance.run.loading import load_settings
from conformance.run.options import Options
from conformance.run.spending import Spent
from conformance.target.targets import Target, from_data

COUNTS = {"requests": 3, "prompt_tokens": 1_000_000, "completion_tokens": 500_000}
TALLY = Spent(**COUNTS, unmetered=1, unmetered_prompt_tokens=0, unmetered_completion_tokens=500_000)


def target(**price: float) -> Target:
    """An endpoint with one model of that price."""
    model: dict[str, Any] = {"column": "openai", "id": "gpt-4.1-nano", **price}
    return from_data({"name": "t", "title": "T", "base_url": "http://127.0.0.1:1/v1", "models": [model]})


def found(*tallies: dict[str, Spent], **price: float) -> CostFacts:
    """The facts of a smoke run of the model."""
    settings = load_settings(Options(target(**price), profile="smoke", budget="0.5"))
    return facts(settings, settings.cases.values(), tallies)


def test_money_is_by_usage_and_at_most_where_there_is_none() -> None:
    """Two processes are added up; a reply without usage is in the money and not in the tokens."""
    one = {"openai:gpt-4.1-nano": TALLY}
    (row,) = found(one, one, prompt_price=0.25, completion_price=2).models
    assert row.spent == SpentCost(6, 2_000_000, 1_000_000, unmetered=2, usd=4.5)
    assert row.planned
    assert 10 < row.planned.requests <= 20
    assert row.planned.usd
    assert row.planned.usd > 0


def test_an_unknown_price_is_null() -> None:
    """Prices and money, planned and spent."""
    (row,) = found({"openai:gpt-4.1-nano": TALLY}).models
    assert row.planned
    assert [row.prompt_price, row.completion_price, row.planned.usd, row.spent.usd] == [None] * 4


def test_a_part_of_a_claim_is_told_as_about() -> None:
    """The table knows whole claims; a selection of one value costs about so much."""
    settings = load_settings(Options(target()))
    whole = settings.cases_of(["chat.n.count"])
    assert facts(settings, whole).exact
    assert not facts(settings, whole[:1]).exact


def test_samples_and_long_prompts_are_for_the_plan_to_count() -> None:
    """The table knows what asking once takes, without prompts whose length the user says."""
    for more in ({"samples": 3}, {"too_long": 17_000}):
        settings = load_settings(Options(target(), **more))  # type: ignore[arg-type]
        assert facts(settings, settings.cases_of(["chat.n.count"])).models[0].planned is None


def test_a_selection_costs_less_than_the_whole() -> None:
    """What its claims use, controls counted once."""
    settings = load_settings(Options(target()))
    (some,) = facts(settings, settings.cases_of(["chat.n.count", "chat.n.one"])).models
    assert some.planned
    assert 4 <= some.planned.requests <= 6


def test_runs_put_together_add_up() -> None:
    """Plans, budgets, tokens and money; what one of them does not know is not known of the whole."""
    one = found({"openai:gpt-4.1-nano": TALLY}, prompt_price=0.25, completion_price=2)
    both = joined([one, one])
    (row,) = both.models
    assert (both.budget, row.spent.requests, row.spent.usd) == (1.0, 6, 4.5)
    (first,) = one.models
    assert row.planned
    assert first.planned
    assert row.planned.requests == 2 * first.planned.requests
    assert joined([one, replace(one, models=(replace(first, planned=None),))]).models[0].planned is None
    assert joined([one, replace(one, budget=None)]).budget is None


def test_the_facts_are_read_back_from_their_document() -> None:
    """Through JSON, with a price and without."""
    for price in ({"prompt_price": 0.25, "completion_price": 2.0}, {}):
        facts = found({"openai:gpt-4.1-nano": TALLY}, **price)
        assert CostFacts.from_document(json.loads(json.dumps(facts.document()))) == facts
