"""What the suite observes of the parts of a structured answer, of a cut one, and of parameters that show little."""

import json
from typing import Any

import pytest

from tests.support.making import case, choice, completion, observe_with_bodies, refusal, see, unmarked

READY = completion(choice("ready"))
CARD = {"fruit_q7": "fig", "ripe_q7": True, "shade_q7": "dark"}
REPORT: dict[str, Any] = {"mood_q7": "vex_q7", "spot_q7": {"row_q7": 3, "lit_q7": False}, "tags_q7": ["oak"]}


def answering(value: Any, finish: str = "stop") -> dict[str, Any]:
    """Return an answer whose text is this value as JSON, or this text."""
    return completion(choice(value if isinstance(value, str) else json.dumps(value), finish=finish))


# ---------------------------------------------------------------- parts of a structured answer

WITHOUT = {
    name: {key: value for key, value in REPORT.items() if key != name} for name in ("mood_q7", "spot_q7", "tags_q7")
}
PARTS = [
    *((part, answering(REPORT), "honoured") for part in ("enum", "nested", "array")),
    *((part, answering({**REPORT, "more": 1}), "honoured") for part in ("enum", "nested", "array")),
    *((part, answering("A chair has four legs."), "ignored") for part in ("enum", "nested", "array")),
    *((part, answering([REPORT]), "ignored") for part in ("enum", "nested", "array")),
    *((part, answering('{"mood_q7": "ve', "length"), "unanswered") for part in ("enum", "nested", "array")),
    *((part, refusal(), "refused") for part in ("enum", "nested", "array")),
    ("enum", answering(WITHOUT["mood_q7"]), "ignored"),
    ("enum", answering({**REPORT, "mood_q7": "calm"}), "ignored"),
    ("enum", answering({**REPORT, "spot_q7": 1, "tags_q7": []}), "honoured"),
    ("nested", answering(WITHOUT["spot_q7"]), "ignored"),
    ("nested", answering({**REPORT, "spot_q7": {"row_q7": 3}}), "ignored"),
    ("nested", answering({**REPORT, "spot_q7": {"row_q7": "3", "lit_q7": False}}), "ignored"),
    ("nested", answering({**REPORT, "spot_q7": {**REPORT["spot_q7"], "more": 1}}), "ignored"),
    ("nested", answering({**REPORT, "mood_q7": "calm", "tags_q7": []}), "honoured"),
    ("array", answering(WITHOUT["tags_q7"]), "ignored"),
    ("array", answering({**REPORT, "tags_q7": []}), "ignored"),
    ("array", answering({**REPORT, "tags_q7": [7]}), "ignored"),
    ("array", answering({**REPORT, "mood_q7": "calm", "spot_q7": 1}), "honoured"),
]


@pytest.mark.parametrize(("part", "answer", "seen"), PARTS)
def test_each_part_is_checked_against_its_own_schema(part: str, answer: Any, seen: str) -> None:
    """Faults in another part do not count."""
    assert see(f"chat.response_format.{part}", answer).seen == seen


LOOSE = [
    (answering(CARD), "honoured"),
    (answering({**CARD, "shade_q7": "red"}), "ignored"),
    (answering("A fig."), "ignored"),
    (answering('{"fruit', "length"), "unanswered"),
    (answering("", "length"), "unanswered"),
    (answering("A fig is a fruit", "length"), "ignored"),
    (answering("I cannot", "content_filter"), "unanswered"),
    (refusal(), "refused"),
]


@pytest.mark.parametrize(("answer", "seen"), LOOSE)
def test_a_schema_that_is_not_strict_is_checked_alike(answer: Any, seen: str) -> None:
    """Whether the answer fits is recorded and not judged."""
    assert see("chat.response_format.not_strict", answer).seen == seen


FURTHER = [
    (answering(CARD), "honoured"),
    (answering({**CARD, "shade_q7": "red"}), "honoured"),
    (answering({**CARD, "origin_q7": "Peru"}), "ignored"),
    (answering("A fig, from Peru."), "ignored"),
    (answering([CARD]), "ignored"),
    (answering('{"fruit', "length"), "unanswered"),
    (answering("", "length"), "unanswered"),
    (answering("A fig is a fruit", "length"), "ignored"),
    (answering("I cannot", "content_filter"), "unanswered"),
    (refusal(), "refused"),
]


@pytest.mark.parametrize(("answer", "seen"), FURTHER)
def test_a_key_that_the_schema_forbids_is_left_out(answer: Any, seen: str) -> None:
    """The prompt asks for it; other faults of the answer do not count."""
    assert see("chat.response_format.additional_properties", answer).seen == seen


CUT = [
    (answering('{"fruit_q7": "f', "length"), "honoured"),
    (answering("", "length"), "honoured"),
    (answering("A fig is a", "length"), "unanswered"),
    (answering('{"fruit_q7": "f'), "mishandled"),
    (answering(' {"fruit_q7": "f', "tool_calls"), "mishandled"),
    (answering(CARD), "ignored"),
    (answering('{"fruit_q7": "f', "content_filter"), "unanswered"),
    (answering(""), "unanswered"),
    (answering("A fig."), "unanswered"),
    (answering("{}"), "unanswered"),
    (refusal(), "refused"),
]


@pytest.mark.parametrize(("answer", "seen"), CUT)
def test_cut_json_has_finish_reason_length(answer: Any, seen: str) -> None:
    """A short or empty text was not cut, and a complete card was not limited by the cap."""
    assert see("chat.response_format.truncated", answer).seen == seen


# ---------------------------------------------------------------- what is sent


def sent(claim_id: str, value: Any = None) -> dict[str, Any]:
    """Return the request of a claim."""
    _, bodies = observe_with_bodies(claim_id, lambda *_: READY, value)
    return bodies[0]


def test_a_description_lacks_one_thing() -> None:
    """It lacks its name or a valid type; everything else is valid."""
    sound, loose, nameless, odd = (
        sent(f"chat.response_format.{name}")["response_format"]["json_schema"]
        for name in ("json_schema", "not_strict", "missing_name", "bad_schema")
    )
    assert loose == {**sound, "strict": False}
    assert nameless == {key: value for key, value in sound.items() if key != "name"}
    assert odd == {**sound, "schema": {**sound["schema"], "type": "conformance-no-such-type"}}


def test_a_cap_that_cuts_is_the_only_cap() -> None:
    """The request has no other cap."""
    body = sent("chat.response_format.truncated")
    assert {name for name in body if "token" in name} == {"max_tokens"}
    assert body["max_tokens"] < 16


CHANGES = [
    ("chat.user.accepted", "someone", {"user": "someone"}),
    ("chat.user.wrong_type", 7, {"user": 7}),
    ("chat.seed.accepted", 7, {"seed": 7}),
    ("chat.temperature.with_top_p", None, {"temperature": 0.5, "top_p": 0.5}),
    ("chat.max_tokens.huge", 10_000_000, {"max_tokens": 10_000_000}),
    ("chat.max_tokens.both_caps", None, {"max_tokens": 16, "max_completion_tokens": 16}),
]


@pytest.mark.parametrize(("claim_id", "value", "change"), CHANGES)
def test_the_parameters_are_the_one_change_from_the_baseline(claim_id: str, value: Any, change: dict[str, Any]) -> None:
    """The request has no other parameters; the word that it asks for follows from them."""
    assert unmarked(sent(claim_id, value)) == {**unmarked(case(claim_id, value).plain().json), **change}


@pytest.mark.parametrize(
    ("claim_id", "value"),
    [
        *((claim_id, value) for claim_id, value, _ in CHANGES),
        ("chat.response_format.missing_name", None),
        ("chat.response_format.bad_schema", None),
    ],
)
def test_it_is_accepted_or_refused(claim_id: str, value: Any) -> None:
    """Nothing more can be observed."""
    assert see(claim_id, READY, value).seen == "accepted"
    assert see(claim_id, refusal(), value).seen == "refused"
    assert see(claim_id, refusal(500), value).seen == "mishandled"


TIERS = [
    ({}, "accepted"),
    ({"service_tier": None}, "accepted"),
    ({"service_tier": "default"}, "accepted"),
    ({"service_tier": "scale"}, "accepted"),
    ({"service_tier": "on_demand"}, "mishandled"),
    ({"service_tier": ["default"]}, "mishandled"),
]


@pytest.mark.parametrize(("more", "seen"), TIERS)
def test_a_tier_that_is_named_is_documented(more: dict[str, Any], seen: str) -> None:
    """An answer that names none has no fault."""
    assert see("chat.service_tier.echo", completion(choice("ready"), **more)).seen == seen


def test_a_refusal_names_no_tier() -> None:
    """There is no answer that could name one."""
    assert see("chat.service_tier.echo", refusal()).seen == "unanswered"
