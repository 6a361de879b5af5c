"""The contract format: loading, classes of models, and the cases and boundary values that follow."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.base.errors import ConfigurationError, UsageError
from conformance.contract import costs, loading
from conformance.contract.claims import Level, Says, id_text, unique_id_texts
from conformance.contract.loading import built_in, load
from tests.support.making import MODELS, case, contract

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
    """Write a contract file with this text and return its path."""
    path = tmp_path / "small.toml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def broken(tmp_path: Path, old: str, new: str) -> UsageError:
    """Return the error of the small contract with the first `old` replaced by `new`."""
    assert old in SMALL
    with pytest.raises(UsageError) as raised:
        load(written(tmp_path, SMALL.replace(old, new, 1)))
    return raised.value


def test_a_contract_is_loaded_by_name_or_file(tmp_path: Path) -> None:
    """Built-in contracts are loaded by name."""
    assert {"cometapi", "openai"} <= set(built_in())
    assert load("cometapi").name == "cometapi"
    assert load(written(tmp_path)).name == "small"


LIMITED = SMALL.replace(
    'title = "Small"\n', 'title = "Small"\ndocumented_for = ["one"]\nversions = ["2023", "2026"]\n', 1
).replace("on.thinking-old = { says", "on.2026 = { level = 'should' }\non.thinking-old = { says", 1)


def test_a_surface_asks_the_columns_that_it_is_documented_for(tmp_path: Path) -> None:
    """Models of other columns are asked where their target says so, and then nothing is stated about them."""
    limited = load(written(tmp_path, LIMITED))
    documented, other = limited.classify("one", "x"), limited.classify("two", "y")
    told = limited.classify("two", "z", surfaces=("chat",))
    cases = list(limited.cases(["chat.size.range"], [documented, other, told]))
    assert {case.model.id: {case.rule.says} for case in cases} == {"x": {Says.SUPPORTED}, "z": {Says.UNSTATED}}
    assert {case.rule.level for case in cases if case.model.id == "z"} == {Level.UNSTATED}


def test_what_a_version_changes_holds_for_models_asked_with_it(tmp_path: Path) -> None:
    """A model without a version is asked with the first of the surface."""
    limited = load(written(tmp_path, LIMITED))
    models = [limited.classify("one", "x"), limited.classify("one", "y", version="2026")]
    cases = list(limited.cases(["chat.size.range"], models))
    assert {(case.model.id, case.model.version, case.rule.level) for case in cases} == {
        ("x", "2023", Level.MUST),
        ("y", "2026", Level.SHOULD),
    }
    with pytest.raises(ConfigurationError, match="the version of model x must be one that contract small declares"):
        limited.classify("one", "x", version="2025")


def test_the_usual_surfaces_are_those_that_the_contract_names(tmp_path: Path) -> None:
    """By default all."""
    assert load(written(tmp_path)).usual_surfaces == ("chat",)
    named = 'title = "Small"\nusual_surfaces = ["chta"]\n'
    with pytest.raises(UsageError, match="usual_surfaces must name surfaces of the contract, got 'chta'"):
        load(written(tmp_path, SMALL.replace('title = "Small"\n', named, 1)))


CLIENT = """
[clients.app]
title = "An app"
surface = "chat"
needs = ["chat.size.*"]
"""


def test_a_client_names_a_surface_and_finds_its_claims(tmp_path: Path) -> None:
    """A pattern that finds none is a usage error, with the nearest claim."""
    (client,) = (loaded := load(written(tmp_path, SMALL + CLIENT))).clients
    assert loaded.needed_by(client) == ("chat.size.range", "chat.size.works")
    with pytest.raises(UsageError, match=r"needs must find claims of surface chat, got 'chat.sise.range'"):
        load(written(tmp_path, SMALL + CLIENT.replace("chat.size.*", "chat.sise.range")))
    with pytest.raises(UsageError, match="client app: surface must be one of the contract, got 'chta'"):
        load(written(tmp_path, SMALL + CLIENT.replace('"chat"', '"chta"')))


def test_an_unknown_contract_is_a_usage_error() -> None:
    """The error has the nearest name."""
    with pytest.raises(UsageError, match="did you mean cometapi"):
        load("cometapy")


def test_the_digest_changes_with_the_data_and_not_with_its_form(tmp_path: Path) -> None:
    """A comment does not change it, a level does."""
    before = load(written(tmp_path)).digest
    assert load(written(tmp_path, f"# note\n{SMALL}")).digest == before
    assert load(written(tmp_path, SMALL.replace('level = "must"', 'level = "should"', 1))).digest != before


@pytest.mark.parametrize(
    ("old", "new", "said", "hint"),
    [
        ('source = "page"', 'source = "pages"', "chat.size.range uses 'pages'", "did you mean page?"),
        ("on.two = { level", "on.twos = { level", "chat.size.range uses 'twos'", "did you mean two?"),
        ("chat.size.works", "chat.size.range", "duplicate claim id chat.size.range", "another id"),
        ("chat.size.works", "models.size.works", "must have an id that starts with chat.", "rename it"),
        ('plain = "other"', 'plain = "others"', "column two uses 'others'", "did you mean other?"),
        ('column = "two"', 'column = "tow"', "class other uses 'tow'", "did you mean two?"),
        ('like = "thinking"', 'like = "think"', "class thinking-old uses 'think'", "did you mean thinking"),
        ("on.two = { documented", "on.too = { documented", "parameter size uses 'too'", "did you mean two?"),
        ("'^t\\d'", "'^t('", "classes.thinking.patterns[0]: '^t(' is not a 'regex'", ""),
        (
            'id = "chat.size.range"',
            'id = "chat.sise.range"',
            "chat.sise.range needs limits",
            "give parameter sise a range",
        ),
        ('level = "must"', 'levle = "must"', "unknown key 'levle' in claims[0]", "did you mean level?"),
        ('says = "supported"', 'says = "works"', "claims[0].says: 'works' is not one of", ""),
    ],
)
def test_a_mistake_in_a_contract_is_a_usage_error(tmp_path: Path, old: str, new: str, said: str, hint: str) -> None:
    """Undeclared names, duplicate ids and violations of the schema are errors."""
    error = broken(tmp_path, old, new)
    assert said in error.message
    assert hint in error.hint


def test_values_above_need_an_upper_limit(tmp_path: Path) -> None:
    """A range without an upper end has no values above it, so that a claim about them does not apply."""
    found = load(written(tmp_path, SMALL.replace('"inside"', '"above"').replace("range = [1, 4]", "range = [1]")))
    rule = found.rule(found.claim("chat.size.range"), found.classify("one", "x"))
    assert (rule.says, rule.values) == (Says.NOT_APPLICABLE, ())


@pytest.mark.parametrize(
    ("model", "kind"),
    [("t1", "thinking"), ("T1", "thinking"), ("vendor/t1-x", "thinking"), ("a-think", "thinking"),
     ("older", "thinking-old"), ("t", "plain"), ("t1/x", "plain")],
)  # fmt: skip
def test_the_class_of_a_model_follows_from_its_id(tmp_path: Path, model: str, kind: str) -> None:
    """It is the first class with a pattern found after the id's last slash, else the column's plain class."""
    assert load(written(tmp_path)).classify("one", model).kind.name == kind


def test_a_class_can_be_named(tmp_path: Path) -> None:
    """The name overrides the id; a class of another column is an error."""
    small = load(written(tmp_path))
    assert small.classify("one", "t1", "plain").kind.name == "plain"
    with pytest.raises(ConfigurationError, match="must be in column one, got 'other'"):
        small.classify("one", "t1", "other")
    with pytest.raises(ConfigurationError, match="must be in contract small, got 'three'"):
        small.classify("three", "t1")


def test_a_class_overrides_the_class_it_is_like_which_overrides_the_column(tmp_path: Path) -> None:
    """More specific terms override general ones."""
    small = load(written(tmp_path))
    claim = small.claim("chat.size.range")
    rules = {name: small.rule(claim, small.classify("one", name)) for name in ("x", "t1", "old")}
    assert [rule.says for rule in rules.values()] == [Says.SUPPORTED, Says.UNSTATED, Says.REFUSED]
    assert [rule.level for rule in rules.values()] == [Level.MUST, Level.UNSTATED, Level.MUST]
    assert [rule.why for rule in rules.values()] == ["", "open", "open"]
    assert [rule.documented for rule in rules.values()] == ["1-4", "unstated", "refused"]
    assert small.rule(claim, small.classify("two", "x")).values == (3,)
    assert small.rule(claim, small.classify("two", "x")).level is Level.SHOULD


def test_cases_follow_from_claims_models_and_values(tmp_path: Path) -> None:
    """There is one case per value, one for a claim without values, and one for a claim that does not apply."""
    small = load(written(tmp_path))
    models = [small.classify("one", "x"), small.classify("two", "y")]
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
    """The error has the nearest ids."""
    with pytest.raises(UsageError, match=r"chat\.n\.count"):
        contract().claim("chat.n.counts")


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists, max_leaves=4))
def test_a_value_in_an_id_has_no_separators_of_ids(value: Any) -> None:
    """It has no white space, brackets, equals or at signs, which separate the parts of ids."""
    assert not set(id_text(value)) & set("[]=@ \t\n\r")


IN_WORDS = [
    ("chat.temperature.wrong_type", "hot", '"hot"'),
    ("chat.temperature.wrong_type", [1], "[1]"),
    ("chat.temperature.range", 0.5, "0.5"),
    ("chat.n.wrong_type", "2", '"2"'),
    ("chat.error.status", "no_messages", "no_messages"),
    ("chat.temperature.wrong_type", "x" * 99, '"' + "x" * 56 + "..."),
]


@pytest.mark.parametrize(("claim", "value", "words"), IN_WORDS)
def test_a_value_that_is_sent_is_named_with_its_quotes(claim: str, value: Any, words: str) -> None:
    """A name of the suite has none, and a long value is cut."""
    assert case(claim, value).case.value_in_words == words


@pytest.mark.parametrize("column", MODELS)
def test_case_ids_are_unique(column: str) -> None:
    """No two cases of the built-in contract share an id."""
    model = contract().classify("openai" if column == "reasoning" else column, MODELS[column])
    ids = [case.id for case in contract().cases(contract().claims, [model])]
    assert len(ids) == len(set(ids)) > 80


def test_the_format_is_what_the_file_says(tmp_path: Path) -> None:
    """A source has its page, address, section and the date on which it was read."""
    source = load(written(tmp_path)).claims["chat.size.range"].sources[0]
    assert json.dumps(vars(source)) == json.dumps(
        {"page": "Page", "url": "https://docs.example/chat", "section": "Limits", "read": "2026-01-02"}
    )


ALIKE = [2, "2", "a b", "a_b", True, "true"]


def test_values_with_equal_texts_have_separate_cases(tmp_path: Path) -> None:
    """Each has its own id; a value whose text is unique keeps its plain text."""
    text = SMALL.replace('values = "inside"', 'values = [2, "2", "a b", "a_b", true, "true", 3]')
    small = load(written(tmp_path, text))
    cases = list(small.cases(["chat.size.range"], [small.classify("one", "x")]))
    assert [case.value for case in cases] == [*ALIKE, 3]
    values = [case.id.partition("=")[2] for case in cases]
    assert values == ["2", "%222%22", "%22a%20b%22", "%22a_b%22", "true", "%22true%22", "3"]


@given(st.lists(st.none() | st.booleans() | st.integers() | st.text(max_size=3), max_size=6))
def test_no_two_values_have_the_same_text(values: list[Any]) -> None:
    """Only values that are the same in JSON are an error."""
    texts = [json.dumps(value) for value in values]
    if len(set(texts)) < len(texts):
        with pytest.raises(ValueError, match="duplicate value"):
            unique_id_texts(values)
    else:
        apart = unique_id_texts(values)
        assert len(set(apart)) == len(values)
        assert not set("".join(apart)) & set("[]=@ \t\n\r")


def test_a_duplicate_value_is_a_usage_error(tmp_path: Path) -> None:
    """Two cases would have the same id."""
    error = broken(tmp_path, 'values = "inside"', 'values = ["s", "s"]')
    assert 'claim chat.size.range has a duplicate value "s"' in error.message
    assert "list each value once" in error.hint


# ---------------------------------------------------------------- folders

HEAD = 'schema = 2\ncontract = "small"\n'


def folder(tmp_path: Path, **files: str) -> str:
    """Write these files, by name without extension, and return their folder."""
    for name, text in files.items():
        (tmp_path / f"{name}.toml").write_text(text, encoding="utf-8")
    return str(tmp_path)


def divided() -> dict[str, str]:
    """Return the small contract as files: what surfaces share, and two surfaces."""
    columns, claims = SMALL.index("[columns.one]"), SMALL.index("[parameters.size]")
    sources = SMALL[SMALL.index("[sources.page]") : columns]
    chat = f'{HEAD}surface = "chat"\npath = "/chat/completions"\ntitle = "Small chat"\n\n{sources}{SMALL[claims:]}'
    other = (
        chat.replace('"chat"', '"other"').replace("chat.size", "other.size").replace("range = [1, 4]", "range = [1, 3]")
    )
    return {"contract": f'{HEAD}title = "Small"\n\n{SMALL[columns:claims]}', "chat": chat, "other": other}


def test_a_folder_has_a_file_for_each_surface(tmp_path: Path) -> None:
    """A user's folder is loaded like a built-in one; surfaces may have parameters of the same name."""
    small = load(folder(tmp_path, **divided()))
    assert (small.name, small.title, list(small.surfaces)) == ("small", "Small", ["chat", "other"])
    place = small.classify("one", "x")
    limits = {name: small.parameter(name, "size", place).range[1] for name in small.surfaces}
    assert {name: int(limit) for name, limit in limits.items()} == {"chat": 4, "other": 3}
    assert len(list(small.cases(["other.size.range"], [place]))) == 3


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("other", 'contract = "small"', 'contract = "large"', "all files must name the same contract"),
        ("other", 'surface = "other"', 'surface = "chat"', "surface chat must have one file"),
        ("other", "on.two = { documented", "on.tow = { documented", "parameter size uses 'tow'"),
        ("other", "on.two = { level", "on.tow = { level", "claim other.size.range uses 'tow'"),
        ("other", "[parameters.size]", '[traits.plain]\nx = 1\n[parameters.size]', "class thinking has no traits"),
        ("contract", "[columns.two]", "[columns.three]", "class other uses 'two'"),
    ],
)  # fmt: skip
def test_a_mistake_in_any_file_of_a_folder_is_a_usage_error(
    tmp_path: Path, name: str, old: str, new: str, said: str
) -> None:
    """Names are checked in every file."""
    files = divided()
    assert old in files[name]
    files[name] = files[name].replace(old, new, 1)
    with pytest.raises(UsageError) as raised:
        load(folder(tmp_path, **files))
    assert said in raised.value.message


def test_the_error_for_an_earlier_format_says_what_moved(tmp_path: Path) -> None:
    """The version is checked before the keys."""
    error = broken(tmp_path, "schema = 2", "schema = 1")
    assert "line 1: this format must have version 2, got version 1" in error.message
    assert "[traits.CLASS]" in error.hint


@pytest.mark.parametrize(
    ("named", "message"),
    [
        ("chat.n.cuont", "must name claims of the contract, got 'chat.n.cuont'"),
        ("chat.n.limit", "must name 'chat.n.count' before 'chat.n.limit', which presupposes it"),
        ("chat.error.no_key", "must name a claim of the same surface and scope, got 'chat.error.no_key'"),
    ],
)
def test_a_presupposition_that_cannot_be_a_cause_is_refused(named: str, message: str, tmp_path: Path) -> None:
    """It must be a claim of the same surface and scope; what that claim presupposes must be named before it."""
    folder = tmp_path / "openai"
    shutil.copytree(Path(loading.__file__).parents[1] / "contracts" / "openai", folder)
    text = (folder / "chat.toml").read_text(encoding="utf-8")
    changed = text.replace('presupposes = ["chat.stop.ends_text"]', f'presupposes = ["{named}"]', 1)
    (folder / "chat.toml").write_text(changed, encoding="utf-8")
    with pytest.raises(UsageError, match=re.escape(message)):
        loading.load(str(folder))


def test_a_value_outside_type_or_range_is_a_mistake_whatever_is_said_of_it() -> None:
    """So no statement about every answer is held against what comes for it."""
    models = [contract().classify("openai", MODELS["openai"])]
    names = ["chat.n.lax_type", "chat.n.below_minimum", "chat.n.null", "chat.n.count"]
    found = {case.claim.id: case.is_mistake for case in contract().cases(names, models)}
    assert list(found.values()) == [True, True, False, False]


def test_the_claim_about_streams_must_be_in_the_contract(tmp_path: Path) -> None:
    """The error names the nearest claim."""
    error = broken(tmp_path, 'path = "/chat/completions"', 'path = "/chat/completions"\nstreams = "chat.size.rnge"')
    assert "streams must name a claim of the contract, got 'chat.size.rnge'" in error.message
    assert "chat.size.range" in error.hint


CHANGES = [
    ("", "", None),
    ("range = [1, 4]", "range = [1, 5]", "values, modes or columns of claims changed"),
    ('id = "chat.size.works"', 'id = "chat.size.other"', "claim chat.size.other and 1 more are in one of the two only"),
    (
        "[classes.thinking]",
        "[classes.new]\ncolumn = 'one'\ntitle = 'New'\npatterns = []\n\n[classes.thinking]",
        "class new is not",
    ),
]


@pytest.mark.parametrize(("old", "new", "reason"), CHANGES)
def test_a_table_of_costs_that_is_older_than_its_contract_is_told(
    old: str, new: str, reason: str, tmp_path: Path
) -> None:
    """One sentence says what changed, and which command writes the table again."""
    path = tmp_path / "small.toml"
    path.write_text(SMALL, encoding="utf-8")
    none: dict[str, tuple[()]] = dict.fromkeys(load(str(path)).classes, ())
    costs.path_of(str(path)).write_text(costs.write(costs.Costs(none, none), load(str(path))), encoding="utf-8")
    assert old in SMALL
    path.write_text(SMALL.replace(old, new, 1), encoding="utf-8")
    said = costs.warning(str(path), load(str(path)))
    assert (said is None) is (reason is None)
    assert said is None or f"{reason}" in said
    assert said is None or said.endswith(f"conformance contract --write-costs --contract {path}")
