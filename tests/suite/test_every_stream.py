"""What the suite says of the chunks of every stream: a sound stream, and the same stream broken in one place at a time."""

import itertools
import json
from dataclasses import replace
from typing import Any

import pytest

from conformance.base.observation import Reason
from conformance.contract.claims import Says
from conformance.http.exchange import Exchange
from tests.support.calls import PARIS, STREAM_OF_TWO, TEXT, TWO, call, calling, first, fragment, rest, says, stream
from tests.support.collecting import over
from tests.support.making import Echo, case, completion, events, exchange, hear, refusal, request
from tests.support.making import choice as whole
from tests.support.making import see as see_claim
from tests.support.streaming import (
    LEGAL,
    LOST,
    USAGE,
    Change,
    Chunks,
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
from tests.support.streaming import (
    TEXT as COUNTED,
)

NAMES = [
    "done",
    "grammar",
    "unicode",
    "schema",
    "object",
    "id",
    "created",
    "model",
    "role",
    "index",
    "delta",
    "finish_reason",
    "finish_reason_key",
    "usage_null",
    "usage_not_asked",
]


def heard(name: str, *chunks: Any, done: bool = True, **sent: Any) -> str:
    """Return the word for a stream of these chunks that was asked for with these parameters."""
    given = exchange(sent=request(model="m", stream=True, **sent), **events(*chunks, done=done))
    return hear(name, given).seen.value


# ---------------------------------------------------------------- chunks


@over("name", NAMES)
def test_a_sound_stream_is_honoured(name: str) -> None:
    """A stream without any fault is honoured for every claim, and the detail counts what was looked at."""
    found = see(f"chat.stream.{name}", answer())
    assert found.seen == "honoured"
    assert "1 of 1" in found.detail


BROKEN: list[tuple[str, Change]] = [
    ("grammar", lambda chunks: [*chunks[:2], "this is no JSON", *chunks[2:]]),
    ("unicode", put([2, "choices", 0, "delta", "content"], "caf\ufffd")),
    ("schema", put([1, "choices", 0, "index"], "0")),
    ("object", put([2, "object"], "chat.completion")),
    ("id", put([2, "id"], "c-2")),
    ("id", put([0, "id"], "")),
    ("created", put([3, "created"], 1_700_000_001)),
    ("created", put([0, "created"], "now")),
    ("model", put([1, "model"], None)),
    ("fingerprint", put([1, "system_fingerprint"], 7)),
    ("fingerprint", lambda chunks: [{**each, "system_fingerprint": str(place)} for place, each in enumerate(chunks)]),
    ("role", put([0, "choices", 0, "delta"], {"content": ""})),
    ("role", put([0, "choices", 0, "delta", "role"], None)),
    ("index", put([2, "choices", 0, "index"], 1)),
    ("delta", lambda chunks: chunks[1]["choices"][0].pop("delta") and None),
    ("finish_reason", put([4, "choices", 0, "finish_reason"], None)),
    ("finish_reason_key", lambda chunks: chunks[1]["choices"][0].pop("finish_reason") and None),
    ("finish_reason", put([1, "choices", 0, "finish_reason"], "stop")),
    ("finish_reason", put([4, "choices", 0, "finish_reason"], "end_turn")),
    ("usage_null", put([1, "usage"], USAGE)),
    ("usage_not_asked", put([1, "usage"], USAGE)),
]


@pytest.mark.parametrize(("name", "change"), BROKEN)
def test_a_stream_that_is_broken_in_one_place_is_mishandled(name: str, change: Change) -> None:
    """Each break is found by the claim that is about it, and came again when it was asked for again."""
    found = see(f"chat.stream.{name}", answer(change))
    assert found.seen == "mishandled"
    assert "1 of 1 " in found.detail


@pytest.mark.parametrize("name", ["created", "model", "fingerprint"])
def test_a_field_that_no_chunk_carries_shows_nothing(name: str) -> None:
    """What the documents show no chunk to carry is not missed."""

    def change(chunks: Chunks) -> None:
        for each in chunks:
            each.pop(name, None)

    assert see(f"chat.stream.{name}", answer(change)).seen == "unanswered"


def test_a_fingerprint_that_is_null_throughout_shows_nothing() -> None:
    """A server without one may say so; one that has one keeps it."""
    null = answer(lambda chunks: [{**each, "system_fingerprint": None} for each in chunks])
    assert see("chat.stream.fingerprint", null).seen == "unanswered"
    one = answer(lambda chunks: [{**each, "system_fingerprint": "fp-1"} for each in chunks])
    assert see("chat.stream.fingerprint", one).seen == "honoured"


@over("name, spelling", itertools.product(NAMES, LEGAL))
def test_a_legal_spelling_of_a_stream_is_not_held_against_it(name: str, spelling: str) -> None:
    """Whatever the grammar of events allows is read as the same stream."""
    assert see(f"chat.stream.{name}", spelt(spelling)).seen == "honoured"


@over("name, loss", itertools.product(NAMES, LOST))
def test_a_lost_stream_is_held_against_one_claim(name: str, loss: str) -> None:
    """What was lost is held against the one claim that is about it; the others see nothing."""
    about, change = LOST[loss]
    assert see(f"chat.stream.{name}", lost(change)).seen == ("mishandled" if name == about else "unanswered")


@over("name, indexes", itertools.product((n for n in NAMES if n != "index"), [[1, 1, 1, 1, 1], [0, 1, 2, 3, 4]]))
def test_the_only_choice_is_one_whatever_its_index(name: str, indexes: list[int]) -> None:
    """A wrong index is held against the index, not against what the pieces add up to."""

    def change(chunks: Chunks) -> None:
        for index, each in zip(indexes, chunks, strict=False):
            each["choices"][0]["index"] = index

    assert see("chat.stream.index", answer(change)).seen == "mishandled"
    assert see(f"chat.stream.{name}", answer(change)).seen == "honoured"


@pytest.mark.parametrize("name", ["created", "model"])
def test_an_object_that_is_no_chunk_is_not_missed_in_what_chunks_carry(name: str) -> None:
    """Where some event is no chunk, that is said by the claims about what every chunk has to carry."""
    odd = answer(lambda chunks: [*chunks[:2], {"type": "status"}, *chunks[2:]])
    assert see(f"chat.stream.{name}", odd).seen == "honoured"
    assert see("chat.stream.object", odd).seen == "mishandled"


@over("name, text", itertools.product(NAMES, ["", 'data: {"id']))
def test_a_stream_that_took_too_long_shows_nothing(name: str, text: str) -> None:
    """A time-out is no evidence, whatever came before it."""
    assert see(f"chat.stream.{name}", too_late(text)).seen == "unanswered"


@pytest.mark.parametrize("done", [True, False])
def test_an_error_in_the_midst_of_every_stream_is_held_against_the_stream(done: bool) -> None:
    """It came again each time, while the plain request was answered; a stream that breaks off is the same."""
    found = see("chat.stream.no_error", failing_midway(done))
    assert (found.seen, found.suspect) == ("mishandled", False)
    assert "the stream ends with an error" in found.detail
    assert see("chat.stream.no_error", answer()).seen == "honoured"
    assert see("chat.stream.no_error", too_late("")).seen == "unanswered"


@over("name, done", itertools.product(NAMES, [True, False]))
def test_an_error_in_the_midst_of_a_stream_is_an_outage(name: str, done: bool) -> None:
    """Nothing is held against what came before it, and [DONE] may follow it or not."""
    assert see(f"chat.stream.{name}", failing_midway(done)).seen == "unanswered"


@over("name", NAMES)
def test_a_stream_is_looked_at_without_temperature_where_that_is_refused(name: str) -> None:
    """The long control is asked as it is, and shows as much."""
    assert see(f"chat.stream.{name}", without_temperature(refusal())).seen == "honoured"


@over("name", NAMES)
def test_a_stream_that_is_refused_shows_nothing(name: str) -> None:
    """Another claim says that streams are refused; where the contract says nothing, the refusal is what there is to note."""
    unstated = case(f"chat.stream.{name}").case.rule.says is Says.UNSTATED
    found = see(f"chat.stream.{name}", lambda *_: refusal())
    assert (found.seen, "not that value" in found.detail) == ("refused" if unstated else "unanswered", True)


# ---------------------------------------------------------------- several choices and usage


TWO_CHOICES = [chunk(part({"role": "assistant", "content": "a"})), chunk(part({"content": "b"}, index=1))]


def test_the_indexes_of_several_choices_are_judged_by_another_claim() -> None:
    """With n 2 an index of 1 is right, and each index needs its own finish_reason."""
    ends = [chunk(part({}, "stop")), chunk(part({}, "stop", index=1))]
    assert heard("chat.stream.index", *TWO_CHOICES, *ends, n=2) == "unanswered"
    assert heard("chat.stream.index", *TWO_CHOICES, *ends) == "mishandled"
    assert heard("chat.stream.finish_reason", *TWO_CHOICES, *ends, n=2) == "honoured"
    assert heard("chat.stream.finish_reason", *TWO_CHOICES, ends[0], n=2) == "mishandled"
    assert heard("chat.stream.finish_reason", *TWO_CHOICES, *ends, TWO_CHOICES[1], n=2) == "mishandled"


@pytest.mark.parametrize(
    ("more", "delta", "seen"),
    [
        ({"usage": USAGE}, {}, "honoured"),
        ({"usage": USAGE}, {"content": "", "role": None}, "honoured"),
        ({"usage": USAGE}, {"content": "more"}, "mishandled"),
        ({}, {}, "mishandled"),
    ],
)
def test_an_empty_choice_in_the_usage_chunk_does_not_go_on(more: dict[str, Any], delta: Any, seen: str) -> None:
    """The claim about the usage chunk reports it; text in that chunk, or an empty choice elsewhere, goes on."""
    assert heard("chat.stream.finish_reason", *sound(), chunk({"index": 0, "delta": delta}, **more)) == seen


PIECE = {"choices": [{"index": 0, "delta": {"content": "x"}, "finish_reason": None}]}
COUNTS = {"choices": [], "usage": {"total_tokens": 3}}


@pytest.mark.parametrize(
    ("given", "seen"),
    [
        (events(PIECE, COUNTS), "honoured"),
        (events({**PIECE, "usage": {"total_tokens": 3}}), "mishandled"),
        (events(PIECE, {"usage": {"total_tokens": 3}}), "mishandled"),
        (events(PIECE), "unanswered"),
        (refusal(), "unanswered"),
    ],
)
def test_the_usage_of_a_stream_comes_alone(given: dict[str, Any], seen: str) -> None:
    """The chunk that carries it has an empty list of choices."""
    assert see_claim("chat.stream_options.usage_chunk", given).seen == seen


def test_usage_is_held_to_whether_it_was_asked_for() -> None:
    """A stream without include_usage shows nothing about where the usage has to be, and the other way round."""
    asked = {"stream_options": {"include_usage": True}}
    early = [{**PIECE, "usage": USAGE}, PIECE]
    assert heard("chat.stream.usage_null", *early) == "unanswered"
    assert heard("chat.stream.usage_null", *early, **asked) == "mishandled"
    assert heard("chat.stream.usage_not_asked", *early) == "mishandled"
    assert heard("chat.stream.usage_not_asked", *early, **asked) == "unanswered"
    assert heard("chat.stream_options.usage_chunk", *early) == "unanswered"
    assert heard("chat.stream_options.usage_chunk", *early, **asked) == "mishandled"


# ---------------------------------------------------------------- Unicode

UNICODE = {
    "letters beyond the BMP": ("🦊 𝒳 e\u0301 שלום", "stop", "honoured"),
    "half a character": ("\ud83e", "stop", "mishandled"),
    "a replaced character": ("caf\ufffd", "stop", "mishandled"),
    "a replaced character at the cap": ("caf\ufffd", "length", "honoured"),
    "a replaced character before the cap": ("caf\ufffd in", "length", "mishandled"),
}


@pytest.mark.parametrize("name", UNICODE)
def test_the_text_of_each_event_is_valid(name: str) -> None:
    """A character that was cut in two or replaced is found, escaped or not; a cap may end in the midst of one."""
    text, finish, seen = UNICODE[name]
    chunks = [chunk(part({"role": "assistant", "content": text})), chunk(part({}, finish))]
    assert heard("chat.stream.unicode", *chunks) == seen
    if not name.startswith("half"):  # which has no other spelling
        assert heard("chat.stream.unicode", *(json.dumps(each, ensure_ascii=False) for each in chunks)) == seen


def test_the_token_of_a_log_probability_may_be_part_of_a_character() -> None:
    """Its bytes say which; the text itself is whole."""
    halves = [{"token": "\ufffd", "logprob": -1, "bytes": [byte]} for byte in "é".encode()]
    told = {**part({"content": "é"}), "logprobs": {"content": halves}}
    assert heard("chat.stream.unicode", chunk(told), chunk(part({}, "stop")), logprobs=True) == "honoured"


def test_bytes_that_are_not_utf8_are_found() -> None:
    """Each half of a character is invalid in its own event, though the two together were valid."""
    cut = "🦊".encode()
    halves = [json.dumps(chunk(part({"content": "H"}))).replace("H", half.decode("utf-8", "surrogateescape"))
              for half in (cut[:2], cut[2:])]  # fmt: skip
    given = exchange(sent=request(model="m", stream=True), **events(*halves, chunk(part({}, "stop"))))
    found = hear("chat.stream.unicode", given)
    assert found.seen == "mishandled"
    assert "bytes that are not UTF-8" in found.detail


def test_a_replaced_character_of_the_prompt_may_be_repeated() -> None:
    """Whoever sends one may get it back."""
    told = [{"role": "user", "content": "Repeat: \ufffd"}]
    back = [chunk(part({"content": "\ufffd"})), chunk(part({}, "stop"))]
    assert heard("chat.stream.unicode", *[json.dumps(each, ensure_ascii=False) for each in back], messages=told) == (
        "honoured"
    )


# ---------------------------------------------------------------- calls in streams

SOUND = stream(first(), fragment(0, PARIS[:9]), fragment(0, PARIS[9:]))
FRAGMENTS = [
    *((f"chat.tools.stream_{name}", SOUND, "honoured") for name in ("index", "first", "declared")),
    *((f"chat.tools.stream_{name}", refusal(), "unanswered") for name in ("index", "first", "declared")),
    *((f"chat.tools.stream_{name}", calling(call()), "unanswered") for name in ("index", "first", "declared")),
    *((f"chat.tools.stream_{name}", stream(), "unanswered") for name in ("index", "first", "declared")),
    ("chat.tools.stream_index", STREAM_OF_TWO, "honoured"),
    *(
        ("chat.tools.stream_index", stream(first(odd), rest(odd)), "mishandled")
        for odd in (None, "0", 1, True, False, 0.5)
    ),
    ("chat.tools.stream_index", stream(first(), rest(), first(2, "call_2"), rest(2)), "mishandled"),
    ("chat.tools.stream_first", stream(fragment(0, "", id="call_1", type="function"), rest(0, name="x")), "mishandled"),
    ("chat.tools.stream_first", stream(fragment(0, "", "get_weather", type="function"), rest()), "mishandled"),
    ("chat.tools.stream_first", stream(fragment(0, "", "get_weather", id="call_1"), rest()), "mishandled"),
    ("chat.tools.stream_first", stream(first(), rest(), fragment(1, PARIS)), "mishandled"),
    ("chat.tools.stream_declared", stream(first(name="get_wether"), rest()), "mishandled"),
    ("chat.tools.stream_declared", stream(first(), rest(), first(1, "call_2", "get_tide"), rest(1)), "mishandled"),
    ("chat.tools.stream_declared", stream(first(name="get_"), fragment(0, name="weather"), rest()), "honoured"),
    ("chat.tools.stream_declared", stream(first(name="get_weather"), rest(0, name="get_weather")), "honoured"),
    ("chat.tools.stream_declared", stream(first(name="get_"), fragment(0, name="tide"), rest()), "mishandled"),
    ("chat.tools.stream_declared", stream(fragment(0, "", None, id="call_1"), rest()), "unanswered"),
]


@pytest.mark.parametrize(("claim_id", "given", "seen"), FRAGMENTS)
def test_fragments_can_be_put_together(claim_id: str, given: Any, seen: str) -> None:
    """By their index, with id, type and a declared name; without a streamed call there is nothing to see."""
    assert says(claim_id, calling(call()), given) == seen


STREAMED_IDS = [
    (stream(first(), rest()), "honoured"),
    (STREAM_OF_TWO, "honoured"),
    (stream(first(), rest(0, id="call_1")), "honoured"),
    (stream(fragment(0, "", "get_weather"), rest(0, id="call_1")), "honoured"),
    (stream(first(), rest(), first(1, "call_1", "get_time"), rest(1)), "mishandled"),
    (stream(fragment(0, PARIS, "get_weather")), "mishandled"),
    (stream(first(id="null"), rest()), "mishandled"),
]


@pytest.mark.parametrize(("given", "seen"), STREAMED_IDS)
def test_every_streamed_call_has_an_id_of_its_own(given: Any, seen: str) -> None:
    """Wherever in its fragments the id comes, and however often."""
    assert says("chat.tools.ids", TEXT, given) == seen


IDS = [
    (calling(call()), "honoured"),
    (TWO, "honoured"),
    (TEXT, "unanswered"),
    (calling(call(), call("get_time")), "mishandled"),
    (calling(call("get_time"), call(id="")), "mishandled"),
    *((calling(call(id=odd)), "mishandled") for odd in ("", " ", "null", "None", None, 7, ["call_1"])),
    (refusal(), "unanswered"),
    ({"status": 503, "body": calling(call(id=""))}, "unanswered"),
]


@pytest.mark.parametrize(("given", "seen"), IDS)
def test_every_call_has_an_id_of_its_own(given: Any, seen: str) -> None:
    """An id is a text that is not the spelling of nothing, and no two calls of an answer share it."""
    assert says("chat.tools.ids", given) == seen


def test_ids_are_looked_at_in_whatever_answer_has_calls() -> None:
    """One that was asked for by another claim, among answers that call nothing."""
    twice = exchange(body=calling(call(), call("get_time")), sent=request(model="m", tool_choice="auto"))
    found = hear("chat.tools.ids", exchange(body=TEXT), twice)
    assert (found.seen, "1 of 1 answers" in found.detail) == ("mishandled", True)


def test_ids_over_several_choices_are_not_compared() -> None:
    """Each choice is an answer of its own: a client goes on with one of them."""
    sent = request(model="m", n=2)
    for calls, seen in (([call()], "honoured"), ([call(), call()], "mishandled")):
        given = completion(whole(), *(whole(message={"tool_calls": calls}, index=index) for index in (1, 2)))
        assert hear("chat.tools.ids", exchange(body=given, sent=sent)).seen == seen


def test_a_plain_answer_shows_nothing_about_streams() -> None:
    """Whatever it holds."""
    for name in (*NAMES, "fingerprint", "id_unique"):
        assert hear(f"chat.stream.{name}", exchange(body=calling(call()))).seen == "unanswered"


# ---------------------------------------------------------------- the end


def test_a_stream_without_its_end_is_mishandled() -> None:
    """A stream has to say [DONE]."""
    assert "without [DONE]" in see("chat.stream.done", answer(done=False)).detail


@pytest.mark.parametrize("tail", [["[DONE]"], [chunk(part({"content": "more"}))]])
def test_what_comes_after_the_end_is_mishandled(tail: Chunks) -> None:
    """[DONE] comes once, and nothing after it."""
    speak = answer(lambda chunks: [*chunks, "[DONE]", *tail], done=False)
    assert see("chat.stream.done", speak).seen == "mishandled"


def test_a_connection_that_is_lost_each_time_has_no_end() -> None:
    """A stream that breaks off counts against its end only, and only where it does so again and again."""

    def speak(body: dict[str, Any], sample: int, attempt: int) -> Any:
        given = answer(done=False)(body, sample, attempt)
        return {**given, "failure": "protocol"} if body.get("stream") else given

    assert see("chat.stream.done", speak).seen == "mishandled"
    assert "3 of 3 times" in see("chat.stream.done", speak).detail
    assert see("chat.stream.joins", speak).seen == "unanswered"


def test_a_connection_that_is_lost_once_may_be_an_outage() -> None:
    """The same request again shows whether it is."""

    def speak(body: dict[str, Any], sample: int, attempt: int) -> Any:
        given = answer(done=bool(attempt))(body, sample, attempt)
        return {**given, "failure": "protocol"} if body.get("stream") and not attempt else given

    assert see("chat.stream.done", speak).seen == "unanswered"


# ---------------------------------------------------------------- etiquette and usage


ROLE = {"role": "assistant", "content": ""}
DELTAS: list[tuple[list[dict[str, Any]], str]] = [
    ([ROLE, {"content": "a"}, {}], "accepted"),
    ([ROLE, {"role": "assistant", "content": "a"}], "mishandled"),
    ([ROLE, {"role": None, "content": "a"}], "mishandled"),
    ([{"role": "assistant", "content": None}, {"content": "a"}], "accepted"),
    ([ROLE, {"content": "a", "tool_calls": None}], "mishandled"),
]
TRACE = 'Traceback (most recent call last):\n  File "/srv/app/main.py", line 3, in answer'


def test_an_event_that_is_no_json_breaks_the_grammar() -> None:
    """Where there is an answer, and where there is none; then it may be an outage, which does not come every time."""
    assert heard("chat.stream.grammar", chunk(part({"content": "a"}, "stop")), "Traceback") == "mishandled"
    told = exchange(sent=request(model="m", stream=True), **events("Traceback"))
    assert "3 of 3 times" in hear("chat.stream.grammar", told).detail


def test_internals_of_the_server_inside_a_stream_are_found() -> None:
    """In an error that comes as an event, and in an event that is no JSON; what the model says is no error."""
    error = {"error": {"message": TRACE, "type": "server_error"}}
    for chunks in ([error], [chunk(part({"content": "a"})), error], [f"{TRACE!r}"]):
        told = exchange(sent=request(model="m", stream=True), **events(*chunks))
        assert hear("chat.error.no_leak", told).seen == "mishandled"
    told = exchange(sent=request(model="m", stream=True), **events(chunk(part({"content": TRACE}, "stop"))))
    assert hear("chat.error.no_leak", told).seen == "unanswered"


def test_a_message_beside_a_delta_is_noted() -> None:
    """Clients read over it."""
    beside = {**part({"content": "a"}, "stop"), "message": {"role": "assistant", "content": COUNTED}}
    assert heard("chat.stream.etiquette", chunk(beside)) == "mishandled"
    assert heard("chat.stream.delta", chunk(beside)) == "honoured"


@over("deltas, seen", DELTAS)
def test_a_role_that_comes_again_is_noted(deltas: list[dict[str, Any]], seen: str) -> None:
    """So is a key with null in a later delta."""
    assert heard("chat.stream.etiquette", *(chunk(part(delta)) for delta in deltas)) == seen


def test_each_choice_may_name_its_role() -> None:
    """In its own first delta."""
    assert heard("chat.stream.etiquette", chunk(part(ROLE)), chunk(part(ROLE, index=1)), n=2) == "accepted"


ASKED = {"stream_options": {"include_usage": True}}
PIECE, LAST = chunk(part({"content": "a"}, "stop")), chunk(usage=USAGE)


@over(
    "chunks, sent, seen",
    [
        ([PIECE, LAST], ASKED, "honoured"),
        ([PIECE], ASKED, "ignored"),
        ([LAST, PIECE], ASKED, "mishandled"),
        ([PIECE], {}, "unanswered"),
    ],
)
def test_the_usage_comes_last_wherever_it_was_asked_for(chunks: list[Any], sent: dict[str, Any], seen: str) -> None:
    """With tools, with several choices, at any temperature."""
    assert heard("chat.stream.usage_last", *chunks, **sent) == seen


def ended(seconds: float | None, **given: Any) -> Exchange:
    """Return a stream whose body was ended this long after its last byte."""
    sent = exchange(sent=request(model="m", stream=True), **(given or events(chunk(part({}, "stop")))))
    return sent if seconds is None else replace(sent, last_byte=1.0, seconds=1.0 + seconds)


@over("seconds, seen", [(0.0, "honoured"), (1.9, "honoured"), (3.0, "mishandled")])
def test_a_body_ends_soon_after_its_last_event(seconds: float, seen: str) -> None:
    """A late end counts if it comes again each time, since a machine may be busy."""
    found = hear("chat.stream.closed", ended(seconds), ended(seconds))
    assert found.seen == seen
    assert ("3 of 3 times" in found.detail) is (seen == "mishandled")


def test_a_late_end_that_does_not_come_again_is_unstable() -> None:
    """One busy moment is not the server's fault."""
    found = hear("chat.stream.closed", ended(3.0), again=Echo([ended(0.0)]))
    assert (found.seen, found.reason) == ("unanswered", Reason.UNSTABLE)


@over("given", [ended(None), ended(3.0, **events(chunk(part({}, "stop")), done=False))])
def test_a_stream_without_times_or_end_shows_nothing_about_its_end(given: Exchange) -> None:
    """An older recording has no times, and the lack of [DONE] is another claim's."""
    assert hear("chat.stream.closed", given).seen == "unanswered"


@over(
    "count, first, last, seen",
    [
        (30, 2.0, 2.01, "mishandled"),
        (30, 2.0, 2.5, "accepted"),
        (30, 0.5, 0.51, "accepted"),
        (3, 2.0, 2.01, "unanswered"),
        (30, 2.0, None, "unanswered"),
    ],
)
def test_chunks_that_come_at_once_after_a_wait_are_noted(count: int, first: float, last: float, seen: str) -> None:
    """A wait alone is none of it, and a short answer comes at once anyway."""
    given = exchange(sent=request(model="m", stream=True), **events(*[chunk(part({"content": "a"}))] * count))
    assert hear("chat.stream.paced", replace(given, first_byte=first, last_byte=last)).seen == seen


def test_chunks_that_come_at_once_only_on_a_busy_machine_are_not_noted() -> None:
    """The request is sent again alone, and its chunks come at their pace; if there is no other stream, nothing is known."""
    late, paced, other = (
        replace(
            exchange(sent=request(model="m", stream=True, seed=seed), **events(*[chunk(part({"content": "a"}))] * 30)),
            first_byte=first,
            last_byte=2.01,
        )
        for first, seed in ((2.0, 1), (0.1, 1), (0.1, 2))
    )
    found = hear("chat.stream.paced", late, other, again=Echo([paced]))
    assert (found.seen, "did not come again" in found.detail) == ("accepted", True)
    assert hear("chat.stream.paced", late, again=Echo([paced])).reason is Reason.UNSTABLE
