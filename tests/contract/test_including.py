"""Including: what a contract takes over from another one, what it changes, and what is said of columns that only it has."""

import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from conformance.base.errors import UsageError
from conformance.contract.claims import Level, Rule, Says
from conformance.contract.contract import Contract
from conformance.contract.loading import built_in, checked, files, load
from tests.support.collecting import over

MINE = """
schema = 2
contract = "mine"
include = "openai"
surface = "chat"
title = "Mine"

[columns.acme]
title = "Acme"
plain = "acme"

[classes.acme]
column = "acme"
title = "all models"
patterns = []

[traits.acme]
cap = "max_tokens"
room = 0
sampling = true

[sources.request]
page = "Parameters"
url = "https://gateway.example/docs"
section = "Limits"
read = 2026-11-01

[parameters.temperature]
on.acme = { documented = "0-1.5", range = [0, 1.5] }

[parameters.n]
on.acme = { documented = "1", range = [1, 1] }

[parameters.stop]
on.acme = { documented = "unlimited", range = [1] }
"""


def mine(tmp_path: Path, more: str = "", *, old: str = "", new: str = "") -> Contract:
    path = tmp_path / "mine.toml"
    path.write_text(MINE.replace(old, new, 1) + more, encoding="utf-8")
    return load(str(path))


def rule(contract: Contract, claim: str, column: str = "acme") -> Rule:
    return contract.rule(contract.claim(f"chat.{claim}"), contract.classify(column, "any"))


def test_a_new_column_is_unstated_until_the_contract_says_more(tmp_path: Path) -> None:
    """Limits state the claims about a parameter, and patterns of the column others; other columns keep what was included."""
    found, reference = mine(tmp_path), load("openai")
    assert rule(found, "temperature.range").values == (0, 0.1, 1.4, 1.5)
    assert rule(found, "temperature.range").level is Level.MUST
    assert rule(found, "temperature.above_maximum").says is Says.REFUSED
    for claim in ("top_p.range", "reply.schema", "tools.called", "max_tokens.caps"):
        assert rule(found, claim).says is Says.UNSTATED, claim
        assert rule(found, claim, "openai") == rule(reference, claim, "openai")
    told = mine(tmp_path, old='plain = "acme"', new='plain = "acme"\nstates = ["chat.reply.*"]')
    assert rule(told, "reply.schema").says is Says.SUPPORTED
    assert rule(told, "tools.called").says is Says.UNSTATED


def test_values_outside_the_limits_of_a_new_column_are_not_tried(tmp_path: Path) -> None:
    """Where n is 1, several choices are not asked for, and what presupposes them does not apply; an open range has no end."""
    found = mine(tmp_path)
    assert rule(found, "n.one").values == (1,)
    for claim in ("n.count", "n.choices", "n.usage", "stop.above_maximum"):
        assert rule(found, claim).says is Says.NOT_APPLICABLE, claim
    assert rule(found, "n.above_maximum").values[0] == 2
    assert rule(found, "stop.count").values == (1, 2, 15, 16)


def test_a_row_states_what_differs_and_takes_over_the_rest(tmp_path: Path) -> None:
    """What it says of all models replaces what was said of some; what it says of some is added."""
    row = '\n[[claims]]\nid = "chat.temperature.below_minimum"\n'
    some = mine(tmp_path, row + 'on.openai = { level = "should" }\n')
    assert [rule(some, "temperature.below_minimum", column).level for column in ("openai", "claude")] == ["should"] * 2
    every = mine(tmp_path, row + 'level = "must"\n')
    assert [rule(every, "temperature.below_minimum", column).level for column in ("openai", "claude")] == ["must"] * 2
    (source, *_) = some.claim("chat.temperature.below_minimum").sources
    assert (source.page, some.claim("chat.temperature.below_minimum").probe) == ("Parameters", "value.acceptance")


@pytest.mark.parametrize(
    ("more", "old", "new", "message"),
    [
        (
            '\n[[claims]]\nid = "chat.temperature.rnage"\n',
            "",
            "",
            "is not in what the file includes, so it must have state",
        ),
        ("\n[parameters.temprature]\nrange = [0, 1]\n", "", "", "temprature is not in what the file includes"),
        ("", 'include = "openai"', "", "'path' is a dependency of 'surface'"),
        ("", 'include = "openai"', 'include = "opnai"', "did you mean openai"),
        ("", 'include = "openai"', 'include = "mine.toml"', "must not include itself"),
    ],
)
def test_a_mistake_in_a_contract_that_includes_another_is_named(
    more: str, old: str, new: str, message: str, tmp_path: Path
) -> None:
    """The error has the file, and the nearest name."""
    with pytest.raises(UsageError) as raised:
        mine(tmp_path, more, old=old, new=new)
    assert message in str(raised.value)


def test_a_contract_can_have_its_own_columns_only(tmp_path: Path) -> None:
    """Where the shared file includes nothing, what is said of the included columns is left out."""
    shared, of_surface = MINE.split("[traits.acme]")
    shared = shared.replace('include = "openai"\nsurface = "chat"\n', "")
    head = 'schema = 2\ncontract = "mine"\ninclude = "openai"\nsurface = "chat"\ntitle = "Mine"\n\n[traits.acme]'
    (tmp_path / "contract.toml").write_text(shared, encoding="utf-8")
    (tmp_path / "chat.toml").write_text(head + of_surface, encoding="utf-8")
    found = checked(str(tmp_path))
    assert list(found.columns) == list(found.classes) == ["acme"]
    assert rule(found, "temperature.range").values == (0, 0.1, 1.4, 1.5)
    assert rule(found, "top_p.range").says is Says.UNSTATED


@over("name, file", [(name, path) for name in built_in() for path in files(name)])
def test_what_is_shared_stands_once(name: str, file: Path) -> None:
    """No row of a file states what the file includes already."""
    data = tomllib.loads(file.read_text(encoding="utf-8"))
    included = load(data["include"]).claims if "include" in data else {}
    for row in data.get("claims", ()):
        before, now = included.get(row["id"]), load(name).claims[row["id"]]
        assert before is None or replace(now, sources=before.sources) != before, row["id"]
