"""Profiles: what a run of less than the whole contract asks, counted on a real plan for every class of model."""

import json

import pytest

from conformance.base.errors import UsageError
from conformance.base.money import Usage
from conformance.base.validation import own_problem
from conformance.contract import costs
from conformance.contract.claims import Cost, Level, Model
from conformance.run.options import Options
from conformance.run.planning import Plan, plan
from conformance.run.settings import Settings, load_settings
from tests.support.making import contract

NAMED = [f"{kind.column}=any-{name},class={name}" for name, kind in contract().classes.items()]
CLASSES = [Model(kind.column, f"any-{name}", kind) for name, kind in contract().classes.items()]
MOST_OF_SMOKE = 20


def settings_with(profile: str) -> Settings:
    """A run of a profile on a model of every class."""
    return load_settings(Options("mock", models=NAMED, profile=profile))


@pytest.fixture(scope="module")
def plans() -> dict[str, Plan]:
    """The plan of each profile, found by running it."""
    return {each.value: plan(settings_with(each.value)) for each in Cost}


@pytest.mark.parametrize("model", CLASSES, ids=str)
def test_smoke_is_at_most_twenty_requests(plans: dict[str, Plan], model: Model) -> None:
    """Controls, the negative one and the preflight counted, for every class of model."""
    assert 10 <= requests(plans["smoke"])[str(model)] <= MOST_OF_SMOKE


def test_smoke_asks_nothing_of_the_endpoint_as_a_whole(plans: dict[str, Plan]) -> None:
    """Its requests are those of its models."""
    assert requests(plans["smoke"]).keys() == {str(each) for each in CLASSES}


@pytest.mark.parametrize("model", CLASSES, ids=str)
def test_a_larger_profile_asks_more(plans: dict[str, Plan], model: Model) -> None:
    """Standard is about a hundred requests, full at least half as many again."""
    smoke, standard, full = (requests(plans[each.value])[str(model)] for each in Cost)
    assert smoke < 80 < standard < 120 < 1.5 * standard < full


def requests(found: Plan) -> dict[str, int]:
    """Requests by model."""
    return {each.model: each.requests for each in found.models}


def test_a_profile_holds_the_cheaper_ones() -> None:
    """Every case of smoke is in standard, every case of standard in full, which is the default."""
    smoke, standard, full = (settings_with(each.value).cases.keys() for each in Cost)
    assert smoke < standard < full == load_settings(Options("mock", models=NAMED)).cases.keys()


@pytest.mark.parametrize("model", CLASSES, ids=str)
def test_standard_touches_all_that_binds(model: Model) -> None:
    """Every parameter with a claim that a model must meet has such a claim in the profile standard."""
    rules = [(claim.parameter, contract().rule(claim, model)) for claim in contract().claims.values()]
    binding = [(parameter, rule.cost) for parameter, rule in rules if rule.level is Level.MUST]
    assert {name for name, _ in binding} == {name for name, cost in binding if cost.within(Cost.STANDARD)}


@pytest.mark.parametrize(
    "claim_id",
    [
        "chat.reply.schema",
        "chat.reply.model_echo",
        "chat.reply.usage",
        "chat.stream.done",
        "chat.stream_options.include_usage",
        "chat.max_tokens.caps",
        "chat.stop.ends_text",
        "chat.stream.choices",
        "chat.tools.called",
        "chat.response_format.json_schema",
        "chat.temperature.range",
        "chat.temperature.wrong_type",
    ],
)
def test_smoke_asks_what_breaks_most(claim_id: str) -> None:
    """On a plain chat model of the first column."""
    assert f"{claim_id}@openai:any-chat" in {case.cell for case in settings_with("smoke").cases.values()}


def test_a_word_that_is_no_profile() -> None:
    """It is a usage error that names the nearest."""
    with pytest.raises(
        UsageError, match=r"--profile must be one of smoke, standard, full, got 'smok'; did you mean smoke"
    ):
        load_settings(Options("mock", profile="smok"))


@pytest.mark.parametrize("profile", [each.value for each in Cost])
def test_the_table_of_costs_says_what_the_plan_finds(plans: dict[str, Plan], profile: str) -> None:
    """Requests and tokens of each model; where they differ, `conformance contract --write-costs` brings the table up to date."""
    table, chosen = costs.load("cometapi"), settings_with(profile)
    assert table is not None
    found = {
        each.model: Usage(each.requests, each.prompt_tokens, each.completion_tokens) for each in plans[profile].models
    }
    assert table.for_cases(chosen.cases.values(), chosen.models) == found


def test_the_table_of_costs_fits_its_schema() -> None:
    """And it names the claims of the contract in their order, and all its classes."""
    document = json.loads(costs.path_of("cometapi").read_text(encoding="utf-8"))
    assert own_problem(document, "data/costs") is None
    assert document["claims"] == list(contract().claims)
    assert document["classes"].keys() == contract().classes.keys()
