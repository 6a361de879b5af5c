"""The contract format: loading, placing models, and the cases and boundary values that follow."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.base.errors import ConfigurationError, UsageError
from conformance.contract.claims import Level, Says, spell
from conformance.contract.loading import built_in, load
from tests.support.making import MODELS, contract

SMALL = """\
schema = 2
contract = "small"
surface = "chat"
path = "/chat/completions"
title = "Small"

[sources.page]
page = "Page"
url = "https://docs.example/chat"
section = "Limits"
read = 2026-01-02

[columns.one]
title = "One"
plain = "plain"

[columns.two]
title = "Two"
plain = "other"

[classes.thinking]
column = "one"
title = "Thinks"
patterns = ['^t\\d', '-think$']

[classes.thinking-old]
column = "one"
title = "Thinks, in the old way"
patterns = ['^old']
like = "thinking"

[classes.plain]
column = "one"
title = "Plain"
patterns = []

[classes.other]
column = "two"
title = "Other"
patterns = []

[parameters.size]
type = "integer"
far = [-9, 99]
documented = "1-4"
range = [1, 4]
values = ["s", "m"]
on.two = { documented = "1-9", range = [1, 9], agreed = [1, 4] }

[[claims]]
id = "chat.size.range"
statement = "A size inside the range is accepted."
source = "page"
says = "supported"
level = "must"
values = "inside"
on.two = { level = "should", values = [3] }
on.thinking = { says = "unstated", why = "open" }
on.thinking-old = { says = "refused" }

[[claims]]
id = "chat.size.works"
statement = "The size has an effect."
source = ["page"]
says = "supported"
level = "should"
on.two = { says = "not applicable", why = "there is none" }
"""


def written(tmp_path: Path, text: str = SMALL) -> str:
    """The path of a contract file with this text."""
    path = tmp_path / "small.toml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def broken(tmp_path: Path, old: str, new: str) -> UsageError:
    """The error of the small contract with `old` replaced by `new` once."""
    assert old in SMALL
    with pytest.raises(UsageError) as raised:
        load(written(tmp_path, SMALL.replace(old, new, 1)))
    return raised.value


def test_a_contract_is_loaded_by_name_or_file(tmp_path: Path) -> None:
    """The built-in ones are known by name."""
    assert built_in() == ["cometapi"]
    assert load("cometapi").name == "cometapi"
    assert load(written(tmp_path)).name == "small"


def test_an_unknown_contract_is_a_usage_error() -> None:
    """The nearest name is told."""
    with pytest.raises(UsageError, match="did you mean cometapi"):
        load("cometapy")


def test_the_digest_changes_with_the_data_and_not_with_its_form(tmp_path: Path) -> None:
    """A comment leaves it alone, a level does not."""
    before = load(written(tmp_path)).digest
    assert load(written(tmp_path, f"# note\n{SMALL}")).digest == before
    assert load(written(tmp_path, SMALL.replace('level = "must"', 'level = "should"', 1))).digest != before


@pytest.mark.parametrize(
    ("old", "new", "said", "hint"),
    [
        ('source = "page"', 'source = "pages"', "chat.size.range uses 'pages'", "did you mean page?"),
        ("on.two = { level", "on.twos = { level", "chat.size.range uses 'twos'", "did you mean two?"),
        ("chat.size.works", "chat.size.range", "duplicate claim id chat.size.range", "another id"),
        ("chat.size.works", "models.size.works", "not a claim about surface chat", "start its id"),
        ('plain = "other"', 'plain = "others"', "column two uses 'others'", "did you mean other?"),
        ('column = "two"', 'column = "tow"', "class other uses 'tow'", "did you mean two?"),
        ('like = "thinking"', 'like = "think"', "class thinking-old uses 'think'", "did you mean thinking"),
        ("on.two = { documented", "on.too = { documented", "parameter size uses 'too'", "did you mean two?"),
        ("'^t\\d'", "'^t('", "classes.thinking.patterns[0]: '^t(' is not a 'regex'", ""),
        (
            'id = "chat.size.range"',
            'id = "chat.sise.range"',
            "chat.sise.range has no limits",
            "give parameter sise a range",
        ),
        ('level = "must"', 'levle = "must"', "unknown key 'levle' in claims[0]", "did you mean level?"),
        ('says = "supported"', 'says = "works"', "claims[0].says: 'works' is not one of", ""),
    ],
)
def test_a_mistake_in_a_contract_is_told(tmp_path: Path, old: str, new: str, said: str, hint: str) -> None:
    """What a row uses and nobody declared, what stands twice, and what breaks the schema."""
    error = broken(tmp_path, old, new)
    assert said in error.message
    assert hint in error.hint


def test_values_above_need_an_upper_limit(tmp_path: Path) -> None:
    """A range with no upper end has nothing above it."""
    text = SMALL.replace('"inside"', '"above"').replace("range = [1, 4]", "range = [1]")
    with pytest.raises(UsageError, match=r"chat\.size\.range has no limits to try for class thinking"):
        load(written(tmp_path, text))


@pytest.mark.parametrize(
    ("model", "kind"),
    [("t1", "thinking"), ("T1", "thinking"), ("vendor/t1-x", "thinking"), ("a-think", "thinking"),
     ("older", "thinking-old"), ("t", "plain"), ("t1/x", "plain")],
)  # fmt: skip
def test_a_model_is_placed_by_its_id(tmp_path: Path, model: str, kind: str) -> None:
    """The first class with a pattern in the id behind its last slash, else the column's plain one."""
    assert load(written(tmp_path)).place("one", model).kind.name == kind


def test_a_class_can_be_named(tmp_path: Path) -> None:
    """The name wins over the id; one of another column is refused."""
    small = load(written(tmp_path))
    assert small.place("one", "t1", "plain").kind.name == "plain"
    with pytest.raises(ConfigurationError, match="class 'other' is not in column one"):
        small.place("one", "t1", "other")
    with pytest.raises(ConfigurationError, match="column 'three' is not in contract small"):
        small.place("three", "t1")


def test_a_class_wins_over_the_class_it_is_like_and_that_over_the_column(tmp_path: Path) -> None:
    """What a row says is overlaid from the outside in."""
    small = load(written(tmp_path))
    claim = small.claim("chat.size.range")
    rules = {name: small.rule(claim, small.place("one", name)) for name in ("x", "t1", "old")}
    assert [rule.says for rule in rules.values()] == [Says.SUPPORTED, Says.UNSTATED, Says.REFUSED]
    assert [rule.level for rule in rules.values()] == [Level.MUST, Level.UNSTATED, Level.MUST]
    assert [rule.why for rule in rules.values()] == ["", "open", "open"]
    assert [rule.documented for rule in rules.values()] == ["1-4", "unstated", "refused"]
    assert small.rule(claim, small.place("two", "x")).values == (3,)
    assert small.rule(claim, small.place("two", "x")).level is Level.SHOULD


def test_cases_follow_from_claims_models_and_values(tmp_path: Path) -> None:
    """One case per value, one without value where there is none, one for what does not apply."""
    small = load(written(tmp_path))
    models = [small.place("one", "x"), small.place("two", "y")]
    cases = list(small.cases(small.claims, models))
    assert [case.id for case in cases] == [
        *(f"chat.size.range@one:x={value}" for value in (1, 2, 3, 4)),
        "chat.size.works@one:x",
        "chat.size.range@two:y=3",
        "chat.size.works@two:y",
    ]
    assert [case.rule.says for case in cases][-1] is Says.NOT_APPLICABLE
    assert repr(cases[0]) == "chat.size.range@one:x=1"
    assert cases[0].cell == "chat.size.range@one:x"
    assert list(small.cases(["chat.no.such"], models)) == []


def test_an_unknown_claim_is_a_usage_error() -> None:
    """The nearest ids are told."""
    with pytest.raises(UsageError, match=r"chat\.n\.count"):
        contract().claim("chat.n.counts")


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists, max_leaves=4))
def test_a_value_in_an_id_is_free_of_what_ids_are_split_at(value: Any) -> None:
    """No white space, brackets, equals or at signs, which node ids and cell ids need for themselves."""
    assert not set(spell(value)) & set("[]=@ \t\n\r")


@pytest.mark.parametrize("column", MODELS)
def test_case_ids_are_unique(column: str) -> None:
    """No two cases of the built-in contract share an id."""
    model = contract().place("openai" if column == "reasoning" else column, MODELS[column])
    ids = [case.id for case in contract().cases(contract().claims, [model])]
    assert len(ids) == len(set(ids)) > 80


def test_the_format_is_what_the_file_says(tmp_path: Path) -> None:
    """A source keeps page, address, section and the day it was read."""
    source = load(written(tmp_path)).claims["chat.size.range"].sources[0]
    assert json.dumps(vars(source)) == json.dumps(
        {"page": "Page", "url": "https://docs.example/chat", "section": "Limits", "read": "2026-01-02"}
    )
