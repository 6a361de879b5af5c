"""What the suite observes of streams: of a valid one, and with one fault at a time."""

import copy
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from conformance.base.observation import Observation, Seen
from conformance.suite.chat import test_stream as suite
from conformance.surfaces.chat.request import ChatCase
from tests.support import making
from tests.support.making import case, completion, events, observe, refusal
from tests.support.making import choice as whole

TEXT = "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20"
USAGE = {"prompt_tokens": 9, "completion_tokens": 39, "total_tokens": 48}
Chunks = list[Any]


def chunk(*choices: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return a chunk with these choices."""
    head = {"id": "c-1", "object": "chat.completion.chunk", "created": 1_700_000_000, "model": "m-1"}
    return {**head, "choices": list(choices), **more}


def part(delta: dict[str, Any], finish: Any = None, index: Any = 0) -> dict[str, Any]:
    """Return a choice of a chunk."""
    return {"index": index, "delta": delta, "finish_reason": finish}


def sound(with_usage: bool = False) -> Chunks:
    """Return the chunks of a stream without faults."""
    pieces = [TEXT[:20], TEXT[20:40], TEXT[40:]]
    chunks = [chunk(part({"role": "assistant", "content": ""})), *(chunk(part({"content": piece})) for piece in pieces)]
    chunks.append(chunk(part({}, "stop")))
    return [*chunks, chunk(usage=USAGE)] if with_usage else chunks


def answer(change: Callable[[Chunks], Any] | None = None, done: bool = True) -> Callable[..., Any]:
    """Return an endpoint that answers without faults, and streams the changed chunks."""

    def speak(body: dict[str, Any], sample: int, attempt: int) -> Any:
        if not body.get("stream"):
            return completion(whole(TEXT), usage=USAGE)
        chunks = copy.deepcopy(sound(bool(body.get("stream_options"))))
        changed = change(chunks) if change else None
        return events(*(changed if isinstance(changed, list) else chunks), done=done)

    return speak


def streaming(claim_id: str) -> ChatCase:
    """Return a streamed case of a claim."""
    bound = case(claim_id)
    return replace(bound, case=replace(bound.case, mode="stream"))


def see(claim_id: str, speak: Callable[..., Any]) -> Observation:
    """Return what the suite observes of this endpoint for a claim about streams."""
    function = getattr(suite, f"test_{claim_id.split('.')[2]}")
    return observe(function, streaming(claim_id), speak)


def put(path: list[Any], value: Any) -> Callable[[Chunks], None]:
    """Return a change that sets the value at a path of keys and indexes."""

    def change(chunks: Chunks) -> None:
        target: Any = chunks
        for step in path[:-1]:
            target = target[step]
        target[path[-1]] = value

    return change


NAMES = [
    "content_type",
    "grammar",
    "done",
    "schema",
    "object",
    "id",
    "created",
    "model",
    "fingerprint",
    "role",
    "index",
    "delta",
    "finish_reason",
    "joins",
    "incremental",
    "finish_reason_key",
    "usage_null",
    "usage_not_asked",
    "usage_agrees",
]


@pytest.mark.parametrize("name", [name for name in NAMES if name != "fingerprint"])
def test_a_sound_stream_is_honoured(name: str) -> None:
    """A stream without faults is honoured for every claim."""
    assert see(f"chat.stream.{name}", answer()).seen == "honoured"


def test_when_the_pieces_come_is_no_evidence(monkeypatch: pytest.MonkeyPatch) -> None:
    """A late first piece may have waited for a model, a queue or this machine; a slow client gets all pieces at once."""
    at_once = making.exchange
    monkeypatch.setattr(
        making, "exchange", lambda *given, **named: replace(at_once(*given, **named), first_byte=2.9, seconds=3.0)
    )
    assert see("chat.stream.incremental", answer()).seen == "honoured"


BROKEN: list[tuple[str, Callable[[Chunks], Any]]] = [
    ("grammar", lambda chunks: [*chunks[:2], "this is no JSON", *chunks[2:]]),
    ("schema", put([1, "choices", 0, "index"], "0")),
    ("object", put([2, "object"], "chat.completion")),
    ("id", put([2, "id"], "c-2")),
    ("id", put([0, "id"], "")),
    ("created", put([3, "created"], 1_700_000_001)),
    ("created", put([0, "created"], "now")),
    ("model", put([1, "model"], None)),
    ("role", put([0, "choices", 0, "delta"], {"content": ""})),
    ("role", put([0, "choices", 0, "delta", "role"], None)),
    ("index", put([2, "choices", 0, "index"], 1)),
    ("delta", put([4, "choices", 0, "message"], {"role": "assistant", "content": TEXT})),
    ("delta", lambda chunks: chunks[1]["choices"][0].pop("delta") and None),
    ("finish_reason", put([4, "choices", 0, "finish_reason"], None)),
    ("finish_reason_key", lambda chunks: chunks[1]["choices"][0].pop("finish_reason") and None),
    ("id_unique", put([0, "id"], "c-1")),
    ("finish_reason", put([1, "choices", 0, "finish_reason"], "stop")),
    ("finish_reason", put([4, "choices", 0, "finish_reason"], "end_turn")),
    ("joins", put([4, "choices", 0, "delta"], {"content": TEXT})),
    ("joins", lambda chunks: chunks.pop(2) and None),
    ("incremental", lambda chunks: [chunk(part({"role": "assistant", "content": TEXT})), chunk(part({}, "stop"))]),
    ("usage_null", put([1, "usage"], USAGE)),
    ("usage_not_asked", put([1, "usage"], USAGE)),
    ("usage_agrees", put([-1, "usage"], {**USAGE, "prompt_tokens": 10})),
]


@pytest.mark.parametrize(("name", "change"), BROKEN)
def test_a_stream_that_is_broken_in_one_place_is_mishandled(name: str, change: Callable[[Chunks], Any]) -> None:
    """The claim about each fault finds it."""
    assert see(f"chat.stream.{name}", answer(change)).seen == "mishandled"


def test_a_stream_without_its_end_is_mishandled() -> None:
    """A stream must have [DONE]."""
    assert "without [DONE]" in see("chat.stream.done", answer(done=False)).detail


@pytest.mark.parametrize("tail", [["[DONE]"], [chunk(part({"content": "more"}))]])
def test_what_comes_after_the_end_is_mishandled(tail: Chunks) -> None:
    """[DONE] must come once and last."""
    speak = answer(lambda chunks: [*chunks, "[DONE]", *tail], done=False)
    assert see("chat.stream.done", speak).seen == "mishandled"


def test_a_body_that_is_no_stream_is_mishandled() -> None:
    """A JSON document in reply to stream true is a fault."""
    found = see("chat.stream.content_type", lambda body, sample, attempt: completion(whole(TEXT)))
    assert found.seen == "mishandled"
    assert "application/json" in found.detail


@pytest.mark.parametrize("name", ["created", "model", "fingerprint"])
def test_a_field_that_no_chunk_carries_shows_nothing(name: str) -> None:
    """A stream in which no chunk has the field is no evidence."""

    def change(chunks: Chunks) -> None:
        for each in chunks:
            each.pop(name, None)

    assert see(f"chat.stream.{name}", answer(change)).seen == "unanswered"


def test_a_stream_is_no_evidence_if_plain_answers_differ() -> None:
    """The stream is compared only if two answers without streaming agree."""

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
def test_two_streamed_choices_have_their_own_index(second: list[dict[str, Any]], word: str) -> None:
    """A stream with n 2 must have both indexes, each with a finish_reason."""
    first = [part({"content": "a"}), part({}, "stop")]
    speak = answer(lambda chunks: [chunk(each) for each in [*first, *second]])
    assert see("chat.stream.choices", speak).seen == word


LEGAL: dict[str, Callable[[str], str]] = {
    "no space after the colon": lambda text: text.replace("data: ", "data:"),
    "lines that end in CRLF": lambda text: text.replace("\n", "\r\n"),
    "a ping before the first event, and ids": lambda text: ": ping\n\n" + text.replace("data: {", "id: 1\ndata: {"),
    "lines that end in CR": lambda text: text.replace("\n", "\r"),
    "named events, and a mark of the byte order": lambda text: (
        "\ufeff" + text.replace("data: ", "event: message\ndata: ")
    ),
    "an object over two lines": lambda text: text.replace(', "choices"', ',\ndata: "choices"'),
    "no space after the colon of the end": lambda text: text.replace("data: [DONE]", "data:[DONE]"),
    "comments right before the end": lambda text: text.replace("data: [DONE]", ": a\n: b\ndata: [DONE]"),
}


@pytest.mark.parametrize("name", [name for name in NAMES if name != "fingerprint"])
@pytest.mark.parametrize("spelling", LEGAL)
def test_every_legal_form_of_a_stream_is_honoured(name: str, spelling: str) -> None:
    """Every form that the event format allows is read as the same stream."""

    def speak(body: dict[str, Any], sample: int, attempt: int) -> Any:
        given = answer()(body, sample, attempt)
        return {**given, "text": LEGAL[spelling](given["text"])} if "text" in given else given

    assert see(f"chat.stream.{name}", speak).seen == "honoured"


ABOUT_ARRIVAL = {"content_type", "grammar", "done", "joins"}
LOST: dict[str, tuple[str, Callable[[dict[str, Any]], dict[str, Any]]]] = {
    "lines of JSON": (
        "content_type",
        lambda given: {"text": given["text"].replace("data: ", "").replace("\n\n", "\n")},
    ),
    "an event in two halves": (
        "grammar",
        lambda given: {**given, "text": given["text"].replace('"delta"', '"del\n\ndata: ta"', 1)},
    ),
    "two events without a line between": (
        "grammar",
        lambda given: {**given, "text": given["text"].replace("}\n\n", "}\n", 1)},
    ),
    "no end of any kind": ("done", lambda given: {**given, "text": "\n\n".join(given["text"].split("\n\n")[:2])}),
    "nothing but the end": ("joins", lambda given: {**given, "text": "data: [DONE]\n\n"}),
}


@pytest.mark.parametrize("name", [name for name in NAMES if name != "fingerprint"])
@pytest.mark.parametrize("loss", LOST)
def test_a_damaged_stream_is_no_evidence_about_its_content(loss: str, name: str) -> None:
    """Only the claim about the loss reports it; the others have no evidence."""
    about, change = LOST[loss]

    def speak(body: dict[str, Any], sample: int, attempt: int) -> Any:
        given = answer()(body, sample, attempt)
        return change(given) if body.get("stream") else given

    assert see(f"chat.stream.{name}", speak).seen == ("mishandled" if name == about else "unanswered")


def test_a_connection_that_was_lost_is_suspect() -> None:
    """A stream that breaks off counts only for the claim about its end, and only if it repeats."""

    def speak(body: dict[str, Any], sample: int, attempt: int) -> Any:
        given = answer(done=False)(body, sample, attempt)
        return {**given, "failure": "protocol"} if body.get("stream") else given

    found = see("chat.stream.done", speak)
    assert (found.seen, found.suspect) == ("mishandled", True)
    assert see("chat.stream.joins", speak).seen == "unanswered"


@pytest.mark.parametrize("name", [name for name in NAMES if name not in ("fingerprint", "index")])
@pytest.mark.parametrize("indexes", [[1, 1, 1, 1, 1], [0, 1, 2, 3, 4]])
def test_a_single_choice_is_joined_whatever_its_index(indexes: list[int], name: str) -> None:
    """A wrong index counts only for the claim about indexes."""

    def change(chunks: Chunks) -> None:
        for index, each in zip(indexes, chunks, strict=False):
            each["choices"][0]["index"] = index

    assert see("chat.stream.index", answer(change)).seen == "mishandled"
    assert see(f"chat.stream.{name}", answer(change)).seen == "honoured"


@pytest.mark.parametrize("name", ["created", "model"])
def test_an_object_that_is_no_chunk_is_reported_only_by_claims_about_every_chunk(name: str) -> None:
    """Only the claims about fields of every chunk report an object that is not a chunk."""
    odd = answer(lambda chunks: [*chunks[:2], {"type": "status"}, *chunks[2:]])
    assert see(f"chat.stream.{name}", odd).seen == "honoured"
    assert see("chat.stream.object", odd).seen == "mishandled"


def test_missing_prompt_details_of_a_stream_are_found() -> None:
    """The usage of a stream must have the prompt details that it has without streaming."""

    def speak(body: dict[str, Any], sample: int, attempt: int) -> Any:
        given = answer()(body, sample, attempt)
        detailed = {**USAGE, "prompt_tokens_details": {"cached_tokens": 0}}
        return given if body.get("stream") else {**given, "usage": detailed}

    assert "prompt_tokens_details" in see("chat.stream.usage_agrees", speak).detail


@pytest.mark.parametrize("name", [name for name in NAMES if name != "fingerprint"])
@pytest.mark.parametrize("text", ["", 'data: {"id'])
def test_a_stream_that_took_too_long_shows_nothing(text: str, name: str) -> None:
    """A timeout is no evidence, whatever came before it; it is suspect, since a hang repeats."""

    def speak(body: dict[str, Any], sample: int, attempt: int) -> Any:
        given = {"text": text, "failure": "timeout", "headers": {"content-type": "text/event-stream"}}
        return given if body.get("stream") else answer()(body, sample, attempt)

    found = see(f"chat.stream.{name}", speak)
    assert (found.seen, found.suspect) == ("unanswered", True)


ERROR = {"error": {"message": "The upstream is gone.", "type": "server_error", "param": None, "code": None}}


@pytest.mark.parametrize("done", [True, False], ids=["and the end mark", "and nothing more"])
@pytest.mark.parametrize("name", [*NAMES, "done"])
def test_an_error_in_the_midst_of_a_stream_is_an_outage(name: str, done: bool) -> None:
    """What came before it is no evidence, with or without [DONE] after it."""

    def speak(body: dict[str, Any], sample: int, attempt: int) -> Any:
        if not body.get("stream"):
            return completion(whole(TEXT), usage=USAGE)
        return events(*sound(bool(body.get("stream_options")))[:2], ERROR, done=done)

    assert see(f"chat.stream.{name}", speak).seen == "unanswered"


@pytest.mark.parametrize("name", [*NAMES, "id_unique"])
def test_a_stream_is_tested_without_temperature_if_that_is_refused(name: str) -> None:
    """The long control without temperature is used, with and without streaming."""
    speak = answer()

    def without_temperature(body: dict[str, Any], sample: int, attempt: int) -> Any:
        return refusal() if "temperature" in body else speak(body, sample, attempt)

    found = see(f"chat.stream.{name}", without_temperature)
    assert found.seen is see(f"chat.stream.{name}", speak).seen
    assert found.seen is not Seen.REFUSED


@pytest.mark.parametrize("name", [name for name in NAMES if name not in {"joins", "usage_agrees"}])
def test_a_stream_that_is_refused_without_temperature_too_is_refused(name: str) -> None:
    """The endpoint refuses the stream itself."""
    assert see(f"chat.stream.{name}", lambda *_: refusal()).seen is Seen.REFUSED
