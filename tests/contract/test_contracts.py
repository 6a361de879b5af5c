"""The built-in contracts: texts, sources, classes of models, and the limits of every cell of the provider table."""

import re
from datetime import date
from pathlib import Path
from typing import Any

from conformance.base.validation import load_toml
from conformance.contract import loading as contracts
from conformance.contract.claims import Claim, Level, Model, Says, Source
from conformance.contract.contract import Contract
from tests.support.collecting import over
from tests.support.making import contract

CLAIMS = list(contract().claims.values())
CLASSES = [Model(kind.column, "any", kind) for kind in contract().classes.values()]
ALL = [contracts.load(name) for name in contracts.built_in()]
for_every_claim = over("claim", [claim for each in ALL for claim in each.claims.values()], ids=lambda claim: claim.id)


def test_a_built_in_contract_passes_all_checks() -> None:
    """It is not validated at each start, so it is here."""
    assert [contracts.checked(name).digest for name in contracts.built_in()] == [
        contracts.load(name).digest for name in contracts.built_in()
    ]


@for_every_claim
def test_a_statement_is_one_sentence_without_a_level(claim: Claim) -> None:
    """It is one sentence with a period, and does not say how binding it is, which the level says."""
    assert claim.statement.endswith(".")
    assert not claim.statement.endswith("..")
    assert claim.statement[0].isupper()
    assert not re.search(r"\b(should|must|shall|may|ought|needs? to)\b", claim.statement, re.IGNORECASE)
    assert "  " not in claim.statement


@for_every_claim
def test_a_claim_that_binds_says_what_holds(claim: Claim) -> None:
    """A question tells nobody what an endpoint did wrong; it is for claims that are only noted."""
    binds = any(terms.level in (Level.MUST, Level.SHOULD) for terms in (claim.terms, *claim.on.values()))
    assert not (binds and re.match(r"What happens|What .* returns|Whether|How|Which", claim.statement))


def test_statements_and_ids_are_unique() -> None:
    """No two claims of a surface have the same statement."""
    for each in ALL:
        statements = [(claim.surface, claim.statement.lower()) for claim in each.claims.values()]
        assert len(statements) == len(set(statements)) == len(each.claims)


@over("named", ALL, ids=lambda named: named.name)
def test_a_claim_names_a_parameter_of_the_contract(named: Contract) -> None:
    """The second part of its id is a parameter of its surface."""
    for claim in named.claims.values():
        assert claim.parameter in named.surfaces[claim.surface].parameters, claim.id


EVERY = [(named, claim) for named in ALL for claim in named.claims.values()]


@over("named, claim", EVERY, ids=lambda named, claim: f"{named.name}, {claim.id}")
def test_what_is_not_claimed_has_a_reason(named: Contract, claim: Claim) -> None:
    """The contract says why a claim is unstated or not applicable."""
    for kind in named.classes.values():
        model = Model(kind.column, "any", kind)
        rule = named.rule(claim, model)
        if rule.says in {Says.UNSTATED, Says.NOT_APPLICABLE}:
            assert rule.why, model.kind.name
            assert rule.level is Level.UNSTATED
        else:
            assert rule.level in {Level.MUST, Level.SHOULD}, model.kind.name


@for_every_claim
def test_a_reason_is_no_sentence(claim: Claim) -> None:
    """Reasons come after a colon: they begin in lower case, unless with a name, and have no period."""
    for terms in (claim.terms, *claim.on.values()):
        why = terms.why or ""
        assert not why.endswith(".")
        assert not re.match(r"(The|A|An|No|Whether|What|It|Neither) ", why), why


def test_every_source_was_read_at_a_secure_address() -> None:
    """Each source has the date on which it was read."""
    for source in {source for claim in CLAIMS for source in claim.sources}:
        assert source.url.startswith("https://")
        assert date.fromisoformat(source.read) > date(2026, 1, 1)


@over("name, file", [(name, path) for name in contracts.built_in() for path in contracts.files(name)])
def test_every_declared_source_is_named_by_a_claim(name: str, file: Path) -> None:
    """There is no unused source, neither in a file nor in one that includes it."""
    data = load_toml(file, "contract")
    named = {
        source
        for claim in contracts.load(name).claims.values()
        if claim.surface == data.get("surface")
        for source in claim.sources
    }
    declared = data.get("sources", {}).values()
    assert {Source(**{name: str(text) for name, text in row.items()}) for row in declared} <= named


def test_every_claim_applies_to_some_class() -> None:
    """A claim that applies to no class would never be tested."""
    for claim in CLAIMS:
        assert any(contract().rule(claim, model).says is not Says.NOT_APPLICABLE for model in CLASSES), claim.id


def test_every_class_has_cases_of_all_kinds() -> None:
    """Each class has supported, refused and unstated cases."""
    for model in CLASSES:
        says = {case.rule.says for case in contract().cases(contract().claims, [model])}
        assert {Says.SUPPORTED, Says.REFUSED, Says.UNSTATED} <= says, model.kind.name


PLACED = [
    ("openai", "gpt-4.1-mini", "chat"),
    ("openai", "gpt-4o", "chat"),
    ("openai", "gpt-5-chat-latest", "chat"),
    ("openai", "gpt-3.5-turbo", "chat"),
    ("openai", "gpt-5", "reasoning-gpt-5"),
    ("openai", "gpt-5-mini", "reasoning-gpt-5"),
    ("openai", "gpt-5-2025-08-07", "reasoning-gpt-5"),
    ("openai", "openai/gpt-5.2", "reasoning"),
    ("openai", "gpt-5.4-mini", "reasoning"),
    ("openai", "gpt-6", "reasoning"),
    ("openai", "gpt-10", "reasoning"),
    ("openai", "o3", "reasoning"),
    ("openai", "o4-mini", "reasoning"),
    ("openai", "O1", "reasoning"),
    ("openai", "mock-openai", "chat"),
    ("openai", "mock-openai-reasoning", "reasoning"),
    ("claude", "claude-sonnet-4-5", "claude"),
    ("claude", "claude-opus-4-1", "claude"),
    ("claude", "claude-haiku-4-5", "claude"),
    ("claude", "anthropic/claude-haiku-4.5", "claude"),
    ("claude", "claude-opus-4-7", "claude-without-sampling"),
    ("claude", "anthropic/claude-opus-4.8", "claude-without-sampling"),
    ("claude", "claude-opus-5", "claude-without-sampling"),
    ("claude", "claude-sonnet-5", "claude"),
    ("claude", "claude-sonnet-5-5", "claude-without-forced-tools"),
    ("claude", "anthropic/claude-opus-5.5", "claude-without-forced-tools"),
    ("gemini", "gemini-2.5-flash", "gemini"),
    ("gemini", "google/gemini-3-pro", "gemini-3"),
]


@over("column, model, kind", PLACED)
def test_a_model_id_leads_to_its_class(column: str, model: str, kind: str) -> None:
    """The id may have a vendor before it."""
    assert contract().classify(column, model).kind.name == kind


def test_every_class_is_reached_by_an_id() -> None:
    """Every class has at least one model."""
    assert {kind for _, _, kind in PLACED} == set(contract().classes)


TABLE: dict[str, dict[str, dict[str, Any]]] = {
    "temperature": {
        "openai": {"documented": "0-2", "inside": [0, 0.1, 1.9, 2], "below": [-0.1, -100], "above": [2.1, 1000]},
        "claude": {"documented": "0-1", "inside": [0, 0.1, 0.9, 1], "disputed": [1.1, 2], "below": [-0.1, -100]},
        "gemini": {"documented": "0-2", "inside": [0.1, 0.2, 1.9, 2], "disputed": [0], "above": [2.1, 1000]},
    },
    "top_p": {
        "openai": {"documented": "0-1", "inside": [0, 0.1, 0.9, 1], "below": [-0.1], "above": [1.1]},
        "claude": {"documented": "0-1", "inside": [0, 0.1, 0.9, 1], "below": [-0.1], "above": [1.1]},
        "gemini": {"documented": "0-1", "inside": [0, 0.1, 0.9, 1], "below": [-0.1], "above": [1.1]},
    },
    "n": {
        "openai": {"documented": "1-128", "one": [1], "count": [2, 7, 8], "disputed": [9, 128], "above": [129, 256]},
        "claude": {"documented": "1 only", "one": [1], "unsupported": [2, 8], "below": [0, -100]},
        "gemini": {"documented": "1-8", "one": [1], "count": [2, 7, 8], "above": [9, 256], "below": [0, -100]},
    },
    "stop": {
        "openai": {"documented": "up to 4", "inside": [1, 2, 3, 4], "above": [5, 16]},
        "claude": {"documented": "up to 4", "inside": [1, 2, 3, 4], "disputed": [5, 6], "above": [16]},
        "gemini": {"documented": "up to 5", "inside": [1, 2, 3, 4], "disputed": [5, 6], "above": [16]},
    },
    "tools": {
        "openai": {"documented": "yes", "says": {"called": "supported"}},
        "claude": {"documented": "yes", "says": {"called": "supported"}},
        "gemini": {"documented": "yes", "says": {"called": "supported"}},
    },
    "response_format": {
        "openai": {"documented": "yes", "says": {"json_schema": "supported", "json_object": "supported"}},
        "claude": {"documented": "yes (json_schema)", "says": {"json_schema": "supported", "json_object": "unstated"}},
        "gemini": {"documented": "yes", "says": {"json_schema": "supported", "json_object": "supported"}},
    },
    "logprobs": {
        "openai": {"documented": "yes", "says": {"present": "supported", "unsupported": "not applicable"}},
        "claude": {"documented": "no", "says": {"present": "not applicable", "unsupported": "without effect"}},
        "gemini": {"documented": "no", "says": {"present": "not applicable", "unsupported": "without effect"}},
    },
    "reasoning_effort": {
        "openai": {"documented": "o-series, GPT-5.1+", "says": {"values": "unstated", "unsupported": "not applicable"}},
        "claude": {"documented": "no", "says": {"values": "not applicable", "unsupported": "without effect"}},
        "gemini": {"documented": "no", "says": {"values": "not applicable", "unsupported": "without effect"}},
    },
}
CELLS = [(parameter, column, cell) for parameter, row in TABLE.items() for column, cell in row.items()]
CLAIM_OF_GROUP = {"inside": ("range", "count"), "below": ("below_minimum",), "above": ("above_maximum",)}


def test_the_provider_table_has_24_cells() -> None:
    """It has eight parameters for three providers."""
    assert len(CELLS) == 24


@over("parameter, column, cell", CELLS, ids=lambda parameter, column, _: f"{parameter}-{column}")
def test_a_cell_of_the_provider_table_is_tried_at_its_limits(parameter: str, column: str, cell: dict[str, Any]) -> None:
    """The column's plain class has the text of the cell, and its cases have the boundary values that follow from it."""
    plain = contract().classify(column, "any")
    assert contract().parameter("chat", parameter, plain).documented == cell["documented"]
    for group, values in cell.items():
        if group in {"documented", "says"}:
            continue
        names = [f"chat.{parameter}.{each}" for each in CLAIM_OF_GROUP.get(group, (group,))]
        claim_id = next(each for each in names if each in contract().claims)
        rule = contract().rule(contract().claim(claim_id), plain)
        assert list(rule.values) == values, claim_id
    for statement, says in cell.get("says", {}).items():
        assert contract().rule(contract().claim(f"chat.{parameter}.{statement}"), plain).says == says, statement


def test_reasoning_effort_is_documented_for_reasoning_models() -> None:
    """Reasoning models must take the three documented values."""
    rule = contract().rule(contract().claim("chat.reasoning_effort.values"), contract().classify("openai", "o3"))
    assert (rule.says, rule.level, rule.values) == (Says.SUPPORTED, Level.MUST, ("low", "medium", "high"))


def test_no_probe_asks_for_more_than_256_choices() -> None:
    """Every choice is billed, so neither a case nor the search for the limit goes higher."""
    for model in CLASSES:
        parameter = contract().parameter("chat", "n", model)
        assert parameter.ceiling == 256
        cases = contract().cases([claim for claim in contract().claims if claim.startswith("chat.n.")], [model])
        asked = [case.value for case in cases if isinstance(case.value, int)]
        assert asked
        assert max(asked) <= 256


def test_agreed_ranges_are_within_the_widest() -> None:
    """The agreed part is within the widest range, and the far values are outside it."""
    for model in CLASSES:
        named = ((surface.name, name) for surface in contract().surfaces.values() for name in surface.parameters)
        for api, name in named:
            parameter = contract().parameter(api, name, model)
            if len(parameter.range) == 2:
                assert parameter.range[0] <= parameter.agreed[0] <= parameter.agreed[1] <= parameter.range[1], name
                assert all(value < parameter.range[0] for value in parameter.far[:1]), name
                assert all(value > parameter.range[1] for value in parameter.far[1:]), name


def test_every_limit_that_is_searched_has_a_ceiling() -> None:
    """A search ends at the ceiling."""
    for claim in CLAIMS:
        if claim.id.endswith(".limit"):
            assert all(contract().parameter(claim.surface, claim.parameter, model).ceiling for model in CLASSES), (
                claim.id
            )
