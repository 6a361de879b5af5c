"""Profiles: what a run sends that tests a part of the contract, counted in a real plan for every class of model."""

import json
from collections.abc import Callable
from functools import cache

import pytest

from conformance.base.errors import UsageError
from conformance.base.money import Usage
from conformance.base.validation import own_problem
from conformance.contract import costs
from conformance.contract.claims import Cost, Level, Model
from conformance.contract.loading import built_in, load
from conformance.run.loading import load_settings
from conformance.run.options import Options
from conformance.run.planning import Plan, plan
from conformance.run.settings import Settings
from conformance.trial.odds import looks_for
from conformance.trial.samples import SIGHTINGS
from tests.support.making import contract

NAMED = [f"{kind.column}=any-{name},class={name}" for name, kind in contract().classes.items()]
CLASSES = [Model(kind.column, f"any-{name}", kind) for name, kind in contract().classes.items()]
# The surfaces that are planned together, and the most requests of each profile for one model on them.
GROUPS = {
    ("chat", "models"): (20, 160, 350),
    ("responses",): (20, 160, 260),
    ("messages",): (20, 160, 260),
    ("gemini",): (20, 160, 260),
}
Group = tuple[str, ...]
ASKED = [(group, model) for group in GROUPS for model in CLASSES if contract().asked(group[0], model)]
CHAT: Group = ("chat", "models")


def settings_with(profile: str, group: Group = CHAT) -> Settings:
    """Return the settings of a run of some surfaces with this profile and a model of every class."""
    return load_settings(Options("mock", models=NAMED, profile=profile, surfaces=group))


@pytest.fixture(scope="module")
def plans() -> Callable[[str, Group], Plan]:
    """The plan of a profile for some surfaces, each made once."""
    return cache(lambda profile, group: plan(settings_with(profile, group)))


Plans = Callable[[str, Group], Plan]


@pytest.mark.parametrize(("group", "model"), ASKED, ids=str)
def test_each_profile_has_its_limit(plans: Plans, group: Group, model: Model) -> None:
    """This includes controls, the negative control and the preflight, for every class of model on every surface.

    What standard sends is taken from the table of costs, which tests below hold against plans.
    """
    smoke, full = (requests(plans(profile, group))[str(model)] for profile in ("smoke", "full"))
    table = costs.load("cometapi")
    assert table is not None
    standard = table.for_cases(settings_with("standard", group).cases.values())[str(model)].requests
    assert 10 <= smoke < standard < full
    assert all(sent <= limit for sent, limit in zip((smoke, standard, full), GROUPS[group], strict=True))


def test_smoke_of_chat_has_no_cases_about_the_endpoint_as_a_whole(plans: Plans) -> None:
    """All its requests are for its models."""
    assert requests(plans("smoke", CHAT)).keys() == {str(model) for model in CLASSES}


def requests(plan: Plan) -> dict[str, int]:
    """Return the number of requests by model."""
    return {model.model: model.requests for model in plan.models}


def test_a_share_multiplies_what_is_asked(plans: Plans) -> None:
    """Each case that does not depend on sampling takes as many looks, whose requests are shared as ever."""
    shared = plan(load_settings(Options("mock", models=NAMED[:1], profile="smoke", share=0.5, surfaces=CHAT)))
    once = plans("smoke", CHAT).models[0].requests
    looks = looks_for(0.5, SIGHTINGS)
    assert looks == 8
    assert once * looks / 2 <= shared.models[0].requests <= once * looks
    assert (shared.share, shared.reserve) == (0.5, plans("smoke", CHAT).reserve)
    assert 12 <= shared.reserve <= 100


def test_a_profile_contains_the_cheaper_ones() -> None:
    """Every case of smoke is in standard, and every case of standard in full, which is the default."""
    smoke, standard, full = (settings_with(profile.value).cases.keys() for profile in Cost)
    assert smoke < standard < full == load_settings(Options("mock", models=NAMED, surfaces=CHAT)).cases.keys()


@pytest.mark.parametrize("model", CLASSES, ids=str)
def test_standard_covers_every_parameter_with_a_must(model: Model) -> None:
    """Every parameter with a claim at must has such a claim in the profile standard."""
    claims = [claim for claim in contract().claims.values() if contract().asked(claim.surface, model)]
    rules = [((claim.surface, claim.parameter), contract().rule(claim, model)) for claim in claims]
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
def test_smoke_contains_the_claims_that_break_most_often(claim_id: str) -> None:
    """They are cases of a plain chat model of the first column."""
    assert f"{claim_id}@openai:any-chat" in {case.cell for case in settings_with("smoke").cases.values()}


def test_an_unknown_profile_is_a_usage_error() -> None:
    """The error names the most similar one."""
    with pytest.raises(
        UsageError, match=r"--profile must be one of smoke, standard, full, got 'smok'; did you mean smoke"
    ):
        load_settings(Options("mock", profile="smok"))


def test_the_endpoint_is_one_row_of_a_plan() -> None:
    """What is asked of the endpoint as a whole is counted once, although the models of several classes ask it."""
    settings = load_settings(Options("mock", models=NAMED, claims=("chat.http.options", "gemini.auth.*")))
    whole = plan(settings)
    assert [model.model for model in whole.models].count("endpoint:any") == 1
    assert sum(model.cases for model in whole.models) == len(settings.cases)


def test_the_parts_of_a_plan_add_up(plans: Plans) -> None:
    """A model that is asked on several surfaces has a part for each; no request is in two of them or in none."""
    several = [model for model in plans("full", CHAT).models if model.surfaces]
    assert several
    for model in several:
        parts = list(model.surfaces.values())
        for name in ("cases", "sending_cases", "requests", "refused", "prompt_tokens", "completion_tokens"):
            assert sum(getattr(part, name) for part in parts) == getattr(model, name), (model.model, name)


@pytest.mark.parametrize("profile", ["smoke", "full"])
def test_the_table_of_costs_agrees_with_the_plan(plans: Plans, profile: str) -> None:
    """It has the same requests and tokens for each model; if not, update it with `conformance contract --write-costs`."""
    table, chosen = costs.load("cometapi"), settings_with(profile)
    assert table is not None
    planned = {
        model.model: Usage(model.requests, model.prompt_tokens, model.completion_tokens)
        for model in plans(profile, CHAT).models
    }
    assert table.for_cases(chosen.cases.values()) == planned


@pytest.mark.parametrize("group", [group for group in GROUPS if group != CHAT], ids=str)
def test_the_table_of_costs_is_close_for_every_surface(plans: Plans, group: Group) -> None:
    """Within five requests for each model and the endpoint: ids of models are longer, and some requests are shared otherwise."""
    table, chosen = costs.load("cometapi"), settings_with("full", group)
    assert table is not None
    told, planned = table.for_cases(chosen.cases.values()), requests(plans("full", group))
    assert told.keys() == planned.keys()
    assert {
        name: told[name].requests - sent for name, sent in planned.items() if abs(told[name].requests - sent) > 5
    } == {}


@pytest.mark.parametrize("name", [name for name in built_in() if costs.path_of(name).is_file()])
def test_the_table_of_costs_follows_its_schema(name: str) -> None:
    """It names all claims of the contract in their order, and all its classes; if not, `conformance contract --write-costs`."""
    document, known = json.loads(costs.path_of(name).read_text(encoding="utf-8")), load(name)
    assert own_problem(document, "data/costs") is None
    assert document["claims"] == list(known.claims)
    assert document["classes"].keys() == known.classes.keys()
    assert document["asked"] == costs.asked(known)
