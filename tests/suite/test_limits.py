"""What the suite observes of n, stop and caps on tokens."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.base.observation import Seen
from conformance.suite.probes.test_stop_sequence import pick
from tests.support.making import (
    case,
    choice,
    completion,
    events,
    observe,
    observe_with_bodies,
    refusal,
    see,
    suite_functions,
)

READY = completion(choice("ready"))
COUNTED = " ".join(map(str, range(1, 41)))


# ---------------------------------------------------------------- no cap

LONG = " ".join(map(str, range(1, 2601)))
UNCAPPED = [
    (completion(choice(LONG[:5000], finish="length"), tokens=2048), "clamped", "2048"),
    (completion(choice(LONG[:5000], finish="length")), "clamped", None),
    (completion(choice(LONG), tokens=4200), "accepted", None),
    (completion(choice("1 2 3 and so on, up to 2600.")), "unanswered", None),
    (refusal(), "refused", None),
]


@pytest.mark.parametrize(("answer", "seen", "measured"), UNCAPPED)
def test_the_cap_of_a_request_without_one_is_measured(answer: dict[str, Any], seen: str, measured: str | None) -> None:
    """A model that ends its answer early shows nothing."""
    found, (body, *_) = observe_with_bodies("chat.max_tokens.default", lambda *_: answer)
    assert (found.seen, found.measured) == (seen, measured)
    assert "max_tokens" not in body


# ---------------------------------------------------------------- n


def choices(*indexes: Any) -> dict[str, Any]:
    """Return an answer with choices of these indexes."""
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
    """The answer must have n choices with indexes from 0; several but fewer than n are clamped."""
    assert see("chat.n.count", given, asked).seen == seen


def test_the_limit_of_n_is_measured() -> None:
    """It is measured by the number of choices; if there are many, each has one token."""
    found, bodies = observe_with_bodies("chat.n.limit", lambda body, *_: choices(*range(min(body["n"], 5))))
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
    """It is a word of at least two letters that does not occur before, with text before and after it."""
    found = pick(text)
    assert found == word


@given(st.text(max_size=80))
def test_a_picked_sequence_can_show_its_effect(text: str) -> None:
    """There is text after it, and text before it that does not contain it."""
    found = pick(text)
    if found:
        before, _, after = text.partition(found)
        assert before.strip()
        assert after.strip()
        assert len(found) >= 2


def stopping(given: Any, control: Any = None) -> Any:
    """Return an endpoint that answers requests with stop in one way and the control in another."""
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
    """While the control goes on, the text ends before it, with it, or after it, or cannot be compared."""
    assert see(claim_id, stopping(given), value).seen == seen


def test_a_control_too_short_shows_nothing_of_stop() -> None:
    """A sequence that cannot occur proves nothing."""
    assert see("chat.stop.ends_text", stopping(READY, READY)).seen is Seen.UNANSWERED


def test_the_last_of_several_sequences_is_the_one_that_counts() -> None:
    """The others cannot occur; a server that uses only the first two lets the text go on."""

    def answer(body: dict[str, Any], *_: int) -> Any:
        kept = [body["stop"]] if isinstance(body.get("stop"), str) else body.get("stop", [])[:2]
        ends = [COUNTED.find(each) for each in kept if each in COUNTED]
        return completion(choice(COUNTED[: min(ends, default=len(COUNTED))]))

    assert see("chat.stop.ends_text", answer).seen is Seen.HONOURED
    assert [see("chat.stop.count", answer, count).seen for count in (1, 2, 3)] == ["honoured", "honoured", "ignored"]
    found = see("chat.stop.limit", answer)
    assert (found.seen, found.measured) == (Seen.IGNORED, "1-2")


def test_a_long_sequence_has_several_words() -> None:
    """It begins like the short one, and a text that goes on past it is against the contract."""
    sequence = pick(COUNTED, 3) or ""
    assert len(sequence.split()) == 3
    before = completion(choice(COUNTED[: COUNTED.index(sequence)]))
    assert see("chat.stop.long_sequence", stopping(before)).seen is Seen.HONOURED
    assert see("chat.stop.long_sequence", stopping(completion(choice(COUNTED)))).seen is Seen.IGNORED


@pytest.mark.parametrize(
    ("given", "seen"),
    [
        (completion(choice(COUNTED)), "honoured"),
        (completion(choice(COUNTED.rsplit(" ", 1)[0])), "mishandled"),
        (completion(choice(BEFORE)), "mishandled"),
        (completion(choice(BEFORE, finish="length")), "unanswered"),
        (completion(choice("One, two, three.")), "unanswered"),
        (refusal(), "refused"),
    ],
)
def test_a_text_that_only_begins_a_sequence_is_whole(given: Any, seen: str) -> None:
    """Text that a server withholds because a sequence may follow has to come in the end."""
    assert see("chat.stop.unfinished", stopping(given)).seen == seen
    assert see("chat.stop.unfinished", stopping(READY, READY)).seen is Seen.UNANSWERED


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
    """The finish_reason stop alone does not prove that the sequence worked."""
    assert see("chat.stop.finish_reason", stopping(given)).seen == seen


def test_the_control_has_no_temperature_if_the_model_refuses_it() -> None:
    """Neither the control nor the request has it then."""

    def answer(body: dict[str, Any], *_: int) -> Any:
        return refusal() if "temperature" in body else stopping(completion(choice(BEFORE)))(body)

    assert see("chat.stop.ends_text", answer).seen is Seen.HONOURED
    assert see("chat.max_tokens.caps", answer, 4).seen is not Seen.REFUSED


# ---------------------------------------------------------------- caps


def capping(given: Any, tokens: int | None = 79, text: str = COUNTED) -> Any:
    """Return an endpoint that answers a request with a cap of 16 in one way and the control in full."""
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
    """More tokens than the cap, or the whole answer, is ignored; a shorter answer with another text proves nothing."""
    assert see(f"chat.{name}.caps", capping(given, tokens), 16).seen == seen


@pytest.mark.parametrize(("finish", "word"), [("length", "honoured"), ("stop", "mishandled"), (None, "mishandled")])
def test_a_stream_that_a_cap_leaves_empty_is_honoured(finish: str | None, word: str) -> None:
    """Reasoning can use up the cap; a stream without usage then has no text at all."""
    bound = case("chat.max_tokens.finish_reason", 16)
    bound = replace(bound, case=replace(bound.case, mode="stream"))
    nothing = events({"choices": [{"index": 0, "delta": {"content": ""}, "finish_reason": finish}]})
    assert observe(suite_functions()["chat.max_tokens.finish_reason"], bound, capping(nothing)).seen == word


def test_a_control_shorter_than_the_cap_shows_nothing() -> None:
    """A cap that nothing reaches proves nothing."""
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
    """It counts only if the cap was observed to cut."""
    assert see("chat.max_tokens.finish_reason", capping(given), 16).seen == seen
