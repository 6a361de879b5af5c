"""What the suite observes of schemas with special features, in response_format and in the parameters of tools."""

import json
from typing import Any

import pytest

from conformance.base.validation import problem, schema_problem
from conformance.contract.claims import Claim
from conformance.suite.structured import CARD, FEATURES, OF_TOOLS, featured, is_featured, key_of, parsed
from tests.support.collecting import over
from tests.support.making import choice, completion, contract, observe_with_bodies, refusal, see

ENTRY: dict[str, Any] = {
    "reference_q7": {"row_q7": 1, "lit_q7": True},
    "recursion_q7": {"label_q7": "a", "below_q7": [{"label_q7": "b", "below_q7": []}]},
    "nullable_q7": None,
    "any_of_q7": True,
    "const_q7": "zal_q7",
    "enum_q7": "vex_q7",
    "big_integer_q7": 9007199254740993,
    "other_letters_q7": {"größe_q7": 7, "色_q7": "red"},
    "digits_q7": "10115",
    "description_q7": "oak",
    "pattern_q7": "AB-12",
    "format_q7": "2026-01-15",
    "min_items_q7": ["a", "b"],
    "unique_items_q7": ["a", "b"],
    "comment_q7": "oak",
    "default_q7": "elm",
}
WRONG: dict[str, Any] = {
    "reference": {"row_q7": 1},
    "recursion": {"label_q7": "a", "below_q7": [{"label_q7": "b"}]},
    "nullable": 7,
    "any_of": "yes",
    "const": "other",
    "enum": "other",
    "big_integer": 9007199254740992.0,
    "other_letters": {"gr??e_q7": 7, "?_q7": "red"},
    "digits": 10115,
    "description": None,
    "pattern": "no code",
    "format": 15,
    "min_items": ["a"],
    "unique_items": ["a", "a"],
    "comment": 7,
    "default": None,
}
CLAIMS = ("features", "keywords")


def written(value: Any) -> dict[str, Any]:
    """Return an answer whose text is this value as JSON."""
    return completion(choice(json.dumps(value)))


def calling(value: Any) -> dict[str, Any]:
    """Return an answer that calls a tool with this value as arguments."""
    call = {"id": "call_1", "type": "function", "function": {"name": "add_entry", "arguments": json.dumps(value)}}
    message = {"role": "assistant", "content": None, "tool_calls": [call]}
    return completion(choice(message=message, finish="tool_calls"))


FORMS = (("response_format", written, "ignored"), ("tools", calling, "mishandled"))
OF_FORM = {"response_format": FEATURES, "tools": OF_TOOLS}


def cases() -> list[tuple[str, Any, str, Claim, str]]:
    """Return a row for each feature of each of the four claims."""
    found = []
    for topic, answer, fault in FORMS:
        for name in CLAIMS:
            claim = contract().claims[f"chat.{topic}.{name}"]
            values = contract().rule(claim, contract().classify("openai", "any")).values
            assert isinstance(values, tuple)
            found += [(topic, answer, fault, claim, feature) for feature in values]
    return found


def test_every_feature_is_a_case_of_each_form() -> None:
    """None is left out, and none comes twice."""
    for topic, *_ in FORMS:
        assert [feature for form, *_, feature in cases() if form == topic] == list(OF_FORM[topic])


@over("topic, answer, fault, claim, feature", cases())
def test_a_feature_is_judged_by_its_own_part(topic: str, answer: Any, fault: str, claim: Claim, feature: str) -> None:
    """An answer that fits needs one request; one that does not is asked for again with this feature alone."""
    found, bodies = observe_with_bodies(claim.id, lambda *_: answer(ENTRY), feature)
    assert (found.seen, len(bodies)) == ("honoured", 1)
    broken = {**ENTRY, key_of(feature): WRONG[feature]}
    found, bodies = observe_with_bodies(claim.id, lambda *_: answer(broken), feature)
    assert (found.seen, len(bodies)) == (fault, 2)
    lacking = {key: value for key, value in ENTRY.items() if key != key_of(feature)}
    assert see(claim.id, answer(lacking), feature).seen == fault


@over("topic, answer, fault, claim, feature", cases())
def test_a_feature_that_works_alone_is_not_blamed(
    topic: str, answer: Any, fault: str, claim: Claim, feature: str
) -> None:
    """The whole schema is refused because of another feature, which is refused by itself as well."""
    other = next(name for name in FEATURES if name != feature)

    def endpoint(body: dict[str, Any], *_: int) -> Any:
        return refusal() if key_of(other) in json.dumps(body) else answer(ENTRY)

    assert see(claim.id, endpoint, feature).seen == "honoured"
    assert see(claim.id, refusal(), feature).seen == "refused"


@over("topic, answer, fault", FORMS)
def test_features_that_fail_only_together_are_found(topic: str, answer: Any, fault: str) -> None:
    """Each works by itself, so that no other claim would report that the whole schema is refused."""

    def endpoint(body: dict[str, Any], *_: int) -> Any:
        alone = sum(key_of(name) in json.dumps(body) for name in OF_TOOLS) == 1
        return answer(ENTRY) if alone else refusal()

    found = see(f"chat.{topic}.features", endpoint, "enum")
    assert found.seen == "refused"
    assert found.detail.startswith("all features together, each of which works by itself: 400")


@pytest.mark.parametrize("topic", ["response_format", "tools"])
def test_no_answer_to_look_at_is_no_evidence(topic: str) -> None:
    """The answer was cut, or a model called nothing."""
    assert see(f"chat.{topic}.features", completion(choice("{", finish="length")), "enum").seen == "unanswered"
    assert see("chat.tools.features", completion(choice("No.")), "enum").seen == "unanswered"


def test_the_schemas_are_valid_and_have_only_what_they_need() -> None:
    """A feature alone brings no definition of another one."""
    assert schema_problem(featured(OF_TOOLS)) is None
    assert problem(ENTRY, featured(OF_TOOLS)) is None
    alone = {name: featured([name]) for name in OF_TOOLS}
    assert {name for name, schema in alone.items() if "$defs" in schema} == {"reference", "recursion"}
    assert "anyOf" not in json.dumps(alone["recursion"])
    assert all(map(is_featured, alone.values()))
    assert not is_featured(CARD)


NUMBERS = [
    ("9007199254740993", 9007199254740993, True),
    ("9007199254740992.0", 9007199254740993, False),
    ("9.007199254740993e15", 9007199254740993, True),
    ("2.0", 2, True),
    ("0.1", 0.1, False),
    ("1e999999999", 1, False),
]


@over("text, value, same", NUMBERS)
def test_numbers_are_read_exactly(text: str, value: Any, same: bool) -> None:
    """A double would hide that a server rounded a number."""
    assert (parsed(text) == value) is same


@over("text", ["", "A fig.", '{"a": ', "NaN?", "[" * 100_000])
def test_what_is_no_json_reads_as_nothing(text: str) -> None:
    """Also what is nested too deeply."""
    assert parsed(text) is None


def report(refuses: Any) -> Any:
    """Return an endpoint that refuses some schemas, by their text, and gives what the others describe."""
    whole = {"mood_q7": "vex_q7", "spot_q7": {"row_q7": 1, "lit_q7": True}, "tags_q7": ["a"]}

    def answer(body: dict[str, Any], *_: int) -> dict[str, Any]:
        schema = body["response_format"]["json_schema"]["schema"]
        kept = {key: whole[key] for key in schema["properties"]}
        return refusal() if refuses(schema) else written(kept)

    return answer


@over("part, seen", [("nested", "honoured"), ("enum", "honoured"), ("array", "refused")])
def test_a_part_is_not_refused_because_of_another(part: str, seen: str) -> None:
    """It is asked for by itself where a schema with all parts is refused; if each works by itself, all together are refused."""
    claim_id = f"chat.response_format.{part}"
    assert see(claim_id, report(lambda schema: "minItems" in str(schema))).seen == seen
    assert see(claim_id, report(lambda schema: len(schema["properties"]) > 1)).seen == "refused"
    assert see(claim_id, report(lambda _: False)).seen == "honoured"


@over("claim_id", ["chat.tools.cut", "chat.response_format.truncated"])
def test_no_cap_is_certain_to_cut_what_a_model_that_reasons_writes(claim_id: str) -> None:
    """Its request leaves room for the reasoning, so a whole answer shows nothing about the cap."""
    card = written({"fruit_q7": "fig", "ripe_q7": True, "shade_q7": "dark"})
    assert see(claim_id, card, model="reasoning").seen == "unanswered"
