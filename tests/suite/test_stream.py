"""What the suite says of streams as a whole: how they come, how they end, and what they add up to.

What holds for the chunks of every stream is in test_every_stream.py.
"""

import itertools
from dataclasses import replace
from typing import Any

import pytest

from conformance.base.observation import Seen
from conformance.trial.ask import NoControl
from tests.support import erring, making
from tests.support.collecting import over
from tests.support.making import choice as whole
from tests.support.making import completion, events, refusal
from tests.support.streaming import (
    LEGAL,
    LOST,
    TEXT,
    USAGE,
    Change,
    answer,
    chunk,
    failing_midway,
    lost,
    part,
    put,
    see,
    sound,
    spelt,
    too_late,
    without_temperature,
)

NAMES = ["content_type", "joins", "incremental", "usage_agrees"]


@over("name", ["stream.incremental_with_tools", "tools.stream_text"])
def test_what_fails_without_streaming_as_well_is_no_fault_of_the_stream(name: str) -> None:
    """It is held against the stream only where the same request is answered without one."""
    failing = erring.error(500)
    with pytest.raises(NoControl):
        erring.look(name, lambda _: failing)
    assert erring.look(name, lambda sent: failing if sent.json.get("stream") else erring.READY).seen is Seen.MISHANDLED


@over("name", NAMES)
def test_a_sound_stream_is_honoured(name: str) -> None:
    """A stream without any fault is honoured for every claim."""
    assert see(f"chat.stream.{name}", answer()).seen == "honoured"


def test_when_the_pieces_come_is_no_evidence(monkeypatch: pytest.MonkeyPatch) -> None:
    """A first one that is late waited for a model, a queue or this machine; a slow client gets all of them at once."""
    at_once = making.exchange
    monkeypatch.setattr(
        making, "exchange", lambda *given, **named: replace(at_once(*given, **named), first_byte=2.9, seconds=3.0)
    )
    assert see("chat.stream.incremental", answer()).seen == "honoured"


BROKEN: list[tuple[str, Change]] = [
    ("joins", put([4, "choices", 0, "delta"], {"content": TEXT})),
    ("joins", lambda chunks: chunks.pop(2) and None),
    ("incremental", lambda chunks: [chunk(part({"role": "assistant", "content": TEXT})), chunk(part({}, "stop"))]),
    ("usage_agrees", put([-1, "usage"], {**USAGE, "prompt_tokens": 10})),
]


@pytest.mark.parametrize(("name", "change"), BROKEN)
def test_a_stream_that_is_broken_in_one_place_is_mishandled(name: str, change: Change) -> None:
    """Each break is found by the claim that is about it."""
    assert see(f"chat.stream.{name}", answer(change)).seen == "mishandled"


def test_a_body_that_is_no_stream_is_mishandled() -> None:
    """A whole answer where a stream was asked for is no stream."""
    found = see("chat.stream.content_type", lambda body, sample, attempt: completion(whole(TEXT)))
    assert found.seen == "mishandled"
    assert "application/json" in found.detail


def test_plain_answers_that_differ_prove_nothing_against_the_stream() -> None:
    """Only where two plain answers agree can a stream be held against them."""

    def speak(body: dict[str, Any], sample: int, attempt: int) -> Any:
        return events(*sound()) if body.get("stream") else completion(whole(f"{TEXT} {sample}"))

    assert see("chat.stream.joins", speak).seen == "unanswered"


@pytest.mark.parametrize(
    ("second", "word"),
    [
        ([part({"content": "b"}, index=1), part({}, "stop", index=1)], "honoured"),
        ([part({"content": "b"}, index=1)], "mishandled"),
        ([part({"content": "b"}), part({}, "stop")], "ignored"),
    ],
)
def test_two_choices_are_told_apart_by_their_index(second: list[dict[str, Any]], word: str) -> None:
    """A stream with n 2 shows both indexes and a finish_reason for each."""
    first = [part({"content": "a"}), part({}, "stop")]
    speak = answer(lambda chunks: [chunk(each) for each in [*first, *second]])
    assert see("chat.stream.choices", speak).seen == word


@over("name, spelling", itertools.product(NAMES, LEGAL))
def test_a_legal_spelling_of_a_stream_is_not_held_against_it(name: str, spelling: str) -> None:
    """Whatever the grammar of events allows is read as the same stream."""
    assert see(f"chat.stream.{name}", spelt(spelling)).seen == "honoured"


@over("name, loss", itertools.product(NAMES, LOST))
def test_a_lost_stream_is_held_against_one_claim(name: str, loss: str) -> None:
    """What was lost is held against the one claim that is about it; the others see nothing."""
    about, change = LOST[loss]
    assert see(f"chat.stream.{name}", lost(change)).seen == ("mishandled" if name == about else "unanswered")


def test_counts_of_the_prompt_that_the_stream_lacks_are_missed() -> None:
    """What the plain usage says about the prompt in detail, the streamed one says as well."""

    def speak(body: dict[str, Any], sample: int, attempt: int) -> Any:
        given = answer()(body, sample, attempt)
        detailed = {**USAGE, "prompt_tokens_details": {"cached_tokens": 0}}
        return given if body.get("stream") else {**given, "usage": detailed}

    assert "cached_tokens" in see("chat.stream.usage_agrees", speak).detail


@over("name, text", itertools.product(NAMES, ["", 'data: {"id']))
def test_a_stream_that_took_too_long_shows_nothing(name: str, text: str) -> None:
    """A time-out is no evidence, whatever came before it; only where it comes again and again it counts as a hang."""
    found = see(f"chat.stream.{name}", too_late(text))
    assert (found.seen, found.suspect) == ("unanswered", True)


@over("name, done", itertools.product(NAMES, [True, False]))
def test_an_error_in_the_midst_of_a_stream_is_an_outage(name: str, done: bool) -> None:
    """Nothing is held against what came before it, and [DONE] may follow it or not."""
    assert see(f"chat.stream.{name}", failing_midway(done)).seen == "unanswered"


@over("name", NAMES)
def test_a_stream_is_looked_at_without_temperature_where_that_is_refused(name: str) -> None:
    """The long control is asked as it is, plain and streamed, and shows as much."""
    assert see(f"chat.stream.{name}", without_temperature(refusal())).seen == "honoured"


@over("name", ["content_type", "incremental"])
def test_a_stream_that_is_refused_without_temperature_too_is_refused(name: str) -> None:
    """It is the stream that the endpoint does not take."""
    assert see(f"chat.stream.{name}", lambda *_: refusal()).seen is Seen.REFUSED
