"""The ledger: loading, comparing with the contract, and the built-in ledger."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from conformance.base.errors import UsageError
from conformance.base.validation import schema_path
from conformance.contract.docs import ledger
from conformance.contract.docs.ledger import Coverage, Statement
from conformance.contract.loading import built_in, load
from conformance.render.ledger import coverage
from tests.support.collecting import over
from tests.support.making import contract

SMALL = """\
schema = 1
contract = "cometapi"
surface = "chat"
title = "Small"

[pages.one]
title = "One page"
url = "https://docs.example/one"
languages = ["en", "it"]
read = 2026-01-02

[[statements]]
id = "one/limits/n"
section = "Limits"
says = "The n is a number."
only = ["en"]
claims = ["chat.n.count"]
planned = ["chat.n.one", "chat.n.unheard_of"]

[[statements]]
id = "one/limits/planned"
section = "Limits"
says = "Nothing tests this yet."
planned = ["chat.n.unheard_of"]

[[statements]]
id = "one/advice/models"
section = "Advice"
says = "Small models are cheap."
untested = "it is advice"
"""


def own() -> ledger.Ledger:
    """Return the built-in ledger."""
    return ledger.load("cometapi")


def joined() -> Coverage:
    return ledger.cover(own(), contract())


def small(folder: Path, old: str = "", new: str = "") -> ledger.Ledger:
    """Return the small ledger with `old` replaced by `new`."""
    assert old in SMALL
    path = folder / "small.ledger.toml"
    path.write_text(SMALL.replace(old, new) if old else SMALL, encoding="utf-8")
    return ledger.load(str(path))


def test_a_statement_knows_its_page_and_what_tests_it(tmp_path: Path) -> None:
    """Keys that are left out are empty."""
    first, _, last = small(tmp_path).statements
    assert (first.page.key, first.page.languages, first.only) == ("one", ("en", "it"), ("en",))
    assert (first.claims, first.planned, first.untested) == (
        ("chat.n.count",),
        ("chat.n.one", "chat.n.unheard_of"),
        "",
    )
    assert (last.claims, last.planned, last.only, last.untested) == ((), (), (), "it is advice")


def test_a_planned_claim_counts_as_soon_as_it_is_written(tmp_path: Path) -> None:
    """It need not be moved from one list to the other."""
    found = ledger.cover(small(tmp_path), contract())
    assert [each.id for each in found.entries[0].claims] == ["chat.n.count", "chat.n.one"]
    assert [each.unwritten for each in found.entries] == [("chat.n.unheard_of",), ("chat.n.unheard_of",), ()]
    assert found.unwritten == ("chat.n.unheard_of",)


def test_a_statement_is_covered_by_a_claim_or_a_reason(tmp_path: Path) -> None:
    """A planned claim alone does not cover it."""
    assert [each.statement.id for each in ledger.cover(small(tmp_path), contract()).uncovered] == ["one/limits/planned"]


def test_claims_that_no_statement_names_are_listed(tmp_path: Path) -> None:
    """Those that cite a page of the ledger are listed separately, since a statement is missing."""
    found = ledger.cover(small(tmp_path), contract())
    assert len(found.unmatched) == len(contract().claims) - 2
    assert found.unmatched_of_pages == ()
    url = contract().claims["chat.n.limit"].sources[0].url
    pages = ledger.cover(small(tmp_path, "https://docs.example/one", url), contract())
    assert "chat.n.limit" in {each.id for each in pages.unmatched_of_pages}
    assert {each.id for each in pages.unmatched_of_pages} < {each.id for each in pages.unmatched}
    printed = " ".join(coverage(pages).split())
    assert f"to which no statement leads ({len(pages.unmatched_of_pages)})" in printed
    assert f"Claims from other documents ({len(pages.unmatched) - len(pages.unmatched_of_pages)})" in printed


def test_an_unknown_claim_is_an_error_that_names_the_nearest(tmp_path: Path) -> None:
    """A renamed claim leaves its statement uncovered."""
    with pytest.raises(
        UsageError, match=r"one/limits/n: claim 'chat\.n\.cuont' is not in the contract.*did you mean chat\.n\.count"
    ):
        ledger.cover(small(tmp_path, '"chat.n.count"', '"chat.n.cuont"'), contract())


def test_a_ledger_is_compared_with_its_own_contract_only(tmp_path: Path) -> None:
    """The contract of another gateway is an error."""
    with pytest.raises(UsageError, match="got contract other; give the contract cometapi"):
        ledger.cover(small(tmp_path), replace(contract(), name="other"))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('id = "one/limits/planned"', 'id = "one/limits/n"', "duplicate statement id one/limits/n"),
        ('id = "one/limits/n"', 'id = "two/limits/n"', "must start with a page of the ledger, got 'two'"),
        ('only = ["en"]', 'only = ["ja"]', "must name languages of its page, got 'ja'"),
        ('untested = "it is advice"', 'untestet = "it is advice"', "unknown key 'untestet'.*did you mean untested"),
        ('untested = "it is advice"', "", r"statements\[2\]"),
        ('untested = "it is advice"', 'untested = "it is advice"\nclaims = ["chat.n.one"]', r"statements\[2\]"),
        ('untested = "it is advice"', 'untested = "it is advice"\nplanned = ["chat.n.one"]', r"statements\[2\]"),
        ('claims = ["chat.n.count"]', "claims = []", r"statements\[0\]"),
        ('claims = ["chat.n.count"]', 'claims = ["chat/n/count"]', r"statements\[0\]"),
        ('says = "The n is a number."', 'says = "The n is a number"', r"statements\[0\]"),
        ('id = "one/limits/n"', 'id = "one/n"', r"statements\[0\]"),
        ("schema = 1", "schema = 2", "line 1"),
    ],
)
def test_a_broken_ledger_is_a_usage_error(tmp_path: Path, old: str, new: str, message: str) -> None:
    """The error says which statement is wrong, and how."""
    with pytest.raises(UsageError, match=message):
        small(tmp_path, old, new)


def test_a_ledger_that_does_not_exist_is_a_usage_error() -> None:
    """The error has the nearest name."""
    with pytest.raises(UsageError, match="must be a built-in name, a folder or a TOML file; did you mean cometapi"):
        ledger.load("cometpai")


def test_coverage_is_printed_statement_by_statement(tmp_path: Path) -> None:
    """Statements come under pages and sections, then what is missing, then the counts."""
    printed = coverage(ledger.cover(small(tmp_path), contract()))
    lines = [line.strip() for line in printed.splitlines()]
    assert lines[:4] == ["Small", "", "One page (en, it), read 2026-01-02", "https://docs.example/one"]
    assert [lines.count(each) for each in ("Limits", "Advice", "one/limits/n (en only)", "UNCOVERED")] == [1, 1, 1, 1]
    assert "claims: chat.n.count, chat.n.one" in lines
    assert "not tested: it is advice" in lines
    assert "Statements that nothing covers (1)" in lines
    assert "Claims that are not written yet (1)" in lines
    unmatched = len(contract().claims) - 2
    assert (
        f"3 statements: 1 tested by 2 claims, 1 not tested for a reason, 1 uncovered; 1 claim not written yet; "
        f"{unmatched} claims that no statement leads to"
    ) in " ".join(lines)


def test_what_is_complete_is_not_listed(tmp_path: Path) -> None:
    """Every heading has something under it."""
    found = ledger.cover(small(tmp_path), contract())
    printed = coverage(replace(found, entries=(found.entries[2],), unmatched=()))
    assert not re.search(r"Statements that|Claims that|UNCOVERED", printed)
    assert "0 uncovered" in printed


# ------------------------------------------------------------------ the ledger that comes with the package

for_every_statement = over("statement", own().statements, ids=lambda statement: statement.id)


@for_every_statement
def test_every_statement_has_claims_or_a_reason(statement: Statement) -> None:
    """Everything that the documentation says is covered or has a reason."""
    assert statement.claims or statement.planned or statement.untested


@for_every_statement
def test_a_statement_is_one_sentence(statement: Statement) -> None:
    """It ends with a period; a reason has none."""
    assert statement.says[0].isupper()
    assert statement.says.endswith(".")
    assert not re.search(r"[.!?] [A-Z]|\bshould\b", statement.says)
    assert not statement.untested.endswith(".")
    assert not statement.untested[:1].isupper()


def test_ids_and_sentences_are_unique() -> None:
    """A section of a page has each statement once."""
    statements = own().statements
    assert len({each.id for each in statements}) == len(statements)
    assert len({(each.page.key, each.section, each.says) for each in statements}) == len(statements)


def test_no_claim_is_named_twice_by_a_statement() -> None:
    """This holds within a list and across both."""
    for each in own().statements:
        named = (*each.claims, *each.planned)
        assert len(set(named)) == len(named), each.id


def test_statements_of_a_section_are_together() -> None:
    """The second part of an id stands for one heading, and each heading occurs once on its page."""
    parts = [(each.page.key, each.section, each.id.split("/")[1]) for each in own().statements]
    blocks = [part for place, part in enumerate(parts) if place == 0 or parts[place - 1] != part]
    assert len(set(blocks)) == len(blocks)


def test_nothing_is_left_to_write() -> None:
    """The contract has every claim that a statement names, and every statement is covered."""
    assert (joined().unwritten, joined().uncovered) == ((), ())


def test_every_claim_that_cites_its_pages_has_a_statement() -> None:
    """A new claim from these pages is named under the statement that it tests."""
    assert [each.id for each in joined().unmatched_of_pages] == []


def test_every_row_of_the_provider_table_has_a_statement() -> None:
    """Each of the eight parameters has a statement with claims."""
    rows = {each.id.rsplit("/", 1)[1]: each for each in own().statements if each.id.startswith("chat/providers/")}
    for name, limits in contract().surfaces["chat"].parameters.items():
        if any(column in limits.on and limits.on[column].documented for column in contract().columns):
            assert rows[name.replace("_", "-")].claims, name


def test_its_lines_fit_a_terminal() -> None:
    """Lines have at most 100 columns."""
    assert max(map(len, coverage(joined()).splitlines())) <= 100


def test_every_key_of_the_format_is_described() -> None:
    """The schema documents the format and allows no other key."""
    schema = json.loads(schema_path("data/ledger").read_text(encoding="utf-8"))
    for each in (schema, schema["$defs"]["page"], schema["$defs"]["statement"]):
        assert each["additionalProperties"] is False
        for name, key in each["properties"].items():
            assert key["description"], name


@over("name", built_in())
def test_the_ledger_of_a_built_in_contract_is_complete(name: str) -> None:
    """Every statement is tested or has a reason, and every claim about chat that cites a page of the ledger is named."""
    found = ledger.cover(ledger.load(name), load(name))
    assert found.uncovered == ()
    assert found.unwritten == ()
    assert [claim.id for claim in found.unmatched_of_pages if claim.surface == "chat"] == []


# The properties of CreateChatCompletionRequest in OpenAI's OpenAPI description 2.3.0.
PROPERTIES = """
model messages temperature top_p n stop max_tokens max_completion_tokens presence_penalty frequency_penalty logit_bias logprobs
top_logprobs seed stream stream_options response_format tools tool_choice parallel_tool_calls functions function_call
reasoning_effort verbosity service_tier store metadata prediction modalities audio web_search_options safety_identifier
prompt_cache_key prompt_cache_retention prompt_cache_options moderation user
"""


def test_the_reference_has_a_statement_about_every_property_of_a_request() -> None:
    """The ledger of openai names each of them."""
    said = " ".join(statement.says for statement in ledger.load("openai").statements)
    assert [name for name in PROPERTIES.split() if not re.search(rf"\b{name}\b", said)] == []
