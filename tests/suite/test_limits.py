"""What the suite says of n, stop and caps on tokens."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.base.observation import Seen
from conformance.suite.probes.test_stop_sequence import pick
from tests.support.making import case, choice, completion, events, observe, refusal, see, suite_functions, told

READY = completion(choice("ready"))
COUNTED = " ".join(map(str, range(1, 41)))


# ---------------------------------------------------------------- n


def choices(*indexes: Any) -> dict[str, Any]:
    """An answer with choices of these indexes."""
    return completion(*(choice("x", index) for index in indexes))


@pytest.mark.parametrize(
    ("asked", "given", "seen"),
    [
        (1, choices(0), "honoured"),
        (3, choices(0, 1, 2), "honoured"),
        (3, choices(0, 2, 1), "mishandled"),
        (3, choices(0, 0, 0), "mishandled"),
        (3, choices(None, None, None), "mishandled"),
        (3, choices(0), "ignored"),
        (3, choices(0, 1), "clamped"),
        (3, choices(0, 1, 2, 3), "ignored"),
        (1, choices(1), "mishandled"),
        (2, refusal(), "refused"),
        (2, refusal(429), "unanswered"),
    ],
)
def test_choices_are_counted(asked: int, given: dict[str, Any], seen: str) -> None:
    """As many as were asked for, numbered from 0; fewer but several is another value applied."""
    assert see("chat.n.count", given, asked).seen == seen


def test_the_limit_of_n_is_measured() -> None:
    """By the choices that came, with one token for each of many."""
    found, bodies = told("chat.n.limit", lambda body, *_: choices(*range(min(body["n"], 5))))
    assert (found.seen, found.measured) == (Seen.CLAMPED, "1-5")
    assert all(body["max_tokens"] == 1 for body in bodies if body["n"] >= 10)
    assert max(body["n"] for body in bodies) <= 256


# ---------------------------------------------------------------- stop

SEQUENCE = pick(COUNTED) or ""
BEFORE = COUNTED[: COUNTED.find(SEQUENCE)]


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", None),
        ("one", None),
        ("a b c d e f g h", None),
        ("one one one one one one", None),
        ("one two three four", "three"),
        ("aa bb cc", "bb"),
        ("aa bb", None),
        ("1 2 3 4 5 6 7 8 9 10 11 12 13", "10"),
        ("ready ready steady ready go on", "steady"),
        ("x" * 30 + " end", None),
        ("<think>He wants to see me count.</think> 1 2 3 4 5 6 7 8 9 10 11 12 13", "10"),
        ("<think>He wants to see me count.</think>", None),
    ],
)
def test_a_stop_sequence_comes_from_the_middle_of_the_control(text: str, word: str | None) -> None:
    """A word of two letters or more that comes up there for the first time, with text before and after it."""
    found = pick(text)
    assert found == word


@given(st.text(max_size=80))
def test_a_picked_sequence_can_show_its_effect(text: str) -> None:
    """The text goes on behind it, and what stands before it is not empty and does not hold it."""
    found = pick(text)
    if found:
        before, _, after = text.partition(found)
        assert before.strip()
        assert after.strip()
        assert len(found) >= 2


def stopping(given: Any, control: Any = None) -> Any:
    """An endpoint that answers a request with stop in one way, and the control in another."""
    return lambda body, *_: given if "stop" in body else control or completion(choice(COUNTED))


STOPS = [
    (completion(choice(BEFORE)), "honoured"),
    (completion(choice(BEFORE.strip())), "honoured"),
    (completion(choice(BEFORE + SEQUENCE)), "mishandled"),
    (completion(choice(COUNTED)), "ignored"),
    (completion(choice(BEFORE + SEQUENCE + " 18")), "ignored"),
    (completion(choice("")), "unanswered"),
    (completion(choice("One, two, three.")), "unanswered"),
    (refusal(), "refused"),
    (refusal(429), "unanswered"),
]


@pytest.mark.parametrize(("given", "seen"), STOPS)
@pytest.mark.parametrize(("claim_id", "value"), [("chat.stop.ends_text", None), ("chat.stop.count", 3)])
def test_a_stop_sequence_ends_the_text_right_before_it(claim_id: str, value: Any, given: Any, seen: str) -> None:
    """Against a control that goes on: ended before it, with it, past it, or an answer that cannot be compared."""
    assert see(claim_id, stopping(given), value).seen == seen


def test_a_control_too_short_shows_nothing_of_stop() -> None:
    """A sequence that could not come up proves nothing."""
    assert see("chat.stop.ends_text", stopping(READY, READY)).seen is Seen.UNANSWERED


def test_the_last_of_several_sequences_is_the_one_that_counts() -> None:
    """The others cannot come up; a server that takes the first two only lets the text run on."""

    def answer(body: dict[str, Any], *_: int) -> Any:
        kept = [body["stop"]] if isinstance(body.get("stop"), str) else body.get("stop", [])[:2]
        ends = [COUNTED.find(each) for each in kept if each in COUNTED]
        return completion(choice(COUNTED[: min(ends, default=len(COUNTED))]))

    assert see("chat.stop.ends_text", answer).seen is Seen.HONOURED
    assert [see("chat.stop.count", answer, count).seen for count in (1, 2, 3)] == ["honoured", "honoured", "ignored"]
    found = see("chat.stop.limit", answer)
    assert (found.seen, found.measured) == (Seen.IGNORED, "1-2")


@pytest.mark.parametrize(
    ("given", "seen"),
    [
        (completion(choice(BEFORE, finish="stop")), "honoured"),
        (completion(choice(BEFORE, finish="length")), "mishandled"),
        (completion(choice(BEFORE, finish=None)), "mishandled"),
        (completion(choice(COUNTED, finish="stop")), "unanswered"),
        (refusal(), "refused"),
    ],
)
def test_a_finish_reason_counts_only_where_stop_ended_the_text(given: Any, seen: str) -> None:
    """`stop` alone is no proof that the sequence worked."""
    assert see("chat.stop.finish_reason", stopping(given)).seen == seen


def test_a_model_that_refuses_temperature_is_controlled_without_it() -> None:
    """The control and the request then both leave it out."""

    def answer(body: dict[str, Any], *_: int) -> Any:
        return refusal() if "temperature" in body else stopping(completion(choice(BEFORE)))(body)

    assert see("chat.stop.ends_text", answer).seen is Seen.HONOURED
    assert see("chat.max_tokens.caps", answer, 4).seen is not Seen.REFUSED


# ---------------------------------------------------------------- caps


def capping(given: Any, tokens: int | None = 79, text: str = COUNTED) -> Any:
    """An endpoint that answers a request capped at 16 in one way, and the control in full."""
    return lambda body, *_: given if 16 in (body.get("max_tokens"), body.get("max_completion_tokens")) else completion(
        choice(text), tokens=tokens
    )  # fmt: skip


CUT = COUNTED[:20]
CAPPED = [
    (completion(choice(CUT, finish="length"), tokens=16), 79, "honoured"),
    (completion(choice(CUT, finish="stop"), tokens=16), 79, "honoured"),
    (completion(choice("", finish="length"), tokens=16), 79, "honoured"),
    (completion(choice(CUT, finish="length")), None, "honoured"),
    (completion(choice(CUT, finish=None)), None, "honoured"),
    (completion(choice(CUT, finish="length"), tokens=17), 79, "ignored"),
    (completion(choice(COUNTED), tokens=79), 79, "ignored"),
    (completion(choice(COUNTED)), None, "ignored"),
    (completion(choice("No.", finish="stop"), tokens=2), 79, "unanswered"),
    (completion(choice(CUT, finish="length"), tokens=16), 16, "unanswered"),
    (refusal(), 79, "refused"),
    (refusal(503, "overloaded"), 79, "unanswered"),
]


@pytest.mark.parametrize("name", ["max_tokens", "max_completion_tokens"])
@pytest.mark.parametrize(("given", "tokens", "seen"), CAPPED)
def test_a_cap_is_seen_against_a_control_that_runs_past_it(
    name: str, given: Any, tokens: int | None, seen: str
) -> None:
    """More tokens than the cap, or the whole answer, is ignored; a shorter answer of another kind proves nothing."""
    assert see(f"chat.{name}.caps", capping(given, tokens), 16).seen == seen


@pytest.mark.parametrize(("finish", "word"), [("length", "honoured"), ("stop", "mishandled"), (None, "mishandled")])
def test_a_stream_that_a_cap_leaves_nothing_of_says_length(finish: str | None, word: str) -> None:
    """Reasoning can use up a cap; a stream, which counts nothing, then is the shorter by all of its text."""
    bound = case("chat.max_tokens.finish_reason", 16)
    bound = replace(bound, case=replace(bound.case, mode="stream"))
    nothing = events({"choices": [{"index": 0, "delta": {"content": ""}, "finish_reason": finish}]})
    assert observe(suite_functions()["chat.max_tokens.finish_reason"], bound, capping(nothing)).seen == word


def test_a_control_shorter_than_the_cap_shows_nothing() -> None:
    """A cap that could not bite proves nothing."""
    assert see("chat.max_tokens.caps", capping(READY, None, "ready"), 16).seen is Seen.UNANSWERED


@pytest.mark.parametrize(
    ("given", "seen"),
    [
        (completion(choice(CUT, finish="length"), tokens=16), "honoured"),
        (completion(choice(CUT, finish="stop"), tokens=16), "mishandled"),
        (completion(choice(COUNTED, finish="stop"), tokens=79), "unanswered"),
        (refusal(), "refused"),
    ],
)
def test_an_answer_that_was_cut_says_length(given: Any, seen: str) -> None:
    """Only where the cap was seen to bite."""
    assert see("chat.max_tokens.finish_reason", capping(given), 16).seen == seen
